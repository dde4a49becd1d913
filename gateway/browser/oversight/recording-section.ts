/** Recordings, and one of them to be heard and seen. */
import type { RecordingNotes, RecordingRecord } from '../../api/evidence-desk.js';
import { element, show } from '../element-builder.js';
import { HistoryList } from './history-list.js';
import type { OversightClient } from './oversight-client.js';
import { backLink, badge, facts, Notice, type Section, sectionTitle, strangersText } from './oversight-parts.js';
import { fragmentOf } from './oversight-sections.js';
import { recordingTexts } from './oversight-texts.js';
import { RecordingPlayer } from './recording-player.js';
import { counted, dateTimeText, durationText } from './time-texts.js';

export class RecordingSection implements Section {
  readonly title = sectionTitle(recordingTexts.title);
  readonly root: HTMLElement;
  readonly #client: OversightClient;
  readonly #list: HistoryList<RecordingRecord>;
  readonly #one = element('div', { class: 'one' });
  readonly #notice = new Notice();
  #abort: AbortController | undefined;
  #player: RecordingPlayer | undefined;

  constructor(client: OversightClient) {
    this.#client = client;
    const { columns, outcomes } = recordingTexts;
    this.#list = new HistoryList<RecordingRecord>({
      name: 'recordings',
      caption: recordingTexts.title,
      columns: Object.values(columns),
      outcomes: Object.entries(outcomes).map(([name, { text }]) => [name, text]),
      read: (range, signal) => client.recordings(range, signal),
      cells: (recording) => [
        element(
          'a',
          { href: fragmentOf({ section: 'recordings', sequence: recording.sequence }) },
          dateTimeText(recording.startedAt),
        ),
        strangersText(recording.agent),
        badge(outcomes[recording.outcome]),
        lengthOf(recording),
        gapsOf(recording),
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
    this.title.textContent = sequence === undefined ? recordingTexts.title : recordingTexts.one;
    if (sequence === undefined) this.#list.open();
    else void this.#openOne(sequence);
  }

  close(): void {
    this.#list.close();
    this.#abort?.abort();
    this.#player?.close();
    this.#player = undefined;
  }

  async #openOne(sequence: number): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    const retry = () => this.open(sequence);
    this.#notice.loading();
    this.#one.replaceChildren(backLink(recordingTexts.back, '#recordings'));
    const answer = await this.#client.recordings({ before: sequence + 1, limit: 1 }, abort.signal);
    if (abort.signal.aborted) return;
    if (!answer.ok) return this.#notice.problem(answer.message, retry);
    const [recording] = answer.value.items;
    if (recording?.sequence !== sequence) return this.#notice.problem(recordingTexts.missing);
    this.#one.append(headOf(recording));
    if (recording.outcome === 'missing') return this.#notice.clear();
    this.#notice.loading(recordingTexts.loadingSound);
    const sound = await this.#client.sound(recording.id, abort.signal);
    if (abort.signal.aborted) return;
    if (!sound.ok) return this.#notice.problem(sound.message, retry);
    const player = await RecordingPlayer.of({ id: recording.id, gaps: recording.gaps, sound: sound.value });
    if (abort.signal.aborted) return player?.close();
    if (player === undefined) return this.#notice.problem(recordingTexts.notARecording);
    this.#player = player;
    this.#notice.clear();
    this.#one.append(player.root);
    player.draw();
  }
}

function lengthOf({ durationMs }: RecordingRecord): string {
  return durationMs === undefined ? '–' : durationText(durationMs);
}

function gapsOf({ gaps }: RecordingRecord): string {
  const count = (reason: RecordingNotes['gaps'][number]['reason']) =>
    gaps.filter((gap) => gap.reason === reason).length;
  const [payments, pauses] = [count('window'), count('manual')];
  const parts = [
    ...(payments > 0 ? [counted(payments, 'payment')] : []),
    ...(pauses > 0 ? [counted(pauses, 'pause')] : []),
  ];
  return parts.length === 0 ? recordingTexts.noGaps : parts.join(', ');
}

function headOf(recording: RecordingRecord): HTMLElement {
  const { columns, facts: labels, outcomes } = recordingTexts;
  return element(
    'div',
    { class: 'card' },
    badge(outcomes[recording.outcome]),
    facts([
      [columns.started, dateTimeText(recording.startedAt)],
      [columns.duration, lengthOf(recording)],
      [columns.agent, strangersText(recording.agent)],
      [columns.gaps, gapsOf(recording)],
      [labels.id, element('code', {}, recording.id)],
      [labels.call, element('code', {}, recording.callId)],
    ]),
  );
}
