/** The relay path allocates nothing in steady state: garbage would be collected in the middle of calls. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { buildDirectory } from '../support/places.js';

const SCRIPT = join(buildDirectory, 'test', 'media', 'relay-allocation-process.js');
/** Nothing is collected between the two readings: they would miss what was. */
const V8_FLAGS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];

type Reading = { readonly sent: number; readonly bytes: number };

function measure(...words: readonly string[]): Reading {
  const { stdout, stderr } = spawnSync(process.execPath, [...V8_FLAGS, SCRIPT, ...words], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Reading;
}

test('a million packets are relayed without allocating anything for one', () => {
  const { sent, bytes } = measure();
  expect(sent).toBe(1_000_000);
  // Half a mebibyte was seen however many packets there were: what V8 does beside it. A number in a box takes 16 bytes.
  expect(bytes / sent).toBeLessThan(4);
});

test('control: an object a packet is seen', () => {
  const { sent, bytes } = measure('--allocate');
  expect(sent).toBe(1_000_000);
  expect(bytes / sent).toBeGreaterThan(30);
});
