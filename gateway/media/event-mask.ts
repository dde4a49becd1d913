/**
 * How long the caller's own audio is masked behind an event: the same press may sound on in it for a moment. Told by the
 * caller's clock where the event is on it, for audio may arrive late, and by the time of arrival besides. Pure; a part of the
 * secure window. Lengths are units of RTP time.
 */
import { SAMPLES_PER_MS } from '../../dsp/dtmf-keys.js';
import type { EventSpan } from './hole-finder.js';
import { timestampDistance } from './rtp-header.js';

/** No phone was seen to need longer than the suppressor's own. */
export const EVENT_TAIL_MS = 60;

export class EventMask {
  #lastEventMs = Number.NEGATIVE_INFINITY;
  /** Caller's timestamp up to which audio is masked. */
  #end = 0;
  #hasEnd = false;

  /** Forgets what was. `press`: whether one is under way, of which packets came just now. */
  begin(press: 'under-way' | 'none', nowMs: number): void {
    this.#hasEnd = false;
    this.#lastEventMs = press === 'under-way' ? nowMs : Number.NEGATIVE_INFINITY;
  }

  /** A packet of an event came. */
  hear(span: EventSpan, nowMs: number): void {
    this.#lastEventMs = nowMs;
    if (span === undefined) return;
    const end = (span.timestamp + span.durationUnits + EVENT_TAIL_MS * SAMPLES_PER_MS) >>> 0;
    if (!this.#hasEnd || timestampDistance(this.#end, end) > 0) this.#end = end;
    this.#hasEnd = true;
  }

  /** Whether the audio packet with this timestamp, which is used now, is masked. */
  covers(timestamp: number, nowMs: number): boolean {
    // Once passed, it is no longer asked: half a turn of the timestamps later it would lie ahead again.
    if (timestampDistance(timestamp, this.#end) <= 0) this.#hasEnd = false;
    return this.#hasEnd || this.sinceEventMs(nowMs) < EVENT_TAIL_MS;
  }

  sinceEventMs(nowMs: number): number {
    return nowMs - this.#lastEventMs;
  }
}
