/** Writes `tonegate-client.ts` anew; run it after `npm run build` when operations or their schemas have changed. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../../dist/gateway/api/openapi-document.js';
import { clientSource } from '../../dist/gateway/client/client-source.js';

const path = fileURLToPath(new URL('tonegate-client.ts', import.meta.url));
const biome = fileURLToPath(new URL('../../node_modules/.bin/biome', import.meta.url));
const formatted = spawnSync(biome, ['format', `--stdin-file-path=${path}`], {
  input: clientSource(openApiDocument()),
  encoding: 'utf8',
});
if (formatted.status !== 0) throw new Error(formatted.stderr);
writeFileSync(path, formatted.stdout);
