import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { configurationSchema } from '../config/configuration.js';
import { readOrCreateSecret } from '../config/secrets-store.js';
import { PidFile } from '../process/pid-file-store.js';
import { startFailure } from './start-failure.js';

const defaults = configurationSchema.parse({});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

test('a second gateway in one data directory is told which process holds it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tonegate-start-'));
  const first = PidFile.take(directory, 'control');
  const error = thrownBy(() => PidFile.take(directory, 'control'));
  expect(startFailure(error, defaults)).toBe(
    `another gateway works in ./tonegate-data: control runs already as process ${process.pid}. Stop it, or set another dataDirectory`,
  );
  first.release();
  rmSync(directory, { recursive: true });
});

test('a port that is taken is told with what it is for', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const second = createServer().listen(port, '127.0.0.1');
  const [error] = await once(second, 'error');
  holder.close();
  const configuration = configurationSchema.parse({ api: { listen: { port } } });
  expect(startFailure(error, configuration)).toBe(
    `port ${port} of 127.0.0.1 (tcp for API, events and panel (HTTP, WebSocket)) cannot be opened: another program has it`,
  );
});

test('an error whose text says it all is told as it is, and our own fault is not told in one line', () => {
  // A folder that is a file.
  const path = join(process.execPath, 'secret');
  const error = thrownBy(() => readOrCreateSecret(path));
  expect(startFailure(error, defaults)).toBe(`${path}: cannot be read or made`);
  expect(startFailure(new Error('a fault'), defaults)).toBeUndefined();
  expect(startFailure('text', defaults)).toBeUndefined();
});
