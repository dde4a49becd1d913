/** Files for tests: which there are. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Every regular file below a directory; sockets and the like are left out. */
export function filesUnder(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesUnder(path);
    return entry.isFile() ? [path] : [];
  });
}
