/**
 * The secure window of one call: what becomes of the caller's packets while card keys may be pressed. Pure: packets of
 * the caller's locked source and time go in; suppressed frames and key presses come out through a port. Lengths are units
 * of RTP time, as in `suppressed-line.ts`: eight to a millisecond, one an octet.
 *
 * ```
 *  closed ──open──► open ──close──► closing ──quiet──► closed
 *                    ▲                 │
 *                    └──────open───────┘
 * ```
 *
 * While it is not closed (and always, where the route says `mask: always`) nothing of the caller is passed on. A stream
 * of its own is made instead, whole in sequence and timestamps:
 *
 * - Audio goes through the suppressor and comes out one packet (20 ms) later, decided sample by sample as it came in.
 * - Telephone-event packets end here. Their time is filled with replacement audio, unless the sender's own audio goes on
 *   beside them; that audio is masked from 20 ms before the event to 60 ms after it.
 * - What was lost is filled and masked. One packet that overtook another is held until the other has come.
 * - While a capture is armed, what is lost may be a key: `hole-watch.ts` says when. Where the route is strict, the caller is
 *   mute for as long, tone or not.
 *
 * `closing` lasts until a press under way has ended and the caller's audio has been quiet for a while, so nothing that began
 * inside leaks its rest.
 */
import { SAMPLES_PER_MS } from '../../dsp/dtmf-keys.js';
import type { AudioEncoding, Suppression } from './control-wire.js';
import { EventMask } from './event-mask.js';
import { type AudioPacket, HeldPacket } from './held-packet.js';
import { type EventSpan, HoleFinder } from './hole-finder.js';
import { PressListener, type PressPort } from './press-listener.js';
import { TAIL_MS } from './press-merger.js';
import { sequenceDistance, timestampDistance } from './rtp-header.js';
import { SenderClock } from './sender-clock.js';
import { MAX_PACKET_UNITS, type SoundFrame } from './sound-frame.js';
import { SuppressedLine, type SuppressedLineOptions, WINDOW_DELAY_UNITS } from './suppressed-line.js';
import type { TelephoneEventDecoder } from './telephone-event.js';

/** 200 ms. A longer hole is a pause of the sender's (silence suppression, hold) and stays one. */
const MAX_FILL_UNITS = 1600;
/** 10 ms. Holes are not filled in smaller steps, however small the sender's packets are: each step is a packet of ours. */
const MIN_FRAME_UNITS = 80;
/** How far an event's timestamp may lie from the audio's for both to be on one clock: the longest segment, and a second. */
const MAX_EVENT_AGE_UNITS = 0xffff + 8000;
/** Further off in sequence is no loss but a sender that began anew. */
const MAX_SEQUENCE_JUMP = 1000;
/** A held packet waits for the one it overtook no longer than this: the next packet is due by then. */
const HOLD_MS = 25;
/**
 * No tone and no event for so long, and closing is over. A tail of tone begins up to half a second behind its event; the rest
 * is the packet that brings its beginning and the 14 ms until the suppressor has flagged it.
 */
const QUIET_MS = TAIL_MS;
/** Audio that must have been seen to be free of tones since closing began: twice what the suppressor needs to tell. */
const QUIET_AUDIO_UNITS = 320;
/** No network and no stopped machine delivers after a minute what a caller said before. */
const MAX_STALL_MS = 60_000;
const SILENCE = new Int16Array(MAX_PACKET_UNITS);

export type WindowState = 'closed' | 'open' | 'closing';

/** The caller's timestamp up to which the window has released audio, and the first sequence number it has not used. */
export type ResumePoint = { readonly timestamp: number; readonly sequence: number };

/** What the window has to say, as it happens. */
export interface WindowPort extends Pick<PressPort, 'pressKey' | 'countMerged'> {
  /** A press may have been lost in a hole of the caller's stream; told in its place among the keys. Returns whether it was. */
  markDisturbance(): boolean;
  /** Suppressed audio, next in time. Only good until it returns. */
  releaseFrame(frame: SoundFrame, nowMs: number): void;
  /** A pause of the sender that is not filled. */
  skipTime(units: number): void;
  /** Closing is over. `resume`: where the caller's own audio goes on. */
  closed(resume: ResumePoint, nowMs: number): void;
  countLate(): void;
  countConcealed(units: number): void;
}

export type SecureWindowOptions = {
  readonly mask: 'window' | 'always';
  readonly suppression: Suppression;
  readonly line: SuppressedLineOptions;
  readonly port: WindowPort;
};

export class SecureWindow implements PressPort {
  readonly #port: WindowPort;
  readonly #isAlwaysMasked: boolean;
  readonly #isStrict: boolean;
  readonly #line: SuppressedLine;
  readonly #presses: PressListener;
  readonly #senderClock = new SenderClock();
  readonly #holes: HoleFinder;
  readonly #eventMask = new EventMask();
  readonly #held = new HeldPacket();
  #state: WindowState = 'closed';
  #closingSinceUnits = 0;
  /** Caller timestamp of the moment in which the window was closed. */
  #closedAt = 0;

  /** Caller timestamp of the next sample to be released, once known. */
  #expected = 0;
  #isExpecting = false;
  /** Sequence number of the last packet that was used, -1 before the first. */
  #lastSequence = -1;
  #audioEnd = 0;
  #isFilledSinceAudio = false;
  #payloadType = -1;
  /** Of the sender's packets, or what is taken for it. */
  #frameUnits = WINDOW_DELAY_UNITS;
  #lastReleaseMs = 0;

  constructor({ mask, suppression, line, port }: SecureWindowOptions) {
    this.#port = port;
    this.#presses = new PressListener(this, this.#senderClock);
    this.#line = new SuppressedLine(line);
    this.#holes = new HoleFinder({
      presses: this.#presses,
      line: this.#line,
      disturbed: () => port.markDisturbance(),
    });
    this.#isAlwaysMasked = mask === 'always';
    this.#isStrict = suppression === 'strict';
  }

  /** To be handed every event packet of the caller, in a window or not. */
  get events(): TelephoneEventDecoder {
    return this.#presses.events;
  }

  get state(): WindowState {
    return this.#state;
  }

  /** While true, every packet of the caller comes here and none is passed on. */
  get isSuppressing(): boolean {
    return this.#state !== 'closed' || this.#isAlwaysMasked;
  }

  /** From the next packet on everything is suppressed. `expected`: the caller's timestamp up to which audio was passed on. */
  open(expected: number | undefined, nowMs: number): void {
    const wasSuppressing = this.isSuppressing;
    this.#state = 'open';
    this.#presses.start(nowMs);
    if (wasSuppressing) return;
    this.#line.wipe();
    this.#isExpecting = expected !== undefined;
    this.#expected = expected ?? 0;
    this.#audioEnd = this.#expected;
    this.#lastSequence = -1;
    this.#payloadType = -1;
    this.#isFilledSinceAudio = false;
    this.#holes.begin();
    this.#eventMask.begin(this.events.underWay ? 'under-way' : 'none', nowMs);
    this.#lastReleaseMs = nowMs;
  }

  /** Keys are captured from now on, so none may be lost unnoticed; where the route says strict, the caller is mute. */
  arm(): void {
    this.#holes.watch.arm();
    if (this.#isStrict) this.#line.muteAll();
  }

  disarm(): void {
    this.#holes.watch.disarm();
    this.#line.stopMutingAll();
  }

  /** Ends the capture of keys at once; suppression ends when the line is quiet. */
  close(nowMs: number): void {
    this.#state = 'closing';
    this.#closingSinceUnits = 0;
    // Where the caller's stream is by the clock: what is still on its way from before belongs to the window.
    const behindMs = Math.min(Math.max(0, nowMs - this.#lastReleaseMs), MAX_STALL_MS);
    this.#closedAt = (this.#expected + Math.round(behindMs * SAMPLES_PER_MS)) >>> 0;
    this.#presses.stop();
  }

  /** The caller's stream has a new source, or its numbers begin anew. What follows is masked until it is known. */
  restart(nowMs: number): void {
    this.#held.wipe();
    this.#lastSequence = -1;
    this.#isExpecting = false;
    this.#senderClock.restart();
    this.#dropLine(nowMs);
    this.#holes.restart(nowMs);
    const pauseUnits = Math.round((nowMs - this.#lastReleaseMs) * SAMPLES_PER_MS) - this.#frameUnits;
    if (pauseUnits > 0) this.#port.skipTime(Math.min(pauseUnits, MAX_EVENT_AGE_UNITS));
  }

  /** `bytes` are the caller's to wipe: the packet's `count` octets are among them. */
  takeAudio(packet: AudioPacket, encoding: AudioEncoding, bytes: Uint8Array, count: number, nowMs: number): void {
    if (this.#lastSequence >= 0) {
      let ahead = sequenceDistance(this.#lastSequence, packet.sequence);
      if (Math.abs(ahead) > MAX_SEQUENCE_JUMP) {
        this.restart(nowMs);
        ahead = 1;
      }
      if (ahead <= 0) {
        this.#port.countLate();
        return;
      }
      if (ahead > 1 && !this.#held.isFull) {
        this.#held.put(packet, encoding, bytes, count, nowMs);
        return;
      }
      if (ahead > 1) {
        this.#releaseHeldBefore(packet.sequence, nowMs);
        if (sequenceDistance(this.#lastSequence, packet.sequence) <= 0) {
          this.#port.countLate();
          return;
        }
      }
    }
    this.#useAudio(packet, encoding, bytes, count, nowMs);
    if (this.#held.isFull && sequenceDistance(this.#lastSequence, this.#held.sequence) <= 1) this.#useHeld(nowMs);
    this.#closeIfQuiet(nowMs);
  }

  /**
   * An event packet was handed to `events`, with this outcome. `eventTimestamp` and `durationUnits` are in the audio's
   * clock; undefined when the event's clock rate is another.
   */
  takeEvent(sequence: number, outcome: number, span: EventSpan, nowMs: number): void {
    if (this.#held.isFull && sequenceDistance(this.#held.sequence, sequence) > 0) this.#useHeld(nowMs);
    const audioSpan = span !== undefined && this.#isOnAudioClock(span.timestamp) ? span : undefined;
    this.#holes.beforeEvent(sequence, outcome, audioSpan, nowMs);
    this.#eventMask.hear(audioSpan, nowMs);
    if (this.#lastSequence < 0 || sequenceDistance(this.#lastSequence, sequence) > 0) this.#lastSequence = sequence;
    this.#line.maskNewest(0);
    if (audioSpan === undefined) this.#presses.hearEvent(outcome, nowMs);
    else {
      const end = (audioSpan.timestamp + audioSpan.durationUnits) >>> 0;
      const beganAheadUnits = timestampDistance(this.#audioEnd, audioSpan.timestamp);
      this.#presses.hearEvent(outcome, nowMs, beganAheadUnits, timestampDistance(this.#audioEnd, end));
      // One packet behind, so that a sender whose audio goes on beside its events has its own audio used.
      this.#fill(timestampDistance(this.#expected, end) - this.#frameUnits, nowMs);
    }
    this.#closeIfQuiet(nowMs);
  }

  /** A key by SIP INFO. */
  takeInfo(key: number, nowMs: number): void {
    this.#presses.hearInfo(key, nowMs);
  }

  /** A packet of the caller arrived that is of no use here: it is not lost. */
  passOver(sequence: number): void {
    this.#holes.passOver(sequence);
  }

  /** The caller's source sends under another SSRC, which is not believed in a window. */
  dropForeign(nowMs: number): void {
    this.#holes.dropForeign(nowMs);
  }

  beginEvent(beganMs: number): void {
    this.#holes.watch.beginEvent(beganMs);
  }

  beginTone(onsetSample: number): void {
    this.#holes.watch.beginTone(onsetSample);
  }

  hearInfo(): void {
    this.#holes.watch.hearInfo();
  }

  pressKey(key: number): void {
    this.#port.pressKey(key);
    this.#holes.watch.keyTold();
  }

  countMerged(): void {
    this.#port.countMerged();
  }

  /** Does what no packet comes to do: held packets, events without an end, presses without packets, the end of closing. */
  sweep(nowMs: number): void {
    this.#presses.hearEvent(this.events.expire(nowMs), nowMs);
    this.#holes.sweep(nowMs);
    if (!this.isSuppressing) return;
    if (this.#held.isFull && nowMs - this.#held.arrivedMs >= HOLD_MS) this.#useHeld(nowMs);
    if (this.events.underWay && this.#isExpecting) {
      this.#fillByClock(nowMs);
    }
    this.#closeIfQuiet(nowMs);
  }

  /** Overwrites every sample and key that is held. */
  wipe(): void {
    this.#line.wipe();
    this.#presses.wipe();
    this.#held.wipe();
  }

  #releaseHeldBefore(sequence: number, nowMs: number): void {
    // Two packets ahead of the last one used: the older of them goes first, what was before it is lost.
    if (sequenceDistance(this.#held.sequence, sequence) > 0) this.#useHeld(nowMs);
  }

  #useHeld(nowMs: number): void {
    const held = this.#held;
    if (sequenceDistance(this.#lastSequence, held.sequence) > 0) {
      this.#useAudio(held, held.encoding, held.bytes, held.count, nowMs);
    } else this.#port.countLate();
    held.wipe();
  }

  #useAudio(packet: AudioPacket, encoding: AudioEncoding, bytes: Uint8Array, count: number, nowMs: number): void {
    if (!this.#isExpecting) {
      this.#isExpecting = true;
      this.#expected = packet.timestamp;
      this.#audioEnd = packet.timestamp;
      this.#closedAt = packet.timestamp;
    }
    const isBehindLoss = this.#lastSequence >= 0 && sequenceDistance(this.#lastSequence, packet.sequence) > 1;
    this.#lastSequence = packet.sequence;
    const ahead = timestampDistance(this.#expected, packet.timestamp);
    this.#holes.beforeAudio(packet, count, ahead, nowMs);
    // A hole that is filled masks what waits in the line: it may be a press' head. So does one whose time the sender's clock,
    // which stands still or steps back, leaves nothing of.
    if (isBehindLoss && ahead <= 0) this.#line.conceal(0);
    if (count > 0) this.#frameUnits = Math.max(count, MIN_FRAME_UNITS);
    const overlap = this.#alignTo(packet.timestamp, count, nowMs);
    const isOtherPayload = this.#payloadType >= 0 && packet.payloadType !== this.#payloadType;
    this.#payloadType = packet.payloadType;
    const isUnderEvent = this.#eventMask.covers(packet.timestamp, nowMs) || this.events.underWay;
    if (isOtherPayload || isUnderEvent) this.#line.maskNewest(count);

    const watch = this.#holes.watch.wantsHops ? this.#holes.watch : undefined;
    this.#line.process(packet, encoding, bytes, count, watch);
    const { heard } = this.#line;
    const end = (packet.timestamp + count) >>> 0;
    this.#senderClock.advance(timestampDistance(this.#audioEnd, end));
    this.#presses.hearAudio(heard.narrow, count, nowMs);
    heard.wipe();
    this.#audioEnd = end;
    this.#isFilledSinceAudio = false;
    this.#closingSinceUnits += count;
    if (overlap > 0) this.#line.dropFirst(overlap);
    this.#release(nowMs);
  }

  /**
   * Brings the stream to a packet's timestamp: fills a hole, keeps a pause, follows a clock that stood still. Returns how
   * many of the packet's units have been filled already.
   */
  #alignTo(timestamp: number, count: number, nowMs: number): number {
    const ahead = timestampDistance(this.#expected, timestamp);
    if (ahead >= 0 && ahead <= MAX_FILL_UNITS) {
      this.#fill(ahead, nowMs);
      return 0;
    }
    if (ahead > 0) {
      this.#dropLine(nowMs);
      this.#port.skipTime(Math.min(ahead, MAX_EVENT_AGE_UNITS));
      this.#expected = timestamp;
      return 0;
    }
    // Some senders stop the audio's clock during events: then the fill was extra time, and the audio follows it.
    const hasStoodStill = this.#isFilledSinceAudio && timestampDistance(this.#audioEnd, timestamp) <= 0;
    if (hasStoodStill || -ahead > MAX_FILL_UNITS) {
      this.#senderClock.restart();
      this.#expected = timestamp;
      return 0;
    }
    return Math.min(-ahead, count);
  }

  /** A press goes on of which no packets come: its time is filled one frame behind the clock. */
  #fillByClock(nowMs: number): void {
    const frameMs = this.#frameUnits / SAMPLES_PER_MS;
    const releasedMs = this.#lastReleaseMs;
    // Half a frame of grace: a packet that is merely late is not to be doubled.
    if (nowMs - releasedMs <= 2.5 * frameMs) return;
    const dueFrames = Math.floor((nowMs - releasedMs) / frameMs) - 1;
    this.#fill(dueFrames * this.#frameUnits, nowMs);
    this.#lastReleaseMs = releasedMs + dueFrames * frameMs;
  }

  /**
   * Replacement audio for a time of which nothing came. The detector takes it for silence: one lost packet in a tone is a
   * break that it bridges, and one that took a part of a pause leaves the pause what it was.
   */
  #fill(units: number, nowMs: number): void {
    let left = Math.min(units, MAX_FILL_UNITS);
    if (left <= 0 || !this.#isExpecting) return;
    this.#isFilledSinceAudio = true;
    this.#port.countConcealed(left);
    while (left > 0) {
      const count = Math.min(left, this.#frameUnits);
      this.#line.conceal(count);
      this.#presses.hearFill(SILENCE, count, nowMs, left - count);
      this.#release(nowMs);
      left -= count;
    }
  }

  #release(nowMs: number): void {
    const { released } = this.#line;
    if (released.units <= 0) return;
    this.#expected = (this.#expected + released.units) >>> 0;
    this.#lastReleaseMs = nowMs;
    this.#port.releaseFrame(released, nowMs);
  }

  /** What waits in the line belongs to a time that is over. */
  #dropLine(nowMs: number): void {
    this.#line.conceal(WINDOW_DELAY_UNITS);
    this.#presses.hearFill(SILENCE, WINDOW_DELAY_UNITS, nowMs);
  }

  #isOnAudioClock(eventTimestamp: number): boolean {
    if (!this.#isExpecting) return false;
    const age = timestampDistance(eventTimestamp, this.#expected);
    return age >= -MAX_FILL_UNITS && age <= MAX_EVENT_AGE_UNITS;
  }

  #closeIfQuiet(nowMs: number): void {
    if (this.#state !== 'closing' || this.#held.isFull || this.events.underWay) return;
    if (this.#eventMask.sinceEventMs(nowMs) < QUIET_MS) return;
    // Told by audio that was heard, never by the clock: after a stall, of the network or of this process, packets from
    // inside the window may still be on their way.
    if (this.#closingSinceUnits < QUIET_AUDIO_UNITS) return;
    if (timestampDistance(this.#closedAt, this.#expected) < 0) return;
    if (this.#line.unitsSinceTone < QUIET_MS * SAMPLES_PER_MS) return;
    this.#state = 'closed';
    if (!this.#isAlwaysMasked) this.wipe();
    this.#port.closed({ timestamp: this.#expected, sequence: (this.#lastSequence + 1) & 0xffff }, nowMs);
  }
}
