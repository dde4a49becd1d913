/**
 * What happened in a payment session: the audit records of its call from its start until the next session, the end of
 * the call, or some time after its own end. Pure; fed with pages of the log, oldest first.
 */
import type { AuditLine, SessionRecord } from '../../api/evidence-desk.js';
import { type AuditRow, actionText, auditRowOf, signOf } from './audit-rows.js';
import { type LogPage, type LogRange, MAX_PAGE_RECORDS } from './oversight-client.js';
import type { IconName, Tone } from './oversight-texts.js';
import { positionText } from './time-texts.js';

export type TimelineEntry = {
  readonly sequence: number;
  readonly atIso: string;
  /** Since the session's start. */
  readonly offset: string;
  readonly tone: Tone;
  readonly icon: IconName;
  readonly text: string;
  readonly actor: string;
  readonly detail: string;
};

/** On a busy gateway the records of other calls stand between: two thousand are about ten sessions at once. */
const MAX_PAGES = 10;
/** Suppression and recording are switched back within a second of the end; the line of a bad minute is longer. */
const AFTERMATH_MS = 60_000;

export class SessionTimeline {
  readonly #session: SessionRecord;
  readonly #rows: AuditRow[] = [];
  #after: number;
  #pagesLeft = MAX_PAGES;
  #isComplete = false;

  constructor(session: SessionRecord) {
    this.#session = session;
    this.#after = session.sequence - 1;
  }

  /** The page to read next; undefined when all is told, or too much would have to be read. */
  get next(): LogRange | undefined {
    if (this.#isComplete || this.#pagesLeft === 0) return undefined;
    return { after: this.#after, limit: MAX_PAGE_RECORDS };
  }

  /** False when the search ended before the session's end was found. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Where the log has been read to. */
  get lastSequence(): number {
    return this.#after;
  }

  take({ records, nextAfter }: LogPage): void {
    this.#pagesLeft -= 1;
    for (const line of records) if (!this.#isComplete) this.#takeLine(line);
    this.#after = nextAfter ?? this.#after;
    if (nextAfter === undefined) this.#isComplete = true;
  }

  entries(): readonly TimelineEntry[] {
    const startMs = Date.parse(this.#session.startedAt);
    return this.#rows.map((row) => ({
      sequence: row.sequence,
      atIso: row.atIso,
      offset: positionText(Date.parse(row.atIso) - startMs),
      ...signOf(row),
      text: actionText(row.action),
      actor: row.actor,
      detail: row.about.filter((part) => !/^(callId|sessionId):/.test(part)).join(' · '),
    }));
  }

  #takeLine(line: AuditLine): void {
    const row = auditRowOf(line);
    const { callId, sessionId, endedAt } = this.#session;
    this.#after = line.sequence;
    const isLate = endedAt !== undefined && Date.parse(row.atIso) > Date.parse(endedAt) + AFTERMATH_MS;
    const isNextSession = row.callId === callId && row.action === 'session-started' && row.sessionId !== sessionId;
    if (isLate || isNextSession) {
      this.#isComplete = true;
      return;
    }
    if (row.callId !== callId) return;
    this.#rows.push(row);
    if (row.action === 'call-ended') this.#isComplete = true;
  }
}
