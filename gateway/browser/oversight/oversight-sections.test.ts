import { describe, expect, test } from '@jest/globals';
import { fragmentOf, routeOf, SECTION_NAMES, type SectionName, sectionsOf } from './oversight-sections.js';

const EVERYTHING = [
  'watch-events',
  'list-past-sessions',
  'read-audit-log',
  'list-recordings',
  'read-recording',
  'verify-audit-log',
  'read-health',
  'read-configuration',
  'list-accounts',
];

test.each([
  ['supervisor', ['live']],
  ['auditor', ['sessions', 'recordings', 'audit']],
  ['administrator', ['health', 'accounts']],
  ['agent', []],
  ['integration', []],
] as const)('a %s finds %j', (role, names) => {
  expect(sectionsOf({ name: 'x', role, operations: EVERYTHING })).toEqual(names);
});

test('a section is not there without what it needs, whatever the role', () => {
  const operations = EVERYTHING.filter((operation) => operation !== 'read-recording');
  expect(sectionsOf({ name: 'x', role: 'auditor', operations })).toEqual(['sessions', 'audit']);
});

describe('addresses', () => {
  const auditors: readonly SectionName[] = ['sessions', 'recordings', 'audit'];

  test.each(auditors)('%s leads where it says, with and without a record', (section) => {
    for (const place of [{ section }, { section, sequence: 17 }]) {
      expect(routeOf(fragmentOf(place), auditors)).toEqual({ kind: 'place', place });
    }
  });

  test.each(['', '#', '#nowhere', '#audit/', '#audit/x', '#audit/1/2', '#Audit', `#audit/${'9'.repeat(16)}`, '#<b>'])(
    '%j leads to the first section',
    (fragment) => {
      expect(routeOf(fragment, auditors)).toEqual({ kind: 'place', place: { section: 'sessions' } });
    },
  );

  test("another role's section is forbidden, and an account without any has nothing", () => {
    for (const section of SECTION_NAMES) {
      expect(routeOf(fragmentOf({ section }), []).kind).toBe('nothing');
      expect(routeOf(fragmentOf({ section }), auditors).kind).toBe(auditors.includes(section) ? 'place' : 'forbidden');
    }
  });
});
