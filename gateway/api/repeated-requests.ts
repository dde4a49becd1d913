/** Carries a request out once, however often it comes under one idempotency key; `idempotency.ts` decides. */
import { type SessionView, withoutToken } from '../payment/session-view.js';
import { apiErrors } from './api-errors.js';
import type { CallView } from './call-desk.js';
import { IdempotencyTable, type IdempotentRequest } from './idempotency.js';
import type { Outcome } from './outcome.js';

export class RepeatedRequests {
  readonly #table = new IdempotencyTable<Outcome<unknown>>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  async once(
    request: IdempotentRequest,
    carryOut: () => Promise<Outcome<unknown>>,
  ): Promise<{ readonly outcome: Outcome<unknown>; readonly isRepeated: boolean }> {
    const begun = this.#table.begin(request, this.#nowMs());
    if (begun.kind === 'refused') return { outcome: { ok: false, code: begun.code }, isRepeated: false };
    if (begun.kind === 'replay') return { outcome: begun.answer, isRepeated: true };
    let kept: Outcome<unknown> | undefined;
    try {
      const outcome = await carryOut();
      kept = isWorthKeeping(outcome) ? masked(outcome) : undefined;
      return { outcome, isRepeated: false };
    } finally {
      this.#table.finish(request, kept);
    }
  }
}

/** What failed on our side is to be tried again. */
function isWorthKeeping(outcome: Outcome<unknown>): boolean {
  return outcome.ok || apiErrors[outcome.code].status < 500;
}

type Answer = { readonly session?: SessionView; readonly call?: CallView };

/** No token is kept for a day because an answer had it. */
function masked(outcome: Outcome<unknown>): Outcome<unknown> {
  if (!outcome.ok || typeof outcome.value !== 'object' || outcome.value === null) return outcome;
  // Of a row of `operations.ts` that takes a key: a call or a session.
  const { session, call } = outcome.value as Answer;
  if (session !== undefined) return { ok: true, value: { session: withoutToken(session) } };
  if (call?.session === undefined) return outcome;
  return { ok: true, value: { call: { ...call, session: withoutToken(call.session) } } };
}
