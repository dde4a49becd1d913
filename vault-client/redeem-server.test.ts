import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AuditEvent } from './audit-outbox-store.js';
import { EmbeddedVaultStore } from './embedded-vault-store.js';
import { isAuthorized, parseRedeemRequest } from './redeem-request.js';
import { REDEEM_ERRORS, type RedeemErrorCode, RedeemServer, type RedemptionEvent } from './redeem-server.js';

const CREDENTIAL = 'a-credential-that-is-long-enough-to-be-one-0123';
const NUMBER = '4929612345678901';
const UNKNOWN = 'tgt_AAAAAAAAAAAAAAAAAAAAAA';

let directory = '';
let nowMs = 0;
let store: EmbeddedVaultStore;
let server: RedeemServer;
let port = 0;
let audited: AuditEvent[] = [];
let redemptions: RedemptionEvent[] = [];
/** Whether the audit log has an event on disk in time. */
let recorded: (eventId: string) => Promise<boolean> = async () => true;
let agent: Agent;

async function serve(allowReveal: boolean): Promise<void> {
  server = new RedeemServer({
    store,
    credential: CREDENTIAL,
    allowReveal,
    monotonicClock: () => nowMs,
    recorded: (eventId) => recorded(eventId),
    onRedemption: (event) => redemptions.push(event),
  });
  port = await server.listen('127.0.0.1', 0);
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-redeem-'));
  nowMs = Date.parse('2026-11-23T12:00:00Z');
  audited = [];
  redemptions = [];
  recorded = async () => true;
  agent = new Agent({ keepAlive: true, maxSockets: 8 });
  store = EmbeddedVaultStore.open({
    databasePath: join(directory, 'vault.sqlite'),
    envelopeKeyPath: join(directory, 'envelope.key'),
    tokenLifetimeMs: 60_000,
    wallClock: () => nowMs,
    onAudit: (event) => audited.push(event),
  });
  await serve(false);
});
afterEach(async () => {
  agent.destroy();
  await server.close();
  store.close();
  rmSync(directory, { recursive: true });
});

let tokens = 0;
async function makeToken(): Promise<string> {
  tokens += 1;
  const card = {
    cardNumber: Buffer.from(NUMBER),
    expirationDate: Buffer.from('0931'),
    securityCode: Buffer.from('739'),
    brand: 'visa',
    maskedCardNumber: '**** **** **** 8901',
    maskedExpirationDate: '**/**',
  } as const;
  const signal = new AbortController().signal;
  const outcome = await store.tokenize(card, { idempotencyKey: `session ${tokens}`, signal });
  if (outcome.kind !== 'token') throw new Error(outcome.kind);
  return outcome.token;
}

type Answer = { readonly status: number; readonly body: Record<string, unknown> };

function post(body: string | object, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${CREDENTIAL}`, ...options.headers };
    const outgoing = { agent, port, host: '127.0.0.1', path: '/v1/redeem', method: 'POST', ...options, headers };
    const request = httpRequest(outgoing, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    request.on('error', reject);
    request.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

const refusal = (code: RedeemErrorCode) => {
  const { status, message } = REDEEM_ERRORS[code];
  return { status, body: { error: { code, message } } };
};

describe('redeeming', () => {
  test('AC-13, AC-14: works once, and tells masked values', async () => {
    const token = await makeToken();
    expect(await post({ token, orderId: 'order-7' })).toEqual({
      status: 200,
      body: {
        status: 'redeemed',
        brand: 'visa',
        masked: '**** **** **** 8901',
        last4: '8901',
        expiry: '**/**',
        orderId: 'order-7',
      },
    });
    expect(await post({ token, orderId: 'order-7' })).toEqual(refusal('token_already_redeemed'));
  });

  test('AC-14: of 32 attempts at once, over several connections, exactly one succeeds', async () => {
    for (let round = 0; round < 10; round += 1) {
      const token = await makeToken();
      const answers = await Promise.all(
        Array.from({ length: 32 }, (_, index) => post({ token, orderId: `order-${index}` })),
      );
      const statuses = answers.map((answer) => answer.status).sort();
      expect(statuses).toEqual([200, ...Array.from({ length: 31 }, () => 409)]);
    }
  });

  test('AC-14: a second redeem is refused by another server process of the same vault too', async () => {
    const token = await makeToken();
    await post({ token, orderId: 'o' });
    await server.close();
    await serve(false);
    expect((await post({ token, orderId: 'o' })).status).toBe(409);
  });

  test('of several attempts for one order at once exactly one succeeds, too', async () => {
    const token = await makeToken();
    const answers = await Promise.all(Array.from({ length: 8 }, () => post({ token, orderId: 'o' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
  });

  test('is refused for unknown, expired and voided tokens', async () => {
    const [expired, voided] = [await makeToken(), await makeToken()];
    await store.voidToken(voided);
    expect(await post({ token: UNKNOWN, orderId: 'o' })).toEqual(refusal('token_unknown'));
    expect(await post({ token: voided, orderId: 'o' })).toEqual(refusal('token_voided'));
    nowMs += 60_000;
    expect(await post({ token: expired, orderId: 'o' })).toEqual(refusal('token_expired'));
  });

  test('the card is revealed only where the configuration allows it; a refusal does not use the token up', async () => {
    const token = await makeToken();
    const request = { token, orderId: 'o', reveal: true };
    expect(await post(request)).toEqual(refusal('reveal_not_allowed'));
    await server.close();
    await serve(true);
    expect((await post(request)).body).toMatchObject({ cardNumber: NUMBER, expirationDate: '0931', last4: '8901' });
    expect((await post(request)).status).toBe(409);
    expect(Object.keys((await post({ token: await makeToken(), orderId: 'o' })).body)).not.toContain('cardNumber');
  });
});

describe('the session that a token is from', () => {
  test('hears of its use and of every refused one, by digest, and nothing of tokens that never were', async () => {
    const token = await makeToken();
    await post({ token, orderId: 'order-1' });
    await post({ token, orderId: 'order-2' });
    await post({ token: UNKNOWN, orderId: 'order-3' });
    await post({ token, orderId: 'order-4', reveal: true });
    const tokenDigest = createHash('sha256').update(token).digest('base64url');
    expect(redemptions).toEqual([
      { kind: 'redemption', tokenDigest, outcome: 'redeemed', orderId: 'order-1' },
      { kind: 'redemption', tokenDigest, outcome: 'token_already_redeemed', orderId: 'order-2' },
      { kind: 'redemption', tokenDigest, outcome: 'reveal_not_allowed', orderId: 'order-4' },
    ]);
  });

  test.each([
    ['order-20261123-001', true],
    [`order-${NUMBER}`, false],
    ['4929.6123:4567/8901', false],
  ])('hears the order id %s only if no card number could be in it', async (orderId, isTold) => {
    await post({ token: await makeToken(), orderId });
    expect(redemptions[0]?.orderId).toBe(isTold ? orderId : undefined);
  });
});

describe('the audit', () => {
  test('hears of every decision, and of a token only its first eight characters', async () => {
    const token = await makeToken();
    await post({ token, orderId: 'o' });
    await post({ token, orderId: 'o' });
    await post({ token: UNKNOWN, orderId: 'o' });
    await post({ token, orderId: 'o', reveal: true });
    const tokenHint = token.slice(0, 8);
    const asked = { kind: 'audit', happenedAt: '2026-11-23T12:00:00.000Z', origin: '127.0.0.1', orderId: 'o' };
    expect(audited.map(({ eventId, ...event }) => event)).toEqual([
      { ...asked, action: 'token-redeemed', tokenHint, outcome: 'redeemed' },
      { ...asked, action: 'token-refused', tokenHint, outcome: 'token_already_redeemed' },
      { ...asked, action: 'token-refused', tokenHint: 'tgt_AAAA', outcome: 'token_unknown' },
      { ...asked, action: 'token-refused', tokenHint, outcome: 'reveal_not_allowed' },
    ]);
  });

  test('hears of wrong credentials, but is not flooded with them', async () => {
    const headers = { authorization: 'Bearer guess' };
    for (let round = 0; round < 5; round += 1) await post({}, { headers });
    expect(audited).toMatchObject([{ action: 'token-refused', outcome: 'unauthorized', origin: '127.0.0.1' }]);
    expect(audited[0]?.tokenHint).toBeUndefined();
    nowMs += 1000;
    await post({}, { headers });
    expect(audited.length).toBe(2);
  });
});

describe('an audit log that does not say that it has the record', () => {
  const nobodyRecords = () => {
    recorded = async () => false;
  };

  test('lets no decision out: not the use, not a refusal, not a wrong credential; and the panel hears nothing', async () => {
    const [token, used] = [await makeToken(), await makeToken()];
    await post({ token: used, orderId: 'o' });
    redemptions = [];
    nobodyRecords();
    const headers = { authorization: 'Bearer guess' };
    for (const asking of [
      post({ token, orderId: 'o' }),
      post({ token: used, orderId: 'o' }),
      post({ token, orderId: 'o', reveal: true }),
      post({}, { headers }),
    ]) {
      expect(await asking).toEqual(refusal('internal_error'));
    }
    expect(redemptions).toEqual([]);
  });

  test('makes the order ask again, which gets the answer once; another order does not', async () => {
    const token = await makeToken();
    nobodyRecords();
    await post({ token, orderId: 'order-1' });
    recorded = async () => true;
    expect((await post({ token, orderId: 'order-2' })).status).toBe(409);
    expect(await post({ token, orderId: 'order-1' })).toMatchObject({ status: 200, body: { last4: '8901' } });
    expect((await post({ token, orderId: 'order-1' })).status).toBe(409);
  });

  test('is waited for: the answer comes right after the record, and the card stays sealed until then', async () => {
    await server.close();
    await serve(true);
    const token = await makeToken();
    let record: (isRecorded: boolean) => void = () => {};
    const isAsked = new Promise<void>((asked) => {
      recorded = () => {
        asked();
        return new Promise((resolve) => {
          record = resolve;
        });
      };
    });
    const answer = post({ token, orderId: 'o', reveal: true });
    let isAnswered = false;
    void answer.then(() => {
      isAnswered = true;
    });
    await isAsked;
    recorded = async () => true;
    // A whole request and answer later, on another connection.
    expect((await post({ token: UNKNOWN, orderId: 'o' })).status).toBe(404);
    expect(isAnswered).toBe(false);
    record(true);
    expect(await answer).toMatchObject({ status: 200, body: { cardNumber: NUMBER } });
  });

  test('keeps whoever loses patience and asks again waiting for what becomes of the first time', async () => {
    for (const isRecorded of [false, true]) {
      const token = await makeToken();
      const isAsked = new Promise<(isRecorded: boolean) => void>((asked) => {
        recorded = () => new Promise((resolve) => asked(resolve));
      });
      const first = post({ token, orderId: 'o' });
      const record = await isAsked;
      recorded = async () => true;
      const second = post({ token, orderId: 'o' });
      const third = post({ token, orderId: 'o' });
      const other = post({ token, orderId: 'another' });
      await post({ token: UNKNOWN, orderId: 'o' });
      record(isRecorded);
      const statuses = (await Promise.all([first, second, third, other])).map(({ status }) => status);
      expect(statuses).toEqual(isRecorded ? [200, 409, 409, 409] : [500, 200, 409, 409]);
    }
  });

  test('has all others of that order wait for each next try, until one is answered', async () => {
    const token = await makeToken();
    const records: ((isRecorded: boolean) => void)[] = [];
    let asked = () => {};
    recorded = () => {
      asked();
      return new Promise((resolve) => records.push(resolve));
    };
    const nextAsked = () => new Promise<void>((resolve) => (asked = resolve));
    let isAsked = nextAsked();
    const answers = Promise.all(['o', 'o', 'o'].map((orderId) => post({ token, orderId })));
    for (const isRecorded of [false, false, true]) {
      await isAsked;
      isAsked = nextAsked();
      await new Promise(setImmediate);
      expect(records).toHaveLength(1);
      records.pop()?.(isRecorded);
    }
    expect((await answers).map(({ status }) => status).sort()).toEqual([200, 500, 500]);
  });

  test('does not cost an order that has gone meanwhile its answer', async () => {
    const token = await makeToken();
    const isAsked = new Promise<(isRecorded: boolean) => void>((asked) => {
      recorded = () => new Promise((resolve) => asked(resolve));
    });
    const body = JSON.stringify({ token, orderId: 'o' });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    socket.write(
      `POST /v1/redeem HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${CREDENTIAL}\r\n` +
        `content-length: ${body.length}\r\n\r\n${body}`,
    );
    const record = await isAsked;
    socket.destroy();
    // The end of a connection is noticed no later than what another one says after it.
    for (let round = 0; round < 2; round += 1) await post('', { path: '/nowhere' });
    record(true);
    recorded = async () => true;
    expect((await post({ token, orderId: 'o' })).status).toBe(200);
  });
});

describe('bad requests', () => {
  test.each(['', 'Bearer', 'Bearer wrong', `Basic ${CREDENTIAL}`, `Bearer ${CREDENTIAL}x`, `Bearer ${CREDENTIAL} x`])(
    'with authorization %j get 401 whatever they ask',
    async (authorization) => {
      const token = await makeToken();
      const answer = await post({ token, orderId: 'o' }, { headers: { authorization } });
      expect(answer).toEqual(refusal('unauthorized'));
      expect((await post('', { path: '/anything', headers: { authorization } })).status).toBe(401);
      expect((await post({ token, orderId: 'o' })).status).toBe(200);
    },
  );

  test.each([
    '',
    '{',
    '[]',
    'null',
    '"text"',
    '{}',
    '{"token":7,"orderId":"o"}',
    `{"token":"${UNKNOWN}"}`,
    `{"token":"${UNKNOWN}","orderId":""}`,
    `{"token":"${UNKNOWN}","orderId":"${'x'.repeat(65)}"}`,
    `{"token":"${UNKNOWN}","orderId":"a\\nb"}`,
    `{"token":"${UNKNOWN}x","orderId":"o"}`,
    `{"token":"4929612345678901","orderId":"o"}`,
    `{"token":"${UNKNOWN}","orderId":"o","reveal":"yes"}`,
    `{"token":"${UNKNOWN}","orderId":"o","amount":100}`,
    `{"__proto__":{"token":"${UNKNOWN}","orderId":"o"}}`,
  ])('%s get 400 and are not audited', async (body) => {
    expect(await post(body)).toEqual(refusal('malformed_request'));
    expect(audited).toEqual([]);
  });

  test('other paths, other methods and large bodies get 404, 405 and 413', async () => {
    expect((await post('{}', { path: '/v1/redeem/x' })).status).toBe(404);
    expect((await post('', { method: 'GET' })).status).toBe(405);
    expect((await post('x'.repeat(2049))).status).toBe(413);
    expect((await post({ token: await makeToken(), orderId: 'o' })).status).toBe(200);
  });

  test.each([
    'nonsense\r\n\r\n',
    'POST /v1/redeem HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n',
    `GET / HTTP/1.1\r\nx: ${'y'.repeat(9000)}\r\n\r\n`,
  ])('that are no HTTP end their connection, and others go on (%#)', async (bytes) => {
    const socket = connect(port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {}).resume();
    socket.write(bytes);
    await closed;
    expect((await post({ token: await makeToken(), orderId: 'o' })).status).toBe(200);
  });

  test('a port that is taken is a typed error', async () => {
    const second = new RedeemServer({
      store,
      credential: CREDENTIAL,
      allowReveal: false,
      monotonicClock: () => 0,
      recorded: async () => true,
      onRedemption: () => {},
    });
    await expect(second.listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'redeem-port-unavailable' });
  });
});

test('the credential is compared as a whole', () => {
  expect(isAuthorized(`Bearer ${CREDENTIAL}`, CREDENTIAL)).toBe(true);
  expect(isAuthorized(`bearer ${CREDENTIAL}`, CREDENTIAL)).toBe(true);
  for (const wrong of [undefined, '', CREDENTIAL, `Bearer ${CREDENTIAL.slice(1)}`]) {
    expect(isAuthorized(wrong, CREDENTIAL)).toBe(false);
  }
});

test('a request is parsed to what it says', () => {
  expect(parseRedeemRequest(Buffer.from(`{"token":"${UNKNOWN}","orderId":"A/7.1"}`))).toEqual({
    token: UNKNOWN,
    orderId: 'A/7.1',
    reveal: false,
  });
});
