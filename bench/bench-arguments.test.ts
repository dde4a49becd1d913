import { describe, expect, test } from '@jest/globals';
import { parseBenchArguments } from './bench-arguments.js';

describe('the words of a bench', () => {
  test('none mean the short run, which is done in three minutes', () => {
    expect(parseBenchArguments([], () => 4711)).toEqual({
      kind: 'run',
      value: {
        parts: ['dsp', 'media'],
        extent: 'short',
        json: undefined,
        html: 'bench-output/bench.html',
        calls: 100,
        seed: 4711,
        repeats: 2,
        command: 'npm run bench -- --calls 100 --seed 4711 --repeats 2',
      },
    });
  });

  test('without a part numbers alone keep the run short', () => {
    expect(parseBenchArguments(['--repeats', '3'])).toMatchObject({
      kind: 'run',
      value: { parts: ['dsp', 'media'], extent: 'short', repeats: 3 },
    });
  });

  test('a part that is named is whole', () => {
    expect(parseBenchArguments(['media'])).toMatchObject({
      kind: 'run',
      value: { parts: ['media'], extent: 'whole', repeats: 2 },
    });
  });

  test('a part and its numbers are taken, and the command repeats them', () => {
    const words = ['media', '--calls', '500', '--repeats=4', '--seed', '7', '--json', 'out.json'];
    expect(parseBenchArguments(words)).toMatchObject({
      kind: 'run',
      value: {
        parts: ['media'],
        json: 'out.json',
        calls: 500,
        repeats: 4,
        seed: 7,
        command: 'npm run bench -- media --calls 500 --seed 7 --repeats 4',
      },
    });
  });

  test('a seed is drawn anew for every run, and given it is taken', () => {
    const seeds = Array.from({ length: 8 }, () => {
      const parsed = parseBenchArguments(['dsp']);
      return parsed.kind === 'run' ? parsed.value.seed : 0;
    });
    expect(new Set(seeds).size).toBeGreaterThan(6);
    for (const seed of seeds) expect(seed >= 1 && seed <= 0x7fffffff && Number.isInteger(seed)).toBe(true);
    expect(parseBenchArguments(['dsp', '--seed', '9'], () => 4711)).toMatchObject({ kind: 'run', value: { seed: 9 } });
  });

  test.each([
    [['dsp'], 'bench-output/dsp.html'],
    [['leak'], 'bench-output/leak.html'],
    [['leak', 'dsp'], 'bench-output/dsp-leak.html'],
  ])('%j leave a page of their own: %s', (words, html) => {
    expect(parseBenchArguments(words)).toMatchObject({ kind: 'run', value: { html } });
  });

  test('several parts keep their order, and the page goes where it is wanted', () => {
    const words = ['leak', 'dsp', '--html', 'page.html'];
    expect(parseBenchArguments(words)).toMatchObject({
      kind: 'run',
      value: { parts: ['dsp', 'leak'], extent: 'whole', html: 'page.html' },
    });
  });

  test.each([
    [['sip'], 'there is no bench called sip'],
    [['--calls', '0'], '--calls is a whole number from 1 to 2000'],
    [['--calls', '2001'], '--calls is a whole number from 1 to 2000'],
    [['--calls', '1e3'], '--calls is a whole number from 1 to 2000'],
    [['--repeats', '1.5'], '--repeats is a whole number from 1 to 100'],
    [['--seed', ''], '--seed is a whole number from 1 to 2147483647'],
  ])('%j are refused with the reason', (words, problem) => {
    expect(parseBenchArguments(words)).toEqual({ kind: 'refused', problem });
  });

  test('help is given, whatever stands beside it', () => {
    expect(parseBenchArguments(['--help'])).toEqual({ kind: 'help' });
    expect(parseBenchArguments(['media', '--calls', '0', '--help'])).toEqual({ kind: 'help' });
  });

  test.each([[['--unknown']], [['--json']], [['--quick', 'media']]])('%j are not understood', (words) => {
    expect(parseBenchArguments(words)).toMatchObject({ kind: 'refused', problem: expect.stringContaining('--') });
  });
});
