/**
 * One media process' calls. Commands from control and packets from a `UdpEngine` come in with the time; packets go out
 * through the engine, events to control through `emit`, keys to the vault through a `KeySink`. It owns no socket, timer
 * or clock, so tests run whole calls through it on a network of their own.
 */
import { type KeySink, parseCapture } from './armed-capture.js';
import { CallMedia, type Recorder } from './call-media.js';
import { CallSockets } from './call-sockets.js';
import type {
  InfoBodyType,
  LegName,
  MediaCommand,
  MediaConfiguration,
  MediaEvent,
  RefusalCode,
} from './control-wire.js';
import { NO_KEY, takeInfoKey } from './info-body.js';
import { LegTable, legOf } from './leg-table.js';
import { MediaCounters } from './media-counters.js';
import { PacketIntake } from './packet-intake.js';
import { Relay } from './relay.js';
import { SoundFrame } from './sound-frame.js';
import type { UdpEngine, WebRtcWay } from './udp-engine.js';

/** Above what one core carries (facts of the bench: 800 to 2200), and four sockets a call stay below usual limits. */
export const MAX_CALLS = 2000;
/** RFC 3550 §6.2: five seconds, varied from half to one and a half so that reports do not march in step. */
const REPORT_INTERVAL_MS = 5000;

type CreateCall = Extract<MediaCommand, { readonly kind: 'create-call' }>;
type CallCommand = Extract<MediaCommand, { readonly callHandle: number }>;

export type RecorderRequest = Pick<CreateCall, 'callHandle' | 'callId'> & {
  readonly mode: 'pause' | 'masked-continuous';
};

export type MediaCoreOptions = {
  readonly configuration: MediaConfiguration;
  readonly engine: UdpEngine;
  /** Without it, calls with a WebRTC leg are refused. */
  readonly webRtc?: WebRtcWay;
  readonly keySink: KeySink;
  readonly emit: (event: MediaEvent) => void;
  readonly makeRecorder: (request: RecorderRequest) => Recorder;
  /** Random integer from 0 to `bound` - 1, unforeseeable in the real process. */
  readonly randomBelow: (bound: number) => number;
  /** For the NTP timestamps of sender reports. */
  readonly wallClockMs: () => number;
  readonly maxCalls?: number;
};

export class MediaCore {
  readonly counters = new MediaCounters();
  readonly #options: MediaCoreOptions;
  readonly #legs: LegTable;
  readonly #relay: Relay;
  readonly #intake: PacketIntake;
  readonly #sockets: CallSockets;
  readonly #heard = new SoundFrame();
  readonly #released = new SoundFrame();
  /** By index; what the packet path looks calls up in. */
  readonly #calls: (CallMedia | undefined)[] = [];
  readonly #indexes = new Map<number, number>();
  /** Recordings of calls that are over, on their way to the disk. */
  readonly #writing = new Set<Promise<void>>();
  readonly #freeIndexes: number[] = [];
  /** Handles whose sockets are being bound; false once control has closed the call meanwhile. */
  readonly #opening = new Map<number, boolean>();

  constructor(options: MediaCoreOptions) {
    this.#options = options;
    const { engine, webRtc, configuration, randomBelow, wallClockMs } = options;
    const maxCalls = options.maxCalls ?? MAX_CALLS;
    for (let index = maxCalls - 1; index >= 0; index -= 1) this.#freeIndexes.push(index);
    this.#legs = new LegTable(maxCalls * 2);
    const { portMin, portMax } = configuration;
    this.#sockets = new CallSockets({
      engine,
      webRtc,
      portMin,
      portMax,
      randomBelow,
      onPortsRefused: () => {
        this.counters.portsRefused += 1;
      },
    });
    const cname = `${randomBelow(0x100000000).toString(16)}${randomBelow(0x100000000).toString(16)}`;
    this.#relay = new Relay({ engine, legs: this.#legs, counters: this.counters, cname, wallClockMs });
    this.#intake = new PacketIntake({ engine, legs: this.#legs, counters: this.counters });
  }

  get callCount(): number {
    return this.#indexes.size;
  }

  /** The transport of the WebRTC leg on socket number `socket` has come up, or is gone. */
  webRtcChanged(socket: number, kind: 'leg-connected' | 'leg-lost'): void {
    const leg = socket >> 1;
    const call = this.#calls[leg >> 1];
    if (call === undefined) return;
    if (kind === 'leg-connected') this.counters.webrtcLegsConnected += 1;
    else this.counters.webrtcLegsLost += 1;
    this.#options.emit({ kind, callHandle: call.handle, leg: leg === call.callerLeg ? 'caller' : 'agent' });
  }

  /** Carries out a command; replies and events come through `emit`, those of `create-call` in a later turn. */
  command(command: MediaCommand, nowMs: number): void {
    switch (command.kind) {
      case 'create-call':
        void this.#createCall(command, nowMs);
        return;
      case 'set-leg':
      case 'open-window':
      case 'arm-capture':
      case 'disarm-capture':
      case 'close-window':
      case 'record':
      case 'close-call':
        this.#answer(command.requestId, this.#commandSafely(command, nowMs));
        return;
      case 'statistics': {
        const counters = this.counters.snapshot({
          calls_now: this.callCount,
          webrtc_legs_now: this.#sockets.webRtcCount,
          ports_available_now: this.#sockets.availableCount,
          vault_link_up_now: this.#options.keySink.isUp ? 1 : 0,
        });
        this.#options.emit({ kind: 'statistics', requestId: command.requestId, counters });
        return;
      }
      case 'ping':
        this.#answer(command.requestId, undefined);
        return;
      // The process' own business, not a call's.
      case 'configure':
      case 'shut-down':
    }
  }

  /** A SIP INFO body, unread until here. `body` holds zeros afterwards. */
  takeInfo(callHandle: number, leg: LegName, type: InfoBodyType, body: Uint8Array, nowMs: number): void {
    this.counters.infoBodies += 1;
    const call = this.#call(callHandle);
    if (leg === 'agent' || call?.window.state !== 'open') {
      body.fill(0);
      this.counters.infoBodiesUnused += 1;
      return;
    }
    const key = takeInfoKey(type, body);
    if (key === NO_KEY) {
      this.counters.infoBodiesWithoutKey += 1;
      return;
    }
    try {
      call.takeInfo(key, nowMs);
    } catch {
      this.#fail(call, nowMs);
    }
  }

  /** Handles the packets in slots `first` to `first + count - 1` and sends what comes of them. */
  takeBatch(first: number, count: number, nowMs: number): void {
    for (let slot = first; slot < first + count; slot += 1) {
      const call = this.#calls[this.#intake.callIndexOf(slot)];
      try {
        this.#intake.take(call, slot, nowMs);
      } catch {
        // A broken invariant of ours ends the call, not the process. No text of it is kept: it could quote a packet.
        this.#intake.discard(slot);
        if (call !== undefined) this.#fail(call, nowMs);
      }
    }
    this.#options.engine.flush();
  }

  /** To be called every 20 ms: what no packet comes to do. */
  sweep(nowMs: number): void {
    // By index: an iterator fifty times a second was the largest part of what this process allocated of its own.
    for (let index = 0; index < this.#calls.length; index += 1) {
      const call = this.#calls[index];
      if (call === undefined) continue;
      try {
        call.sweep(nowMs);
      } catch {
        this.#fail(call, nowMs);
        continue;
      }
      this.#sweepLeg(call, 'caller', nowMs);
      this.#sweepLeg(call, 'agent', nowMs);
    }
    this.#options.engine.flush();
  }

  /** The way to the vault is gone: keys of armed captures can go nowhere. */
  vaultLinkLost(): void {
    for (const [callHandle, index] of this.#indexes) {
      const call = this.#calls[index];
      if (call === undefined || !call.isArmed) continue;
      call.disarm();
      this.#options.emit({ kind: 'fault', callHandle, code: 'vault-link-down' });
    }
  }

  /** Ends all calls. Resolves when their recordings are on disk. */
  async close(nowMs: number): Promise<void> {
    await Promise.all([...this.#indexes.keys()].map((callHandle) => this.#closeCall(callHandle, nowMs)));
    // Calls that ended just before may not be on disk yet.
    await Promise.all(this.#writing);
  }

  /** A call that broke over a command is ended, and no longer known. */
  #commandSafely(command: Exclude<CallCommand, CreateCall>, nowMs: number): RefusalCode | undefined {
    try {
      return this.#commandCall(command, nowMs);
    } catch {
      const call = this.#call(command.callHandle);
      if (call !== undefined) this.#fail(call, nowMs);
      return 'unknown-call';
    }
  }

  #commandCall(command: Exclude<CallCommand, CreateCall>, nowMs: number): RefusalCode | undefined {
    const call = this.#call(command.callHandle);
    if (call === undefined) {
      if (command.kind !== 'close-call' || !this.#opening.has(command.callHandle)) return 'unknown-call';
      this.#opening.set(command.callHandle, false);
      return undefined;
    }
    switch (command.kind) {
      case 'set-leg':
        return this.#setLeg(call, command, nowMs);
      case 'open-window':
        // It may be asked again: after an answer that was lost, or while the closing of the one before goes on.
        if (call.window.state === 'open') return undefined;
        if (!this.#legs.isInspectable(call.callerLeg)) return 'audio-not-inspectable';
        if (!this.#options.keySink.isUp) return 'vault-link-down';
        return call.openWindow(nowMs) ? undefined : 'recorder-failed';
      case 'arm-capture': {
        if (call.window.state !== 'open') return 'window-closed';
        if (!this.#options.keySink.isUp) return 'vault-link-down';
        const capture = parseCapture(command.captureId, command.vaultPublicKey);
        if (capture === undefined) return 'bad-command';
        call.arm(capture);
        return undefined;
      }
      case 'disarm-capture':
        call.disarm();
        return undefined;
      case 'close-window':
        if (call.window.state !== 'open') return 'window-closed';
        call.closeWindow(nowMs);
        return undefined;
      case 'record':
        return this.#record(call, command.action, nowMs);
      case 'close-call':
        void this.#closeCall(command.callHandle, nowMs);
        return undefined;
    }
  }

  async #createCall(command: CreateCall, nowMs: number): Promise<void> {
    const { requestId, callHandle } = command;
    const index = this.#freeIndexes.pop();
    if (index === undefined || this.#indexes.has(callHandle) || this.#opening.has(callHandle)) {
      if (index !== undefined) this.#freeIndexes.push(index);
      this.counters.callsRefused += 1;
      this.#answer(requestId, index === undefined ? 'too-many-calls' : 'bad-command');
      return;
    }
    this.#opening.set(callHandle, true);
    const ports = await this.#sockets.open(index, command.agentTransport, nowMs);
    const isWanted = this.#opening.get(callHandle) === true;
    this.#opening.delete(callHandle);
    if (typeof ports === 'string' || !isWanted) {
      this.#releaseIndex(callHandle, index, nowMs);
      this.counters.callsRefused += 1;
      this.#answer(requestId, isWanted && typeof ports === 'string' ? ports : 'unknown-call');
      return;
    }
    const call = this.#startCall(command, index, nowMs);
    this.counters.callsCreated += 1;
    this.#options.emit({ kind: 'call-created', requestId, callHandle, ...ports });
    if (command.recording.start !== 'automatic') return;
    try {
      // After the answer: before it nobody knows the call that the recorder speaks of.
      call.recorder?.start('automatic', nowMs);
    } catch {
      this.#fail(call, nowMs);
    }
  }

  #startCall(command: CreateCall, index: number, nowMs: number): CallMedia {
    const { callHandle, callId, mask, replacement, suppression, recording } = command;
    const { emit, keySink, makeRecorder, randomBelow } = this.#options;
    for (const leg of [legOf(index, 'caller'), legOf(index, 'agent')]) {
      this.#legs.streams.begin(leg, {
        ssrc: randomBelow(0x100000000),
        sequence: randomBelow(0x10000),
        timestamp: randomBelow(0x100000000),
      });
      this.#legs.nextReportMs[leg] = nowMs + REPORT_INTERVAL_MS / 2;
      this.#legs.reportedPackets[leg] = 0;
    }
    const recorder = recording.start === 'off' ? undefined : makeRecorder({ callHandle, callId, mode: recording.mode });
    const call = new CallMedia({
      index,
      handle: callHandle,
      callId,
      mask,
      replacement,
      suppression,
      recordingMode: recording.mode,
      recorder,
      legs: this.#legs,
      relay: this.#relay,
      counters: this.counters,
      keySink,
      heard: this.#heard,
      released: this.#released,
      emit,
    });
    this.#calls[index] = call;
    this.#indexes.set(callHandle, index);
    return call;
  }

  #setLeg(
    call: CallMedia,
    command: Extract<MediaCommand, { kind: 'set-leg' }>,
    nowMs: number,
  ): RefusalCode | undefined {
    const leg = command.leg === 'caller' ? call.callerLeg : call.agentLeg;
    if (call.window.state === 'open') {
      // Nobody joins, and nothing is listened to that cannot be looked into, while keys may be pressed; nor may they
      // come to be pressed unheard.
      if (!this.#legs.keepsAddressAndFormats(leg, command.media)) return 'window-open';
      if (leg === call.callerLeg && this.#legs.wouldGoUnheard(leg, command.media)) return 'window-open';
    }
    if (!this.#sockets.connect(leg, command.media.webRtc)) return 'bad-command';
    if (!this.#legs.describe(leg, command.media, nowMs)) return 'bad-command';
    this.#intake.connect(leg);
    return undefined;
  }

  #record(call: CallMedia, action: 'start' | 'pause' | 'resume' | 'stop', nowMs: number): RefusalCode | undefined {
    const { recorder } = call;
    if (recorder === undefined) return 'bad-command';
    switch (action) {
      case 'start':
        recorder.start('manual', nowMs);
        return recorder.failed ? 'recorder-failed' : undefined;
      case 'pause':
        recorder.pause('manual', nowMs);
        return undefined;
      case 'resume':
        return recorder.resume('manual', nowMs) ? undefined : 'window-open';
      case 'stop':
        void recorder.stop('manual', nowMs);
        return undefined;
    }
  }

  #closeCall(callHandle: number, nowMs: number): Promise<void> {
    const index = this.#indexes.get(callHandle);
    const call = index === undefined ? undefined : this.#calls[index];
    if (index === undefined || call === undefined) return Promise.resolve();
    for (const leg of [call.callerLeg, call.agentLeg]) {
      // RFC 3550 §6.3.7: a source that has sent nothing says no good-bye.
      if (this.#legs.streams.packets[leg] > 0) this.#relay.sendReport(leg, 'goodbye', nowMs);
    }
    this.#options.engine.flush();
    call.wipe();
    this.#releaseIndex(callHandle, index, nowMs);
    const written = call.recorder?.stop('call-ended', nowMs) ?? Promise.resolve();
    this.#writing.add(written);
    return written.finally(() => this.#writing.delete(written));
  }

  #releaseIndex(callHandle: number, index: number, nowMs: number): void {
    this.#sockets.release(index, nowMs);
    for (const leg of [legOf(index, 'caller'), legOf(index, 'agent')]) this.#legs.release(leg);
    this.#indexes.delete(callHandle);
    this.#calls[index] = undefined;
    this.#freeIndexes.push(index);
  }

  /** The call's media stops: nothing that could not be decided leaves. */
  #fail(call: CallMedia, nowMs: number): void {
    // Whoever broke off has wiped nothing behind the caller, and the next call writes over no more than it needs.
    this.#heard.wipe();
    this.#released.wipe();
    this.counters.callsFailed += 1;
    void this.#closeCall(call.handle, nowMs);
    this.#options.emit({ kind: 'fault', callHandle: call.handle, code: 'audio-not-inspectable' });
  }

  #sweepLeg(call: CallMedia, name: LegName, nowMs: number): void {
    const legs = this.#legs;
    const leg = name === 'caller' ? call.callerLeg : call.agentLeg;
    if (legs.isDescribed[leg] === 0) return;
    if (nowMs >= legs.nextReportMs[leg]) {
      legs.nextReportMs[leg] = nowMs + REPORT_INTERVAL_MS / 2 + this.#options.randomBelow(REPORT_INTERVAL_MS);
      this.#relay.sendReport(leg, 'interval', nowMs);
    }
    const silentForMs = nowMs - legs.lastHeardMs[leg];
    const isSilent = legs.mayReceive[leg] === 1 && silentForMs >= this.#options.configuration.silenceTimeoutMs;
    if (!isSilent || legs.isSilent[leg] === 1) return;
    legs.isSilent[leg] = 1;
    this.#options.emit({ kind: 'leg-silent', callHandle: call.handle, leg: name });
  }

  #call(callHandle: number): CallMedia | undefined {
    const index = this.#indexes.get(callHandle);
    return index === undefined ? undefined : this.#calls[index];
  }

  #answer(requestId: number, refusal: RefusalCode | undefined): void {
    if (refusal === undefined) this.#options.emit({ kind: 'done', requestId });
    else this.#options.emit({ kind: 'refused', requestId, code: refusal });
  }
}
