import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CardRules, RefusalCode, SessionErrorCode } from '../../vault-client/wire.js';
import {
  sessionErrorOf,
  type VaultAuditEvent,
  VaultConnection,
  type VaultConnectionOptions,
} from './vault-connection.js';

const RULES: CardRules = {
  acceptedBrands: ['visa'],
  maxAttempts: 3,
  firstDigitTimeoutMs: 30_000,
  interDigitTimeoutMs: 10_000,
  timeZone: 'UTC',
  showExpiry: false,
};

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-connection-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('the running vault answers with its counters, and with nothing once it has ended', async () => {
  const { vault, ready } = connect();
  vault.start();
  await ready;
  expect(await vault.openSession('a', RULES)).toEqual({ ok: true });
  expect(await vault.statistics()).toMatchObject({ sessions_now: 1, keys_foreign: 0, keys_lost: 0, strangers: 0 });
  expect(await vault.tokenize('a', 'a-1')).toEqual({ ok: false, code: 'internal-error' });
  expect(await vault.tokenize('b', 'b-1')).toEqual({ ok: false, code: 'vault-unreachable' });
  await vault.stop();
  expect(await vault.statistics()).toEqual({});
});

test('an audit event is acknowledged when it is recorded, and not when that fails', async () => {
  const faults: unknown[] = [];
  let isDiskFull = true;
  const seen: VaultAuditEvent[] = [];
  const { vault, ready } = connect({
    onAudit: (event) => {
      seen.push(event);
      if (isDiskFull) throw new Error('no space left on the device');
    },
    onFault: (error) => faults.push(error),
  });
  vault.start();
  const port = await ready;
  const guess = () => fetch(`http://127.0.0.1:${port}/v1/redeem`, { method: 'POST' });
  expect((await guess()).status).toBe(500);
  expect(faults).toHaveLength(1);
  expect(await vault.statistics()).toMatchObject({ audit_unrecorded_now: 1 });
  isDiskFull = false;
  expect((await guess()).status).toBe(401);
  expect(seen.map(({ outcome, origin }) => [outcome, origin])).toEqual([
    ['unauthorized', '127.0.0.1'],
    ['unauthorized', '127.0.0.1'],
  ]);
  expect(await vault.statistics()).toMatchObject({ audit_unrecorded_now: 1 });
  await vault.stop();
});

test.each<[RefusalCode, SessionErrorCode]>([
  ['too-many-sessions', 'vault-unreachable'],
  ['unknown-session', 'vault-unreachable'],
  ['not-configured', 'vault-unreachable'],
  ['too-many-failed-attempts', 'too-many-failed-attempts'],
  ['capture-under-way', 'internal-error'],
  ['bad-rules', 'internal-error'],
])('the refusal %s of the vault ends a session as %s', (refusal, code) => {
  expect(sessionErrorOf(refusal)).toBe(code);
});

function connect(listeners: Partial<Pick<VaultConnectionOptions, 'onAudit' | 'onFault'>> = {}): {
  readonly vault: VaultConnection;
  readonly ready: Promise<number>;
} {
  let up: (redeemPort: number) => void = () => {};
  let fail: (reason: unknown) => void = () => {};
  const ready = new Promise<number>((resolve, reject) => {
    up = resolve;
    fail = reject;
  });
  const vault = new VaultConnection({
    script: fileURLToPath(new URL('../../vault-client/vault-process.js', import.meta.url)),
    configuration: {
      dataDirectory: join(directory, 'data'),
      keySocketPath: join(directory, 'run', 'keys.sock'),
      linkSecret: Buffer.alloc(32, 7).toString('base64'),
      redeem: { address: '127.0.0.1', port: 0, allowReveal: false },
      redeemCredentialPath: join(directory, 'redeem.token'),
      envelopeKeyPath: join(directory, 'envelope.key'),
      tokenLifetimeMs: 60_000,
    },
    onReady: up,
    onAudit: () => {},
    onEvent: () => {},
    onLost: () => {},
    onErrorOutput: (line) => fail(new Error(line)),
    onFault: (error) => fail(error),
    ...listeners,
  });
  return { vault, ready };
}
