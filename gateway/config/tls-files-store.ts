/** Whether the certificates and keys that a configuration names are there, and belong together. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { types } from 'node:util';
import type { Configuration } from './configuration.js';
import { Notes, type Path } from './configuration-note.js';

/** Time to get another one: browsers say nothing a user would understand of one that has run out. */
const RENEWAL_NOTICE_MS = 14 * 86_400_000;

/** @param nowMs by the wall clock, as certificates are */
export function checkTlsFiles({ sip }: Configuration, nowMs: number): Notes {
  const notes = new Notes();
  for (const [index, { tls }] of sip.listeners.entries()) {
    if (tls === undefined) continue;
    const path = ['sip', 'listeners', index, 'tls'];
    const certificate = read(
      tls.certificateFile,
      [...path, 'certificateFile'],
      notes,
      (text) => new X509Certificate(text),
    );
    const key = read(tls.keyFile, [...path, 'keyFile'], notes, (text) => createPrivateKey(text));
    if (certificate) checkValidity(certificate, [...path, 'certificateFile'], nowMs, notes);
    if (key) checkKey(key, tls.keyFile, certificate, [...path, 'keyFile'], notes);
  }
  return notes;
}

function read<Value>(file: string, path: Path, notes: Notes, parse: (text: Buffer) => Value): Value | undefined {
  let text: Buffer;
  try {
    text = readFileSync(file);
  } catch (error) {
    notes.problem(path, `cannot be read: ${types.isNativeError(error) ? error.message : file}`);
    return undefined;
  }
  try {
    return parse(text);
  } catch {
    // What OpenSSL says may quote the file, which may be a key.
    notes.problem(path, `holds nothing of the kind in PEM: ${file}`);
    return undefined;
  }
}

function checkValidity(certificate: X509Certificate, path: Path, nowMs: number, notes: Notes): void {
  const endsMs = Date.parse(certificate.validTo);
  if (endsMs < nowMs) notes.problem(path, `ran out on ${certificate.validTo}`);
  else if (endsMs < nowMs + RENEWAL_NOTICE_MS) notes.warn(path, `runs out on ${certificate.validTo}`);
}

function checkKey(
  key: KeyObject,
  file: string,
  certificate: X509Certificate | undefined,
  path: Path,
  notes: Notes,
): void {
  if (certificate && !certificate.checkPrivateKey(key)) notes.problem(path, 'is not the key of the certificate');
  if ((statSync(file).mode & 0o007) !== 0) notes.warn(path, 'can be read by every user of this machine');
}
