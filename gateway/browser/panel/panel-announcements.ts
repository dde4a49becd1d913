/** What is said aloud to those who do not see the panel. */
import { type Catalogue, counted, filled } from './panel-messages.js';
import type { FieldRowView, PanelView } from './panel-view-model.js';

/** Half of the visible countdown: an entry that goes on at a usual pace never comes down to it. */
const ANNOUNCED_AT_SECONDS = 5;

export class Announcer {
  #before: PanelView | undefined;
  /** The countdown of the entry under way has been announced: once is enough. */
  #countdownTold = false;

  /** What to say now that this is shown; empty when there is nothing. */
  heard(view: PanelView, catalogue: Catalogue): string {
    const said = announcementBetween(this.#before, view, catalogue);
    this.#before = view;
    const awaiting = view.fields.find(({ state }) => state === 'awaiting');
    if (awaiting === undefined) this.#countdownTold = false;
    if (awaiting?.secondsLeft === undefined || awaiting.secondsLeft > ANNOUNCED_AT_SECONDS) return said;
    if (this.#countdownTold) return said;
    this.#countdownTold = true;
    const left = counted(catalogue.texts.secondsLeft, awaiting.secondsLeft, catalogue.language);
    return [said, `${awaiting.label}: ${left}`].filter((part) => part !== '').join('. ');
  }
}

/**
 * What a screen reader is told when one view follows another: changes of fields and phases and warnings, never the
 * counting of keys. Empty when there is nothing to say.
 */
export function announcementBetween(before: PanelView | undefined, after: PanelView, { texts }: Catalogue): string {
  const said: string[] = [];
  if (after.connectionNote !== undefined && after.connectionNote !== before?.connectionNote) {
    said.push(after.connectionNote);
  }
  if (after.connectionNote === undefined && before?.connectionNote === texts.reconnecting) said.push(texts.reconnected);
  if (before !== undefined && before.phase !== after.phase) {
    said.push([after.headline.text, after.headline.note].filter((part) => part !== undefined).join('. '));
  }
  // What became of the token is told when it happens, not with the token itself.
  if (before?.token !== undefined && after.token !== undefined && before.token.note !== after.token.note) {
    said.push(after.token.note);
  }
  for (const row of after.fields) {
    const old = before?.fields.find(({ field }) => field === row.field);
    if (row.warning !== undefined && row.warning !== old?.warning) {
      said.push(`${row.label}: ${row.warning}`);
      continue;
    }
    if (old === undefined || (old.state === row.state && old.text === row.text) || row.state === 'empty') continue;
    said.push(row.state === 'captured' ? capturedText(row, texts) : `${row.label}: ${row.text}`);
  }
  if (after.buttons.complete.enabled && before?.buttons.complete.enabled === false) said.push(texts.status.complete);
  return said.join('. ');
}

function capturedText({ label, text }: FieldRowView, texts: Catalogue['texts']): string {
  const digits = text.replace(/\s/g, '').match(/\d{4}$/)?.[0];
  return digits === undefined
    ? filled(texts.fieldCaptured, { label })
    : filled(texts.fieldCapturedEnding, { label, digits });
}
