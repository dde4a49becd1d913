/**
 * Bundles the pages into dist/gateway/browser/pages: one folder a page, its modules named as in the list below, what they
 * share under chunks/, and the HTML beside them. `gateway/api/pages-store.ts` serves exactly these files.
 */
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = dirname(fileURLToPath(import.meta.url));
const target = join(source, '../../dist/gateway/browser/pages');

/** What a page or an embedding page loads by its name. */
const ENTRIES = {
  'panel/desk-client': 'desk-client.ts',
  'panel/tonegate-panel': 'panel/tonegate-panel.ts',
  'panel/panel-page': 'panel/panel-page.ts',
  'softphone/softphone-page': 'softphone/softphone-page.ts',
  'oversight/oversight-page': 'oversight/oversight-page.ts',
};

/** The HTML of each page's address. */
const PAGES = {
  'panel/index.html': 'panel/panel.html',
  'softphone/index.html': 'softphone/softphone.html',
  'oversight/index.html': 'oversight/oversight.html',
};

await build({
  entryPoints: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, join(source, file)])),
  outdir: target,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2023',
  minify: true,
  legalComments: 'none',
  chunkNames: 'chunks/[hash]',
  logLevel: 'warning',
});

for (const [page, file] of Object.entries(PAGES)) {
  mkdirSync(dirname(join(target, page)), { recursive: true });
  cpSync(join(source, file), join(target, page));
}
