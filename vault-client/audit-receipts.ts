/** Who waits for which event's record in the audit log. */

/** Control appends at once; one that has not by now hangs, is gone, or cannot write. */
export const AUDIT_TIMEOUT_MS = 2000;

type Waiter = { readonly settle: (isRecorded: boolean) => void; readonly timer: NodeJS.Timeout };

export class AuditReceipts {
  readonly #waiting = new Map<string, Waiter>();
  readonly #timeoutMs: number;

  constructor(timeoutMs = AUDIT_TIMEOUT_MS) {
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves with true when the record is on disk, and with false when nobody has said so in time. Wait once an event. */
  recorded(eventId: string): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(eventId, false), this.#timeoutMs);
      this.#waiting.set(eventId, { settle: resolve, timer });
    });
  }

  arrived(eventId: string): void {
    this.#settle(eventId, true);
  }

  #settle(eventId: string, isRecorded: boolean): void {
    const waiter = this.#waiting.get(eventId);
    if (waiter === undefined) return;
    this.#waiting.delete(eventId);
    clearTimeout(waiter.timer);
    waiter.settle(isRecorded);
  }
}
