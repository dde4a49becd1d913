import { expect, test } from '@jest/globals';
import { parseCommand, parseOrder } from './page-messages.js';

test.each([
  { kind: 'call', agentPhone: 'softphone' },
  { kind: 'call', agentPhone: 'desk-phone' },
  { kind: 'hang-up' },
  { kind: 'key', keys: '4242#', transport: 'in-band' },
  { kind: 'key', keys: '*', transport: 'both' },
  { kind: 'talk', talking: false },
  { kind: 'listen', to: 'agent' },
] as const)('%j is a command', (command) => {
  expect(parseCommand(JSON.stringify(command))).toEqual(command);
});

test.each([
  '',
  '{',
  'null',
  '[]',
  '"call"',
  '{}',
  '{"kind":"dial"}',
  '{"kind":"call"}',
  '{"kind":"call","agentPhone":"softphone","number":"1"}',
  '{"kind":"key","keys":"","transport":"both"}',
  '{"kind":"key","keys":"12A","transport":"both"}',
  `{"kind":"key","keys":"${'1'.repeat(25)}","transport":"both"}`,
  '{"kind":"key","keys":"1","transport":"info"}',
  '{"kind":"talk","talking":"yes"}',
  '{"kind":"listen","to":"vault"}',
])('%s is no command', (text) => {
  expect(parseCommand(text)).toBeUndefined();
});

test('an order names itself and a token, and nothing else', () => {
  expect(parseOrder('{"orderId":"order-1001","token":"tgt_1"}')).toEqual({ orderId: 'order-1001', token: 'tgt_1' });
  for (const text of ['', '{"orderId":"order-1001"}', '{"orderId":"../1","token":"t"}', '{"orderId":"a","token":""}']) {
    expect(parseOrder(text)).toBeUndefined();
  }
  expect(parseOrder('{"orderId":"a","token":"t","amount":"0.01"}')).toBeUndefined();
});
