/** A certificate for 127.0.0.1, made by openssl for one test run and good for 30 days. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class TlsCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly certificate: Buffer;
  readonly #directory: string;

  constructor() {
    this.#directory = mkdtempSync(join(tmpdir(), 'tonegate-certificate-'));
    this.certificateFile = join(this.#directory, 'certificate.pem');
    this.keyFile = join(this.#directory, 'key.pem');
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', this.keyFile];
    const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '30'];
    execFileSync('openssl', ['req', '-x509', ...key, ...name, '-out', this.certificateFile], { stdio: 'pipe' });
    this.certificate = readFileSync(this.certificateFile);
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
