import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { configurationSchema } from './configuration.js';
import { loadConfiguration } from './configuration-file-store.js';
import { DataDirectoryError, prepareDataDirectory } from './data-directory-store.js';
import { dataPaths, secretPaths } from './data-paths.js';
import { readOrCreateSecret, SecretFileError } from './secrets-store.js';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-config-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof SecretFileError || error instanceof DataDirectoryError) return error.code;
    return String(error);
  }
  return 'none';
}

describe('secret file', () => {
  test('a missing one is made: 256 random bits, private, the same at the next reading', () => {
    const path = join(directory, 'secrets', 'a.token');
    const secret = readOrCreateSecret(path);
    expect(Buffer.from(secret, 'base64url').length).toBe(32);
    expect(readOrCreateSecret(path)).toBe(secret);
    expect(readOrCreateSecret(join(directory, 'secrets', 'b.token'))).not.toBe(secret);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'secrets')).mode & 0o777).toBe(0o700);
  });

  test('one of the operator is taken without the space around it, and left as it is', () => {
    const path = join(directory, 'own.token');
    writeFileSync(path, '  my-own-token \n', { mode: 0o600 });
    expect(readOrCreateSecret(path)).toBe('my-own-token');
    expect(readFileSync(path, 'utf8')).toBe('  my-own-token \n');
  });

  test.each([0o640, 0o604, 0o660, 0o644])('one of mode %p is refused', (mode) => {
    const path = join(directory, 'open.token');
    writeFileSync(path, 'secret');
    chmodSync(path, mode);
    expect(codeOf(() => readOrCreateSecret(path))).toBe('not-private');
  });

  test('what is empty, no file, too large or out of reach is refused, and no message holds a secret', () => {
    writeFileSync(join(directory, 'empty'), ' \n', { mode: 0o600 });
    writeFileSync(join(directory, 'large'), 'secret'.repeat(1000), { mode: 0o600 });
    expect(codeOf(() => readOrCreateSecret(join(directory, 'empty')))).toBe('empty');
    expect(codeOf(() => readOrCreateSecret(directory))).toBe('not-a-file');
    expect(codeOf(() => readOrCreateSecret(join(directory, 'large')))).toBe('not-a-file');
    expect(codeOf(() => readOrCreateSecret(join(directory, 'empty', 'below')))).toBe('unreadable');
    expect(() => readOrCreateSecret(join(directory, 'large'))).not.toThrow(/secretsecret/);
  });
});

describe('data directory', () => {
  test('is made with all that is below it, for its owner alone', () => {
    const paths = prepareDataDirectory(join(directory, 'data'));
    for (const path of [paths.directory, paths.recordings, paths.run, paths.secrets]) {
      expect(statSync(path).mode & 0o777).toBe(0o700);
    }
    expect(() => prepareDataDirectory(join(directory, 'data'))).not.toThrow();
  });

  test('is refused when others may look into it, or when it cannot be made', () => {
    mkdirSync(join(directory, 'open'));
    chmodSync(join(directory, 'open'), 0o755);
    expect(codeOf(() => prepareDataDirectory(join(directory, 'open')))).toBe('not-private');
    writeFileSync(join(directory, 'file'), '');
    expect(codeOf(() => prepareDataDirectory(join(directory, 'file', 'data')))).toBe('not-makeable');
  });

  test('secrets lie below it unless the configuration names other files', () => {
    const configuration = configurationSchema.parse({
      dataDirectory: '/data',
      vault: { redeemCredentialFile: '/etc/redeem' },
      api: {
        agents: [{ name: 'ann' }, { name: 'bob', tokenFile: '/etc/bob' }],
        accounts: [{ name: 'oda', role: 'auditor' }],
      },
      webhooks: [{ name: 'crm', url: 'https://crm.example/' }],
    });
    const paths = secretPaths(configuration);
    expect([paths.redeemCredential, paths.envelopeKey]).toEqual(['/etc/redeem', '/data/secrets/envelope.key']);
    expect([...paths.agentTokens]).toEqual([
      ['ann', '/data/secrets/agent-ann.token'],
      ['bob', '/etc/bob'],
    ]);
    expect([...paths.accountTokens]).toEqual([['oda', '/data/secrets/auditor-oda.token']]);
    expect([...paths.webhookSecrets]).toEqual([['crm', '/data/secrets/webhook-crm.secret']]);
    expect(dataPaths('/data').auditLog).toBe('/data/audit.db');
  });
});

describe('loading', () => {
  test('reads the file, or defaults without one', () => {
    const path = join(directory, 'tonegate.yaml');
    writeFileSync(path, 'log: {level: error}\n');
    expect(loadConfiguration(path, {})).toMatchObject({ ok: true, configuration: { log: { level: 'error' } } });
    expect(loadConfiguration(undefined, {})).toMatchObject({ ok: true, configuration: { log: { level: 'info' } } });
  });

  test('a file that is not there is a problem, not a configuration of defaults', () => {
    const result = loadConfiguration(join(directory, 'missing.yaml'), {});
    expect(result).toMatchObject({ ok: false, problems: [{ key: '', text: expect.stringContaining('missing.yaml') }] });
    expect(loadConfiguration(directory, {})).toMatchObject({ ok: false });
  });
});
