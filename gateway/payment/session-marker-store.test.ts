import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { SessionMarkerStore } from './session-marker-store.js';

const directories: string[] = [];

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tonegate-markers-'));
  directories.push(directory);
  return directory;
}

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

test('AC-22: a session that was open when the gateway died is found at the next start, once', () => {
  const directory = temporaryDirectory();
  const before = new SessionMarkerStore(directory);
  before.add('session-1', 'call/1@host');
  before.add('session-2', 'call-2');
  before.remove('session-2');

  const after = new SessionMarkerStore(directory);
  expect(after.takeLeftOver()).toEqual([{ sessionId: 'session-1', callId: 'call/1@host' }]);
  expect(after.takeLeftOver()).toEqual([]);
});

test('removing a marker that was never set does nothing', () => {
  const store = new SessionMarkerStore(temporaryDirectory());
  store.remove('nobody');
  expect(store.takeLeftOver()).toEqual([]);
});
