/** How long the awaiting field still waits, by this page's clock from the moment the gateway said so. */
import type { FieldView } from '../../payment/session-view.js';
import { COUNTDOWN_MS } from './panel-view-model.js';

export class PanelCountdown {
  #field: FieldView | undefined;
  #deadlineMs: number | undefined;

  /** Every message of the gateway makes its views anew: another object is later news. */
  follow(awaiting: FieldView | undefined, nowMs: number): void {
    if (awaiting === this.#field) return;
    this.#field = awaiting;
    this.#deadlineMs = awaiting?.timeLeftMs === undefined ? undefined : nowMs + awaiting.timeLeftMs;
  }

  timeLeftMs(nowMs: number): number | undefined {
    return this.#deadlineMs === undefined ? undefined : Math.max(0, this.#deadlineMs - nowMs);
  }

  /** When what is shown is another number than now; undefined when it will not be. */
  nextChangeMs(nowMs: number): number | undefined {
    const leftMs = this.timeLeftMs(nowMs);
    if (leftMs === undefined || leftMs === 0) return undefined;
    if (leftMs > COUNTDOWN_MS) return leftMs - COUNTDOWN_MS;
    return leftMs % 1000 === 0 ? 1000 : leftMs % 1000;
  }
}
