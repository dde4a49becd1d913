import { describe, expect, test } from '@jest/globals';
import { auditRowOf, jsonLineOf, outcomeBadge, signOf, verdictViewOf } from './audit-rows.js';

const record = {
  atIso: '2026-11-23T12:00:00.000Z',
  monotonicMs: 1,
  actor: 'ada',
  action: 'capture-rejected',
  outcome: 'failure',
  origin: '127.0.0.1',
  resource: { callId: 'a', sessionId: 's', field: 'cardNumber' },
  detail: { code: 'invalid-card-number', count: 2, last: true, none: null },
  refusedValues: 0,
};

describe('a record', () => {
  test('is told in its parts', () => {
    expect(auditRowOf({ sequence: 7, record })).toEqual({
      sequence: 7,
      atIso: record.atIso,
      actor: 'ada',
      origin: '127.0.0.1',
      action: 'capture-rejected',
      outcome: 'failure',
      callId: 'a',
      sessionId: 's',
      about: [
        'callId: a',
        'sessionId: s',
        'field: cardNumber',
        'code: invalid-card-number',
        'count: 2',
        'last: true',
        'none: ',
      ],
    });
  });

  test.each([
    {},
    { actor: 7, action: null, resource: 'text', detail: [1, { deep: true }] },
    { atIso: { nested: [] }, outcome: ['x'], resource: { callId: { a: 1 } } },
  ])('that somebody has changed is text all the same: %j', (changed) => {
    const row = auditRowOf({ sequence: 1, record: changed });
    for (const part of [row.atIso, row.actor, row.action, row.outcome, row.callId, ...row.about]) {
      expect(typeof part).toBe('string');
    }
  });

  test('that did not succeed is red where nothing else is known of it', () => {
    const row = auditRowOf({ sequence: 1, record });
    expect(signOf(row).tone).toBe('red');
    expect(signOf({ ...row, action: 'unheard-of', outcome: 'refused' }).tone).toBe('red');
    expect(signOf({ ...row, action: 'unheard-of', outcome: 'success' }).tone).toBe('neutral');
    expect(outcomeBadge('success').text).toBe('Success');
    expect(outcomeBadge('<b>').text).toBe('<b>');
  });

  test('is exported as one line', () => {
    const line = jsonLineOf({ sequence: 7, record: { ...record, actor: 'two\nlines' } });
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(JSON.parse(line)).toEqual({ sequence: 7, record: { ...record, actor: 'two\nlines' } });
  });
});

describe('the verdict', () => {
  test('green, with the count and the hash to note down', () => {
    expect(verdictViewOf({ ok: true, records: 1, hash: 'abc' })).toMatchObject({
      tone: 'green',
      title: 'The log is intact',
      note: '1 record, each as it was written.',
      hash: 'abc',
    });
  });

  test('red, naming the first record that is broken', () => {
    const view = verdictViewOf({ ok: false, sequence: 17, problem: 'record-changed' });
    expect(view).toMatchObject({ tone: 'red', icon: 'alert', title: 'The log is broken', brokenSequence: 17 });
    expect(view.note).toBe('Record 17: The record, its place or its hash was changed.');
  });

  test('red for the log as a whole, and for problems this page does not know', () => {
    const whole = verdictViewOf({ ok: false, sequence: 0, problem: 'log-missing' });
    expect(whole).toMatchObject({ note: 'There is no audit log.', brokenSequence: undefined });
    expect(verdictViewOf({ ok: false, sequence: 3, problem: 'new-problem' }).note).toBe(
      'Record 3: The chain does not hold.',
    );
    expect(verdictViewOf({ ok: false }).tone).toBe('red');
  });
});
