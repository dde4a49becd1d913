/**
 * Bundles the pages. Those of the gateway go to dist/gateway/browser/pages: one folder a page, its modules named as in the
 * list below, what they share under chunks/, and the HTML beside them; `gateway/api/pages-store.ts` serves exactly these
 * files. The demo's page goes to dist/gateway/demo/page, where no gateway serves it.
 */
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = dirname(fileURLToPath(import.meta.url));
const built = join(source, '../../dist/gateway');

await bundle({
  target: join(built, 'browser/pages'),
  /** What a page or an embedding page loads by its name. */
  entries: {
    'panel/desk-client': 'desk-client.ts',
    'panel/tonegate-panel': 'panel/tonegate-panel.ts',
    'panel/panel-page': 'panel/panel-page.ts',
  },
  /** The HTML of each page's address. */
  pages: { 'panel/index.html': 'panel/panel.html' },
});

await bundle({
  target: join(built, 'demo/page'),
  entries: { 'demo-page': 'demo/demo-page.ts' },
  pages: { 'index.html': 'demo/demo.html' },
});

async function bundle({ target, entries, pages }) {
  await build({
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(source, file)])),
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
  for (const [page, file] of Object.entries(pages)) {
    mkdirSync(dirname(join(target, page)), { recursive: true });
    cpSync(join(source, file), join(target, page));
  }
}
