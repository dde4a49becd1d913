import { expect, test } from '@jest/globals';
import { AuditReceipts } from './audit-receipts.js';

test('whoever waits for a record hears of its own, and of nobody else’s', async () => {
  const receipts = new AuditReceipts(10_000);
  const [first, second] = [receipts.recorded('a.1'), receipts.recorded('a.2')];
  receipts.arrived('a.2');
  receipts.arrived('a.3');
  expect(await Promise.race([first, second])).toBe(true);
  receipts.arrived('a.1');
  expect(await Promise.all([first, second])).toEqual([true, true]);
});

test('a record that nobody speaks of in time is not waited for any longer, and may come late', async () => {
  const receipts = new AuditReceipts(1);
  expect(await receipts.recorded('a.1')).toBe(false);
  receipts.arrived('a.1');
});
