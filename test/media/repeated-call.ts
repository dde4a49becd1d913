/**
 * For a test: one call through a media core on a network in memory, the same stretch of it again and again. Playing it
 * allocates nothing by itself: packets were written beforehand, and times lie in boxes, as a clock hands them over.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SOURCE_WORDS, writeAddress } from '../../gateway/media/ip-address.js';
import { rtcpSocketOf, rtpSocketOf } from '../../gateway/media/leg-table.js';
import { MediaCore } from '../../gateway/media/media-core.js';
import type { MediaCounters } from '../../gateway/media/media-counters.js';
import { ReceptionReports } from '../../gateway/media/reception-reports.js';
import { writeOwnReport } from '../../gateway/media/rtcp.js';
import { readUint16, readUint32, writeUint32 } from '../../gateway/media/rtp-header.js';
import {
  NO_SOCKET,
  OUT_SOCKET,
  ROW_LENGTH,
  SIZE,
  SLOT_SIZE_BYTES,
  SOCKET,
  SOURCE,
  type UdpEngine,
} from '../../gateway/media/udp-engine.js';
import { CallRecorder } from '../../gateway/recording/call-recorder-store.js';
import { HOLD_SAMPLES } from '../../gateway/recording/recording-timeline.js';
import { eventually } from '../support/deadline.js';
import { scriptCaller } from './caller-script.js';
import type { RelayScene } from './relay-scenes.js';
import { AGENT_PORT, CALLER_PORT, CAPTURE_ID, G722_ONLY, legMedia, VAULT_PUBLIC_KEY } from './simulated-call.js';

/** The recorder holds four seconds, of which its disk may take its time for two. */
export const PLAYING_MS = 2_000;
const PLAYING_UNITS = PLAYING_MS * 8;
const FRAME_MS = 20;
const PRESS_EVERY_MS = 400;
const PRESS_MS = 100;
/** Half a frame off the packets, and no whole number of milliseconds, as none of a real clock is. */
const SWEEP_AT_MS = 10.125;
const PACKET_AT_MS = 0.25;
/** What stands for a socket where no packet comes but the clock. */
const SWEEP = -1;
const SLOTS = 64;
const PEER_ADDRESS = '192.0.2.10';
/** Beyond 31 bits, as half of all are: V8 keeps such numbers apart from small ones. */
const SSRC = 0xaabb_ccdd;
const CALLER_LEG = 0;
const AGENT_LEG = 1;
const WAV_HEADER_SIZE_BYTES = 44;
const WAV_FRAME_SIZE_BYTES = 4;
/** Half a second is left to be written with what follows, and some of the hold. */
const UNWRITTEN_SAMPLES = HOLD_SAMPLES + 8 * 600;
const DISK_LIMIT_MS = 10_000;

/** Counts what it is given to send. */
class CountingEngine implements UdpEngine {
  readonly slab = new Uint8Array(SLOTS * SLOT_SIZE_BYTES);
  readonly rows = new Int32Array(SLOTS * ROW_LENGTH);
  sentPackets = 0;
  #used = 0;

  addLeg(): Promise<boolean> {
    return Promise.resolve(true);
  }

  connectLeg(): void {}

  removeLeg(): void {}

  onBatch(): void {}

  takeSlot(): number {
    const slot = this.#used;
    this.#used += 1;
    this.rows[slot * ROW_LENGTH + OUT_SOCKET] = NO_SOCKET;
    return slot;
  }

  flush(): void {
    for (let slot = 0; slot < this.#used; slot += 1) {
      if (this.rows[slot * ROW_LENGTH + OUT_SOCKET] !== NO_SOCKET) this.sentPackets += 1;
    }
    this.#used = 0;
  }
}

type Entry = { readonly atMs: number; readonly socket: number; readonly bytes: Uint8Array };

export class RepeatedCall {
  readonly #scene: RelayScene;
  readonly #engine = new CountingEngine();
  readonly #core: MediaCore;
  readonly #recordingDirectory: string;
  readonly #source = new Int32Array(SOURCE_WORDS);
  readonly #entryTimes: readonly number[];
  readonly #sockets: Int32Array;
  readonly #sizes: Int32Array;
  readonly #bytes: Uint8Array;
  /** RTP packets of each leg in one playing. */
  readonly #packetsOfLeg: readonly number[];
  /** When each entry of the next playing comes. Not numbers alone, or V8 would take them out of their boxes. */
  readonly #boxedTimes: (number | undefined)[] = [undefined];
  #playings = 0;
  #nowMs = 0;
  /** An object is made for each packet, which a measurement has to see. */
  isAllocating = false;
  ballast: object | undefined;

  constructor(scene: RelayScene, recordingDirectory: string) {
    this.#scene = scene;
    this.#recordingDirectory = recordingDirectory;
    this.#core = new MediaCore({
      configuration: {
        address: '127.0.0.1',
        portMin: 20_000,
        portMax: 20_099,
        keySocketPath: '',
        linkSecret: '',
        recordingDirectory,
        silenceTimeoutMs: 60_000,
      },
      engine: this.#engine,
      keySink: { isUp: true, send: () => true },
      emit: () => {},
      makeRecorder: ({ callId, mode }) =>
        new CallRecorder({ directory: recordingDirectory, callId, mode, onState: () => {} }),
      randomBelow: (bound) => Math.floor(bound / 2),
      wallClockMs: () => 1_700_000_000_000,
      maxCalls: 1,
    });
    writeAddress(PEER_ADDRESS, this.#source, 0);
    const entries = entriesOf(scene);
    this.#entryTimes = entries.map(({ atMs }) => atMs);
    this.#sockets = Int32Array.from(entries, ({ socket }) => socket);
    this.#sizes = Int32Array.from(entries, ({ bytes }) => bytes.length);
    this.#bytes = Buffer.concat(entries.map(({ bytes }) => bytes));
    this.#packetsOfLeg = [CALLER_LEG, AGENT_LEG].map(
      (leg) => entries.filter(({ socket }) => socket === rtpSocketOf(leg)).length,
    );
  }

  get counters(): MediaCounters {
    return this.#core.counters;
  }

  get sentPackets(): number {
    return this.#engine.sentPackets;
  }

  async start(): Promise<void> {
    const { caller, agent, window, recording } = this.#scene;
    this.#core.command(
      {
        kind: 'create-call',
        requestId: 1,
        callHandle: 1,
        callId: 'repeated',
        mask: 'window',
        suppression: 'tones',
        replacement: 'comfort-noise',
        agentTransport: 'rtp',
        recording: { start: recording === undefined ? 'off' : 'automatic', mode: recording ?? 'pause' },
      },
      0,
    );
    // Sockets are bound in turns of their own.
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
    const ofCaller = legMedia(PEER_ADDRESS, CALLER_PORT, formatsOf(caller));
    const ofAgent = legMedia(PEER_ADDRESS, AGENT_PORT, formatsOf(agent));
    this.#core.command({ kind: 'set-leg', requestId: 2, callHandle: 1, leg: 'caller', media: ofCaller }, 0);
    this.#core.command({ kind: 'set-leg', requestId: 3, callHandle: 1, leg: 'agent', media: ofAgent }, 0);
    if (window === undefined) return;
    const capture = { captureId: CAPTURE_ID, vaultPublicKey: VAULT_PUBLIC_KEY };
    this.#core.command({ kind: 'open-window', requestId: 4, callHandle: 1 }, 0);
    this.#core.command({ kind: 'arm-capture', requestId: 5, callHandle: 1, ...capture }, 0);
  }

  /** Makes ready for the next playing, which takes `slowness` times as long as a call would by its clock. */
  async prepare(slowness = 1): Promise<void> {
    for (let entry = 0; entry < this.#entryTimes.length; entry += 1) {
      this.#boxedTimes[entry + 1] = this.#nowMs + slowness * this.#entryTimes[entry];
    }
    if (this.#scene.recording !== undefined) await this.#untilWritten();
    this.#nowMs += slowness * PLAYING_MS;
  }

  /** Returns how many packets were received. */
  play(): number {
    let received = 0;
    let start = 0;
    for (let entry = 0; entry < this.#sockets.length; entry += 1) {
      const nowMs = this.#boxedTimes[entry + 1] as number;
      if (this.#sockets[entry] === SWEEP) {
        this.#core.sweep(nowMs);
        continue;
      }
      const slot = this.#receive(entry, start);
      if (this.isAllocating) this.ballast = { slot, entry };
      this.#core.takeBatch(slot, 1, nowMs);
      start += this.#sizes[entry];
      received += 1;
    }
    this.#playings += 1;
    return received;
  }

  #receive(entry: number, start: number): number {
    const slot = this.#engine.takeSlot();
    const { rows, slab } = this.#engine;
    const socket = this.#sockets[entry];
    const leg = socket >> 1;
    const at = slot * SLOT_SIZE_BYTES;
    for (let index = 0; index < this.#sizes[entry]; index += 1) slab[at + index] = this.#bytes[start + index];
    if (socket === rtpSocketOf(leg)) this.#renumber(at, leg);
    const row = slot * ROW_LENGTH;
    rows[row + SOCKET] = socket;
    rows[row + SIZE] = this.#sizes[entry];
    for (let word = 0; word < SOURCE_WORDS - 1; word += 1) rows[row + SOURCE + word] = this.#source[word];
    // RTCP comes from the next port, and is received on the next socket.
    rows[row + SOURCE + SOURCE_WORDS - 1] = (leg === CALLER_LEG ? CALLER_PORT : AGENT_PORT) + (socket & 1);
    return slot;
  }

  /** Sequence numbers and timestamps go on from playing to playing. */
  #renumber(at: number, leg: number): void {
    const { slab } = this.#engine;
    const sequence = readUint16(slab, at + 2) + this.#playings * this.#packetsOfLeg[leg];
    slab[at + 2] = sequence >> 8;
    slab[at + 3] = sequence;
    writeUint32(slab, at + 4, ((readUint32(slab, at + 4) | 0) + Math.imul(this.#playings, PLAYING_UNITS)) | 0);
    writeUint32(slab, at + 8, SSRC | 0);
  }

  /** Until the disk has taken what it can, so that it keeps up with a call that is played faster than any. */
  async #untilWritten(): Promise<void> {
    const path = join(this.#recordingDirectory, 'repeated-1.wav');
    const samples = Math.floor(this.#nowMs * 8) - UNWRITTEN_SAMPLES;
    const size = samples <= 0 ? 0 : WAV_HEADER_SIZE_BYTES + WAV_FRAME_SIZE_BYTES * samples;
    await eventually(DISK_LIMIT_MS, `a recording of ${size} bytes`, () =>
      existsSync(path) && statSync(path).size >= size ? true : undefined,
    );
  }
}

function formatsOf(encoding: RelayScene['caller']): Partial<Parameters<typeof legMedia>[2]> {
  return encoding === 'G722' ? { receiveAudio: G722_ONLY, sendAudio: G722_ONLY } : {};
}

function entriesOf({ caller = 'PCMU', agent = 'PCMU', presses, reports }: RelayScene): readonly Entry[] {
  const keys = presses === undefined ? 0 : PLAYING_MS / PRESS_EVERY_MS;
  const script = { lengthMs: PLAYING_MS, voiceAmplitude: 2000 };
  const pressed = Array.from({ length: keys }, (_, key) => ({
    key,
    atMs: 100 + key * PRESS_EVERY_MS,
    lengthMs: PRESS_MS,
    way: presses ?? 'in-band',
  }));
  const streams = [
    scriptCaller({ ...script, encoding: caller, presses: pressed }),
    scriptCaller({ ...script, encoding: agent, presses: [] }),
  ];
  const entries: Entry[] = streams.flatMap((packets, leg) =>
    packets.map(({ atMs, bytes }) => ({ atMs: atMs + PACKET_AT_MS, bytes, socket: rtpSocketOf(leg) })),
  );
  for (let atMs = 0; atMs < PLAYING_MS; atMs += FRAME_MS) {
    entries.push({ atMs: atMs + SWEEP_AT_MS, bytes: new Uint8Array(0), socket: SWEEP });
    if (reports === undefined) continue;
    for (const leg of [CALLER_LEG, AGENT_LEG]) {
      entries.push({ atMs: atMs + PACKET_AT_MS, bytes: senderReport(), socket: rtcpSocketOf(leg) });
    }
  }
  return entries.sort((left, right) => left.atMs - right.atMs);
}

function senderReport(): Uint8Array {
  const bytes = new Uint8Array(200);
  const end = writeOwnReport(bytes, 0, {
    ssrc: SSRC,
    wallClockMs: 1_700_000_000_000,
    sent: { timestamp: SSRC, packets: 1, octets: 160 },
    received: { reports: new ReceptionReports(1), leg: 0, nowMs: 0 },
    cname: 'peer',
    goodbye: false,
  });
  return bytes.subarray(0, end);
}
