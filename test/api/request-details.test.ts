/** A request that breaks its schema is told where and how, and nothing of what it held. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  AUDITOR_TOKEN,
  CRM_ORIGIN,
  INTEGRATION_TOKEN,
  type PanelServer,
  startServer,
  TOKEN,
} from '../panel/panel-world.js';
import { type Answer, ApiClient } from './api-client.js';

let world: PanelServer;
let client: ApiClient;

beforeAll(async () => {
  world = await startServer();
  client = new ApiClient(world.port);
});
afterAll(() => world.server.close());

const detailsOf = ({ body }: Answer) => (body.error as { details?: unknown }).details;
const CARD = '4242424242424242';

test.each([
  [{ agent: 'ada' }, [['body.origin', 'missing']]],
  [{ origin: CRM_ORIGIN }, [['body.agent', 'missing']]],
  [{ agent: 7, origin: CRM_ORIGIN }, [['body.agent', 'wrong type']]],
  [{ agent: '', origin: CRM_ORIGIN }, [['body.agent', 'too small']]],
  [{ agent: 'a'.repeat(65), origin: CRM_ORIGIN }, [['body.agent', 'too large']]],
  [{ agent: 'ada', callId: 'no call', origin: CRM_ORIGIN }, [['body.callId', 'wrong form']]],
  [
    { agent: { [CARD]: CARD }, origin: null, [CARD]: CARD },
    [
      ['body.agent', 'wrong type'],
      ['body.origin', 'wrong type'],
      ['body', 'unknown member'],
    ],
  ],
  [[CARD], [['body', 'wrong type']]],
])('a panel ticket asked for with %j', async (order, faults) => {
  const answer = await client.post('/v1/panel-tickets', order, INTEGRATION_TOKEN);
  expect(answer.status).toBe(400);
  expect(detailsOf(answer)).toEqual(faults.map(([path, rule]) => ({ path, rule })));
  expect(JSON.stringify(answer.body)).not.toContain(CARD);
});

test.each([
  ['?limit=0', 'query.limit', 'too small'],
  ['?limit=201', 'query.limit', 'too large'],
  [`?limit=x${CARD}`, 'query.limit', 'wrong type'],
  [`?${CARD}=1`, 'query', 'unknown member'],
])('a page asked for with %s', async (query, path, rule) => {
  const answer = await client.ask('GET', `/v1/history/calls${query}`, { token: AUDITOR_TOKEN });
  expect([answer.status, detailsOf(answer)]).toEqual([400, [{ path, rule }]]);
  expect(JSON.stringify(answer.body)).not.toContain(CARD);
});

test('a choice that is none, what is no JSON, and a key that is none', async () => {
  const capture = '/v1/payment-sessions/x/capture';
  expect(detailsOf(await client.post(capture, { field: CARD }))).toEqual([
    { path: 'body.field', rule: 'not a choice' },
  ]);
  const headers = { 'Content-Type': 'application/json' };
  const cut = await client.ask('POST', capture, { headers, body: '{"field":' });
  expect(detailsOf(cut)).toEqual([{ path: 'body', rule: 'wrong form' }]);
  const keyed = { 'Idempotency-Key': 'k'.repeat(200) };
  const refused = await client.ask('POST', '/v1/payment-sessions/x/cancel', { token: TOKEN, headers: keyed });
  expect(detailsOf(refused)).toEqual([{ path: 'headers.Idempotency-Key', rule: 'wrong form' }]);
});

test('another refusal has no details', async () => {
  expect(detailsOf(await client.ask('GET', '/v1/calls/none'))).toBeUndefined();
});
