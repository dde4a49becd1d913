/** Webhooks against a real receiver that checks signatures with the reference library of Standard Webhooks. */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { eventually } from '../../test/support/deadline.js';
import type { CallView } from '../api/call-desk.js';
import { MAX_IN_FLIGHT_PER_ENDPOINT } from './delivery-schedule.js';
import { parseSecret } from './webhook-signature.js';
import { type WebhookAudit, type WebhookEndpoint, Webhooks } from './webhooks-socket.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const LIMIT_MS = 10_000;

type Received = { readonly id: string; readonly body: Record<string, unknown> };

let directory = '';
let server: Server;
let received: Received[];
let audits: WebhookAudit[];
let faults: unknown[];
/** As on a full disk. */
let refusesRecords = false;
/** What the receiver says, newest last; the last goes on. */
let answers: ((request: IncomingMessage, response: ServerResponse) => void)[];
let nowMs = 0;
let webhooks: Webhooks | undefined;

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(code, headers).end();

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-webhooks-'));
  [received, audits, faults, answers, nowMs] = [[], [], [], [status(200)], Date.now()];
  refusesRecords = false;
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const headers = Object.fromEntries(
      ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, String(request.headers[name])]),
    );
    received.push({
      id: String(request.headers['webhook-id']),
      body: new Webhook(SECRET).verify(body, headers) as Record<string, unknown>,
    });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  webhooks?.close();
  webhooks = undefined;
  server.closeAllConnections();
  server.close();
  expect(faults).toEqual([]);
  rmSync(directory, { recursive: true, force: true });
});

function start(more: Partial<WebhookEndpoint> = {}): Webhooks {
  const { port } = server.address() as AddressInfo;
  const key = parseSecret(SECRET);
  if (key === undefined) throw new Error('no key');
  const made = new Webhooks({
    endpoints: [{ name: 'crm', url: `http://127.0.0.1:${port}/hook`, events: ['call.started'], key, ...more }],
    outboxPath: join(directory, 'outbox.db'),
    onAudit: (event) => {
      if (refusesRecords) throw new Error('no room for a record');
      audits.push(event);
    },
    onFault: (error) => faults.push(error),
    wallClock: () => nowMs,
  });
  made.start();
  webhooks = made;
  return made;
}

function call(id: string): { readonly kind: 'call'; readonly call: CallView } {
  const recording = { state: 'off', lockedByPayment: false } as const;
  const startedAt = new Date(nowMs).toISOString();
  return {
    kind: 'call',
    call: { id, direction: 'inbound', state: 'ringing', caller: 'C', agent: 'ada', startedAt, recording },
  };
}

const counted = (made: Webhooks, name: string, count: number) =>
  eventually(LIMIT_MS, `${name} ${count}`, () => (made.counters()[name] === count ? true : undefined));

describe('a message', () => {
  test('arrives signed, and only what was asked for is sent', async () => {
    const made = start();
    made.deskChanged(call('a'));
    made.deskChanged({ ...call('a'), call: { ...call('a').call, state: 'ended' } });
    await counted(made, 'delivered', 1);
    expect(received).toMatchObject([{ body: { type: 'call.started', data: { callId: 'a', agent: 'ada' } } }]);
    expect(audits).toEqual([{ kind: 'webhook-delivered', endpoint: 'crm', type: 'call.started', attempts: 1 }]);
    expect([made.counters().messages, made.waiting]).toEqual([1, 0]);
  });

  test('that is refused comes again under the same id, also after a restart', async () => {
    answers = [status(503), status(200)];
    const made = start();
    made.deskChanged(call('a'));
    await counted(made, 'failed_attempts', 1);
    made.close();
    const early = start();
    expect([early.waiting, early.counters().attempts]).toEqual([1, 0]);
    early.close();
    nowMs += 6_000;
    const later = start();
    await counted(later, 'delivered', 1);
    expect(received).toHaveLength(2);
    expect(received[1]?.id).toBe(received[0]?.id);
    expect(received[1]?.body).toEqual(received[0]?.body);
    expect(audits).toMatchObject([{ kind: 'webhook-delivered', attempts: 2 }]);
  });

  test('is tried again without a restart when its time has come', async () => {
    answers = [status(500), status(204)];
    const made = start();
    made.deskChanged(call('a'));
    await counted(made, 'failed_attempts', 1);
    // The clock jumps; whatever happens next looks at it again.
    nowMs += 6_000;
    made.deskChanged(call('b'));
    await counted(made, 'delivered', 2);
    expect(received.map(({ body }) => (body.data as { callId: string }).callId).sort()).toEqual(['a', 'a', 'b']);
  });

  test('is not carried on to where a redirect leads', async () => {
    const { port } = server.address() as AddressInfo;
    answers = [status(307, { location: `http://127.0.0.1:${port}/elsewhere` })];
    const made = start();
    made.deskChanged(call('a'));
    await counted(made, 'failed_attempts', 1);
    expect(received).toHaveLength(1);
  });

  test('that the receiver wants no more is given up and audited', async () => {
    answers = [status(410)];
    const made = start();
    made.deskChanged(call('a'));
    await counted(made, 'given_up', 1);
    expect(audits).toEqual([
      { kind: 'webhook-given-up', endpoint: 'crm', type: 'call.started', attempts: 1, reason: 'gone' },
    ]);
  });

  test('of an endpoint that is configured no more is given up at start', async () => {
    answers = [status(500)];
    const made = start();
    made.deskChanged(call('a'));
    await counted(made, 'failed_attempts', 1);
    made.close();
    const other = start({ name: 'other' });
    expect([other.waiting, audits]).toEqual([
      0,
      [{ kind: 'webhook-given-up', endpoint: 'crm', type: 'call.started', attempts: 1, reason: 'no-endpoint' }],
    ]);
  });

  test('waits when nobody is there', async () => {
    // Port 9 is for programs that throw away what they get; on this machine there is none.
    const made = start({ url: 'http://127.0.0.1:9/hook' });
    made.deskChanged(call('a'));
    await counted(made, 'failed_attempts', 1);
    expect(made.waiting).toBe(1);
  });
});

test('an answer without end is cut off, and the message was delivered', async () => {
  let cut = false;
  answers = [
    (request, response) => {
      response.writeHead(200);
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
      };
      response.on('drain', pour);
      request.socket.on('close', () => {
        cut = true;
      });
      pour();
    },
  ];
  const made = start();
  made.deskChanged(call('a'));
  await counted(made, 'delivered', 1);
  await eventually(LIMIT_MS, 'the connection to be cut', () => cut || undefined);
});

test('an answer that is none settles the try: a switch of protocols that nobody asked for', async () => {
  answers = [
    (_, response) => {
      response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
    },
  ];
  const made = start();
  made.deskChanged(call('a'));
  await counted(made, 'failed_attempts', 1);
});

describe('a fault', () => {
  test('in a try is a failed try, and what comes after it is sent', async () => {
    // No address: the request cannot even be made.
    const made = start({ url: 'nowhere' });
    for (let n = 0; n <= MAX_IN_FLIGHT_PER_ENDPOINT; n += 1) made.deskChanged(call(`a-${n}`));
    await counted(made, 'failed_attempts', MAX_IN_FLIGHT_PER_ENDPOINT + 1);
    expect(faults).toHaveLength(MAX_IN_FLIGHT_PER_ENDPOINT + 1);
    faults = [];
  });

  test('in the record of one delivery does not keep the next from being sent', async () => {
    refusesRecords = true;
    const made = start();
    for (let n = 0; n < 2 * MAX_IN_FLIGHT_PER_ENDPOINT; n += 1) made.deskChanged(call(`a-${n}`));
    await counted(made, 'delivered', 2 * MAX_IN_FLIGHT_PER_ENDPOINT);
    await eventually(
      LIMIT_MS,
      'all of them to arrive',
      () => received.length === 2 * MAX_IN_FLIGHT_PER_ENDPOINT || undefined,
    );
    expect(faults).toHaveLength(2 * MAX_IN_FLIGHT_PER_ENDPOINT);
    faults = [];
  });
});

test('a token that was delivered is wiped from the disk while the gateway runs', async () => {
  const made = start();
  const inFiles = () =>
    readdirSync(directory).some((name) => readFileSync(join(directory, name)).includes('call-to-wipe'));
  made.deskChanged(call('call-to-wipe'));
  // The control: until then it is there.
  expect(inFiles()).toBe(true);
  await counted(made, 'delivered', 1);
  await eventually(LIMIT_MS, 'the message to be wiped', () => !inFiles() || undefined);
});

test('a receiver that is slow does not hold up the others', async () => {
  answers = [() => undefined];
  const quick = createServer((request, response) => {
    request.resume();
    response.end();
  });
  quick.listen(0, '127.0.0.1');
  await once(quick, 'listening');
  const made = start();
  made.deskChanged(call('a'));
  await eventually(LIMIT_MS, 'the slow try', () => received.length === 1 || undefined);
  made.close();
  const { port } = quick.address() as AddressInfo;
  const both = start({ url: `http://127.0.0.1:${port}/hook` });
  await counted(both, 'delivered', 1);
  quick.closeAllConnections();
  quick.close();
});
