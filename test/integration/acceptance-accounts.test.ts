/** A real payment as the others see it: supervisor, auditor, the CRM that is told by webhook, the agent after the order. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { CallView } from '../../gateway/api/call-desk.js';
import type { CallRecord, RecordingRecord, SessionRecord } from '../../gateway/api/evidence-desk.js';
import type { WebhookEvent } from '../../gateway/api/webhook-schemas.js';
import type { SessionView } from '../../gateway/payment/session-view.js';
import { faultOf } from '../api/answer-check.js';
import { AgentClient } from '../support/agent-client.js';
import { eventually } from '../support/deadline.js';
import { PaymentScene, VISA } from '../support/payment-scene.js';

const LIMIT_MS = 20_000;

let scene: PaymentScene;
let crm: Server;
const told: { readonly headers: Readonly<Record<string, string>>; readonly body: string }[] = [];
let call: CallView;
let token: string;

beforeAll(async () => {
  crm = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
    told.push({ headers: Object.fromEntries(names.map((name) => [name, String(request.headers[name])])), body });
    response.end();
  });
  crm.listen(0, '127.0.0.1');
  await once(crm, 'listening');
  const { port } = crm.address() as AddressInfo;
  scene = await PaymentScene.open({
    configure: (base) => ({
      ...base,
      api: {
        ...base.api,
        accounts: [
          { name: 'sue', role: 'supervisor' },
          { name: 'oda', role: 'auditor' },
        ],
      },
      webhooks: [{ name: 'crm', url: `http://127.0.0.1:${port}/hook` }],
    }),
  });
  call = await scene.dial();
  const session = await scene.desk.startSession(call.id);
  await scene.enterCard(session, VISA);
  token = await scene.complete(session);
}, 90_000);

afterAll(async () => {
  expect(await scene.close()).toEqual([]);
  crm.closeAllConnections();
  crm.close();
}, 60_000);

/** An account's answer, which has to be as the OpenAPI document says. */
async function get<T>(secret: string, path: string): Promise<T> {
  const client = new AgentClient(scene.gateway.apiPort, scene.gateway.secret(secret));
  const { status, body } = await client.request('GET', path);
  expect(faultOf({ method: 'GET', path, status, contentType: 'application/json', body })).toBeUndefined();
  return body as T;
}

test('the supervisor sees the call and its payment, masked, and no token', async () => {
  const { calls } = await get<{ calls: CallView[] }>('supervisor-sue.token', '/v1/calls');
  expect(calls).toMatchObject([
    { id: call.id, session: { state: 'vaulted', fields: { cardNumber: { masked: '**** **** **** 4242' } } } },
  ]);
  expect(JSON.stringify(calls)).not.toContain(token);
});

test('the CRM is told of the call and the token, signed, without a digit of the card', async () => {
  const receiver = new Webhook(scene.gateway.secret('webhook-crm.secret'));
  await eventually(LIMIT_MS, 'three messages', () => (told.length >= 3 ? true : undefined));
  const events = told.map(({ headers, body }) => receiver.verify(body, { ...headers }) as WebhookEvent);
  expect(events.map(({ type }) => type).sort()).toEqual([
    'call.started',
    'payment.session.ended',
    'payment.token.created',
  ]);
  expect(events.find(({ type }) => type === 'payment.token.created')?.data).toMatchObject({
    callId: call.id,
    agent: 'agent',
    token,
    masked: '**** **** **** 4242',
    brand: 'visa',
  });
  const text = told.map(({ body }) => body).join('\n');
  expect(text).not.toContain(VISA.cardNumber);
});

test('AC-14: the agent is told of the order, and of the second one that was refused', async () => {
  await scene.gateway.redeem({ token, orderId: 'order-1' });
  await scene.gateway.redeem({ token, orderId: 'order-2' });
  const redeemed = await scene.desk.sessionEvent(
    'the refused order',
    ({ redemption }) => redemption?.refusedAttempts === 1,
    LIMIT_MS,
  );
  expect(redeemed.redemption).toEqual({
    state: 'redeemed',
    orderId: 'order-1',
    refusedAttempts: 1,
    lastRefusal: 'token_already_redeemed',
  } satisfies SessionView['redemption']);
});

describe('the auditor, when the call is over,', () => {
  beforeAll(async () => {
    await scene.hangUp(call);
    // A recording is on the disk a moment after the end of its call was told.
    await scene.recording(call.id);
  }, 30_000);

  test('finds the session, the call and the gap in its recording', async () => {
    const auditor = 'auditor-oda.token';
    const { sessions } = await get<{ sessions: SessionRecord[] }>(auditor, '/v1/history/sessions');
    expect(sessions).toMatchObject([{ callId: call.id, agent: 'agent', outcome: 'vaulted', captures: 3 }]);
    const { calls } = await get<{ calls: CallRecord[] }>(auditor, '/v1/history/calls');
    expect(calls).toMatchObject([{ callId: call.id, route: 'inbound', sessions: 1 }]);
    expect(calls[0]?.endedAt).toBeDefined();
    const { recordings } = await get<{ recordings: RecordingRecord[] }>(auditor, '/v1/recordings');
    expect(recordings).toMatchObject([
      { callId: call.id, outcome: 'complete', gaps: [{ kind: 'paused', reason: 'window' }] },
    ]);
    const verdict = await get<{ ok: boolean; records: number }>(auditor, '/v1/audit/verification');
    expect(verdict.ok).toBe(true);
    expect(verdict.records).toBeGreaterThan(20);
  }, 30_000);

  test('reads nothing of the card or the token in the log, and finds the own reading', async () => {
    const { records } = await get<{ records: object[] }>('auditor-oda.token', '/v1/audit?limit=200');
    const text = JSON.stringify(records);
    expect(text).not.toContain(token);
    expect(text).not.toContain(VISA.cardNumber);
    expect(text).toContain('audit-log-verified');
    expect(text).toContain('webhook-delivered');
  });
});
