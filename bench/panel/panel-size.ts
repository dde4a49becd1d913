/** What a browser has to load for the panel. */
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PAGES_DIRECTORY } from '../../test/panel/panel-world.js';

/** Gzipped, of the component and of all that it imports. */
export async function panelScriptBytes(): Promise<number> {
  const sizes = new Map<string, number>();
  const follow = async (name: string): Promise<void> => {
    if (sizes.has(name)) return;
    const source = await readFile(join(PAGES_DIRECTORY, name), 'utf8');
    sizes.set(name, gzipSync(source).length);
    for (const [, next] of source.matchAll(/(?:from|import)"([^"]+)"/g)) {
      if (next !== undefined) await follow(posix.join(posix.dirname(name), next));
    }
  };
  await follow('panel/tonegate-panel.js');
  await follow('panel/desk-client.js');
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}
