import { describe, expect, test } from '@jest/globals';
import { atLeast, atMost, isFailed, targetsTable, unlessPartial } from './targets.js';

describe('a target', () => {
  test.each([
    [atLeast({ what: 'a', limit: 99.9, unit: '%', value: 99.9 }), '>= 99.9 %', '99.9 %', 'met'],
    [atLeast({ what: 'a', limit: 99.9, unit: '%', value: 99.8994 }), '>= 99.9 %', '99.899 %', 'missed'],
    [atMost({ what: 'a', limit: 0, unit: '', value: 0 }), '0', '0', 'met'],
    [atMost({ what: 'a', limit: 0, unit: '', value: 1 }), '0', '1', 'missed'],
    [atMost({ what: 'a', limit: 50, unit: 'ms', value: 50.1 }), '<= 50 ms', '50.1 ms', 'missed'],
  ])('%j', (target, wanted, measured, verdict) => {
    expect(target).toEqual({ what: 'a', wanted, measured, verdict });
  });

  test.each([undefined, Number.NaN])('that was not measured (%d) is not met', (value) => {
    const target = atMost({ what: 'a', limit: 1, unit: '', value, whyNot: 'no speech' });
    expect(target).toMatchObject({ measured: 'no speech', verdict: 'not measured' });
  });
});

test('the table says pass, MISS or NOT MEASURED, and counts them', () => {
  const targets = [
    atLeast({ what: 'good', limit: 1, unit: '', value: 2 }),
    atLeast({ what: 'bad', limit: 1, unit: '', value: 0 }),
    atLeast({ what: 'unknown', limit: 1, unit: '', value: undefined }),
  ];
  expect(targetsTable(targets)).toMatchObject({
    rows: [
      ['good', '>= 1', '2', 'pass'],
      ['bad', '>= 1', '0', 'MISS'],
      ['unknown', '>= 1', 'not measured', 'NOT MEASURED'],
    ],
    notes: ['1 met, 1 missed, 1 not measured'],
  });
});

test('a run fails by what was missed, and one of a named part by what could not be measured too', () => {
  const met = atLeast({ what: 'a', limit: 1, unit: '', value: 1 });
  const missed = atLeast({ what: 'a', limit: 1, unit: '', value: 0 });
  const unknown = atLeast({ what: 'a', limit: 1, unit: '', value: undefined });
  expect((['short', 'whole'] as const).map((extent) => isFailed([met], extent))).toEqual([false, false]);
  expect((['short', 'whole'] as const).map((extent) => isFailed([met, unknown], extent))).toEqual([false, true]);
  expect((['short', 'whole'] as const).map((extent) => isFailed([met, missed], extent))).toEqual([true, true]);
});

test.each([
  [2, undefined, '2', 'met'],
  [2, 'half is missing', '2, but half is missing', 'not measured'],
  [0, 'half is missing', '0', 'missed'],
  [undefined, 'all is missing', 'all is missing', 'not measured'],
])('%d on a part (%s) is %s: %s', (value, whyPartial, measured, verdict) => {
  const target = atLeast({ what: 'a', limit: 1, unit: '', value });
  expect(unlessPartial(target, whyPartial)).toMatchObject({ measured, verdict });
});
