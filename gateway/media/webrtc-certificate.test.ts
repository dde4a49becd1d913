import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { makeCertificate } from './webrtc-certificate.js';

const NOW_MS = Date.UTC(2031, 1, 3, 4, 5, 6);

describe('the certificate of WebRTC legs', () => {
  test('is one to others: valid now, signed by its own key, with the fingerprint that is told of it', () => {
    const { certificatePem, keyPem, fingerprint } = makeCertificate(NOW_MS);
    const certificate = new X509Certificate(certificatePem);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.fingerprint256).toBe(fingerprint.value);
    expect(Date.parse(certificate.validFrom)).toBe(NOW_MS - 24 * 3_600_000);
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(NOW_MS);
    expect(certificate.subject).toBe('CN=Tonegate');
    expect(keyPem).toContain('PRIVATE KEY');
  });

  test('is another one each time', () => {
    const [one, other] = [makeCertificate(NOW_MS), makeCertificate(NOW_MS)];
    expect(one.fingerprint).not.toEqual(other.fingerprint);
    const certificate = new X509Certificate(one.certificatePem);
    expect(certificate.verify(new X509Certificate(other.certificatePem).publicKey)).toBe(false);
  });
});
