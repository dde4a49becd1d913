/** An agent's browser without the browser (`wrtc-process.ts`), as seen from a test; in another network namespace if need be. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from '../support/deadline.js';
import { buildDirectory } from '../support/places.js';
import type { WebRtcEndpoint } from './webrtc-phone.js';

type Unnumbered =
  | { readonly kind: 'offer' | 'close' }
  | { readonly kind: 'answer' | 'accept'; readonly sdp: string }
  /** 8 kHz. */
  | { readonly kind: 'say'; readonly samples: readonly number[] }
  /** Raw samples; the answer is their rate. */
  | { readonly kind: 'save-heard'; readonly file: string };
export type WrtcRequest = Unnumbered & { readonly id: number };
export type WrtcAnswer =
  | { readonly id: number; readonly text: string }
  | { readonly id: number; readonly fault: string };

export type WrtcOptions = {
  /** A command that runs another, before which it stands. */
  readonly wrapper?: readonly string[];
  /** `address:port` of a TURN server, with user `agent` and password `secret`, through which alone it is to be reached. */
  readonly turnServer?: string;
};

const LIMIT_MS = 15_000;
const SAMPLE_RATE_HZ = 8000;

export class WrtcEndpoint implements WebRtcEndpoint {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (answer: WrtcAnswer) => void>();
  #nextId = 1;

  constructor({ wrapper = [], turnServer }: WrtcOptions = {}) {
    const script = join(buildDirectory, 'test/webrtc/wrtc-process.js');
    const [command, ...words] = [
      ...wrapper,
      process.execPath,
      script,
      ...(turnServer === undefined ? [] : [turnServer]),
    ];
    this.#process = spawn(command, words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process.on('message', (answer: WrtcAnswer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  offer(): Promise<string> {
    return this.#ask({ kind: 'offer' });
  }

  answer(offer: string): Promise<string> {
    return this.#ask({ kind: 'answer', sdp: offer });
  }

  async accept(answer: string): Promise<void> {
    await this.#ask({ kind: 'accept', sdp: answer });
  }

  /** Says these samples of 8 kHz over and over. */
  async say(samples: Int16Array): Promise<void> {
    await this.#ask({ kind: 'say', samples: [...samples] });
  }

  /** What came out of its jitter buffer, at 8 kHz. */
  async heard(): Promise<Int16Array> {
    const directory = mkdtempSync(join(tmpdir(), 'tonegate-heard-'));
    try {
      const file = join(directory, 'heard.raw');
      const rateHz = Number(await this.#ask({ kind: 'save-heard', file }));
      const bytes = readFileSync(file);
      const samples = new Int16Array(bytes.length / 2);
      for (let index = 0; index < samples.length; index += 1) samples[index] = bytes.readInt16LE(index * 2);
      return decimated(samples, rateHz);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  /** Ends the connection as a page does that says so. */
  async hangUp(): Promise<void> {
    await this.#ask({ kind: 'close' });
  }

  /** Ends the process, of which the far side hears nothing. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #ask(request: Unnumbered): Promise<string> {
    const id = this.#nextId;
    this.#nextId += 1;
    const answered = new Promise<string>((resolve, reject) => {
      this.#waiting.set(id, (answer) => {
        if ('text' in answer) resolve(answer.text);
        else reject(new Error(answer.fault));
      });
    });
    this.#process.send({ ...request, id });
    return within(LIMIT_MS, `an answer of the agent's browser to ${request.kind}`, answered);
  }
}

/** A whole number of samples becomes one, their mean: what was sent had 8 kHz, so there is nothing above 4 kHz to fold. */
function decimated(samples: Int16Array, rateHz: number): Int16Array {
  const factor = rateHz / SAMPLE_RATE_HZ;
  if (samples.length === 0) return samples;
  if (!Number.isInteger(factor)) throw new Error(`heard at ${rateHz} Hz`);
  const mean = (index: number) => {
    let sum = 0;
    for (let at = 0; at < factor; at += 1) sum += samples[index * factor + at];
    return sum / factor;
  };
  return Int16Array.from({ length: Math.floor(samples.length / factor) }, (_, index) => mean(index));
}
