import { CardSession, type CardSessionInput, type CardSessionOutput } from './card-session.js';
import type { CardOnLoan, TokenizeOutcome } from './tokenizer.js';
import {
  DISTURBANCE_MARK,
  type RefusalCode,
  type VaultCommand,
  type VaultEvent,
  type VaultStatistics,
} from './wire.js';

/**
 * A call has one session at most, so what really limits them is the gateway's `sip.maxCalls`. This one keeps the kernel's
 * limit of 65530 memory mappings away: a session takes four, its locked page and the guards around it.
 */
export const MAX_SESSIONS = 10_000;
/** So many captures of a session are remembered, so that late keys are told from foreign ones. */
const MAX_CAPTURES_OF_SESSION = 32;

export type SessionCommand = Exclude<
  VaultCommand,
  { readonly kind: 'configure' | 'ping' | 'statistics' | 'audit-recorded' | 'shut-down' }
>;

/** A key, or a mark in its place, as the media process sealed it. One object may be used again for every key: nothing of it is kept. */
export type SealedKey = {
  readonly kind: 'key';
  readonly captureId: string;
  readonly sequence: number;
  readonly key: number;
};

export type CardSessionsInput =
  | SessionCommand
  | SealedKey
  /** `ticket` is that of the `tokenize` output. */
  | { readonly kind: 'tokenize-outcome'; readonly ticket: number; readonly outcome: TokenizeOutcome }
  | { readonly kind: 'time' };

export type CardSessionsOutput =
  | { readonly kind: 'event'; readonly event: VaultEvent }
  /** Borrow the card with `lendCard`, make a token, hand its outcome back with the ticket. */
  | { readonly kind: 'tokenize'; readonly ticket: number; readonly idempotencyKey: string }
  | { readonly kind: 'abandon-tokenize'; readonly ticket: number }
  | { readonly kind: 'void-token'; readonly token: string };

type Entry = {
  readonly sessionId: string;
  readonly session: CardSession;
  readonly captureIds: string[];
  ticket: number | undefined;
};

type Capture = { readonly entry: Entry; nextSequence: number };

/**
 * All card sessions of a vault, a machine without I/O: finds the session that a command, a key or a token belongs to,
 * and turns what the session puts out into the vault's events. `done` or `refused` comes first, then what followed
 * from the command.
 *
 * A key counts only under the id of a capture that control has announced, and only in its place: the first key of a
 * capture has sequence number 0. An older number is a replay and is refused; a number that leaves some out means that
 * keys were lost on the way, as the mark of a disturbed line means that one may have been: the entry is uncertain.
 */
export class CardSessions {
  readonly #sessions = new Map<string, Entry>();
  readonly #captures = new Map<string, Capture>();
  /** Sessions that wait for a token, closed ones too. */
  readonly #tokenizing = new Map<number, Entry>();
  readonly #wallClock: () => number;
  #lastTicket = 0;
  #foreignKeys = 0;
  #outOfOrderKeys = 0;
  #lostKeys = 0;
  #ignoredKeys = 0;
  #disturbances = 0;

  /** @param wallClock milliseconds since the epoch, asked once a session: cards expire by the calendar. */
  constructor(wallClock: () => number) {
    this.#wallClock = wallClock;
  }

  get deadlineMs(): number {
    let deadlineMs = Number.POSITIVE_INFINITY;
    for (const { session } of this.#sessions.values()) deadlineMs = Math.min(deadlineMs, session.deadlineMs);
    return deadlineMs;
  }

  get statistics(): VaultStatistics {
    return {
      sessions_now: this.#sessions.size,
      // Of no capture we know, or a replay: somebody else speaks on the key socket, or a key came too late.
      keys_foreign: this.#foreignKeys,
      keys_out_of_order: this.#outOfOrderKeys,
      // By their numbers: keys, and marks of a disturbed line, which are numbered among them.
      keys_lost: this.#lostKeys,
      keys_ignored: this.#ignoredKeys,
      disturbances: this.#disturbances,
    };
  }

  handle(input: CardSessionsInput, nowMs: number): readonly CardSessionsOutput[] {
    switch (input.kind) {
      case 'open-session':
        return this.#open(input, nowMs);
      case 'begin-capture':
        return this.#beginCapture(input, nowMs);
      case 'tokenize':
        return this.#command(input, nowMs);
      case 'close-session':
        return this.#close(input, nowMs);
      case 'key':
        return this.#key(input, nowMs);
      case 'tokenize-outcome':
        return this.#outcome(input.ticket, input.outcome, nowMs);
      case 'time':
        return [...this.#sessions.values()].flatMap((entry) => this.#run(entry, { kind: 'time' }, nowMs));
    }
  }

  /** Lends the card that `ticket` is for. @throws RangeError when there is none. */
  lendCard<T>(ticket: number, read: (card: CardOnLoan) => T): T {
    const entry = this.#tokenizing.get(ticket);
    if (entry === undefined) throw new RangeError('no such ticket');
    return entry.session.lendCard(read);
  }

  /** Wipes everything at once; tokens under way are nobody's from now on. */
  wipe(): void {
    for (const { session } of this.#sessions.values()) session.handle({ kind: 'close', outcome: 'abandoned' }, 0);
    this.#sessions.clear();
    this.#captures.clear();
  }

  #open(command: Extract<SessionCommand, { kind: 'open-session' }>, nowMs: number): readonly CardSessionsOutput[] {
    const { requestId, sessionId, rules } = command;
    if (this.#sessions.has(sessionId)) return refused(requestId, 'session-exists');
    if (this.#sessions.size >= MAX_SESSIONS) return refused(requestId, 'too-many-sessions');
    const session = new CardSession({ rules, wallAtOpeningMs: this.#wallClock() }, nowMs);
    this.#sessions.set(sessionId, { sessionId, session, captureIds: [], ticket: undefined });
    return done(requestId);
  }

  #beginCapture(
    command: Extract<SessionCommand, { kind: 'begin-capture' }>,
    nowMs: number,
  ): readonly CardSessionsOutput[] {
    if (this.#captures.has(command.captureId)) return refused(command.requestId, 'capture-id-in-use');
    const outputs = this.#command(command, nowMs);
    const entry = this.#sessions.get(command.sessionId);
    if (entry === undefined || outputs.some((output) => output.kind === 'event' && output.event.kind === 'refused')) {
      return outputs;
    }
    this.#captures.set(command.captureId, { entry, nextSequence: 0 });
    entry.captureIds.push(command.captureId);
    const forgotten = entry.captureIds.length > MAX_CAPTURES_OF_SESSION ? entry.captureIds.shift() : undefined;
    if (forgotten !== undefined) this.#captures.delete(forgotten);
    return outputs;
  }

  #command(
    command: Extract<SessionCommand, { kind: 'begin-capture' | 'tokenize' }>,
    nowMs: number,
  ): readonly CardSessionsOutput[] {
    const entry = this.#sessions.get(command.sessionId);
    if (entry === undefined) return refused(command.requestId, 'unknown-session');
    return this.#run(entry, command, nowMs, command.requestId);
  }

  /** Closing what is not there, e.g. because the vault was started anew, is no mistake: it is as closed as can be. */
  #close(command: Extract<SessionCommand, { kind: 'close-session' }>, nowMs: number): readonly CardSessionsOutput[] {
    const entry = this.#sessions.get(command.sessionId);
    if (entry === undefined) return done(command.requestId);
    const outputs = this.#run(entry, { kind: 'close', outcome: command.outcome }, nowMs, command.requestId);
    this.#sessions.delete(command.sessionId);
    for (const captureId of entry.captureIds) this.#captures.delete(captureId);
    return outputs;
  }

  #key(input: SealedKey, nowMs: number): readonly CardSessionsOutput[] {
    const capture = this.#captures.get(input.captureId);
    if (capture === undefined) {
      this.#foreignKeys += 1;
      return [];
    }
    if (input.sequence < capture.nextSequence) {
      this.#outOfOrderKeys += 1;
      return [];
    }
    const lost = input.sequence - capture.nextSequence;
    this.#lostKeys += lost;
    capture.nextSequence = input.sequence + 1;
    const { entry } = capture;
    const isMark = input.key === DISTURBANCE_MARK;
    if (isMark) this.#disturbances += 1;
    const afterLoss =
      lost === 0 && !isMark ? [] : this.#run(entry, { kind: 'key-lost', captureId: input.captureId }, nowMs);
    return isMark ? afterLoss : [...afterLoss, ...this.#run(entry, input, nowMs)];
  }

  #outcome(ticket: number, outcome: TokenizeOutcome, nowMs: number): readonly CardSessionsOutput[] {
    const entry = this.#tokenizing.get(ticket);
    // After `wipe` nobody is left who could want it.
    if (entry === undefined) return outcome.kind === 'token' ? [{ kind: 'void-token', token: outcome.token }] : [];
    this.#tokenizing.delete(ticket);
    if (entry.ticket === ticket) entry.ticket = undefined;
    return this.#run(entry, { kind: 'tokenize-outcome', outcome }, nowMs);
  }

  #run(entry: Entry, input: CardSessionInput, nowMs: number, requestId?: number): readonly CardSessionsOutput[] {
    return entry.session.handle(input, nowMs).flatMap((output) => this.#translate(entry, output, requestId));
  }

  #translate(entry: Entry, output: CardSessionOutput, requestId: number | undefined): readonly CardSessionsOutput[] {
    const { sessionId } = entry;
    switch (output.kind) {
      case 'done':
        return requestId === undefined ? [] : done(requestId);
      case 'refused':
        return requestId === undefined ? [] : refused(requestId, output.code);
      case 'report':
        return [{ kind: 'event', event: { kind: 'field', sessionId, report: output.report } }];
      case 'key-ignored':
        this.#ignoredKeys += 1;
        return [];
      case 'keys-dropped':
      case 'tokenized':
      case 'tokenization-failed':
        return [{ kind: 'event', event: { ...output, sessionId } }];
      case 'tokenize': {
        this.#lastTicket += 1;
        entry.ticket = this.#lastTicket;
        this.#tokenizing.set(entry.ticket, entry);
        return [{ kind: 'tokenize', ticket: entry.ticket, idempotencyKey: output.idempotencyKey }];
      }
      case 'abandon-tokenize':
        return entry.ticket === undefined ? [] : [{ kind: 'abandon-tokenize', ticket: entry.ticket }];
      case 'void-token':
        return [output];
    }
  }
}

function done(requestId: number): readonly CardSessionsOutput[] {
  return [{ kind: 'event', event: { kind: 'done', requestId } }];
}

function refused(requestId: number, code: RefusalCode): readonly CardSessionsOutput[] {
  return [{ kind: 'event', event: { kind: 'refused', requestId, code } }];
}
