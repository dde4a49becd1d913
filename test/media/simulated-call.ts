/**
 * For tests: a whole call through the media core on a network in memory. The caller's and the agent's packets are handed
 * to the core as its engine would, time moves when told, and everything that leaves is kept for inspection.
 */
import { decodeG711 } from '../../dsp/g711.js';
import { SeededRandom } from '../../dsp/seeded-random.js';
import type { ArmedCapture, KeySink } from '../../gateway/media/armed-capture.js';
import type { Recorder } from '../../gateway/media/call-media.js';
import type {
  AudioFormat,
  LegMedia,
  LegName,
  LegTransport,
  MediaCommand,
  MediaEvent,
  RecordingMode,
  Suppression,
} from '../../gateway/media/control-wire.js';
import { ADDRESS_WORDS, readAddress, SOURCE_WORDS, writeAddress } from '../../gateway/media/ip-address.js';
import { MediaCore } from '../../gateway/media/media-core.js';
import { RTP_HEADER_SIZE_BYTES, RtpHeader } from '../../gateway/media/rtp-header.js';
import {
  NO_SOCKET,
  OUT_OFFSET,
  OUT_SIZE,
  OUT_SOCKET,
  ROW_LENGTH,
  SIZE,
  SLOT_SIZE_BYTES,
  SOCKET,
  SOURCE,
  type UdpEngine,
} from '../../gateway/media/udp-engine.js';
import { DISTURBANCE_MARK } from '../../vault-client/wire.js';

export const CALLER_ADDRESS = '192.0.2.10';
export const CALLER_PORT = 4000;
export const AGENT_ADDRESS = '192.0.2.20';
export const AGENT_PORT = 5000;
export const AUDIO_PAYLOAD_TYPE = 0;
export const G722_PAYLOAD_TYPE = 9;
export const EVENT_PAYLOAD_TYPE = 101;
export const CALLER_SSRC = 0x11223344;
export const AGENT_SSRC = 0x55667788;
export const CAPTURE_ID = '00112233445566778899aabbccddeeff';
export const VAULT_PUBLIC_KEY = Buffer.alloc(32, 7).toString('base64');

const SWEEP_INTERVAL_MS = 20;

export type SentPacket = {
  readonly socket: number;
  readonly address: string;
  readonly port: number;
  readonly bytes: Buffer;
  readonly atMs: number;
};

export class FakeEngine implements UdpEngine {
  readonly slab = new Uint8Array(64 * SLOT_SIZE_BYTES);
  readonly rows = new Int32Array(64 * ROW_LENGTH);
  readonly bound = new Map<number, number>();
  readonly busyPorts = new Set<number>();
  readonly sent: SentPacket[] = [];
  nowMs = 0;
  readonly #destinations = new Map<number, { address: string; port: number }>();
  #used = 0;

  addLeg(socket: number, port: number): Promise<boolean> {
    if (this.busyPorts.has(port)) return Promise.resolve(false);
    this.bound.set(socket, port);
    return Promise.resolve(true);
  }

  connectLeg(socket: number, words: Int32Array, at: number): void {
    this.#destinations.set(socket, { address: readAddress(words, at), port: words[at + ADDRESS_WORDS] });
  }

  removeLeg(socket: number): void {
    this.bound.delete(socket);
  }

  onBatch(): void {}

  takeSlot(): number {
    const slot = this.#used;
    this.#used += 1;
    this.rows[slot * ROW_LENGTH + OUT_SOCKET] = NO_SOCKET;
    return slot;
  }

  flush(): void {
    for (let slot = 0; slot < this.#used; slot += 1) {
      const row = slot * ROW_LENGTH;
      const socket = this.rows[row + OUT_SOCKET];
      if (socket === NO_SOCKET) continue;
      const start = slot * SLOT_SIZE_BYTES + this.rows[row + OUT_OFFSET];
      const bytes = Buffer.from(this.slab.subarray(start, start + this.rows[row + OUT_SIZE]));
      const { address, port } = this.#destinations.get(socket) ?? { address: '', port: 0 };
      this.sent.push({ socket, address, port, bytes, atMs: this.nowMs });
    }
    this.#used = 0;
  }

  /** Puts a datagram into a slot, as received. Returns the slot. */
  receive(socket: number, address: string, port: number, bytes: Uint8Array): number {
    const slot = this.takeSlot();
    const row = slot * ROW_LENGTH;
    this.slab.set(bytes.subarray(0, SLOT_SIZE_BYTES), slot * SLOT_SIZE_BYTES);
    this.rows[row + SOCKET] = socket;
    this.rows[row + SIZE] = bytes.length;
    writeAddress(address, this.rows, row + SOURCE);
    this.rows[row + SOURCE + SOURCE_WORDS - 1] = port;
    return slot;
  }
}

/** Remembers which keys were sent to which capture. */
export class FakeVault implements KeySink {
  isUp = true;
  readonly keys: number[] = [];
  /** How many keys had come when a mark of a disturbed line came. */
  readonly marksAt: number[] = [];

  send(capture: ArmedCapture, key: number): boolean {
    if (!this.isUp) return false;
    capture.nextSequence += 1;
    if (key === DISTURBANCE_MARK) this.marksAt.push(this.keys.length);
    else this.keys.push(key);
    return true;
  }
}

/** Keeps what it hears while it is recording. */
export class FakeRecorder implements Recorder {
  state: Recorder['state'] = 'off';
  failed = false;
  /** As a recorder whose disk does not let it pause would be. */
  isStuck = false;
  readonly heard: Record<LegName, number[]> = { caller: [], agent: [] };
  readonly log: string[] = [];
  onStart: () => void = () => {};
  readonly #mode: RecordingMode;
  readonly #holds = new Set<string>();

  constructor(mode: RecordingMode) {
    this.#mode = mode;
  }

  start(reason: string): void {
    this.log.push(`start ${reason}`);
    this.state = 'recording';
    this.onStart();
  }

  pause(reason: string): void {
    this.log.push(`pause ${reason}`);
    if (this.isStuck) return;
    this.#holds.add(reason);
    if (this.state === 'recording' && this.#isSilent()) this.state = 'paused';
  }

  resume(reason: string): boolean {
    if (reason === 'manual' && this.#holds.has('window')) return false;
    this.log.push(`resume ${reason}`);
    this.#holds.delete(reason);
    if (this.state === 'paused' && !this.#isSilent()) this.state = 'recording';
    return true;
  }

  stop(reason: string): Promise<void> {
    this.log.push(`stop ${reason}`);
    this.state = 'stopped';
    return Promise.resolve();
  }

  write(leg: LegName, samples: Int16Array, count: number): void {
    if (this.state === 'recording') this.heard[leg].push(...samples.subarray(0, count));
  }

  #isSilent(): boolean {
    return this.#holds.has('manual') || (this.#holds.has('window') && this.#mode === 'pause');
  }
}

export type SimulatedCallOptions = {
  readonly mask?: 'window' | 'always';
  readonly replacement?: 'comfort-noise' | 'silence' | 'tone';
  readonly suppression?: Suppression;
  readonly agentTransport?: LegTransport;
  readonly recordingMode?: RecordingMode;
  readonly seed?: number;
  readonly maxCalls?: number;
  readonly onRecorderStart?: () => void;
  /** What each leg speaks; PCMU and PCMA where nothing is said. */
  readonly audio?: Partial<Readonly<Record<LegName, readonly AudioFormat[]>>>;
};

export const G722_ONLY: readonly AudioFormat[] = [{ payloadType: G722_PAYLOAD_TYPE, encoding: 'G722' }];

export function legMedia(address: string, port: number, changes: Partial<LegMedia> = {}): LegMedia {
  const audio = [
    { payloadType: AUDIO_PAYLOAD_TYPE, encoding: 'PCMU' },
    { payloadType: 8, encoding: 'PCMA' },
  ] as const;
  const events = [{ payloadType: EVENT_PAYLOAD_TYPE, clockRateHz: 8000 }];
  return {
    remoteAddress: address,
    remotePort: port,
    remoteRtcpPort: port + 1,
    rtcpMux: false,
    receiveAudio: audio,
    receiveEvents: events,
    sendAudio: audio,
    sendEvents: events,
    ptimeMs: 20,
    direction: 'sendrecv',
    ...changes,
  };
}

export class SimulatedCall {
  readonly engine = new FakeEngine();
  readonly vault = new FakeVault();
  readonly events: MediaEvent[] = [];
  readonly recorder: FakeRecorder;
  readonly core: MediaCore;
  nowMs = 1000;
  #sweepAtMs = 1000 + SWEEP_INTERVAL_MS;
  #nextRequestId = 1;

  private constructor(options: SimulatedCallOptions) {
    const random = new SeededRandom(options.seed ?? 1);
    this.recorder = new FakeRecorder(options.recordingMode ?? 'pause');
    this.core = new MediaCore({
      configuration: {
        address: '127.0.0.1',
        portMin: 20_000,
        portMax: 20_099,
        keySocketPath: '',
        linkSecret: '',
        recordingDirectory: '',
        silenceTimeoutMs: 10_000,
      },
      engine: this.engine,
      keySink: this.vault,
      emit: (event) => this.events.push(event),
      makeRecorder: () => this.recorder,
      randomBelow: (bound) => Math.floor(random.next() * bound),
      wallClockMs: () => this.nowMs,
      maxCalls: options.maxCalls ?? 4,
    });
  }

  /** A call with handle 1, both legs described. */
  static async create(options: SimulatedCallOptions = {}): Promise<SimulatedCall> {
    const call = new SimulatedCall(options);
    await call.createCall(1, options);
    const spoken = (leg: LegName) => {
      const audio = options.audio?.[leg];
      return audio === undefined ? {} : { receiveAudio: audio, sendAudio: audio };
    };
    const caller = legMedia(CALLER_ADDRESS, CALLER_PORT, spoken('caller'));
    const agent = legMedia(AGENT_ADDRESS, AGENT_PORT, spoken('agent'));
    call.command({ kind: 'set-leg', callHandle: 1, leg: 'caller', media: caller });
    call.command({ kind: 'set-leg', callHandle: 1, leg: 'agent', media: agent });
    return call;
  }

  async createCall(callHandle: number, options: SimulatedCallOptions = {}): Promise<void> {
    this.recorder.onStart = options.onRecorderStart ?? (() => {});
    this.command({
      kind: 'create-call',
      callHandle,
      callId: `call-${callHandle}`,
      mask: options.mask ?? 'window',
      replacement: options.replacement ?? 'silence',
      suppression: options.suppression ?? 'tones',
      agentTransport: options.agentTransport ?? 'rtp',
      recording: { start: 'automatic', mode: options.recordingMode ?? 'pause' },
    });
    // Sockets are bound in turns of their own.
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
  }

  /** Carries out a command. Returns the reply, unless it comes in a later turn. */
  command(command: CommandWithoutId): MediaEvent | undefined {
    const requestId = this.#nextRequestId;
    this.#nextRequestId += 1;
    this.core.command({ ...command, requestId } as MediaCommand, this.nowMs);
    return this.events.find((event) => 'requestId' in event && event.requestId === requestId);
  }

  openWindow(): void {
    this.#mustDo({ kind: 'open-window', callHandle: 1 });
  }

  arm(): void {
    const capture = { captureId: CAPTURE_ID, vaultPublicKey: VAULT_PUBLIC_KEY };
    this.#mustDo({ kind: 'arm-capture', callHandle: 1, ...capture });
  }

  disarm(): void {
    this.#mustDo({ kind: 'disarm-capture', callHandle: 1 });
  }

  closeWindow(): void {
    this.#mustDo({ kind: 'close-window', callHandle: 1 });
  }

  /** A datagram from the caller's signalled address, unless another is given. */
  fromCaller(bytes: Uint8Array, address = CALLER_ADDRESS, port = CALLER_PORT): void {
    this.#deliver(0, address, port, bytes);
  }

  fromAgent(bytes: Uint8Array, address = AGENT_ADDRESS, port = AGENT_PORT): void {
    this.#deliver(2, address, port, bytes);
  }

  deliverTo(socket: number, address: string, port: number, bytes: Uint8Array): void {
    this.#deliver(socket, address, port, bytes);
  }

  /** Moves time on, with a sweep every 20 ms. */
  advanceTo(nowMs: number): void {
    while (this.#sweepAtMs <= nowMs) {
      this.nowMs = this.#sweepAtMs;
      this.engine.nowMs = this.nowMs;
      this.core.sweep(this.nowMs);
      this.#sweepAtMs += SWEEP_INTERVAL_MS;
    }
    this.nowMs = nowMs;
    this.engine.nowMs = nowMs;
  }

  /** RTP that the agent was sent, from the time given. */
  toAgent(sinceMs = 0): readonly ReceivedRtp[] {
    return this.#rtp(2, sinceMs);
  }

  toCaller(sinceMs = 0): readonly ReceivedRtp[] {
    return this.#rtp(0, sinceMs);
  }

  counter(name: string): number {
    this.core.command({ kind: 'statistics', requestId: -1 }, this.nowMs);
    const reply = this.events.pop();
    if (reply?.kind !== 'statistics') throw new Error('no statistics came');
    return reply.counters[name];
  }

  #mustDo(command: CommandWithoutId): void {
    const reply = this.command(command);
    if (reply?.kind !== 'done') throw new Error(`${command.kind}: ${JSON.stringify(reply)}`);
  }

  #deliver(socket: number, address: string, port: number, bytes: Uint8Array): void {
    this.engine.nowMs = this.nowMs;
    const slot = this.engine.receive(socket, address, port, bytes);
    this.core.takeBatch(slot, 1, this.nowMs);
  }

  #rtp(socket: number, sinceMs: number): readonly ReceivedRtp[] {
    return this.engine.sent
      .filter((packet) => packet.socket === socket && packet.atMs >= sinceMs)
      .map((packet) => receivedRtp(packet));
  }
}

type WithoutId<Command> = Command extends { readonly requestId: number } ? Omit<Command, 'requestId'> : never;
export type CommandWithoutId = WithoutId<MediaCommand>;

export type ReceivedRtp = {
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly marker: boolean;
  readonly payload: Buffer;
  readonly samples: Int16Array;
  readonly atMs: number;
};

function receivedRtp(packet: SentPacket): ReceivedRtp {
  const header = new RtpHeader();
  const fault = header.parse(packet.bytes, 0, packet.bytes.length);
  if (fault !== undefined) throw new Error(`a packet of ours is ${fault}`);
  const payload = packet.bytes.subarray(header.payloadStart, header.payloadEnd);
  const samples = new Int16Array(payload.length);
  decodeG711(header.payloadType === 8 ? 'PCMA' : 'PCMU', payload, 0, samples, payload.length);
  const { payloadType, sequence, timestamp, ssrc, marker } = header;
  return { payloadType, sequence, timestamp, ssrc, marker, payload, samples, atMs: packet.atMs };
}

export type PacketFields = {
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc?: number;
  readonly payloadType?: number;
  readonly marker?: boolean;
};

export function rtpPacket(fields: PacketFields, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(RTP_HEADER_SIZE_BYTES + payload.length);
  const header = new RtpHeader();
  header.sequence = fields.sequence & 0xffff;
  header.timestamp = fields.timestamp >>> 0;
  header.ssrc = fields.ssrc ?? CALLER_SSRC;
  header.payloadType = fields.payloadType ?? AUDIO_PAYLOAD_TYPE;
  header.marker = fields.marker ?? false;
  header.write(bytes, 0);
  bytes.set(payload, RTP_HEADER_SIZE_BYTES);
  return bytes;
}

/** The payload of a telephone-event packet. */
export function eventPayload(key: number, durationUnits: number, isEnd = false): Buffer {
  return Buffer.from([key, (isEnd ? 0x80 : 0) | 10, durationUnits >> 8, durationUnits & 0xff]);
}
