import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { TlsCertificate } from '../../test/support/tls-certificate.js';
import { configurationSchema } from './configuration.js';
import { describeNote } from './configuration-note.js';
import { checkTlsFiles } from './tls-files-store.js';

const mine = new TlsCertificate();
const other = new TlsCertificate();
const DAY_MS = 86_400_000;

afterAll(() => {
  mine.remove();
  other.remove();
});

type TlsFiles = { readonly certificateFile: string; readonly keyFile: string };

function notesOn({ certificateFile, keyFile }: TlsFiles, nowMs = Date.now()) {
  const tls = { certificateFile, keyFile };
  const listeners = [{ name: 'users', address: '127.0.0.1', port: 5066, transports: ['wss'], tls }];
  const { problems, warnings } = checkTlsFiles(configurationSchema.parse({ sip: { listeners } }), nowMs);
  return { problems: problems.map(describeNote), warnings: warnings.map(describeNote) };
}

test('a certificate and its key are taken', () => {
  expect(notesOn(mine)).toEqual({ problems: [], warnings: [] });
});

test('files that are not there, or hold something else, are told by key, and none of their text', () => {
  writeFileSync(`${mine.keyFile}.bad`, 'a secret of somebody');
  expect(notesOn({ certificateFile: '/nowhere/c.pem', keyFile: `${mine.keyFile}.bad` }).problems).toEqual([
    expect.stringMatching(/^sip\.listeners\[0\]\.tls\.certificateFile: cannot be read: ENOENT/),
    `sip.listeners[0].tls.keyFile: holds nothing of the kind in PEM: ${mine.keyFile}.bad`,
  ]);
});

test('another certificate’s key is refused', () => {
  expect(notesOn({ certificateFile: mine.certificateFile, keyFile: other.keyFile }).problems).toEqual([
    'sip.listeners[0].tls.keyFile: is not the key of the certificate',
  ]);
});

test('one that has run out is refused, and one that soon will is warned of', () => {
  expect(notesOn(mine, Date.now() + 31 * DAY_MS).problems[0]).toMatch(/certificateFile: ran out on /);
  expect(notesOn(mine, Date.now() + 20 * DAY_MS).warnings[0]).toMatch(/certificateFile: runs out on /);
});

test('a key that everybody can read is warned of', () => {
  const open = `${mine.keyFile}.open`;
  writeFileSync(open, readFileSync(mine.keyFile));
  chmodSync(open, 0o644);
  expect(notesOn({ certificateFile: mine.certificateFile, keyFile: open }).warnings).toEqual([
    'sip.listeners[0].tls.keyFile: can be read by every user of this machine',
  ]);
});
