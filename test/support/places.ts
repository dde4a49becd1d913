/** Where this build, its sources and its caches are: derived from the running file, so that any build folder works. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder `tsc` wrote to, `dist` as a rule. */
export const buildDirectory = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The repository: scenarios and C sources are read from here, not from the build. */
export const projectDirectory = dirname(buildDirectory);

export const peersDirectory = join(projectDirectory, 'test', 'peers');

/** A folder under `.cache/`, made if missing: compiled drivers and rendered speech outlive a run. */
export function cacheDirectory(name: string): string {
  const directory = join(projectDirectory, '.cache', name);
  mkdirSync(directory, { recursive: true });
  return directory;
}
