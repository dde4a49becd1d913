/** The bench as one page for whoever has to judge it: no script, nothing loaded from anywhere. */
import { SECTION_TITLE } from '../detection/detection-tables.js';
import { describeMachine, type Machine } from '../machine.js';
import type { Figures } from '../part-result.js';
import { CURVE_NOTE } from '../suppression/leak-tables.js';
import { type BenchTable, formatCell } from '../table.js';
import { type Target, targetsTable, type Verdict } from '../targets.js';
import { curveFigure } from './curve-figure.js';
import { element, escapeText } from './markup.js';
import { matrixFigure } from './matrix-figure.js';
import { spectrogramFigure } from './spectrogram-figure.js';
import { STYLE } from './style.js';

export type Report = {
  readonly machine: Machine;
  readonly command: string;
  readonly seed: number;
  /** When it ran, as people write it. */
  readonly date: string;
  readonly targets: readonly Target[];
  readonly tables: readonly BenchTable[];
  readonly figures: Figures;
};

export function reportPage(report: Report): string {
  const { tables, figures } = report;
  const body = [
    introduction(report),
    ...(report.targets.length === 0 ? [] : [targetSection(report.targets)]),
    ...(figures.leak === undefined ? [] : [leakFigures(figures.leak)]),
    ...(figures.matrix === undefined ? [] : [matrixSection(figures.matrix)]),
    ...tables.filter(({ title }) => figures.matrix === undefined || title !== SECTION_TITLE).map(tableSection),
    element('footer', {}, element('p', {}, escapeText(describeMachine(report.machine)))),
  ];
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    element('title', {}, 'Tonegate bench'),
    `<style>${STYLE}</style>`,
  ];
  const html = element(
    'html',
    { lang: 'en' },
    element('head', {}, head.join('\n')) + element('body', {}, body.join('\n')),
  );
  return `<!doctype html>\n${html}\n`;
}

function introduction({ command, seed, date, machine }: Report): string {
  return [
    element('h1', {}, 'Tonegate bench'),
    element('p', { class: 'muted' }, escapeText(`${date}, seed ${seed}, Node ${machine.node}, ${machine.processor}`)),
    element(
      'p',
      {},
      'What the bench can measure: how well keys are read from a caller’s audio (dsp), what is left of them in what the agent ' +
        'hears and what hiding them costs the speech (leak), and how calls are carried (media). This page holds the parts ' +
        'that its command names. Peers were asked in the same run, on the same audio; those called emulated, by their ' +
        'published rules. Where nothing is left of keys, the same listener on audio that nobody treated is the control.',
    ),
    element('p', {}, `Repeat it with <code>${escapeText(command)}</code>`),
  ].join('\n');
}

const CLASS_OF: Record<Verdict, string> = { met: 'pass', missed: 'miss', 'not measured': 'none' };

function targetSection(targets: readonly Target[]): string {
  const { title, columns, rows, notes } = targetsTable(targets);
  const written = rows.map((row, index) => {
    const cells = row.map((cell, column) =>
      element(
        'td',
        column === columns.length - 1 ? { class: CLASS_OF[targets[index].verdict] } : {},
        escapeText(formatCell(cell)),
      ),
    );
    return element('tr', {}, cells.join(''));
  });
  return section(title, tableOf(columns, written) + noteList(notes));
}

function leakFigures({ curves, before, after, keys }: NonNullable<Figures['leak']>): string {
  const curve = curveFigure(curves) + noteList(['presses of the accept set of which any sample leaves', CURVE_NOTE]);
  const pictures =
    before.length === 0
      ? ''
      : section(
          'Speech with keys, before and after',
          spectrogramFigure('what the caller sent', before, keys) +
            spectrogramFigure('what the agent hears', after, keys) +
            noteList(['bars mark the presses, tones 10 dB over the speech; comfort noise takes their place']),
        );
  return section('Leak against lookahead', curve) + pictures;
}

function matrixSection({ detectors, sections }: NonNullable<Figures['matrix']>): string {
  const notes = ['presses read once and rightly + extra keys; sections without a key to be read: keys reported'];
  return section('Detection: sections by detectors', scroll(matrixFigure(detectors, sections)) + noteList(notes));
}

function tableSection({ title, columns, rows, notes }: BenchTable): string {
  const written = rows.map((row) =>
    element(
      'tr',
      {},
      row
        .map((cell) => element('td', typeof cell === 'number' ? { class: 'number' } : {}, escapeText(formatCell(cell))))
        .join(''),
    ),
  );
  return section(title, tableOf(columns, written) + noteList(notes));
}

function section(title: string, content: string): string {
  return element('section', {}, element('h2', {}, escapeText(title)) + content);
}

function tableOf(columns: readonly string[], rows: readonly string[]): string {
  const head = columns.map((column) => element('th', { scope: 'col' }, escapeText(column))).join('');
  return scroll(
    element('table', {}, element('thead', {}, element('tr', {}, head)) + element('tbody', {}, rows.join(''))),
  );
}

function scroll(content: string): string {
  return element('div', { class: 'scroll' }, content);
}

function noteList(notes: readonly string[]): string {
  if (notes.length === 0) return '';
  return element('ul', { class: 'notes' }, notes.map((note) => element('li', {}, escapeText(note))).join(''));
}
