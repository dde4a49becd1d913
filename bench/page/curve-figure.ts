/** Leak against lookahead as a line chart: how many presses leave anything, by how long audio is held back. */
import type { Curve } from '../suppression/leak-figures.js';
import { element, escapeText } from './markup.js';

const WIDTH = 860;
const HEIGHT = 320;
const PLOT = { left: 56, top: 16, width: 560, height: 250 } as const;
const MOST_MS = 100;
const TICKS_MS = [0, 10, 20, 40, 60, 80, 100];
const TICKS_PERCENT = [0, 25, 50, 75, 100];
/** Circle, square and triangle beside the colours, for those who do not tell colours apart. */
const MARKERS = [
  (x: number, y: number): string => `M${x - 4} ${y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0`,
  (x: number, y: number): string => `M${x - 4} ${y - 4}h8v8h-8z`,
  (x: number, y: number): string => `M${x} ${y - 5}l5 9h-10z`,
];

export function curveFigure(curves: readonly Curve[]): string {
  const parts: string[] = [];
  for (const ms of TICKS_MS) {
    parts.push(line(xOf(ms), PLOT.top, xOf(ms), PLOT.top + PLOT.height, 'grid'));
    parts.push(text(xOf(ms), PLOT.top + PLOT.height + 18, 'middle', String(ms)));
  }
  for (const percent of TICKS_PERCENT) {
    parts.push(line(PLOT.left, yOf(percent / 100), PLOT.left + PLOT.width, yOf(percent / 100), 'grid'));
    parts.push(text(PLOT.left - 8, yOf(percent / 100) + 4, 'end', `${percent} %`));
  }
  parts.push(text(PLOT.left + PLOT.width / 2, HEIGHT - 14, 'middle', 'audio held back, ms'));
  for (const [index, { name, points }] of curves.entries()) {
    const known = points.filter(({ leakyShare }) => !Number.isNaN(leakyShare));
    const at = known.map(({ lookaheadMs, leakyShare }) => [round(xOf(lookaheadMs)), round(yOf(leakyShare))] as const);
    const path = at.map(([x, y], point) => `${point === 0 ? 'M' : 'L'}${x} ${y}`).join('');
    parts.push(element('path', { class: `curve curve-${index}`, d: path }));
    const marker = MARKERS[index % MARKERS.length];
    parts.push(element('path', { class: `marker curve-${index}`, d: at.map(([x, y]) => marker(x, y)).join('') }));
    const legendY = PLOT.top + 14 + index * 22;
    parts.push(
      element('path', { class: `marker curve-${index}`, d: marker(PLOT.left + PLOT.width + 20, legendY - 4) }),
    );
    parts.push(text(PLOT.left + PLOT.width + 32, legendY, 'start', name));
  }
  const label = 'presses that leave anything, by how long audio is held back';
  return element('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label }, parts.join(''));
}

function xOf(ms: number): number {
  return PLOT.left + (PLOT.width * ms) / MOST_MS;
}

function yOf(share: number): number {
  return PLOT.top + PLOT.height * (1 - share);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function line(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return element('line', { class: className, x1, y1, x2, y2 });
}

function text(x: number, y: number, anchor: string, content: string): string {
  return element('text', { x: round(x), y: round(y), 'text-anchor': anchor }, escapeText(content));
}
