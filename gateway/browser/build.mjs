/**
 * Bundles the pages into dist/gateway/browser/pages: one folder a page, its modules named as in the list below, what they
 * share under chunks/, and the HTML beside them. `gateway/api/pages-store.ts` serves exactly these files.
 * The demo's page, which shows what its caller keys, goes elsewhere: the gateway does not have it.
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
  'panel/embed/embed-page': 'embed/embed-page.ts',
  'softphone/softphone-page': 'softphone/softphone-page.ts',
  'oversight/oversight-page': 'oversight/oversight-page.ts',
};

/** The HTML of each page's address. */
const PAGES = {
  'panel/index.html': 'panel/panel.html',
  'panel/embed/index.html': 'embed/embed.html',
  'softphone/index.html': 'softphone/softphone.html',
  'oversight/index.html': 'oversight/oversight.html',
};

/** What a page of somebody else's loads as a plain script, and the global name it finds it by. */
const LOADERS = { 'panel/embed': { file: 'embed/embed-loader.ts', globalName: 'TonegatePanel' } };

/** Of the demo's own process. */
const demoTarget = join(source, '../../dist/gateway/demo/page');

const common = {
  outdir: target,
  bundle: true,
  target: 'es2023',
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
};

await build({
  ...common,
  entryPoints: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, join(source, file)])),
  splitting: true,
  format: 'esm',
  chunkNames: 'chunks/[hash]',
});

for (const [name, { file, globalName }] of Object.entries(LOADERS)) {
  await build({ ...common, entryPoints: { [name]: join(source, file) }, format: 'iife', globalName });
}

for (const [page, file] of Object.entries(PAGES)) {
  mkdirSync(dirname(join(target, page)), { recursive: true });
  cpSync(join(source, file), join(target, page));
}

await build({
  ...common,
  outdir: demoTarget,
  entryPoints: {
    'demo-page': join(source, 'demo/demo-page.ts'),
    'ear-worklet': join(source, 'demo/ear-worklet.ts'),
  },
  format: 'esm',
});
cpSync(join(source, 'demo/demo.html'), join(demoTarget, 'index.html'));
