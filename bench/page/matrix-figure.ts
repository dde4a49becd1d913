/** Sections by detectors: what each reads of what it should, and hears of what it should not, as a shaded table. */
import { scoreText } from '../detection/detection-tables.js';
import type { SectionKind, SectionResult } from '../detection/q24-detection.js';
import type { Score } from '../detection/score.js';
import { element, escapeText } from './markup.js';

export function matrixFigure(detectors: readonly string[], sections: readonly SectionResult[]): string {
  const head = ['section', 'presses', ...detectors].map((name) => element('th', { scope: 'col' }, escapeText(name)));
  const rows = sections.map(({ name, kind, scores }) => {
    const presses = scores.find((score) => score !== undefined)?.presses ?? 0;
    const label = element('th', { scope: 'row' }, escapeText(kind === 'reject' ? `${name} (no key)` : name));
    return element(
      'tr',
      {},
      [label, element('td', {}, String(presses)), ...scores.map((one) => cell(kind, one))].join(''),
    );
  });
  const body = element('tbody', {}, rows.join(''));
  return element('table', { class: 'matrix' }, element('thead', {}, element('tr', {}, head.join(''))) + body);
}

function cell(kind: SectionKind, score: Score | undefined): string {
  if (score === undefined) return element('td', { class: 'absent' }, 'missing');
  return element('td', { class: `grade-${gradeOf(kind, score)}` }, scoreText(kind, score));
}

/** 0 as it should be, 3 not at all: by the share of presses missed, split, or heard where there was none. */
export function gradeOf(kind: SectionKind, { right, extra, presses }: Score): 0 | 1 | 2 | 3 {
  const wrong = kind === 'reject' ? right + extra : presses - right + extra;
  if (wrong === 0) return 0;
  const share = wrong / presses;
  if (share <= 0.05) return 1;
  return share <= 0.5 ? 2 : 3;
}
