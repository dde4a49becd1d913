/** How much a browser loads for the panel: the built files, followed from their entries. */
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { PAGES_DIRECTORY } from './panel-world.js';

const MAX_SIZE_BYTES = 40 * 1024;

/** Every module that loading this one loads. */
async function loadedBy(path: string, found = new Map<string, Buffer>()): Promise<ReadonlyMap<string, Buffer>> {
  if (found.has(path)) return found;
  const source = await readFile(join(PAGES_DIRECTORY, path));
  found.set(path, source);
  for (const [, next] of source.toString().matchAll(/(?:from|import)\s*\(?"([^"]+)"/g)) {
    if (next !== undefined) await loadedBy(posix.join(posix.dirname(path), next), found);
  }
  return found;
}

test.each([
  ['the panel in a frame', ['panel/embed/embed-page.js']],
  ['the panel as a component, with its client', ['panel/tonegate-panel.js', 'panel/desk-client.js']],
  ['the page of the panel', ['panel/panel-page.js']],
])('%s is at most 40 KiB in all, compressed', async (_, entries) => {
  const found = new Map<string, Buffer>();
  for (const entry of entries) await loadedBy(entry, found);
  const sizesBytes = [...found.values()].map((source) => gzipSync(source, { level: 9 }).length);
  const sizeBytes = sizesBytes.reduce((sum, size) => sum + size, 0);
  // The panel itself is among it, or the sum says nothing.
  expect([...found.values()].some((source) => source.includes('tonegate-panel'))).toBe(true);
  expect(found.size).toBeGreaterThan(entries.length);
  expect(sizeBytes).toBeLessThanOrEqual(MAX_SIZE_BYTES);
});

test('the loader for a page of somebody else’s is one file', async () => {
  const found = await loadedBy('panel/embed.js');
  expect(found.size).toBe(1);
});
