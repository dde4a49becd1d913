/** A copy of this build whose vault is a provider's that refuses some cards (`refusing-store.ts`). */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDirectory, projectDirectory } from './places.js';

const STORE = 'test/support/refusing-store.js';

export class RefusingBuild {
  readonly directory: string;
  readonly #root = mkdtempSync(join(tmpdir(), 'tonegate-build-'));

  constructor() {
    this.directory = join(this.#root, 'build');
    for (const folder of ['dsp', 'gateway', 'sip', 'vault-client']) {
      cpSync(join(buildDirectory, folder), join(this.directory, folder), { recursive: true });
    }
    cpSync(join(projectDirectory, 'package.json'), join(this.#root, 'package.json'));
    symlinkSync(join(projectDirectory, 'node_modules'), join(this.#root, 'node_modules'));
    mkdirSync(join(this.directory, 'test/support'), { recursive: true });
    cpSync(join(buildDirectory, STORE), join(this.directory, STORE));
    const program = join(this.directory, 'vault-client/vault-process.js');
    cpSync(program, join(this.directory, 'vault-client/whole-vault-process.js'));
    writeFileSync(program, `import '../${STORE}';\nimport './whole-vault-process.js';\n`);
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}
