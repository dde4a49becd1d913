/** What `tonegate start` says to a configuration that cannot be meant: an exit code, and the key. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PeerProcess } from '../support/peer-process.js';
import { buildDirectory } from '../support/places.js';

const LIMIT_MS = 30_000;

describe('a wrong configuration', () => {
  test.each([
    ['a key that nobody knows', 'sip:\n  maxCall: 5\n', /sip.*maxCall/],
    ['a value of another kind', 'media:\n  portMin: low\n', /media\.portMin/],
    ['a range that runs backwards', 'media:\n  portMin: 30000\n  portMax: 20000\n', /media\.portM/],
    ['a route to nobody', 'routes:\n  - { name: a, from: trunk, to: nobody, callerSide: from }\n', /routes\[0\]\.to/],
    ['no YAML', 'sip: [\n', /YAML|line \d|flow/i],
  ])('is refused at the start: %s', async (_name, yaml, named) => {
    const directory = mkdtempSync(join(tmpdir(), 'tonegate-wrong-'));
    try {
      const file = join(directory, 'tonegate.yaml');
      writeFileSync(file, `dataDirectory: ${directory}/data\n${yaml}`);
      const main = join(buildDirectory, 'gateway', 'cli', 'main.js');
      const args = [main, 'start', '--config', file];
      const gateway = new PeerProcess({ command: process.execPath, args, limitMs: LIMIT_MS });
      expect(await gateway.exited).toEqual({ code: 1, signal: null });
      expect(gateway.tail()).toMatch(named);
      expect(gateway.tail()).not.toMatch(/\bat .*:\d+:\d+/);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
