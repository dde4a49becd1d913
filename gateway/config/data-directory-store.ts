import { mkdirSync, statSync } from 'node:fs';
import { types } from 'node:util';
import { type DataPaths, dataPaths } from './data-paths.js';

/** The data directory cannot be used; the text names it and says what to do. */
export class DataDirectoryError extends Error {
  override readonly name = 'DataDirectoryError';
  readonly code: 'not-private' | 'not-ours' | 'not-makeable';

  constructor(code: DataDirectoryError['code'], directory: string, text: string) {
    super(`${directory}: ${text}`);
    this.code = code;
  }
}

/**
 * Makes the data directory and those below it with mode 0700, and refuses one that others may look into.
 * @throws DataDirectoryError
 */
export function prepareDataDirectory(dataDirectory: string): DataPaths {
  const paths = dataPaths(dataDirectory);
  for (const directory of [paths.directory, paths.recordings, paths.run, paths.secrets]) prepare(directory);
  return paths;
}

function prepare(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = types.isNativeError(error) ? error.message : 'unknown reason';
    throw new DataDirectoryError('not-makeable', directory, `cannot be made: ${reason}`);
  }
  const { mode, uid } = statSync(directory);
  if ((mode & 0o077) !== 0) {
    throw new DataDirectoryError('not-private', directory, 'is open to other users: make its mode 0700');
  }
  if (uid !== process.getuid?.() && process.getuid?.() !== 0) {
    throw new DataDirectoryError('not-ours', directory, 'belongs to another user');
  }
}
