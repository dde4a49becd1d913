/** What `spandsp-driver` prints, as data. */
import type { Report } from '../detection/detector.js';

/** A tone that was reported while it went on; both ends are starts of the packets that told. */
export type ToneSpan = { readonly startSample: number; readonly endSample: number };

/** One line a key: its event code and the position at which it was reported. */
export function parseReports(output: string): Report[] {
  return linesOf(output).map(([key, sample]) => ({ key, sample }));
}

/** One line a change: 1 for a tone that began, 0 for one that ended. What never ended goes on to the end of the audio. */
export function parseToneSpans(output: string, endOfAudio: number): ToneSpan[] {
  const spans: ToneSpan[] = [];
  let startSample: number | undefined;
  for (const [began, sample] of linesOf(output)) {
    // One key may follow another without an end in between.
    if (began === 1) {
      startSample ??= sample;
    } else if (startSample !== undefined) {
      spans.push({ startSample, endSample: sample });
      startSample = undefined;
    }
  }
  if (startSample !== undefined) spans.push({ startSample, endSample: endOfAudio });
  return spans;
}

function linesOf(output: string): number[][] {
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.split(' ').map(Number));
}
