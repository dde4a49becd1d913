/** What the plots of the two lanes remember, and where on them a level and a moment lie. Pure. */

export const WINDOW_MS = 10_000;
export const FRAME_MS = 20;
/** The window, and what has come but is not shown yet. */
export const CAPACITY_FRAMES = 640;
/** Levels come ten times a second, and from a browser later still: shown this much later, both lanes run smoothly. */
const SHOWN_LATE_MS = 450;
/** A clock that is off by more was not late: another call has begun, or the page has slept. */
const LEAP_MS = 1_000;
const CATCH_UP = 0.1;

/** A key's two tones together are about as loud. */
const FULL_DBM0 = -5;

/**
 * 0 for what cannot be heard to 1 for a loud key. The root of the amplitude: in decibels a voice looks as loud as a key, in
 * amplitude the line's noise is not there at all.
 */
export function heightOf(levelDbm0: number): number {
  return Math.min(1, 10 ** ((levelDbm0 - FULL_DBM0) / 40));
}

/** @returns 0 at the left edge to 1 at the right; outside of the two where it is not shown */
export function placeOf(atMs: number, shownMs: number): number {
  return 1 - (shownMs - atMs) / WINDOW_MS;
}

/** The levels of one lane, the newest CAPACITY_FRAMES of them. */
export class LaneHistory {
  readonly #levels = new Float32Array(CAPACITY_FRAMES);
  #newest = -1;
  #oldest = 0;

  /** Number of the newest frame; -1 if there is none. */
  get newest(): number {
    return this.#newest;
  }

  /**
   * What lies there already is laid anew: where the lane is on the call's clock may become known better.
   *
   * @returns the number of the first frame; frames are numbered from the call's beginning
   */
  add(atMs: number, levelsDbm0: readonly number[]): number {
    const first = Math.max(0, Math.round(atMs / FRAME_MS));
    if (this.#newest < 0 || first < this.#oldest) this.#oldest = first;
    // What was never sent was not loud.
    for (let frame = this.#newest + 1; frame < first; frame += 1) this.#put(frame, Number.NEGATIVE_INFINITY);
    levelsDbm0.forEach((level, index) => {
      this.#put(first + index, level);
    });
    this.#newest = first + levelsDbm0.length - 1;
    return first;
  }

  /** @returns undefined for what has not come yet, and for what is forgotten */
  levelAt(frame: number): number | undefined {
    const known = frame >= this.#oldest && frame <= this.#newest && frame > this.#newest - CAPACITY_FRAMES;
    return known ? this.#levels[frame % CAPACITY_FRAMES] : undefined;
  }

  clear(): void {
    this.#newest = -1;
  }

  #put(frame: number, level: number): void {
    this.#levels[frame % CAPACITY_FRAMES] = level;
  }
}

export type Mark = { readonly key: string; readonly atMs: number; readonly inPayment: boolean };

/** The marks that the window still shows. */
export function marksAfter(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  return [...marks.filter(({ atMs }) => atMs > mark.atMs - 2 * WINDOW_MS), mark];
}

/** Which moment of the call the right edge shows: runs evenly, though levels come in lumps. */
export class PlotClock {
  #offsetMs: number | undefined;
  #stoppedMs = 0;

  /** @param endMs where the newest level ends, by the call's clock */
  heard(endMs: number, nowMs: number): void {
    const offset = endMs - nowMs;
    if (this.#offsetMs === undefined || Math.abs(offset - this.#offsetMs) > LEAP_MS) this.#offsetMs = offset;
    else this.#offsetMs += (offset - this.#offsetMs) * CATCH_UP;
    this.#stoppedMs = endMs;
  }

  shownMs(nowMs: number): number {
    return this.#offsetMs === undefined ? this.#stoppedMs : nowMs + this.#offsetMs - SHOWN_LATE_MS;
  }

  /** The call is over: the last of it stays on show. */
  stop(): void {
    this.#offsetMs = undefined;
  }
}
