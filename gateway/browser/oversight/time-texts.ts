/** Times as people read them. Spans are worded here, points in time by the browser, in its own language and zone. */

/** `0:05`, `12:41`, `1:02:07`: how long something goes on. Clocks that differ make no negative time. */
export function durationText(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const tail = String(seconds % 60).padStart(2, '0');
  return hours === 0 ? `${minutes}:${tail}` : `${hours}:${String(minutes).padStart(2, '0')}:${tail}`;
}

/** The same with tenths, for a place in a recording. */
export function positionText(positionMs: number): string {
  const tenths = Math.max(0, Math.round(positionMs / 100));
  return `${durationText(Math.floor(tenths / 10) * 1000)}.${tenths % 10}`;
}

/** For those who hear it: `12 minutes 41 seconds`. */
export function spokenDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const parts = [
    [Math.floor(seconds / 3600), 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => counted(count, unit));
  return said.length === 0 ? counted(0, 'second') : said.join(' ');
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

export function dateTimeText(iso: string): string {
  return new Date(iso).toLocaleString([], { dateStyle: 'medium', timeStyle: 'medium' });
}

export function clockText(iso: string): string {
  return new Date(iso).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}
