/** What is said aloud to those who do not see the panel. */
import { capturedText, texts } from './panel-texts.js';
import type { PanelView } from './panel-view-model.js';

/**
 * What a screen reader is told when one view follows another: changes of fields and phases and warnings, never the
 * counting of keys. Empty when there is nothing to say.
 */
export function announcementBetween(before: PanelView | undefined, after: PanelView): string {
  const said: string[] = [];
  if (after.connectionNote !== undefined && after.connectionNote !== before?.connectionNote) {
    said.push(after.connectionNote);
  }
  if (before !== undefined && before.phase !== after.phase) {
    said.push([after.headline.text, after.headline.note].filter((part) => part !== undefined).join('. '));
  }
  for (const row of after.fields) {
    const old = before?.fields.find(({ field }) => field === row.field);
    if (row.warning !== undefined && row.warning !== old?.warning) {
      said.push(`${row.label}: ${row.warning}`);
      continue;
    }
    if (old === undefined || (old.state === row.state && old.text === row.text) || row.state === 'empty') continue;
    said.push(row.state === 'captured' ? capturedText(row.label, row.text) : `${row.label}: ${row.text}`);
  }
  if (after.buttons.complete.enabled && before?.buttons.complete.enabled === false) said.push(texts.status.complete);
  return said.join('. ');
}
