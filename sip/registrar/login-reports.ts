/**
 * Which failed tries somebody is told of one by one. The audit log is kept for long and read by people: a botnet must not
 * fill it, though each of its addresses fails only once. Pure.
 */

/** A shift with several phones set up wrongly; more in a minute is an attack, and one record in two seconds tells it. */
export const MAX_REPORTS_PER_WINDOW = 30;
export const REPORT_WINDOW_MS = 60_000;

export type LoginReport = {
  /** Of this source within the minute. */
  readonly failures: number;
  /** Others that were worth a report since the last one, and had none, as there were too many. */
  readonly untold: number;
};

export class LoginReports {
  #windowEndsMs = 0;
  #reportsInWindow = 0;
  #untold = 0;

  /** @returns `undefined` for one that is only counted */
  report(failures: number, nowMs: number): LoginReport | undefined {
    if (nowMs >= this.#windowEndsMs) {
      this.#windowEndsMs = nowMs + REPORT_WINDOW_MS;
      this.#reportsInWindow = 0;
    }
    if (this.#reportsInWindow >= MAX_REPORTS_PER_WINDOW) {
      this.#untold += 1;
      return undefined;
    }
    this.#reportsInWindow += 1;
    const untold = this.#untold;
    this.#untold = 0;
    return { failures, untold };
  }
}
