/**
 * The certificate that all WebRTC legs of a process show: self-signed, because its fingerprint in the signalled description
 * is what vouches for it (RFC 8827 §6.5). ECDSA on P-256, in memory alone, made anew with each process.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { WebRtcFingerprint } from './control-wire.js';

export type WebRtcCertificate = {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly fingerprint: WebRtcFingerprint;
};

/** DER tags (ITU-T X.690). */
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;
const VERSION = 0xa0;
/** Identifiers in DER: ecdsa-with-SHA256 (RFC 5758 §3.2) and commonName (RFC 5280 appendix A.1). */
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');
/** A clock behind ours must not find it not yet valid; a process does not live for a year. */
const BEFORE_MS = 24 * 3_600_000;
const AFTER_MS = 400 * 24 * 3_600_000;

export function makeCertificate(nowMs: number): WebRtcCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, ECDSA_WITH_SHA256);
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from('Tonegate')))));
  const serial = randomBytes(8);
  // A positive number without a leading zero octet.
  serial[0] = (serial[0] & 0x7f) | 0x40;
  // RFC 5280 §4.1.
  const content = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, serial),
    algorithm,
    name,
    der(SEQUENCE, utcTime(nowMs - BEFORE_MS), utcTime(nowMs + AFTER_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(BIT_STRING, Buffer.from([0]), sign('sha256', content, privateKey));
  const certificate = der(SEQUENCE, content, algorithm, signature);
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  const hash = createHash('sha256').update(certificate).digest('hex').toUpperCase();
  return {
    certificatePem: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: { algorithm: 'sha-256', value: (hash.match(/../g) ?? []).join(':') },
  };
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

/** RFC 5280 §4.1.2.5.1: two digits of the year, until 2049. */
function utcTime(timeMs: number): Buffer {
  const digits = new Date(timeMs).toISOString().replaceAll(/\D/g, '').slice(2, 14);
  return der(UTC_TIME, Buffer.from(`${digits}Z`));
}
