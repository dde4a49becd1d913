import { describe, expect, test } from '@jest/globals';
import { IdempotencyTable, KEY_LIFETIME_MS, MAX_KEYS_PER_ACCOUNT, parseIdempotencyKey } from './idempotency.js';

const request = { scope: 'ada', key: 'k', fingerprint: 'f' };

describe('a key', () => {
  test('is carried out once and then answered from memory, for a day', () => {
    const table = new IdempotencyTable<string>();
    expect(table.begin(request, 0)).toEqual({ kind: 'new' });
    expect(table.begin(request, 1)).toEqual({ kind: 'refused', code: 'idempotency-in-flight' });
    table.finish(request, 'answer');
    expect(table.begin(request, KEY_LIFETIME_MS - 1)).toEqual({ kind: 'replay', answer: 'answer' });
    expect(table.begin(request, KEY_LIFETIME_MS)).toEqual({ kind: 'new' });
  });

  test.each(['in flight', 'answered'])('is refused for another request: %s', (state) => {
    const table = new IdempotencyTable<string>();
    table.begin(request, 0);
    if (state === 'answered') table.finish(request, 'answer');
    const other = { ...request, fingerprint: 'g' };
    expect(table.begin(other, 1)).toEqual({ kind: 'refused', code: 'idempotency-key-reused' });
  });

  test("is its account's own", () => {
    const table = new IdempotencyTable<string>();
    table.begin(request, 0);
    table.finish(request, 'answer');
    expect(table.begin({ ...request, scope: 'bob' }, 1)).toEqual({ kind: 'new' });
  });

  test('whose request failed on our side is new again', () => {
    const table = new IdempotencyTable<string>();
    table.begin(request, 0);
    table.finish(request, undefined);
    expect(table.begin(request, 1)).toEqual({ kind: 'new' });
  });

  test('makes room for newer ones, unless it is being carried out', () => {
    const table = new IdempotencyTable<string>();
    const keyed = (n: number) => ({ ...request, key: `k${n}` });
    table.begin(keyed(-1), 0);
    for (let n = 0; n < MAX_KEYS_PER_ACCOUNT + 5; n += 1) {
      table.begin(keyed(n), 0);
      table.finish(keyed(n), 'answer');
    }
    expect(table.keysOf('ada')).toBe(MAX_KEYS_PER_ACCOUNT);
    expect(table.begin(keyed(-1), 1)).toMatchObject({ code: 'idempotency-in-flight' });
    expect(table.begin(keyed(0), 1)).toEqual({ kind: 'new' });
  });
});

test('when all keys of an account are being carried out, another is refused and nothing grows', () => {
  const table = new IdempotencyTable<string>();
  const keyed = (n: number) => ({ ...request, key: `k${n}` });
  for (let n = 0; n < MAX_KEYS_PER_ACCOUNT; n += 1) expect(table.begin(keyed(n), 0)).toEqual({ kind: 'new' });
  const one = keyed(MAX_KEYS_PER_ACCOUNT);
  expect(table.begin(one, 0)).toEqual({ kind: 'refused', code: 'too-many-requests' });
  expect(table.keysOf('ada')).toBe(MAX_KEYS_PER_ACCOUNT);
  // Its end, should anybody tell of it, is nobody else's.
  table.finish(one, 'answer');
  expect(table.begin({ ...one, scope: 'bob' }, 0)).toEqual({ kind: 'new' });
  table.finish(keyed(7), 'answer');
  expect(table.begin(one, 0)).toEqual({ kind: 'new' });
  expect(table.keysOf('ada')).toBe(MAX_KEYS_PER_ACCOUNT);
});

test.each([
  ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
  ['"8e03978e-40d5"', '8e03978e-40d5'],
  ['', undefined],
  ['""', undefined],
  ['"half', undefined],
  ['two words', undefined],
  ['ä', undefined],
  ['x'.repeat(129), undefined],
])('the header %s holds the key %s', (header, key) => expect(parseIdempotencyKey(header)).toBe(key));
