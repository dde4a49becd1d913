/**
 * What offer and answer, and the packets since, have settled for each leg: formats, directions, addresses. Structure of
 * arrays of fixed capacity, indexed by leg; a call's legs are neighbours, the caller's the even one.
 */
import { SAMPLES_PER_MS } from '../../dsp/dtmf-keys.js';
import type { AudioEncoding, LegMedia, LegName } from './control-wire.js';
import { ADDRESS_WORDS, isUnspecified, SOURCE_WORDS, writeAddress } from './ip-address.js';
import { LegEar } from './leg-ear.js';
import { LegMouth } from './leg-mouth.js';
import { OutgoingStreams } from './outgoing-streams.js';
import { ReceptionReports } from './reception-reports.js';
import { SourceLatch } from './source-latch.js';

/** What a payload type means on a leg. */
export const NOT_NEGOTIATED = 0;
export const AUDIO_PCMU = 1;
export const AUDIO_PCMA = 2;
export const AUDIO_G722 = 3;
export const TELEPHONE_EVENT = 4;

/** Indexed by meaning. */
const ENCODINGS: readonly AudioEncoding[] = ['PCMU', 'PCMU', 'PCMA', 'G722'];
const KIND_OF: Readonly<Record<AudioEncoding, number>> = { PCMU: AUDIO_PCMU, PCMA: AUDIO_PCMA, G722: AUDIO_G722 };
/** Places for a payload type a leg, indexed by meaning; the first one is not used. */
const KINDS = ENCODINGS.length;

/** The leg's peer does not take this format. */
export const NO_PAYLOAD_TYPE = -1;

const PAYLOAD_TYPES = 128;
const DEFAULT_PTIME_MS = 20;
const MAX_PTIME_MS = 120;
/** Neither SDP nor we allow other clock rates; 8 bits hold them in kilohertz. */
const MAX_CLOCK_RATE_HZ = 255_000;

export function legOf(call: number, name: LegName): number {
  return call * 2 + (name === 'caller' ? 0 : 1);
}

/** Socket numbers follow from leg numbers: the RTP socket is the even one. */
export function rtpSocketOf(leg: number): number {
  return leg * 2;
}

export function rtcpSocketOf(leg: number): number {
  return leg * 2 + 1;
}

export function encodingOf(kind: number): AudioEncoding {
  return ENCODINGS[kind] ?? 'PCMU';
}

export class LegTable {
  readonly latch: SourceLatch;
  readonly reports: ReceptionReports;
  readonly streams: OutgoingStreams;
  readonly isDescribed: Uint8Array;
  readonly mayReceive: Uint8Array;
  readonly maySend: Uint8Array;
  readonly isMuxed: Uint8Array;
  readonly frameSamples: Uint16Array;
  readonly lastHeardMs: Float64Array;
  readonly isSilent: Uint8Array;
  readonly nextReportMs: Float64Array;
  /** Packets sent when the last report was made. */
  readonly reportedPackets: Float64Array;
  /** Destinations, SOURCE_WORDS a leg. */
  readonly rtpDestination: Int32Array;
  readonly rtcpDestination: Int32Array;
  /** What the peer may send: one of the meanings above for each payload type. */
  readonly #meaning: Uint8Array;
  readonly #eventClockKhz: Uint8Array;
  /** The peer's own payload type of each kind of audio. */
  readonly #sendAudio: Int8Array;
  /** The kind of audio that the peer wants most. */
  readonly #preferredKind: Uint8Array;
  /** The peer's own payload type of an event clock rate: the most wanted first. */
  readonly #sendEvents: (readonly { readonly payloadType: number; readonly clockRateHz: number }[])[] = [];
  readonly #described: (LegMedia | undefined)[] = [];
  readonly #ears: (LegEar | undefined)[] = [];
  readonly #mouths: (LegMouth | undefined)[] = [];

  constructor(capacity: number) {
    this.latch = new SourceLatch(capacity);
    this.reports = new ReceptionReports(capacity);
    this.streams = new OutgoingStreams(capacity);
    this.isDescribed = new Uint8Array(capacity);
    this.mayReceive = new Uint8Array(capacity);
    this.maySend = new Uint8Array(capacity);
    this.isMuxed = new Uint8Array(capacity);
    this.frameSamples = new Uint16Array(capacity);
    this.#sendAudio = new Int8Array(capacity * KINDS).fill(NO_PAYLOAD_TYPE);
    this.#preferredKind = new Uint8Array(capacity);
    this.lastHeardMs = new Float64Array(capacity);
    this.isSilent = new Uint8Array(capacity);
    this.nextReportMs = new Float64Array(capacity);
    this.reportedPackets = new Float64Array(capacity);
    this.rtpDestination = new Int32Array(capacity * SOURCE_WORDS);
    this.rtcpDestination = new Int32Array(capacity * SOURCE_WORDS);
    this.#meaning = new Uint8Array(capacity * PAYLOAD_TYPES);
    this.#eventClockKhz = new Uint8Array(capacity * PAYLOAD_TYPES);
  }

  meaningOf(leg: number, payloadType: number): number {
    return this.#meaning[leg * PAYLOAD_TYPES + payloadType];
  }

  eventClockRateHz(leg: number, payloadType: number): number {
    return this.#eventClockKhz[leg * PAYLOAD_TYPES + payloadType] * 1000;
  }

  /** The peer's payload type for this audio, NO_PAYLOAD_TYPE when it takes none of that encoding. */
  audioPayloadType(leg: number, kind: number): number {
    return this.#sendAudio[leg * KINDS + kind];
  }

  /** The encoding to send to the leg for audio that came as `kind`: the same one if the peer takes it. */
  sendKind(leg: number, kind: number): number {
    return this.audioPayloadType(leg, kind) !== NO_PAYLOAD_TYPE ? kind : this.#preferredKind[leg];
  }

  eventPayloadType(leg: number, clockRateHz: number): number {
    for (const format of this.#sendEvents[leg] ?? []) {
      if (format.clockRateHz === clockRateHz) return format.payloadType;
    }
    return NO_PAYLOAD_TYPE;
  }

  /** True when the leg's audio can be looked into: it may send nothing but G.711 and G.722. */
  isInspectable(leg: number): boolean {
    return (this.#described[leg]?.receiveAudio.length ?? 0) > 0;
  }

  /** True when `media` differs from what holds only in direction, or not at all. */
  keepsAddressAndFormats(leg: number, media: LegMedia): boolean {
    const before = this.#described[leg];
    if (before === undefined) return false;
    // Where a WebRTC peer is, ICE finds out: what it names once more of that changes nothing.
    const { direction, webRtc } = media;
    return JSON.stringify({ ...before, direction, webRtc }) === JSON.stringify({ ...before, ...media });
  }

  /** True when the leg's peer is heard now and would not be with `media`: on hold, or told not to send. */
  wouldGoUnheard(leg: number, media: LegMedia): boolean {
    return this.mayReceive[leg] === 1 && !isReceiving(media);
  }

  /** Returns false, having changed nothing, when the description cannot be used. */
  describe(leg: number, media: LegMedia, nowMs: number): boolean {
    const words = new Int32Array(SOURCE_WORDS);
    const isUsable =
      writeAddress(media.remoteAddress, words, 0) &&
      isPort(media.remotePort) &&
      isPort(media.remoteRtcpPort) &&
      [...media.receiveAudio, ...media.sendAudio, ...media.receiveEvents, ...media.sendEvents].every(isFormat);
    if (!isUsable) return false;

    this.#setFormats(leg, media);
    words[ADDRESS_WORDS] = media.remotePort;
    // RFC 3264 §8.4: 0.0.0.0 is how older peers say hold. It names no new source, and is no place to send to.
    const isHeld = isUnspecified(media.remoteAddress);
    if (!isHeld) this.latch.expect(leg, words);
    // A leg that is still locked is sent to where it was heard from, whatever its description repeats.
    if (!isHeld && !this.latch.isLocked(leg)) {
      this.rtpDestination.set(words, leg * SOURCE_WORDS);
      words[ADDRESS_WORDS] = media.rtcpMux ? media.remotePort : media.remoteRtcpPort;
      this.rtcpDestination.set(words, leg * SOURCE_WORDS);
    }
    this.isDescribed[leg] = 1;
    this.isMuxed[leg] = media.rtcpMux ? 1 : 0;
    this.mayReceive[leg] = isReceiving(media) ? 1 : 0;
    this.maySend[leg] = !isHeld && (media.direction === 'sendrecv' || media.direction === 'sendonly') ? 1 : 0;
    const ptimeMs = media.ptimeMs > 0 && media.ptimeMs <= MAX_PTIME_MS ? media.ptimeMs : DEFAULT_PTIME_MS;
    this.frameSamples[leg] = ptimeMs * SAMPLES_PER_MS;
    // Silence is counted anew: the peer may have been on hold until now.
    this.lastHeardMs[leg] = nowMs;
    this.isSilent[leg] = 0;
    this.#described[leg] = media;
    return true;
  }

  /** The leg was locked to a source: it is sent to from now on. Its RTCP is taken to have moved with it. */
  followLock(leg: number): void {
    const at = leg * SOURCE_WORDS;
    const isMoved = this.latch.readLocked(leg, this.rtpDestination.subarray(at, at + SOURCE_WORDS));
    if (!isMoved) return;
    for (let word = 0; word < ADDRESS_WORDS; word += 1) {
      this.rtcpDestination[at + word] = this.rtpDestination[at + word];
    }
    if (this.isMuxed[leg] === 1) this.rtcpDestination[at + ADDRESS_WORDS] = this.rtpDestination[at + ADDRESS_WORDS];
  }

  release(leg: number): void {
    this.latch.release(leg);
    this.reports.release(leg);
    this.isDescribed[leg] = 0;
    this.mayReceive[leg] = 0;
    this.maySend[leg] = 0;
    this.#meaning.fill(NOT_NEGOTIATED, leg * PAYLOAD_TYPES, (leg + 1) * PAYLOAD_TYPES);
    this.#sendAudio.fill(NO_PAYLOAD_TYPE, leg * KINDS, (leg + 1) * KINDS);
    this.#preferredKind[leg] = NOT_NEGOTIATED;
    this.#sendEvents[leg] = [];
    this.#described[leg] = undefined;
    this.#ears[leg]?.wipe();
    this.#ears[leg] = undefined;
    this.#mouths[leg]?.wipe();
    this.#mouths[leg] = undefined;
  }

  /** The leg's own ear and mouth, made when first asked for. */
  earOf(leg: number): LegEar {
    const ear = this.#ears[leg] ?? new LegEar();
    this.#ears[leg] = ear;
    return ear;
  }

  mouthOf(leg: number): LegMouth {
    const mouth = this.#mouths[leg] ?? new LegMouth();
    this.#mouths[leg] = mouth;
    return mouth;
  }

  #setFormats(leg: number, media: LegMedia): void {
    const at = leg * PAYLOAD_TYPES;
    this.#meaning.fill(NOT_NEGOTIATED, at, at + PAYLOAD_TYPES);
    for (const format of media.receiveAudio) {
      this.#meaning[at + format.payloadType] = KIND_OF[format.encoding];
    }
    for (const format of media.receiveEvents) {
      this.#meaning[at + format.payloadType] = TELEPHONE_EVENT;
      this.#eventClockKhz[at + format.payloadType] = format.clockRateHz / 1000;
    }
    this.#sendAudio.fill(NO_PAYLOAD_TYPE, leg * KINDS, (leg + 1) * KINDS);
    this.#preferredKind[leg] = NOT_NEGOTIATED;
    // Backwards, so that of two payload types for one encoding the most wanted one stays.
    for (const format of [...media.sendAudio].reverse()) {
      const kind = KIND_OF[format.encoding];
      this.#sendAudio[leg * KINDS + kind] = format.payloadType;
      this.#preferredKind[leg] = kind;
    }
    this.#sendEvents[leg] = media.sendEvents;
  }
}

function isReceiving({ direction }: LegMedia): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}

function isFormat(format: { readonly payloadType: number; readonly clockRateHz?: number }): boolean {
  const { payloadType, clockRateHz = 8000 } = format;
  const isRate = clockRateHz % 1000 === 0 && clockRateHz > 0 && clockRateHz <= MAX_CLOCK_RATE_HZ;
  return Number.isInteger(payloadType) && payloadType >= 0 && payloadType < PAYLOAD_TYPES && isRate;
}
