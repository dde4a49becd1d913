/** Payment sessions of the past, and one of them with everything that the audit log tells of it. */
import type { RecordingRecord, SessionRecord } from '../../api/evidence-desk.js';
import { element } from '../element-builder.js';
import { HistorySection, type OnePlace } from './history-section.js';
import type { OversightClient } from './oversight-client.js';
import { badge, facts, isolated } from './oversight-parts.js';
import { fragmentOf } from './oversight-sections.js';
import { sessionTexts } from './oversight-texts.js';
import { SessionTimeline, type TimelineEntry } from './session-timeline.js';
import { clockText, dateTimeText, durationText } from './time-texts.js';

/** The recording of a session began before it, with the call; among so many newest ones the call's are looked for. */
const RECORDINGS_LOOKED_AT = 200;

export function sessionSection(client: OversightClient): HistorySection<SessionRecord> {
  return new HistorySection<SessionRecord>({
    name: 'sessions',
    texts: sessionTexts,
    read: (range, signal) => client.sessions(range, signal),
    cells: (session) => [durationOf(session), String(session.captures), String(session.rejectedEntries)],
    tell: (session, place) => tellSession(client, session, place),
  });
}

async function tellSession(
  client: OversightClient,
  session: SessionRecord,
  { root, signal }: OnePlace,
): Promise<string | undefined> {
  root.append(headOf(session));
  const timeline = new SessionTimeline(session);
  for (let { next } = timeline; next !== undefined; { next } = timeline) {
    const page = await client.auditRecords(next, signal);
    if (!page.ok) return page.message;
    timeline.take(page.value);
  }
  const range = { before: timeline.lastSequence + 1, limit: RECORDINGS_LOOKED_AT };
  const recordings = await client.recordings(range, signal);
  if (!recordings.ok) return recordings.message;
  const own = recordings.value.items.filter(({ callId }) => callId === session.callId);
  root.append(recordingsOf(own), timelineOf(timeline.entries()));
  if (!timeline.isComplete) root.append(element('p', { class: 'searched' }, sessionTexts.timelineCut));
  return undefined;
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
      [columns.agent, session.agent],
      [columns.captures, String(session.captures)],
      [columns.rejected, String(session.rejectedEntries)],
      ...(session.error === undefined ? [] : [[labels.error, session.error] as const]),
      [labels.session, element('code', {}, session.sessionId)],
      [labels.call, element('code', {}, session.callId)],
    ]),
  );
}

function recordingsOf(recordings: readonly RecordingRecord[]): HTMLElement {
  const items = recordings.map(({ sequence, startedAt, durationMs }) => {
    const length = durationMs === undefined ? '' : ` · ${durationText(durationMs)}`;
    const href = fragmentOf({ section: 'recordings', sequence });
    return element('li', {}, element('a', { href }, isolated(`${dateTimeText(startedAt)}${length}`)));
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
        isolated([entry.actor, entry.detail].filter((part) => part !== '').join(' · ')),
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
