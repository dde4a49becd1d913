/**
 * The media of one call: the caller's leg with its secure window, the agent's leg, the recorder behind both. What the
 * recorder hears of the caller is what the agent hears of the caller; there is no other tap.
 */
import { SAMPLES_PER_MS } from '../../dsp/dtmf-keys.js';
import { dbm0OfPower, meanSquare } from '../../dsp/level.js';
import { DISTURBANCE_MARK } from '../../vault-client/wire.js';
import type { ArmedCapture, KeySink } from './armed-capture.js';
import type { LegName, MediaEvent, RecordingMode, Suppression } from './control-wire.js';
import {
  AUDIO_G722,
  AUDIO_PCMU,
  encodingOf,
  type LegTable,
  legOf,
  NOT_NEGOTIATED,
  TELEPHONE_EVENT,
} from './leg-table.js';
import type { MediaCounters } from './media-counters.js';
import type { Relay } from './relay.js';
import { type RtpHeader, readUint16, timestampDistance } from './rtp-header.js';
import { type ResumePoint, SecureWindow, type WindowPort } from './secure-window.js';
import { MAX_PACKET_UNITS, type SoundFrame } from './sound-frame.js';
import { ACCEPTED, FOREIGN_SOURCE, FOREIGN_SSRC, LOCKED_NOW, NEW_SSRC } from './source-latch.js';
import { NOT_A_KEY, TELEPHONE_EVENT_SIZE_BYTES } from './telephone-event.js';

/** `foreign-media` is told at most so often. */
const FOREIGN_REPORT_MS = 1000;
/** After a window, events that began inside it are recognised by their timestamps for so long. */
const LATE_EVENT_GUARD_MS = 10_000;
/** After a window, an agent's G.722 decoder is handed back to the caller's encoder within a second, in a quiet packet. */
const HANDOVER_MS = 1000;
/** Between words. The decoder is off for a moment after, by at most so much as what it then hears. */
const HANDOVER_LEVEL_DBM0 = -44;

/** What a call needs of a recorder; `gateway/recording` has the real one. */
export interface Recorder {
  readonly state: 'off' | 'recording' | 'paused' | 'stopped';
  readonly failed: boolean;
  start(reason: 'automatic' | 'manual', nowMs: number): void;
  pause(reason: 'manual' | 'window', nowMs: number): void;
  resume(reason: 'manual' | 'window', nowMs: number): boolean;
  stop(reason: 'manual' | 'call-ended', nowMs: number): Promise<void>;
  /** `rtpTimestamp` may be the signed number with the same bits, which V8 hands over without a box whatever it is. */
  write(leg: LegName, samples: Int16Array, count: number, rtpTimestamp: number, nowMs: number): void;
}

export type CallOptions = {
  readonly index: number;
  readonly handle: number;
  readonly callId: string;
  readonly mask: 'window' | 'always';
  readonly replacement: 'comfort-noise' | 'silence' | 'tone';
  readonly suppression: Suppression;
  readonly recordingMode: RecordingMode;
  readonly recorder: Recorder | undefined;
  readonly legs: LegTable;
  readonly relay: Relay;
  readonly counters: MediaCounters;
  readonly keySink: KeySink;
  /** Scratch shared by all calls: what came, wiped after use in a window, and what a window lets out. */
  readonly heard: SoundFrame;
  readonly released: SoundFrame;
  readonly emit: (event: MediaEvent) => void;
};

export class CallMedia implements WindowPort {
  readonly handle: number;
  readonly recorder: Recorder | undefined;
  readonly callerLeg: number;
  readonly agentLeg: number;
  readonly window: SecureWindow;
  #capture: ArmedCapture | undefined;
  readonly #options: CallOptions;
  readonly #legs: LegTable;
  readonly #relay: Relay;
  readonly #counters: MediaCounters;
  readonly #heard: SoundFrame;
  /** Encoding in which the caller last sent. */
  #callerKind = AUDIO_PCMU;
  /** The handover after a window is under way, at the most until then. */
  #isHandingOver = false;
  #handoverUntilMs = 0;
  #lateEventGuardUntilMs = Number.NEGATIVE_INFINITY;
  #resumeTimestamp = 0;
  /** Of the event packet at hand: an object made for each would be one a packet. */
  readonly #eventSpan = { timestamp: 0, durationUnits: 0 };
  #droppedKeys = 0;
  readonly #foreign = { caller: 0, agent: 0 };
  #foreignReportedMs = Number.NEGATIVE_INFINITY;

  constructor(options: CallOptions) {
    this.#options = options;
    this.handle = options.handle;
    this.recorder = options.recorder;
    this.callerLeg = legOf(options.index, 'caller');
    this.agentLeg = legOf(options.index, 'agent');
    this.#legs = options.legs;
    this.#relay = options.relay;
    this.#counters = options.counters;
    this.#heard = options.heard;
    const { mask, suppression, replacement, heard, released } = options;
    const line = { ear: this.#legs.earOf(this.callerLeg), replacement, heard, released };
    this.window = new SecureWindow({ mask, suppression, line, port: this });
  }

  /** True while what the caller sends may hold card data: it is wiped behind us. */
  get isConfidential(): boolean {
    return this.window.isSuppressing;
  }

  /**
   * Suppression is on and the recorder silent when this returns true. False: the recorder goes on recording; nothing
   * else is changed then.
   */
  openWindow(nowMs: number): boolean {
    this.recorder?.pause('window', nowMs);
    const isStillRecording = this.recorder?.state === 'recording' && this.#options.recordingMode === 'pause';
    if (isStillRecording) return false;
    this.#takeOverFromCaller();
    this.#isHandingOver = false;
    this.window.open(this.#legs.streams.expectedInput(this.agentLeg), nowMs);
    this.#legs.latch.freeze(this.callerLeg);
    this.#legs.latch.freeze(this.agentLeg);
    this.#counters.windowsOpened += 1;
    return true;
  }

  get isArmed(): boolean {
    return this.#capture !== undefined;
  }

  /** Keys go to this capture from now on. */
  arm(capture: ArmedCapture): void {
    this.#capture = capture;
    this.window.arm();
  }

  disarm(): void {
    this.#capture = undefined;
    this.window.disarm();
  }

  closeWindow(nowMs: number): void {
    this.disarm();
    this.#reportDroppedKeys();
    this.window.close(nowMs);
    // Nothing is captured any more; a new source is suppressed like the one before, until it is quiet.
    this.#legs.latch.unfreeze(this.callerLeg);
    this.#legs.latch.unfreeze(this.agentLeg);
    this.recorder?.resume('window', nowMs);
  }

  /** Handles the RTP packet in `slot`, which came now, whose header has been read and whose source has been judged. */
  takeRtp(leg: number, slot: number, header: RtpHeader, verdict: number, slab: Uint8Array, nowMs: number): void {
    if (verdict < ACCEPTED) {
      this.#countForeign(leg, verdict);
      if (verdict === FOREIGN_SSRC && leg === this.callerLeg) this.window.dropForeign(nowMs);
      return;
    }
    this.#legs.lastHeardMs[leg] = nowMs;
    this.#legs.isSilent[leg] = 0;
    if (this.#legs.mayReceive[leg] === 0) {
      this.#counters.droppedDirection += 1;
      return;
    }
    const kind = this.#legs.meaningOf(leg, header.payloadType);
    if (kind === NOT_NEGOTIATED) {
      this.#counters.droppedPayloadType += 1;
      if (leg === this.callerLeg) this.window.passOver(header.sequence);
      return;
    }
    if (verdict === NEW_SSRC || verdict === LOCKED_NOW) this.#legs.earOf(leg).wipe();
    this.#legs.reports.hear(leg, header, kind === TELEPHONE_EVENT ? 'event' : 'audio');
    if (leg === this.callerLeg && this.window.isSuppressing) {
      if (verdict === NEW_SSRC || verdict === LOCKED_NOW) this.window.restart(nowMs);
      if (kind === TELEPHONE_EVENT) this.#suppressEvent(header, slab, nowMs);
      else this.#suppressAudio(header, kind, slab, nowMs);
      return;
    }
    if (verdict === NEW_SSRC || verdict === LOCKED_NOW) this.#legs.streams.unmap(this.#otherLeg(leg));
    if (kind === TELEPHONE_EVENT) this.#passEvent(leg, slot, header, slab, nowMs);
    else this.#passAudio(leg, slot, header, kind, slab, nowMs);
  }

  /** A key by SIP INFO from the caller. */
  takeInfo(key: number, nowMs: number): void {
    this.window.takeInfo(key, nowMs);
  }

  sweep(nowMs: number): void {
    this.window.sweep(nowMs);
    if (nowMs >= this.#handoverUntilMs) this.#endHandover();
    this.#reportDroppedKeys();
    if (nowMs - this.#foreignReportedMs < FOREIGN_REPORT_MS) return;
    if (this.#foreign.caller > 0) this.#reportForeign('caller', nowMs);
    else if (this.#foreign.agent > 0) this.#reportForeign('agent', nowMs);
  }

  /** The call is over, or broken: nothing is left of it in memory that a key could be read from. */
  wipe(): void {
    this.disarm();
    this.window.wipe();
    this.#legs.earOf(this.callerLeg).wipe();
  }

  releaseFrame(frame: SoundFrame, nowMs: number): void {
    this.#counters.framesSuppressed += 1;
    const timestamp = this.#relay.sendFrame(this.agentLeg, frame, this.#callerKind, nowMs);
    this.recorder?.write('caller', frame.narrow, frame.units, timestamp, nowMs);
  }

  skipTime(units: number): void {
    this.#legs.streams.skip(this.agentLeg, units);
  }

  markDisturbance(): boolean {
    if (this.#capture === undefined || !this.#options.keySink.send(this.#capture, DISTURBANCE_MARK)) return false;
    this.#counters.disturbances += 1;
    return true;
  }

  pressKey(key: number): void {
    if (this.#capture !== undefined && this.#options.keySink.send(this.#capture, key)) {
      this.#counters.keysCaptured += 1;
      return;
    }
    this.#droppedKeys += 1;
    this.#counters.keysDropped += 1;
  }

  closed(resume: ResumePoint, nowMs: number): void {
    this.#options.emit({ kind: 'window-closed', callHandle: this.handle });
    if (this.window.isSuppressing) return;
    this.#legs.streams.anchor(this.agentLeg, resume.timestamp, resume.sequence);
    this.#isHandingOver = this.#isPassedUntouched(AUDIO_G722) && this.#callerKind === AUDIO_G722;
    this.#handoverUntilMs = nowMs + HANDOVER_MS;
    if (!this.#isHandingOver) this.#legs.earOf(this.callerLeg).wipe();
    this.#resumeTimestamp = resume.timestamp;
    this.#lateEventGuardUntilMs = nowMs + LATE_EVENT_GUARD_MS;
  }

  countLate(): void {
    this.#counters.droppedLate += 1;
  }

  countConcealed(units: number): void {
    this.#counters.samplesConcealed += units;
  }

  countMerged(): void {
    this.#counters.keysMerged += 1;
  }

  #passAudio(leg: number, slot: number, header: RtpHeader, kind: number, slab: Uint8Array, nowMs: number): void {
    const name = leg === this.callerLeg ? 'caller' : 'agent';
    if (name === 'caller') {
      this.#callerKind = kind;
      this.window.events.hearOther(header.sequence);
      if (kind !== AUDIO_G722 || nowMs >= this.#handoverUntilMs) this.#endHandover();
    }
    const to = this.#otherLeg(leg);
    const ear = this.#legs.earOf(leg);
    const count = Math.min(header.payloadEnd - header.payloadStart, MAX_PACKET_UNITS);
    const sendKind = this.#legs.sendKind(to, kind);
    const isHandedOver = name === 'caller' && this.#isHandingOver;
    const isEncodedAnew = sendKind !== kind || isHandedOver;
    const isRecorded = this.recorder?.state === 'recording';
    const frame = this.#heard;
    const { sequence } = header;
    // Late: of the window, perhaps. Nothing of it is decoded or kept.
    if (!this.#relay.placeAudio(to, header, count)) return;
    if (isEncodedAnew || isRecorded) {
      ear.decode(sequence, encodingOf(kind), slab, header.payloadStart, count, frame);
      if (isRecorded || sendKind !== AUDIO_G722) ear.narrow(frame);
    } else {
      ear.pass(sequence, encodingOf(kind), slab, header.payloadStart, count);
    }
    this.#relay.passAudio(to, slot, header, sendKind, isEncodedAnew ? frame : undefined);
    if (isRecorded) this.recorder?.write(name, frame.narrow, count, header.timestamp | 0, nowMs);
    if (isHandedOver && isQuiet(frame)) this.#endHandover();
  }

  /**
   * The agent's decoder has followed the caller's encoder until now: ours goes on from where it stands, so that the agent
   * hears no seam. What it stands on was passed to the agent before.
   */
  #takeOverFromCaller(): void {
    if (this.window.isSuppressing || this.#isHandingOver || !this.#isPassedUntouched(this.#callerKind)) return;
    const decoder = this.#legs.earOf(this.callerLeg).decoder(this.#heard);
    if (decoder !== undefined) this.#legs.mouthOf(this.agentLeg).follow(decoder);
  }

  /**
   * The way back: the caller's encoder knows nothing of where ours has led the agent's decoder, so a pause is waited for, or
   * for the caller to send something else. The decoder that followed the caller through the window is done with.
   */
  #endHandover(): void {
    if (!this.#isHandingOver) return;
    this.#isHandingOver = false;
    this.#legs.earOf(this.callerLeg).wipe();
  }

  /** Whether the agent is sent the caller's own octets of this kind. */
  #isPassedUntouched(kind: number): boolean {
    return this.#legs.sendKind(this.agentLeg, kind) === kind;
  }

  #passEvent(leg: number, slot: number, header: RtpHeader, slab: Uint8Array, nowMs: number): void {
    if (header.payloadEnd - header.payloadStart < TELEPHONE_EVENT_SIZE_BYTES) {
      this.#counters.malformedEvents += 1;
      return;
    }
    const clockRateHz = this.#legs.eventClockRateHz(leg, header.payloadType);
    if (leg === this.callerLeg) {
      this.window.events.handle(header, clockRateHz, slab, nowMs);
      if (this.#isLateEvent(header, nowMs)) {
        this.#counters.eventPacketsSuppressed += 1;
        return;
      }
    }
    const durationUnits = clockRateHz === SAMPLES_PER_MS * 1000 ? readUint16(slab, header.payloadStart + 2) : 0;
    this.#relay.passEvent(this.#otherLeg(leg), slot, header, clockRateHz, durationUnits);
  }

  #suppressEvent(header: RtpHeader, slab: Uint8Array, nowMs: number): void {
    this.#counters.eventPacketsSuppressed += 1;
    const clockRateHz = this.#legs.eventClockRateHz(this.callerLeg, header.payloadType);
    const outcome = this.window.events.handle(header, clockRateHz, slab, nowMs);
    if ((outcome & NOT_A_KEY) !== 0) this.#counters.malformedEvents += 1;
    const isOnAudioClock = (outcome & NOT_A_KEY) === 0 && clockRateHz === SAMPLES_PER_MS * 1000;
    if (isOnAudioClock) {
      this.#eventSpan.timestamp = header.timestamp;
      this.#eventSpan.durationUnits = readUint16(slab, header.payloadStart + 2);
    }
    this.window.takeEvent(header.sequence, outcome, isOnAudioClock ? this.#eventSpan : undefined, nowMs);
  }

  #suppressAudio(header: RtpHeader, kind: number, slab: Uint8Array, nowMs: number): void {
    this.#callerKind = kind;
    this.window.events.hearOther(header.sequence);
    const count = Math.min(header.payloadEnd - header.payloadStart, MAX_PACKET_UNITS);
    this.window.takeAudio(header, encodingOf(kind), slab, count, nowMs);
  }

  /** A press that began inside a window leaks none of its packets after it, however late they come. */
  #isLateEvent(header: RtpHeader, nowMs: number): boolean {
    const isGuarded = nowMs < this.#lateEventGuardUntilMs;
    return isGuarded && timestampDistance(this.#resumeTimestamp, header.timestamp) < 0;
  }

  #countForeign(leg: number, verdict: number): void {
    if (verdict !== FOREIGN_SOURCE && verdict !== FOREIGN_SSRC) {
      this.#counters.droppedLearning += 1;
      return;
    }
    if (verdict === FOREIGN_SOURCE) this.#counters.droppedForeignSource += 1;
    else this.#counters.droppedForeignSsrc += 1;
    this.#foreign[leg === this.callerLeg ? 'caller' : 'agent'] += 1;
  }

  #reportForeign(leg: LegName, nowMs: number): void {
    const count = this.#foreign[leg];
    this.#foreign[leg] = 0;
    this.#foreignReportedMs = nowMs;
    this.#options.emit({ kind: 'foreign-media', callHandle: this.handle, leg, count });
  }

  #reportDroppedKeys(): void {
    if (this.#droppedKeys === 0) return;
    this.#options.emit({ kind: 'keys-dropped', callHandle: this.handle, count: this.#droppedKeys });
    this.#droppedKeys = 0;
  }

  #otherLeg(leg: number): number {
    return leg === this.callerLeg ? this.agentLeg : this.callerLeg;
  }
}

function isQuiet(frame: SoundFrame): boolean {
  const sampleCount = frame.units * frame.samplesPerUnit;
  return dbm0OfPower(meanSquare(frame.samples, 0, sampleCount)) < HANDOVER_LEVEL_DBM0;
}
