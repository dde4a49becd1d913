import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readCredential, readEnvelopeKey } from './secret-file-store.js';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-secrets-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const path = (): string => join(directory, 'secret');
const failing = (code: string) => expect.objectContaining({ code });

describe('a secret file', () => {
  test('is made when missing, for us alone, and read again as it is', () => {
    const key = readEnvelopeKey(path(), 'make');
    expect(key.length).toBe(32);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readFileSync(path()).equals(key)).toBe(true);
    expect(readEnvelopeKey(path(), 'refuse').equals(key)).toBe(true);
  });

  test('is not made where tokens exist that a new key could not open', () => {
    expect(() => readEnvelopeKey(path(), 'refuse')).toThrow(failing('envelope-key-missing'));
    expect(() => statSync(path())).toThrow();
  });

  test.each([0o640, 0o604, 0o620, 0o666, 0o610])('with mode %o is refused', (mode) => {
    readEnvelopeKey(path(), 'make');
    chmodSync(path(), mode);
    expect(() => readEnvelopeKey(path(), 'make')).toThrow(failing('secret-file-mode'));
  });

  test.each([0, 31, 33, 600])('of %i bytes is no envelope key', (sizeBytes) => {
    writeFileSync(path(), Buffer.alloc(sizeBytes, 1), { mode: 0o600 });
    expect(() => readEnvelopeKey(path(), 'make')).toThrow(failing('secret-file-content'));
  });

  test('that is a link, a directory, or in no directory is refused', () => {
    symlinkSync('/dev/zero', path());
    expect(() => readEnvelopeKey(path(), 'make')).toThrow(failing('secret-file-unavailable'));
    mkdirSync(join(directory, 'folder'), { mode: 0o700 });
    expect(() => readEnvelopeKey(join(directory, 'folder'), 'make')).toThrow(failing('secret-file-mode'));
    expect(() => readEnvelopeKey(join(directory, 'nowhere', 'secret'), 'make')).toThrow(
      failing('secret-file-unavailable'),
    );
  });

  test('holds a credential as one line of text', () => {
    const credential = readCredential(path());
    expect(credential).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(readFileSync(path(), 'utf8')).toBe(`${credential}\n`);
    expect(readCredential(path())).toBe(credential);
  });

  test.each([
    '',
    'short',
    'two words that are long enough to be one\n',
    `${'x'.repeat(513)}`,
    `line\n${'x'.repeat(40)}`,
  ])('with %j holds no credential', (text) => {
    writeFileSync(path(), text, { mode: 0o600 });
    expect(() => readCredential(path())).toThrow(failing('secret-file-content'));
  });
});
