/** Payment sessions of the past, and one of them with everything that the audit log tells of it. */
import type { RecordingRecord, SessionRecord } from '../../api/evidence-desk.js';
import { element, show } from '../element-builder.js';
import { HistoryList } from './history-list.js';
import type { OversightClient } from './oversight-client.js';
import { backLink, badge, facts, Notice, type Section, sectionTitle, strangersText } from './oversight-parts.js';
import { fragmentOf } from './oversight-sections.js';
import { sessionTexts } from './oversight-texts.js';
import { SessionTimeline, type TimelineEntry } from './session-timeline.js';
import { clockText, dateTimeText, durationText } from './time-texts.js';

/** The recording of a session began before it, with the call; of so many newest ones the call's are looked for. */
const RECORDINGS_LOOKED_AT = 200;

export class SessionSection implements Section {
  readonly title = sectionTitle(sessionTexts.title);
  readonly root: HTMLElement;
  readonly #client: OversightClient;
  readonly #list: HistoryList<SessionRecord>;
  readonly #one = element('div', { class: 'one' });
  readonly #notice = new Notice();
  #abort: AbortController | undefined;

  constructor(client: OversightClient) {
    this.#client = client;
    const { columns, outcomes } = sessionTexts;
    this.#list = new HistoryList<SessionRecord>({
      name: 'sessions',
      caption: sessionTexts.title,
      columns: Object.values(columns),
      outcomes: Object.entries(outcomes).map(([name, { text }]) => [name, text]),
      read: (range, signal) => client.sessions(range, signal),
      cells: (session) => [
        element(
          'a',
          { href: fragmentOf({ section: 'sessions', sequence: session.sequence }) },
          dateTimeText(session.startedAt),
        ),
        strangersText(session.agent),
        badge(outcomes[session.outcome]),
        durationOf(session),
        String(session.captures),
        String(session.rejectedEntries),
      ],
    });
    this.root = element(
      'section',
      { class: 'section' },
      element('div', { class: 'section-head' }, this.title),
      this.#list.root,
      this.#one,
      this.#notice.root,
    );
  }

  open(sequence: number | undefined): void {
    this.close();
    show(this.#list.root, sequence === undefined);
    this.#one.replaceChildren();
    this.#notice.clear();
    this.title.textContent = sequence === undefined ? sessionTexts.title : sessionTexts.one;
    if (sequence === undefined) this.#list.open();
    else void this.#openOne(sequence);
  }

  close(): void {
    this.#list.close();
    this.#abort?.abort();
  }

  async #openOne(sequence: number): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    const retry = () => this.open(sequence);
    this.#notice.loading();
    this.#one.replaceChildren(backLink(sessionTexts.back, '#sessions'));
    const answer = await this.#client.sessions({ before: sequence + 1, limit: 1 }, abort.signal);
    if (abort.signal.aborted) return;
    if (!answer.ok) return this.#notice.problem(answer.message, retry);
    const [session] = answer.value.items;
    if (session?.sequence !== sequence) return this.#notice.problem(sessionTexts.missing);
    this.#one.append(headOf(session));
    const timeline = new SessionTimeline(session);
    for (let { next } = timeline; next !== undefined; { next } = timeline) {
      const page = await this.#client.auditRecords(next, abort.signal);
      if (abort.signal.aborted) return;
      if (!page.ok) return this.#notice.problem(page.message, retry);
      timeline.take(page.value);
    }
    const range = { before: timeline.lastSequence + 1, limit: RECORDINGS_LOOKED_AT };
    const recordings = await this.#client.recordings(range, abort.signal);
    if (abort.signal.aborted) return;
    if (!recordings.ok) return this.#notice.problem(recordings.message, retry);
    this.#notice.clear();
    const own = recordings.value.items.filter(({ callId }) => callId === session.callId);
    this.#one.append(recordingsOf(own), timelineOf(timeline.entries()));
    if (!timeline.isComplete) this.#one.append(element('p', { class: 'searched' }, sessionTexts.timelineCut));
  }
}

function durationOf({ startedAt, endedAt }: SessionRecord): string {
  return endedAt === undefined ? '–' : durationText(Date.parse(endedAt) - Date.parse(startedAt));
}

function headOf(session: SessionRecord): HTMLElement {
  const { columns, facts: labels, outcomes } = sessionTexts;
  return element(
    'div',
    { class: 'card' },
    badge(outcomes[session.outcome]),
    facts([
      [columns.started, dateTimeText(session.startedAt)],
      [labels.ended, session.endedAt === undefined ? '–' : dateTimeText(session.endedAt)],
      [columns.duration, durationOf(session)],
      [columns.agent, strangersText(session.agent)],
      [columns.captures, String(session.captures)],
      [columns.rejected, String(session.rejectedEntries)],
      ...(session.error === undefined ? [] : [[labels.error, strangersText(session.error)] as const]),
      [labels.session, element('code', {}, session.sessionId)],
      [labels.call, element('code', {}, session.callId)],
    ]),
  );
}

function recordingsOf(recordings: readonly RecordingRecord[]): HTMLElement {
  const items = recordings.map(({ sequence, startedAt, durationMs }) => {
    const length = durationMs === undefined ? '' : ` · ${durationText(durationMs)}`;
    const href = fragmentOf({ section: 'recordings', sequence });
    return element('li', {}, element('a', { href }, `${dateTimeText(startedAt)}${length}`));
  });
  const none = element('p', { class: 'searched' }, sessionTexts.noRecording);
  return element(
    'div',
    { class: 'card' },
    element('h3', {}, sessionTexts.recordings),
    items.length === 0 ? none : element('ul', { class: 'plain' }, ...items),
  );
}

function timelineOf(entries: readonly TimelineEntry[]): HTMLElement {
  const items = entries.map((entry) =>
    element(
      'li',
      { 'data-tone': entry.tone, 'data-sequence': `${entry.sequence}` },
      element('span', { class: 'offset' }, entry.offset),
      badge({ tone: entry.tone, icon: entry.icon, text: entry.text }),
      element(
        'span',
        { class: 'entry-detail' },
        strangersText([entry.actor, entry.detail].filter((part) => part !== '').join(' · ')),
      ),
      element(
        'a',
        { href: fragmentOf({ section: 'audit', sequence: entry.sequence }), class: 'entry-link' },
        element('time', { datetime: entry.atIso }, clockText(entry.atIso)),
        element('span', {}, ` #${entry.sequence}`),
      ),
    ),
  );
  return element(
    'div',
    { class: 'card' },
    element('h3', {}, sessionTexts.timeline),
    element('ol', { class: 'timeline' }, ...items),
  );
}
