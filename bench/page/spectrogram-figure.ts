/** One spectrogram with its axes and marks where keys sounded. */
import { element, escapeText } from './markup.js';
import { pngDataUri } from './png.js';
import { spectrogram } from './spectrogram.js';

export type Span = { readonly fromSample: number; readonly endSample: number };

const RATE_HZ = 8_000;
const WIDTH = 860;
const PLOT = { left: 46, top: 26, width: 800, height: 180 } as const;
const HEIGHT = PLOT.top + PLOT.height + 30;
const TICK_HZ = [0, 1_000, 2_000, 3_000, 4_000];

export function spectrogramFigure(title: string, samples: Int16Array, keys: readonly Span[]): string {
  const seconds = samples.length / RATE_HZ;
  const xOf = (sample: number): number => PLOT.left + (PLOT.width * sample) / samples.length;
  const yOf = (hz: number): number => PLOT.top + PLOT.height * (1 - hz / (RATE_HZ / 2));
  const picture = element('image', {
    href: pngDataUri(spectrogram(samples)),
    x: PLOT.left,
    y: PLOT.top,
    width: PLOT.width,
    height: PLOT.height,
    preserveAspectRatio: 'none',
  });
  const marks = keys.map(({ fromSample, endSample }) =>
    element('rect', {
      class: 'key',
      x: xOf(fromSample).toFixed(1),
      y: PLOT.top - 7,
      width: (xOf(endSample) - xOf(fromSample)).toFixed(1),
      height: 5,
    }),
  );
  const text = (x: number, y: number, anchor: string, content: string): string =>
    element('text', { x: x.toFixed(1), y: y.toFixed(1), 'text-anchor': anchor }, escapeText(content));
  const heights = TICK_HZ.map((hz) => text(PLOT.left - 6, yOf(hz) + 4, 'end', `${hz / 1_000} kHz`));
  const times = Array.from({ length: Math.floor(seconds) + 1 }, (_, second) =>
    text(xOf(second * RATE_HZ), PLOT.top + PLOT.height + 16, 'middle', `${second} s`),
  );
  const caption = text(PLOT.left, 12, 'start', title);
  const attributes = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': title };
  return element('svg', attributes, [picture, ...marks, ...heights, ...times, caption].join(''));
}
