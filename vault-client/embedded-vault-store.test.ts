import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { type AuditEvent, MAX_UNRECORDED_EVENTS } from './audit-outbox-store.js';
import { EmbeddedVaultStore, type Redemption, TOKEN_PATTERN } from './embedded-vault-store.js';
import type { CardOnLoan } from './tokenizer.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NUMBER = '4929612345678901';

let directory = '';
let store: EmbeddedVaultStore;
let nowMs = 0;
let audited: AuditEvent[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-vault-'));
  audited = [];
  nowMs = Date.parse('2026-11-23T12:00:00Z');
  store = open();
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

const databasePath = (): string => join(directory, 'vault.sqlite');
const envelopeKeyPath = (): string => join(directory, 'envelope.key');

function open(): EmbeddedVaultStore {
  return EmbeddedVaultStore.open({
    databasePath: databasePath(),
    envelopeKeyPath: envelopeKeyPath(),
    tokenLifetimeMs: HOUR_MS,
    wallClock: () => nowMs,
    onAudit: (event) => audited.push(event),
  });
}

function card(number = NUMBER): CardOnLoan {
  return {
    cardNumber: Buffer.from(number),
    expirationDate: Buffer.from('0931'),
    securityCode: Buffer.from('7391'),
    brand: 'visa',
    maskedCardNumber: '**** **** **** 8901',
    maskedExpirationDate: '**/**',
  };
}

const options = (idempotencyKey: string) => ({
  idempotencyKey,
  signal: new AbortController().signal,
});

async function tokenOf(idempotencyKey = 'session-1', number = NUMBER): Promise<string> {
  const outcome = await store.tokenize(card(number), options(idempotencyKey));
  if (outcome.kind !== 'token') throw new Error(outcome.kind);
  return outcome.token;
}

const ASKING = { origin: '192.0.2.7' };

const claim = (token: string, orderId = 'order-1'): string => {
  const answer = store.claim({ token, orderId, reveal: false }, ASKING);
  return answer.kind === 'refused' ? answer.code : answer.kind;
};

/** Both steps, as when the audit log has its record at once. */
function redemptionOf(token: string, reveal = false): Redemption | string {
  const request = { token, orderId: 'order-1', reveal };
  const answer = store.claim(request, ASKING);
  return answer.kind === 'refused' ? answer.code : store.handOut(request);
}

const redeem = (token: string, reveal = false): string => {
  const redemption = redemptionOf(token, reveal);
  return typeof redemption === 'string' ? redemption : 'redeemed';
};

/** Everything in the vault's directory. */
function filesAsText(): string {
  return readdirSync(directory)
    .map((name) => readFileSync(join(directory, name)).toString('latin1'))
    .join('\n');
}

describe('tokens', () => {
  test('are random, of one form, and last as long as they were made to', async () => {
    const outcome = await store.tokenize(card(), options('a'));
    expect(outcome).toMatchObject({ kind: 'token', expiresAtMs: nowMs + HOUR_MS });
    const tokens = await Promise.all(['b', 'c', 'd'].map((key) => tokenOf(key)));
    expect(new Set(tokens).size).toBe(3);
    for (const token of tokens) expect(token).toMatch(TOKEN_PATTERN);
  });

  test('AC-14: are redeemed once; after that they are refused as redeemed', async () => {
    const token = await tokenOf();
    expect(redemptionOf(token)).toEqual({
      brand: 'visa',
      masked: '**** **** **** 8901',
      last4: '8901',
      maskedExpirationDate: '**/**',
    });
    expect([redeem(token), redeem(token, true)]).toEqual(['token_already_redeemed', 'token_already_redeemed']);
  });

  test('AC-14: stay redeemed when the vault is opened again', async () => {
    const [used, unused] = [await tokenOf('a'), await tokenOf('b')];
    redeem(used);
    store.close();
    store = open();
    expect([redeem(used), redeem(unused)]).toEqual(['token_already_redeemed', 'redeemed']);
  });

  test('that are made up are unknown', () => {
    expect(redeem('tgt_AAAAAAAAAAAAAAAAAAAAAA')).toBe('token_unknown');
  });

  test('expire, to the millisecond', async () => {
    const [early, late] = [await tokenOf('a'), await tokenOf('b')];
    nowMs += HOUR_MS - 1;
    expect(redeem(early)).toBe('redeemed');
    nowMs += 1;
    expect([redeem(late), redeem(early)]).toEqual(['token_expired', 'token_already_redeemed']);
  });

  test('AC-15: can be voided while they are unused', async () => {
    const token = await tokenOf();
    expect([await store.voidToken(token), await store.voidToken(token)]).toEqual([true, false]);
    expect(redeem(token)).toBe('token_voided');
    const used = await tokenOf('b');
    redeem(used);
    expect(await store.voidToken(used)).toBe(false);
  });

  test('reveal the card when they are told to, as bytes of their own', async () => {
    const redemption = redemptionOf(await tokenOf(), true);
    if (typeof redemption === 'string' || redemption.card === undefined) throw new Error('not revealed');
    expect(redemption.card.cardNumber.toString()).toBe(NUMBER);
    expect(redemption.card.expirationDate.toString()).toBe('0931');
    expect(redemption.card.cardNumber.buffer.byteLength).toBe(NUMBER.length);
  });

  test.each(['501800000009', '4000000000000000006'])('keep a number of any length (%s)', async (number) => {
    const redemption = redemptionOf(await tokenOf('a', number), true);
    expect(typeof redemption !== 'string' && redemption.card?.cardNumber.toString()).toBe(number);
  });
});

describe('an order that got no answer', () => {
  test('may ask again until it has one, and nobody else may; also when the vault was opened again meanwhile', async () => {
    const token = await tokenOf();
    expect(claim(token)).toBe('claimed');
    expect(claim(token, 'order-2')).toBe('token_already_redeemed');
    store.close();
    store = open();
    expect([claim(token, 'order-2'), claim(token)]).toEqual(['token_already_redeemed', 'claimed']);
    expect(store.handOut({ token, orderId: 'order-1', reveal: true }).card?.cardNumber.toString()).toBe(NUMBER);
    expect([claim(token), claim(token, 'order-2')]).toEqual(['token_already_redeemed', 'token_already_redeemed']);
    expect(() => store.handOut({ token, orderId: 'order-1', reveal: false })).toThrow();
    expect(audited.map(({ outcome, isRetry }) => [outcome, isRetry ?? false])).toEqual([
      ['redeemed', false],
      ['token_already_redeemed', false],
      ['token_already_redeemed', false],
      ['redeemed', true],
      ['token_already_redeemed', false],
      ['token_already_redeemed', false],
    ]);
  });

  test('comes too late once the token has expired', async () => {
    const token = await tokenOf();
    expect(claim(token)).toBe('claimed');
    nowMs += HOUR_MS;
    expect([claim(token), claim(token, 'order-2')]).toEqual(['token_expired', 'token_already_redeemed']);
    store.purge();
    expect(claim(token)).toBe('token_expired');
    store.close();
    expect(filesAsText()).not.toContain('token-expired');
    store = open();
  });

  test('keeps its token from being voided, and from being given to another request', async () => {
    const token = await tokenOf('a');
    claim(token);
    expect(await store.voidToken(token)).toBe(false);
    expect(await store.tokenize(card(), options('a'))).toMatchObject({ kind: 'session-failure' });
    expect(redeem(token)).toBe('redeemed');
  });
});

describe('what the audit log is owed', () => {
  const unrecorded = () => store.unrecorded().map(({ eventId }) => eventId);

  test('is on the disk with what it tells of, in order, until it is recorded', async () => {
    const token = await tokenOf();
    const tokenHint = token.slice(0, 8);
    redeem(token);
    redeem('tgt_AAAAAAAAAAAAAAAAAAAAAA');
    await store.voidToken(token);
    store.close();
    store = open();
    expect(store.unrecorded()).toEqual(audited);
    const asked = { kind: 'audit', origin: '192.0.2.7', orderId: 'order-1', happenedAt: '2026-11-23T12:00:00.000Z' };
    expect(audited).toMatchObject([
      { ...asked, action: 'token-redeemed', outcome: 'redeemed', tokenHint },
      { ...asked, action: 'token-refused', outcome: 'token_unknown', tokenHint: 'tgt_AAAA' },
      { action: 'token-voided', outcome: 'not-voidable', tokenHint },
    ]);
    const [first, second, third] = unrecorded();
    store.recorded(second);
    expect(unrecorded()).toEqual([first, third]);
    for (const eventId of [second, '0a1b2c3d.1', first, third]) store.recorded(eventId);
    expect(unrecorded()).toEqual([]);
  });

  test('has ids that are not given out again, also when the file is brought back as it was', async () => {
    const token = await tokenOf();
    store.close();
    const before = readFileSync(databasePath());
    const given = [1, 2].map(() => {
      writeFileSync(databasePath(), before);
      store = open();
      redeem(token);
      const ids = unrecorded();
      store.close();
      return ids;
    });
    store = open();
    expect(given.map((ids) => ids.length)).toEqual([1, 1]);
    expect(given[0]).not.toEqual(given[1]);
  });

  test('counts the tokens that have expired unused, once', async () => {
    redeem(await tokenOf('a'));
    await store.voidToken(await tokenOf('b'));
    claim(await tokenOf('c'));
    await tokenOf('d');
    await tokenOf('e');
    audited = [];
    nowMs += HOUR_MS;
    store.purge();
    store.purge();
    expect(audited).toMatchObject([{ action: 'token-expired', count: 2 }]);
  });

  test('never holds an order id that could be a card number', async () => {
    for (const orderId of [`order-${NUMBER}`, '4929.6123:4567/8901']) claim(await tokenOf(orderId), orderId);
    claim(await tokenOf('c'), 'order-20261123-001');
    expect(audited.map(({ orderId }) => orderId)).toEqual(['[digits hidden]', '[digits hidden]', 'order-20261123-001']);
  });

  test('grows to a limit; beyond it nothing more is decided for orders, and what has to be void still is', async () => {
    const token = await tokenOf();
    for (let index = 0; index < MAX_UNRECORDED_EVENTS; index += 1) claim('tgt_AAAAAAAAAAAAAAAAAAAAAA');
    expect(() => claim(token)).toThrow(expect.objectContaining({ code: 'audit-outbox-full' }));
    expect(await store.voidToken(await tokenOf('b'))).toBe(true);
    for (const eventId of unrecorded()) store.recorded(eventId);
    expect(redeem(token)).toBe('redeemed');
  });

  test('has no place in a database of the version before, which gets one and keeps its tokens', async () => {
    const [used, unused] = [await tokenOf('a'), await tokenOf('b')];
    redeem(used);
    store.close();
    const database = new Sqlite(databasePath());
    database.exec('DROP TABLE audit_outbox; ALTER TABLE token DROP COLUMN owed');
    database.pragma('user_version = 1');
    database.close();
    store = open();
    expect(unrecorded()).toEqual([]);
    expect([redeem(used), redeem(unused, true)]).toEqual(['token_already_redeemed', 'redeemed']);
    expect(unrecorded()).toHaveLength(2);
  });
});

describe('AC-R6: the idempotency key', () => {
  test('gives the same token for the same card', async () => {
    expect(await tokenOf('a')).toBe(await tokenOf('a'));
  });

  test('is refused for another card, and for a token that is used, void or expired', async () => {
    const failure = { kind: 'session-failure', code: 'payment-connector-error' };
    const token = await tokenOf('a');
    expect(await store.tokenize(card('4929612345678919'), options('a'))).toEqual(failure);
    redeem(token);
    await store.voidToken(await tokenOf('b'));
    await tokenOf('c');
    nowMs += HOUR_MS;
    for (const key of ['a', 'b', 'c']) expect(await store.tokenize(card(), options(key))).toEqual(failure);
  });

  test('an abandoned request makes nothing', async () => {
    const controller = new AbortController();
    controller.abort();
    const outcome = await store.tokenize(card(), { ...options('a'), signal: controller.signal });
    expect(outcome).toEqual({ kind: 'session-failure', code: 'payment-connector-error' });
  });
});

describe('what is on the disk', () => {
  test('AC-11: no number, no date, no security code, no token', async () => {
    const token = await tokenOf();
    const text = filesAsText();
    expect(text).toContain('**** **** **** 8901');
    for (const secret of [NUMBER, '0931', '7391', token, token.slice(4)]) expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(NUMBER, 'hex').toString('latin1'));
    for (const name of readdirSync(directory)) {
      expect([name, statSync(join(directory, name)).mode & 0o077]).toEqual([name, 0]);
    }
  });

  test('a redeemed card is gone from it, and its key with the day', async () => {
    redeem(await tokenOf());
    nowMs += DAY_MS;
    store.purge();
    store.close();
    const database = new Sqlite(databasePath(), { readonly: true });
    expect(database.prepare('SELECT sealed_card, sealed_token FROM token').all()).toEqual([
      { sealed_card: null, sealed_token: null },
    ]);
    expect(database.prepare('SELECT name FROM wrapped_key').pluck().all()).toEqual(['lookup']);
    database.close();
    store = open();
    expect(redeem(await tokenOf('next day'))).toBe('redeemed');
  });

  test('expired cards go, their records stay for a while, and then go too', async () => {
    const token = await tokenOf();
    nowMs += 2 * HOUR_MS;
    store.purge();
    expect(redeem(token)).toBe('token_expired');
    nowMs += 31 * DAY_MS;
    store.purge();
    expect(redeem(token)).toBe('token_unknown');
  });

  test('a purge leaves good tokens alone, whatever the day their key is of', async () => {
    nowMs = Date.parse('2026-11-23T23:59:59Z');
    const token = await tokenOf();
    nowMs += 2000;
    store.purge();
    expect(redeem(token, true)).toBe('redeemed');
  });

  test('a card that was changed on the disk is not revealed, and its token is not used up', async () => {
    const [token, other] = [await tokenOf('a'), await tokenOf('b')];
    store.close();
    const database = new Sqlite(databasePath());
    // Another row's card under this row's id: only the associated data tells.
    database.exec("UPDATE token SET sealed_card = (SELECT sealed_card FROM token WHERE idempotency_key = 'b')");
    database.close();
    store = open();
    expect(() => redeem(token, true)).toThrow(expect.objectContaining({ code: 'store-unavailable' }));
    expect(redeem(token)).toBe('redeemed');
    expect(redeem(other, true)).toBe('redeemed');
  });
});

describe('opening', () => {
  const failing = (code: string) => expect.objectContaining({ code });

  test('is refused while another vault has the database', () => {
    expect(() => open()).toThrow(failing('store-unavailable'));
  });

  test('is refused with another envelope key, or with none where one is needed', () => {
    store.close();
    const key = readFileSync(envelopeKeyPath());
    unlinkSync(envelopeKeyPath());
    expect(() => open()).toThrow(failing('envelope-key-missing'));
    writeFileSync(envelopeKeyPath(), Buffer.alloc(32, 7), { mode: 0o600 });
    expect(() => open()).toThrow(failing('envelope-key-mismatch'));
    writeFileSync(envelopeKeyPath(), key);
    store = open();
  });

  test('is refused for a file that is no database, or one of another version', () => {
    store.close();
    const database = new Sqlite(databasePath());
    database.pragma('user_version = 99');
    database.close();
    expect(() => open()).toThrow(failing('store-version'));
    for (const name of readdirSync(directory)) if (name.startsWith('vault')) unlinkSync(join(directory, name));
    writeFileSync(databasePath(), 'this is no database, and it is long enough to be looked at as one'.repeat(20));
    expect(() => open()).toThrow(failing('store-unavailable'));
    unlinkSync(databasePath());
    unlinkSync(envelopeKeyPath());
    store = open();
  });
});

test('a used token and an unknown one take the same statements, so the answer tells nothing by its time', async () => {
  const used = await tokenOf();
  redeem(used);
  const prepare = jest.spyOn(Sqlite.prototype, 'prepare');
  try {
    const statementsOf = (token: string): readonly string[] => {
      prepare.mockClear();
      redeem(token);
      return prepare.mock.calls.map(([statement]) => statement);
    };
    const ofUsed = statementsOf(used);
    expect(ofUsed.length).toBeGreaterThan(1);
    expect(statementsOf('tgt_AAAAAAAAAAAAAAAAAAAAAA')).toEqual(ofUsed);
  } finally {
    prepare.mockRestore();
  }
});
