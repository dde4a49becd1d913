import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { contractOf, OPERATION_NAMES, type OperationContract } from './operations.js';
import { RepeatedRequests } from './repeated-requests.js';

const request = {
  scope: 'ada',
  key: 'k',
  fingerprint: 'f',
  keptAnswer: z.object({ call: z.object({ id: z.string() }) }),
};

async function twice(value: unknown): Promise<readonly [unknown, number]> {
  const repeats = new RepeatedRequests(() => 0);
  let carriedOut = 0;
  const carryOut = async () => {
    carriedOut += 1;
    return { ok: true, value } as const;
  };
  await repeats.once(request, carryOut);
  return [(await repeats.once(request, carryOut)).outcome, carriedOut];
}

test('of an answer only what the row names is kept, whatever shape it has', async () => {
  const answer = { call: { id: 'c', session: { token: 'tok' }, receipt: { token: 'tok' } }, token: 'tok' };
  expect(await twice(answer)).toEqual([{ ok: true, value: { call: { id: 'c' } } }, 1]);
});

test('an answer that is not what the row says is not kept, and not asked for again', async () => {
  expect(await twice({ session: { token: 'tok' } })).toEqual([{ ok: false, code: 'internal-error' }, 1]);
});

test('no row keeps a token', () => {
  const kept = OPERATION_NAMES.map((name): OperationContract => contractOf(name)).flatMap(({ keptAnswer }) =>
    keptAnswer === undefined ? [] : [JSON.stringify(z.toJSONSchema(keptAnswer))],
  );
  expect(kept.length).toBeGreaterThan(3);
  for (const schema of kept) expect(schema).not.toMatch(/"token\w*":/);
  // The control: the answers of those rows do have it.
  const { answer } = contractOf('complete');
  expect(JSON.stringify(z.toJSONSchema(answer ?? z.never()))).toMatch(/"token\w*":/);
});
