import { inflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { atLeast, targetsTable } from '../targets.js';
import { curveFigure } from './curve-figure.js';
import { element, escapeText } from './markup.js';
import { gradeOf } from './matrix-figure.js';
import { encodePng } from './png.js';
import { reportPage } from './report-page.js';
import { colourOf, spectrogram } from './spectrogram.js';

describe('a picture', () => {
  const png = encodePng({ width: 2, height: 1, rgb: Uint8Array.of(255, 0, 0, 0, 0, 255) });

  test('starts with its signature and its size', () => {
    expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    expect(png.readUInt32BE(16)).toBe(2);
    expect(png.readUInt32BE(20)).toBe(1);
  });

  test('holds its rows, each with the filter none', () => {
    const data = png.indexOf('IDAT') + 4;
    const rows = inflateSync(png.subarray(data, data + png.readUInt32BE(data - 8)));
    expect([...rows]).toEqual([0, 255, 0, 0, 0, 0, 255]);
  });

  test('ends with the checksum that every empty last chunk has', () => {
    expect(png.subarray(-12).toString('hex')).toBe('0000000049454e44ae426082');
  });
});

describe('a spectrogram', () => {
  test('is brightest where the tone is', () => {
    const tone = Int16Array.from({ length: 2_000 }, (_, index) => 20_000 * Math.sin((2 * Math.PI * index) / 8));
    const { width, height, rgb } = spectrogram(tone);
    const brightness = Array.from({ length: height }, (_, row) => {
      const at = (row * width + 5) * 3;
      return rgb[at] + rgb[at + 1] + rgb[at + 2];
    });
    // 1 kHz, a quarter of the way up.
    expect(brightness.indexOf(Math.max(...brightness))).toBe(96);
  });

  test('gets brighter with the power', () => {
    const sums = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => colourOf(share).reduce((sum, value) => sum + value, 0));
    expect([...sums].sort((a, b) => a - b)).toEqual(sums);
    expect(colourOf(-1)).toEqual(colourOf(0));
    expect(colourOf(2)).toEqual(colourOf(1));
  });
});

test('text cannot become markup', () => {
  expect(escapeText('<b>"&\'')).toBe('&lt;b&gt;&quot;&amp;&#39;');
  expect(element('td', { class: '"' }, 'x')).toBe('<td class="&quot;">x</td>');
});

test.each([
  ['accept', { right: 64, extra: 0, presses: 64 }, 0],
  ['accept', { right: 63, extra: 0, presses: 64 }, 1],
  ['accept', { right: 64, extra: 10, presses: 64 }, 2],
  ['corner', { right: 3, extra: 0, presses: 64 }, 3],
  ['reject', { right: 0, extra: 0, presses: 64 }, 0],
  ['reject', { right: 64, extra: 0, presses: 64 }, 3],
] as const)('%s %j has grade %d', (kind, score, grade) => {
  expect(gradeOf(kind, score)).toBe(grade);
});

test('a curve leaves out what was not measured', () => {
  const points = [
    { lookaheadMs: 0, leakyShare: 1 },
    { lookaheadMs: 20, leakyShare: Number.NaN },
  ];
  const figure = curveFigure([{ name: 'one', points }]);
  expect(figure).toContain('one');
  expect(figure).not.toContain('NaN');
});

describe('the page', () => {
  const targets = [
    atLeast({ what: 'good <one>', limit: 1, unit: '', value: 1 }),
    atLeast({ what: 'bad', limit: 1, unit: '', value: 0 }),
  ];
  const page = reportPage({
    machine: { cores: 2, processor: 'a processor', kernel: 'Linux', node: 'v20', loadBefore: 0 },
    command: 'npm run bench -- leak --seed 7',
    seed: 7,
    date: '2026-01-01',
    targets,
    tables: [{ title: 'Rows', columns: ['a'], rows: [['<script>']], notes: ['a note'] }],
    figures: {
      matrix: {
        detectors: ['tonegate', 'peer'],
        sections: [{ name: 'level', kind: 'accept', scores: [{ right: 4, extra: 0, presses: 4 }, undefined] }],
      },
      leak: {
        curves: [{ name: 'tonegate', points: [{ lookaheadMs: 20, leakyShare: 0 }] }],
        before: new Int16Array(8_000),
        after: new Int16Array(8_000),
        keys: [{ fromSample: 100, endSample: 700 }],
      },
    },
  });

  test('has the command, every target with its result, every row and every picture', () => {
    expect(page).toContain('npm run bench -- leak --seed 7');
    expect(page).toContain('good &lt;one&gt;');
    expect(page).toContain('class="pass">pass<');
    expect(page).toContain('class="miss">MISS<');
    expect(page).toContain('&lt;script&gt;');
    expect(page.match(/data:image\/png;base64,/g)).toHaveLength(2);
    expect(page).toContain('class="absent">missing<');
    expect(page).toContain(targetsTable(targets).notes[0]);
  });

  test('loads nothing and runs nothing', () => {
    expect(page).not.toMatch(/<script|<link|@import|https?:|url\(/);
    expect(page.match(/(?:href|src)="(?!data:)/g)).toBeNull();
  });

  test('without figures is a page of tables', () => {
    const machine = { cores: 1, processor: 'p', kernel: 'k', node: 'v', loadBefore: 0 };
    const plain = reportPage({ machine, command: 'c', seed: 1, date: 'd', targets: [], tables: [], figures: {} });
    expect(plain).not.toContain('<svg');
  });
});
