/** INFO requests of one call that wait for a decision, or for the other leg's answer. */
import { type LegSide, other } from './back-to-back-events.js';
import type { CallLeg } from './leg/call-leg.js';
import type { Outcome } from './leg/leg-events.js';

export type InfoAction = 'accept' | 'relay' | 'refuse';

type Waiting = { readonly side: LegSide; readonly isRelayed: boolean };

const OUTCOMES = {
  accept: { status: 200, reason: 'OK' },
  refuse: { status: 415, reason: 'Unsupported Media Type' },
  // Where the other leg could not be asked.
  relay: { status: 480, reason: 'Temporarily Unavailable' },
} as const;

export class InfoRelay {
  readonly #waiting = new Map<number, Waiting>();
  readonly #legOf: (side: LegSide) => CallLeg | undefined;
  readonly #onClosed: (infoId: number) => void;

  constructor(legOf: (side: LegSide) => CallLeg | undefined, onClosed: (infoId: number) => void) {
    this.#legOf = legOf;
    this.#onClosed = onClosed;
  }

  open(infoId: number, side: LegSide): void {
    this.#waiting.set(infoId, { side, isRelayed: false });
  }

  /** Acts on the decision. The body is wiped here whatever it was; once relayed, only the answer is still to come. */
  answer(infoId: number, action: InfoAction, nowMs: number): void {
    const waiting = this.#waiting.get(infoId);
    if (waiting === undefined || waiting.isRelayed) {
      return;
    }
    const infos = this.#legOf(waiting.side)?.infos;
    const content = action === 'relay' ? infos?.pendingContent(infoId) : undefined;
    if (content !== undefined) {
      const isSent = this.#legOf(other(waiting.side))?.infos.send(infoId, content, nowMs) === true;
      infos?.wipe(infoId);
      if (isSent) {
        this.#waiting.set(infoId, { ...waiting, isRelayed: true });
        return;
      }
    }
    this.settle(infoId, OUTCOMES[action], nowMs);
  }

  /** Answers the leg it came from. */
  settle(infoId: number, outcome: Outcome, nowMs: number): void {
    const waiting = this.#waiting.get(infoId);
    this.#waiting.delete(infoId);
    this.#onClosed(infoId);
    if (waiting !== undefined) {
      this.#legOf(waiting.side)?.infos.answer(infoId, outcome, nowMs);
    }
  }

  /** The legs answer and wipe what waits when they end; here it is only forgotten. */
  closeAll(): void {
    for (const infoId of this.#waiting.keys()) {
      this.#onClosed(infoId);
    }
    this.#waiting.clear();
  }
}
