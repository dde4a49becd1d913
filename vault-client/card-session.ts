import { CARD_NUMBER_CAPACITY, DigitBuffer, EXPIRATION_DATE_CAPACITY, SECURITY_CODE_CAPACITY } from './digit-buffer.js';
import { type Judgement, judgeEntry, judgeTimedOutEntry } from './entry-judge.js';
import { FieldCapture, type FieldCaptureInput } from './field-capture.js';
import { judgeSecurityCode } from './security-code.js';
import type { CardOnLoan, TokenizeOutcome } from './tokenizer.js';
import type {
  CardBrand,
  CardRules,
  FieldErrorCode,
  FieldName,
  FieldReport,
  RefusalCode,
  SessionErrorCode,
} from './wire.js';
import { FIELD_NAMES } from './wire.js';

/**
 * Captured digits are not held longer than this without anything happening in their session: an agent who walks away
 * must not leave a security code in memory. The fields turn red as timed out and can be captured again.
 */
export const HELD_DIGITS_LIMIT_MS = 10 * 60_000;
/** A token maker that has not answered by then has failed; if its token comes later, it is voided. */
export const TOKENIZE_TIMEOUT_MS = 30_000;

export type CardSessionInput =
  | { readonly kind: 'begin-capture'; readonly field: FieldName; readonly captureId: string }
  /** One object may be used again for every key: nothing of it is kept. */
  | { readonly kind: 'key'; readonly captureId: string; readonly key: number }
  /** A key of this capture was, or may have been, lost on its way. */
  | { readonly kind: 'key-lost'; readonly captureId: string }
  | { readonly kind: 'tokenize'; readonly idempotencyKey: string }
  | { readonly kind: 'tokenize-outcome'; readonly outcome: TokenizeOutcome }
  | { readonly kind: 'close'; readonly outcome: 'vaulted' | 'abandoned' }
  | { readonly kind: 'time' };

export type CardSessionOutput =
  /** The command has been carried out; what it led to follows. */
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly code: RefusalCode }
  | { readonly kind: 'report'; readonly report: FieldReport }
  /** Keys since the last such output that no field awaited. */
  | { readonly kind: 'keys-dropped'; readonly count: number }
  /** A key A–D: no entry holds one. */
  | { readonly kind: 'key-ignored' }
  /** Borrow the card with `lendCard` and make a token; the outcome comes back as `tokenize-outcome`. */
  | { readonly kind: 'tokenize'; readonly idempotencyKey: string }
  /** Nobody waits for the token under way any more. */
  | { readonly kind: 'abandon-tokenize' }
  | {
      readonly kind: 'tokenized';
      readonly token: string;
      readonly brand: CardBrand;
      readonly masked: string;
      readonly expiresAtMs: number;
    }
  | { readonly kind: 'tokenization-failed'; readonly level: 'field' }
  | { readonly kind: 'tokenization-failed'; readonly level: 'session'; readonly code: SessionErrorCode }
  | { readonly kind: 'void-token'; readonly token: string };

/** What a field is when it is not awaiting. */
type Settled = { readonly kind: 'empty' } | Judgement;

type Field = { readonly digits: DigitBuffer; settled: Settled; failedAttempts: number };

type Phase =
  /** Fields can be captured. */
  | { readonly kind: 'open' }
  /** One field has failed too often: nothing more is captured (AC-R5). */
  | { readonly kind: 'locked' }
  | { readonly kind: 'tokenizing'; readonly deadlineMs: number }
  | { readonly kind: 'vaulted'; readonly token: string }
  | { readonly kind: 'failed' }
  | { readonly kind: 'closed' };

export type CardSessionOptions = {
  readonly rules: CardRules;
  /** Wall-clock milliseconds since the epoch that belong to the `nowMs` of opening: cards expire by the calendar. */
  readonly wallAtOpeningMs: number;
};

/**
 * One card being collected, a machine without I/O and the only owner of its digits.
 *
 * - Fields come in any order, one at a time. Capturing another puts the awaiting one back to what it was: with its
 *   value while no digit of the new entry has come, without it (`empty`) afterwards, red again if it was red.
 * - A security code keyed before the number is accepted at 3 or 4 digits and judged again when the number is known.
 * - An entry that ends in an error is a failed attempt, a timed-out one too; `*`, Cancel and re-capturing a green
 *   field are not. Neither is an entry of which a key may have been lost on the line, which is told while it goes on:
 *   its caller did nothing wrong. A code accepted before the number and then found to be of the wrong length is one as well; a code
 *   that was right for a number which the agent then had replaced by another brand's turns red without being counted.
 * - At `maxAttempts` failed entries of one field its error is `too-many-failed-attempts`, all digits are wiped and no
 *   more is captured.
 * - Digits are wiped when an entry fails, when the session fails, when the token is made and when it is closed.
 */
export class CardSession {
  readonly #rules: CardRules;
  readonly #wallOffsetMs: number;
  readonly #fields: Readonly<Record<FieldName, Field>>;
  #phase: Phase = { kind: 'open' };
  #capture: { readonly field: FieldName; readonly captureId: string; readonly machine: FieldCapture } | undefined;
  /** The captured code has been judged without a card number. */
  #codeIsProvisional = false;
  #heldSinceMs: number;

  constructor(options: CardSessionOptions, nowMs: number) {
    this.#rules = options.rules;
    this.#wallOffsetMs = options.wallAtOpeningMs - nowMs;
    this.#heldSinceMs = nowMs;
    const digits = DigitBuffer.allocateTogether({
      cardNumber: CARD_NUMBER_CAPACITY,
      expirationDate: EXPIRATION_DATE_CAPACITY,
      securityCode: SECURITY_CODE_CAPACITY,
    });
    this.#fields = {
      cardNumber: emptyField(digits.cardNumber),
      expirationDate: emptyField(digits.expirationDate),
      securityCode: emptyField(digits.securityCode),
    };
  }

  get deadlineMs(): number {
    if (this.#phase.kind === 'tokenizing') return this.#phase.deadlineMs;
    if (this.#capture !== undefined) return this.#capture.machine.deadlineMs;
    return this.#holdsDigits() ? this.#heldSinceMs + HELD_DIGITS_LIMIT_MS : Number.POSITIVE_INFINITY;
  }

  handle(input: CardSessionInput, nowMs: number): readonly CardSessionOutput[] {
    const late = input.kind === 'time' ? [] : this.#time(nowMs);
    return [...late, ...this.#handle(input, nowMs)];
  }

  /** Lends the whole card while `read` runs. @throws RangeError when the session is not tokenizing. */
  lendCard<T>(read: (card: CardOnLoan) => T): T {
    const { cardNumber, expirationDate, securityCode } = this.#fields;
    const number = cardNumber.settled;
    const date = expirationDate.settled;
    if (this.#phase.kind !== 'tokenizing' || number.kind !== 'captured' || number.brand === undefined) {
      throw new RangeError('no card to lend');
    }
    const brand = number.brand;
    const shown = {
      brand,
      maskedCardNumber: number.masked,
      maskedExpirationDate: date.kind === 'captured' ? date.masked : '',
    };
    return cardNumber.digits.lend((numberDigits) =>
      expirationDate.digits.lend((dateDigits) =>
        securityCode.digits.lend((codeDigits) =>
          read({ cardNumber: numberDigits, expirationDate: dateDigits, securityCode: codeDigits, ...shown }),
        ),
      ),
    );
  }

  report(name: FieldName): FieldReport {
    const { settled, failedAttempts } = this.#fields[name];
    const base = { field: name, keyCount: 0, failedAttempts };
    if (this.#capture?.field === name) {
      const { keyCount, uncertain } = this.#capture.machine;
      return { ...base, state: 'awaiting', keyCount, ...(uncertain ? { isUncertain: true } : {}) };
    }
    switch (settled.kind) {
      case 'empty':
        return { ...base, state: 'empty' };
      case 'error':
        return { ...base, state: 'error', error: settled.error };
      case 'captured':
        return {
          ...base,
          state: 'captured',
          masked: settled.masked,
          ...(settled.brand === undefined ? {} : { brand: settled.brand }),
        };
    }
  }

  #handle(input: CardSessionInput, nowMs: number): readonly CardSessionOutput[] {
    switch (input.kind) {
      case 'begin-capture':
        return this.#beginCapture(input.field, input.captureId, nowMs);
      case 'key':
        return this.#key(input, nowMs);
      case 'key-lost':
        return this.#capture?.captureId === input.captureId ? this.#follow(input, nowMs) : [];
      case 'tokenize':
        return this.#tokenize(input.idempotencyKey, nowMs);
      case 'tokenize-outcome':
        return this.#outcome(input.outcome, nowMs);
      case 'close':
        return this.#close(input.outcome);
      case 'time':
        return this.#time(nowMs);
    }
  }

  #beginCapture(field: FieldName, captureId: string, nowMs: number): readonly CardSessionOutput[] {
    const refusal = this.#refusal();
    if (refusal !== undefined) return [{ kind: 'refused', code: refusal }];
    if (this.#capture?.captureId === captureId) return [{ kind: 'refused', code: 'capture-id-in-use' }];
    // The same field again has nothing to be put back to: it goes on awaiting, under the new id.
    const putBack = this.#capture?.field === field ? [] : this.#putBack(nowMs);
    this.#abandonEntry(nowMs);
    const machine = new FieldCapture(this.#fields[field].digits, this.#rules, nowMs);
    this.#capture = { field, captureId, machine };
    return [{ kind: 'done' }, ...putBack, this.#awaitingReport(field, machine, nowMs)];
  }

  /** Ends the capture under way as if it had not been, as far as its first digit has not wiped the old value. */
  #putBack(nowMs: number): readonly CardSessionOutput[] {
    const field = this.#capture?.field;
    this.#abandonEntry(nowMs);
    return field === undefined ? [] : [this.#reportOf(field)];
  }

  #abandonEntry(nowMs: number): void {
    if (this.#capture?.machine.replaced) this.#fields[this.#capture.field].digits.wipe();
    this.#capture = undefined;
    this.#heldSinceMs = nowMs;
  }

  #key(input: Extract<CardSessionInput, { readonly kind: 'key' }>, nowMs: number): readonly CardSessionOutput[] {
    // AC-9, AC-18: keys after `#`, or while nothing awaits, go nowhere.
    if (this.#capture?.captureId !== input.captureId) return [{ kind: 'keys-dropped', count: 1 }];
    return this.#follow(input, nowMs);
  }

  /** Lets the capture under way handle `input` and carries out what comes of it. */
  #follow(input: FieldCaptureInput, nowMs: number): readonly CardSessionOutput[] {
    const capture = this.#capture;
    if (capture === undefined) return [];
    const outputs: CardSessionOutput[] = [];
    for (const output of capture.machine.handle(input, nowMs)) {
      switch (output.kind) {
        case 'replaced':
          this.#forgetOldValue(capture.field);
          break;
        case 'counted':
        case 'disturbed':
          outputs.push(this.#awaitingReport(capture.field, capture.machine, nowMs));
          break;
        case 'ignored':
          outputs.push({ kind: 'key-ignored' });
          break;
        case 'ended':
          this.#capture = undefined;
          this.#heldSinceMs = nowMs;
          outputs.push(...this.#settle(capture.field, this.#judge(capture.field, capture.machine, output.by, nowMs)));
          break;
      }
    }
    return outputs;
  }

  /** A red field stays red until something better comes; a green one has nothing left to be green for. */
  #forgetOldValue(name: FieldName): void {
    if (this.#fields[name].settled.kind === 'captured') this.#fields[name].settled = { kind: 'empty' };
  }

  #judge(name: FieldName, machine: FieldCapture, by: 'pound' | 'timeout', nowMs: number): Judgement {
    const context = { rules: this.#rules, brand: this.#brand(), wallMs: nowMs + this.#wallOffsetMs };
    if (machine.uncertain) return { kind: 'error', error: 'input-uncertain' };
    // A spoiled entry holds nothing that was meant, so it is judged as no digits; it has not merely timed out.
    if (machine.spoiled) return judgeEntry(name, new Uint8Array(0), context);
    const judge = by === 'timeout' ? judgeTimedOutEntry : judgeEntry;
    return this.#fields[name].digits.lend((digits) => judge(name, digits, context));
  }

  #settle(name: FieldName, judgement: Judgement): readonly CardSessionOutput[] {
    if (judgement.kind === 'error') {
      const { error } = judgement;
      return error === 'input-uncertain' ? this.#turnRed(name, error) : this.#failEntry(name, error);
    }
    this.#fields[name].settled = judgement;
    if (name === 'securityCode') this.#codeIsProvisional = this.#brand() === undefined;
    const report = this.#reportOf(name);
    return name === 'cardNumber' ? [report, ...this.#judgeCodeAgain()] : [report];
  }

  /** The number has told its brand: a code that was keyed before it must have that brand's length (AC-7). */
  #judgeCodeAgain(): readonly CardSessionOutput[] {
    const code = this.#fields.securityCode;
    if (code.settled.kind !== 'captured') return [];
    const wasProvisional = this.#codeIsProvisional;
    this.#codeIsProvisional = false;
    if (judgeSecurityCode(code.digits.length, this.#brand()) === 'valid') return [];
    if (wasProvisional) return this.#failEntry('securityCode', 'invalid-security-code');
    return this.#turnRed('securityCode', 'invalid-security-code');
  }

  #failEntry(name: FieldName, error: FieldErrorCode): readonly CardSessionOutput[] {
    const field = this.#fields[name];
    field.failedAttempts += 1;
    if (field.failedAttempts < this.#rules.maxAttempts) return this.#turnRed(name, error);
    this.#phase = { kind: 'locked' };
    return [...this.#turnRed(name, 'too-many-failed-attempts'), ...this.#forgetAll()];
  }

  #turnRed(name: FieldName, error: FieldErrorCode): readonly CardSessionOutput[] {
    this.#fields[name].digits.wipe();
    this.#fields[name].settled = { kind: 'error', error };
    return [this.#reportOf(name)];
  }

  #tokenize(idempotencyKey: string, nowMs: number): readonly CardSessionOutput[] {
    const refusal = this.#refusal();
    if (refusal !== undefined) return [{ kind: 'refused', code: refusal }];
    if (this.#capture !== undefined) return [{ kind: 'refused', code: 'capture-under-way' }];
    if (FIELD_NAMES.some((name) => this.#fields[name].settled.kind !== 'captured')) {
      return [{ kind: 'refused', code: 'fields-incomplete' }];
    }
    this.#phase = { kind: 'tokenizing', deadlineMs: nowMs + TOKENIZE_TIMEOUT_MS };
    return [{ kind: 'done' }, { kind: 'tokenize', idempotencyKey }];
  }

  #outcome(outcome: TokenizeOutcome, nowMs: number): readonly CardSessionOutput[] {
    if (this.#phase.kind !== 'tokenizing') {
      // AC-15: the session was closed or given up meanwhile; nobody knows this token, so nobody may use it.
      return outcome.kind === 'token' ? [{ kind: 'void-token', token: outcome.token }] : [];
    }
    this.#heldSinceMs = nowMs;
    switch (outcome.kind) {
      case 'token':
        return this.#vaulted(outcome.token, outcome.expiresAtMs);
      case 'field-failure':
        this.#phase = { kind: 'open' };
        return [...this.#failEntry(outcome.field, outcome.code), { kind: 'tokenization-failed', level: 'field' }];
      case 'session-failure':
        return this.#fail(outcome.code);
    }
  }

  #vaulted(token: string, expiresAtMs: number): readonly CardSessionOutput[] {
    const number = this.#fields.cardNumber.settled;
    if (number.kind !== 'captured' || number.brand === undefined) throw new RangeError('a token without a card');
    this.#phase = { kind: 'vaulted', token };
    this.#wipe();
    return [{ kind: 'tokenized', token, brand: number.brand, masked: number.masked, expiresAtMs }];
  }

  #fail(code: SessionErrorCode): readonly CardSessionOutput[] {
    this.#phase = { kind: 'failed' };
    return [{ kind: 'tokenization-failed', level: 'session', code }, ...this.#forgetAll()];
  }

  #close(outcome: 'vaulted' | 'abandoned'): readonly CardSessionOutput[] {
    const phase = this.#phase;
    this.#phase = { kind: 'closed' };
    this.#capture = undefined;
    for (const name of FIELD_NAMES) {
      this.#fields[name].digits.release();
      this.#fields[name].settled = { kind: 'empty' };
    }
    const done = { kind: 'done' } as const;
    if (phase.kind === 'tokenizing') return [done, { kind: 'abandon-tokenize' }];
    if (phase.kind === 'vaulted' && outcome === 'abandoned') return [done, { kind: 'void-token', token: phase.token }];
    return [done];
  }

  #time(nowMs: number): readonly CardSessionOutput[] {
    if (nowMs < this.deadlineMs) return [];
    if (this.#phase.kind === 'tokenizing') {
      return [{ kind: 'abandon-tokenize' }, ...this.#fail('payment-connector-error')];
    }
    if (this.#capture !== undefined) return this.#follow({ kind: 'time' }, nowMs);
    return FIELD_NAMES.filter((name) => this.#fields[name].settled.kind === 'captured').flatMap((name) =>
      this.#turnRed(name, 'input-timeout'),
    );
  }

  #refusal(): RefusalCode | undefined {
    switch (this.#phase.kind) {
      case 'open':
        return undefined;
      case 'locked':
        return 'too-many-failed-attempts';
      case 'tokenizing':
        return 'tokenizing';
      case 'vaulted':
      case 'failed':
      case 'closed':
        return 'session-over';
    }
  }

  /** Wipes all values; reports the fields that were green. */
  #forgetAll(): readonly CardSessionOutput[] {
    this.#wipe();
    const green = FIELD_NAMES.filter((name) => this.#fields[name].settled.kind === 'captured');
    for (const name of green) this.#fields[name].settled = { kind: 'empty' };
    return green.map((name) => this.#reportOf(name));
  }

  #wipe(): void {
    for (const name of FIELD_NAMES) this.#fields[name].digits.wipe();
  }

  #holdsDigits(): boolean {
    return FIELD_NAMES.some((name) => this.#fields[name].digits.length > 0);
  }

  #brand(): CardBrand | undefined {
    const { settled } = this.#fields.cardNumber;
    return settled.kind === 'captured' ? settled.brand : undefined;
  }

  #reportOf(name: FieldName): CardSessionOutput {
    return { kind: 'report', report: this.report(name) };
  }

  #awaitingReport(name: FieldName, { deadlineMs }: FieldCapture, nowMs: number): CardSessionOutput {
    return { kind: 'report', report: { ...this.report(name), timeLeftMs: deadlineMs - nowMs } };
  }
}

function emptyField(digits: DigitBuffer): Field {
  return { digits, settled: { kind: 'empty' }, failedAttempts: 0 };
}
