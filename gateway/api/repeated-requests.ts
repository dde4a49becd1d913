/** Carries a request out once, however often it comes under one idempotency key; `idempotency.ts` decides. */
import type { z } from 'zod';
import { apiErrors } from './api-errors.js';
import { IdempotencyTable, type IdempotentRequest } from './idempotency.js';
import type { Outcome } from './outcome.js';

export type RepeatableRequest = IdempotentRequest & {
  /** Of the answer; members that it does not name are not kept. */
  readonly keptAnswer: z.ZodObject;
};

export class RepeatedRequests {
  readonly #table = new IdempotencyTable<Outcome<unknown>>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  async once(
    request: RepeatableRequest,
    carryOut: () => Promise<Outcome<unknown>>,
  ): Promise<{ readonly outcome: Outcome<unknown>; readonly isRepeated: boolean }> {
    const begun = this.#table.begin(request, this.#nowMs());
    if (begun.kind === 'refused') return { outcome: { ok: false, code: begun.code }, isRepeated: false };
    if (begun.kind === 'replay') return { outcome: begun.answer, isRepeated: true };
    let answer: Outcome<unknown> | undefined;
    try {
      const outcome = await carryOut();
      answer = kept(outcome, request.keptAnswer);
      return { outcome, isRepeated: false };
    } finally {
      this.#table.finish(request, answer);
    }
  }
}

/**
 * What failed on our side is to be tried again. An answer that does not fit is a mistake of ours; what it is the answer
 * to has been carried out all the same, and must not be again.
 */
function kept(outcome: Outcome<unknown>, keptAnswer: z.ZodObject): Outcome<unknown> | undefined {
  if (!outcome.ok) return apiErrors[outcome.code].status < 500 ? outcome : undefined;
  const answer = keptAnswer.safeParse(outcome.value);
  return answer.success ? { ok: true, value: answer.data } : { ok: false, code: 'internal-error' };
}
