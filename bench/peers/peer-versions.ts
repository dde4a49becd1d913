/** Which versions of the peers took part, as far as Debian's package database and npm's folder know. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PACKAGES = ['libspandsp2', 'multimon-ng', 'sox', 'speex'];
const NPM_PACKAGE = 'goertzel';
/** dpkg's own placeholder, not ours. */
const VERSION_FORMAT = '\x24{Version}';
const TIMEOUT_MS = 10_000;

/** `name version`, those that are not known left out. */
export async function peerVersions(): Promise<string[]> {
  const debian = await Promise.all(PACKAGES.map(debianVersion));
  return [...debian, await npmVersion()].filter((version) => version !== undefined);
}

async function debianVersion(name: string): Promise<string | undefined> {
  try {
    const { stdout } = await run('dpkg-query', ['-W', '-f', VERSION_FORMAT, name], { timeout: TIMEOUT_MS });
    return stdout === '' ? undefined : `${name} ${stdout}`;
  } catch {
    return undefined;
  }
}

async function npmVersion(): Promise<string | undefined> {
  try {
    const { version } = JSON.parse(await readFile(`node_modules/${NPM_PACKAGE}/package.json`, 'utf8'));
    return `${NPM_PACKAGE} ${version}`;
  } catch {
    return undefined;
  }
}
