/** What is said aloud to those who do not see the page. */
import type { LineView, SoftphoneView } from './softphone-view-model.js';

/** Changes of lines, lights and notices, never the ticking of a clock. Empty when there is nothing to say. */
export function announcementBetween(before: SoftphoneView | undefined, after: SoftphoneView): string {
  const said: string[] = [];
  for (const line of after.lines) {
    const old = before?.lines.find(({ number }) => number === line.number);
    if (old === undefined || (old.status === line.status && old.name === line.name)) continue;
    said.push(lineText(line));
  }
  for (const light of after.lights) {
    const old = before?.lights.find(({ name }) => name === light.name);
    if (old !== undefined && old.text !== light.text) said.push(`${light.label}: ${light.text}`);
  }
  for (const { text } of after.notices) {
    if (!before?.notices.some((notice) => notice.text === text)) said.push(text);
  }
  return said.join('. ');
}

function lineText({ label, status, name }: LineView): string {
  return name === undefined ? `${label}: ${status}` : `${label}: ${status}, ${name}`;
}
