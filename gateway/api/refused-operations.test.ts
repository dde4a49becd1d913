import { expect, test } from '@jest/globals';
import type { ApiAuditEvent } from './api-audit.js';
import { RefusedOperations } from './refused-operations.js';

test('the same refusal is told once a minute, with how often it was; another at once', () => {
  const told: ApiAuditEvent[] = [];
  let nowMs = 0;
  const refusals = new RefusedOperations(
    (event) => told.push(event),
    () => nowMs,
  );
  const refused = { source: '192.0.2.1', actor: 'ada', operation: 'record', code: 'recording-locked' } as const;
  for (let n = 0; n < 3000; n += 1) refusals.tell(refused);
  refusals.tell({ ...refused, code: 'not-found' });
  refusals.tell({ ...refused, actor: 'bob' });
  refusals.tell({ ...refused, operation: 'hang-up' });
  expect(told).toMatchObject([
    { kind: 'operation-refused', ...refused, count: 1 },
    { code: 'not-found', count: 1 },
    { actor: 'bob', count: 1 },
    { operation: 'hang-up', count: 1 },
  ]);
  nowMs = 60_000;
  refusals.tell(refused);
  expect(told.at(-1)).toEqual({ kind: 'operation-refused', ...refused, count: 3000 });
});
