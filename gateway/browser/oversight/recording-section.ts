/** Recordings, and one of them to be heard and seen. */
import type { RecordingNotes, RecordingRecord } from '../../api/evidence-desk.js';
import { element } from '../element-builder.js';
import { HistorySection, type OnePlace } from './history-section.js';
import type { OversightClient } from './oversight-client.js';
import { badge, facts } from './oversight-parts.js';
import { recordingTexts } from './oversight-texts.js';
import { RecordingPlayer } from './recording-player.js';
import { counted, dateTimeText, durationText } from './time-texts.js';

export function recordingSection(client: OversightClient): HistorySection<RecordingRecord> {
  return new HistorySection<RecordingRecord>({
    name: 'recordings',
    texts: recordingTexts,
    read: (range, signal) => client.recordings(range, signal),
    cells: (recording) => [lengthOf(recording), gapsOf(recording)],
    tell: (recording, place) => tellRecording(client, recording, place),
  });
}

async function tellRecording(
  client: OversightClient,
  recording: RecordingRecord,
  { root, signal, loading }: OnePlace,
): Promise<string | undefined> {
  root.append(headOf(recording));
  if (recording.outcome === 'missing') return undefined;
  loading(recordingTexts.loadingSound);
  const sound = await client.sound(recording.id, signal);
  if (!sound.ok) return sound.message;
  const player = await RecordingPlayer.of({ id: recording.id, gaps: recording.gaps, sound: sound.value }, signal);
  if (signal.aborted) {
    player?.close();
    return undefined;
  }
  if (player === undefined) return recordingTexts.notARecording;
  signal.addEventListener('abort', () => player.close());
  root.append(player.root);
  player.draw();
  return undefined;
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
      [columns.agent, recording.agent],
      [columns.gaps, gapsOf(recording)],
      [labels.id, element('code', {}, recording.id)],
      [labels.call, element('code', {}, recording.callId)],
    ]),
  );
}
