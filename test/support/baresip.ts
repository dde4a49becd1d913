/**
 * baresip as a telephone: headless, on loopback, with a configuration of its own, told what to do by JSON over
 * `ctrl_tcp`, its sound from a WAV file and what it hears into WAV files.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HalfBandInterpolator } from '../../dsp/half-band.js';
import { eventually, within } from './deadline.js';
import { samplesOf } from './keys.js';
import { PeerProcess } from './peer-process.js';
import type { VoiceEncoding } from './voice-codec.js';
import { readWavFile, writeWav } from './wav.js';

/** baresip takes the port after its own for TLS. */
export const BARESIP_SIP_PORTS = 2;
/** It draws a pair for each call and media line from its range. */
export const BARESIP_MEDIA_PORTS = 10;

export type BaresipOptions = {
  /** User part of its address; it answers 404 to requests for another one. */
  readonly user: string;
  /** The first of BARESIP_SIP_PORTS free ports. */
  readonly sipPort: number;
  readonly controlPort: number;
  /** The first of BARESIP_MEDIA_PORTS free ports. */
  readonly mediaPort: number;
  readonly answers: 'automatically' | 'when-told';
  readonly encoding?: VoiceEncoding;
  /** Registers there, and calls by way of it; without it calls go where their address says. */
  readonly registrar?: { readonly port: number; readonly password: string };
  /** 8 kHz; what it says from the start of a call. */
  readonly audio: Int16Array;
  /** baresip ends itself after so long. */
  readonly limitMs: number;
};

type Message = Readonly<Record<string, unknown>>;

const MODULE_PATHS = ['/usr/lib/baresip/modules', '/usr/local/lib/baresip/modules'];
const MODULES = ['g711.so', 'g722.so', 'aufile.so', 'sndfile.so', 'stdio.so'];
const APPLICATION_MODULES = ['account.so', 'menu.so', 'ctrl_tcp.so'];
/** baresip looks its codecs up by the rate of their sound, 8 kHz where none is said. */
const CODEC_NAMES: Readonly<Record<VoiceEncoding, string>> = { PCMU: 'PCMU', PCMA: 'PCMA', G722: 'G722/16000/1' };
const START_LIMIT_MS = 10_000;
const COMMAND_LIMIT_MS = 5_000;

export class Baresip {
  readonly address: string;
  readonly #process: PeerProcess;
  readonly #directory: string;
  readonly #control: Socket;
  readonly #limitMs: number;
  readonly #encoding: VoiceEncoding;
  readonly #events: Message[] = [];
  readonly #answers = new Map<string, (answer: Message) => void>();
  #commands = 0;

  private constructor(options: BaresipOptions, process: PeerProcess, directory: string, control: Socket) {
    this.address = `sip:${options.user}@127.0.0.1:${options.sipPort}`;
    this.#limitMs = options.limitMs;
    this.#encoding = options.encoding ?? 'PCMU';
    this.#process = process;
    this.#directory = directory;
    this.#control = control;
    readNetstrings(control, (text) => this.#take(JSON.parse(text)));
    control.on('error', () => {});
  }

  static async start(options: BaresipOptions): Promise<Baresip> {
    const directory = mkdtempSync(join(tmpdir(), 'tonegate-baresip-'));
    writeConfiguration(directory, options);
    const args = ['-4', '-f', directory, '-t', String(Math.ceil(options.limitMs / 1000))];
    const process = new PeerProcess({ command: 'baresip', args, cwd: directory, limitMs: options.limitMs + 5_000 });
    try {
      await process.line(/baresip is ready/, START_LIMIT_MS);
      return new Baresip(options, process, directory, await connected(options.controlPort));
    } catch (error) {
      await process.stop();
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Resolves when its registrar has taken it; that may be before anybody could hear of it as an event. */
  async registered(limitMs: number): Promise<void> {
    await this.#process.line(/registered successfully/, limitMs);
  }

  /** Dials and resolves when the call is up. */
  async dial(address: string, limitMs = 5_000): Promise<void> {
    await this.#command('dial', address);
    await this.event('CALL_ESTABLISHED', limitMs);
  }

  async answer(): Promise<void> {
    await this.#command('accept');
    await this.event('CALL_ESTABLISHED', COMMAND_LIMIT_MS);
  }

  async hangUp(): Promise<void> {
    await this.#command('hangup');
  }

  /** Presses keys as telephone-events; baresip holds each for about 240 ms and goes on sending audio among them. */
  async sendKeys(names: string): Promise<void> {
    for (const name of names) await this.#command('sndcode', name);
  }

  /** Says something else from now on: 8 kHz, once, then silence. */
  async say(audio: Int16Array): Promise<void> {
    const path = join(this.#directory, `say-${this.#commands}.wav`);
    writeVoice(path, audio, { encoding: this.#encoding, limitMs: this.#limitMs });
    await this.#command('ausrc', `aufile,${path}`);
  }

  async hold(): Promise<void> {
    await this.#command('hold');
  }

  async resume(): Promise<void> {
    await this.#command('resume');
  }

  /** Resolves with the first event of this type that has come or comes, `CALL_CLOSED` for instance. */
  event(type: string, limitMs: number): Promise<Message> {
    return eventually(limitMs, `baresip's ${type}`, () => this.#events.find((event) => event.type === type));
  }

  /** Names of the keys that it received as telephone-events, one for each start that it reported. */
  receivedKeys(): string {
    const starts = this.#process.outputLines.map((line) => /received event: '(.)' \(end=0\)/.exec(line)?.[1] ?? '');
    return starts.join('');
  }

  /** What it received in its calls so far, decoded, one piece a call or a stream restart; at the codec's rate. */
  heard(): readonly Int16Array[] {
    const names = readdirSync(join(this.#directory, 'heard'));
    const pieces = names.filter((name) => name.endsWith('-dec.wav')).sort();
    return pieces.flatMap((name) => readWavFile(join(this.#directory, 'heard', name)).channels.slice(0, 1));
  }

  /** Ends baresip; what it heard can be read until `discard`. */
  async quit(): Promise<void> {
    this.#control.destroy();
    await this.#process.stop();
  }

  async discard(): Promise<void> {
    await this.quit();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Rejects when baresip says that the command failed. */
  async #command(command: string, params?: string): Promise<void> {
    this.#commands += 1;
    const token = String(this.#commands);
    const answer = new Promise<Message>((resolve) => this.#answers.set(token, resolve));
    const text = JSON.stringify(params === undefined ? { command, token } : { command, params, token });
    this.#control.write(`${Buffer.byteLength(text)}:${text},`);
    const { ok, data } = await within(COMMAND_LIMIT_MS, `baresip's answer to ${command}`, answer);
    if (ok !== true) throw new Error(`baresip refused ${command}: ${String(data)}`);
  }

  #take(message: Message): void {
    if (message.event === true) this.#events.push(message);
    if (message.response !== true || typeof message.token !== 'string') return;
    this.#answers.get(message.token)?.(message);
    this.#answers.delete(message.token);
  }
}

function writeConfiguration(directory: string, options: BaresipOptions): void {
  mkdirSync(join(directory, 'heard'));
  const voice = join(directory, 'voice.wav');
  writeVoice(voice, options.audio, options);
  const answerMode = options.answers === 'automatically' ? 'auto' : 'manual';
  const { registrar } = options;
  const account = [
    `<sip:${options.user}@127.0.0.1:${registrar?.port ?? options.sipPort}>`,
    ...(registrar === undefined ? ['regint=0'] : ['regint=120', `auth_pass=${registrar.password}`]),
    `audio_codecs=${CODEC_NAMES[options.encoding ?? 'PCMU']}`,
    `answermode=${answerMode}`,
  ].join(';');
  writeFileSync(join(directory, 'accounts'), `${account}\n`);
  writeFileSync(join(directory, 'contacts'), '');
  const lines = [
    ['sip_listen', `127.0.0.1:${options.sipPort}`],
    // The address: the name of the interface makes it fail at start.
    ['net_interface', '127.0.0.1'],
    ['rtp_ports', `${options.mediaPort}-${options.mediaPort + BARESIP_MEDIA_PORTS - 1}`],
    ['rtp_timeout', '0'],
    ['jitter_buffer_delay', '1-5'],
    ['audio_source', `aufile,${voice}`],
    ['audio_player', `aufile,${join(directory, 'played.wav')}`],
    ['audio_alert', `aufile,${join(directory, 'alert.wav')}`],
    ['snd_path', join(directory, 'heard')],
    ['ctrl_tcp_listen', `127.0.0.1:${options.controlPort}`],
    ['module_path', MODULE_PATHS[0]],
    ...MODULES.map((module) => ['module', module]),
    ...APPLICATION_MODULES.map((module) => ['module_app', module]),
  ];
  writeFileSync(join(directory, 'config'), lines.map(([key, value]) => `${key} ${value}\n`).join(''));
}

/**
 * baresip hangs up when its sound file ends: silence after the audio makes the file outlast the run. The file has the rate of
 * the codec.
 */
function writeVoice(
  path: string,
  audio: Int16Array,
  { encoding, limitMs }: Pick<BaresipOptions, 'encoding' | 'limitMs'>,
): void {
  const padded = new Int16Array(Math.max(audio.length, samplesOf(limitMs)));
  padded.set(audio);
  if (encoding !== 'G722') {
    writeFileSync(path, writeWav({ sampleRateHz: 8000, channels: [padded] }));
    return;
  }
  const wide = new Int16Array(2 * padded.length);
  new HalfBandInterpolator().process(padded, padded.length, wide);
  writeFileSync(path, writeWav({ sampleRateHz: 16_000, channels: [wide] }));
}

function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  const connection = new Promise<Socket>((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
  return within(START_LIMIT_MS, "baresip's control port", connection);
}

/** Netstrings: `<length>:<text>,` one after another, cut anywhere by TCP. */
function readNetstrings(socket: Socket, take: (text: string) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const colon = rest.indexOf(':');
      if (colon < 0) return;
      const end = colon + 1 + Number(rest.toString('latin1', 0, colon));
      if (rest.length <= end) return;
      take(rest.toString('utf8', colon + 1, end));
      rest = rest.subarray(end + 1);
    }
  });
}
