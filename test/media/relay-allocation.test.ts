/**
 * The relay path allocates nothing in steady state: garbage would be collected in the middle of calls. The path through a
 * secure window allocates a little, which is measured, printed and bounded.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { buildDirectory } from '../support/places.js';

const SCRIPT = join(buildDirectory, 'test', 'media', 'relay-allocation-process.js');
/** Room for all that is allocated between two readings: they would miss what is collected. */
const V8_FLAGS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];

/**
 * 18 to 34 bytes were seen for a packet of the caller's that is suppressed and one of the agent's that is relayed: a number
 * or two in boxes.
 */
const MAX_BYTES_A_SUPPRESSED_PACKET = 64;

type Reading = {
  readonly sent: number;
  readonly suppressed: number;
  readonly bytes: number;
  readonly collections: number;
};

function measure(...words: readonly string[]): Reading {
  const { stdout, stderr } = spawnSync(process.execPath, [...V8_FLAGS, SCRIPT, ...words], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (stdout === '') throw new Error(stderr);
  const reading = JSON.parse(stdout) as Reading;
  expect(reading.collections).toBe(0);
  return reading;
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

test('a hundred thousand packets are suppressed with no more allocated for each than we know of', () => {
  const { sent, suppressed, bytes } = measure('--window');
  process.stdout.write(`  ${Math.round(bytes / suppressed)} bytes a suppressed packet\n`);
  expect([sent, suppressed]).toEqual([200_000, 100_000]);
  expect(bytes / suppressed).toBeLessThan(MAX_BYTES_A_SUPPRESSED_PACKET);
});

/** Where it fails, less is allocated than was: the limit is to be lowered. */
test('control: an object a packet is seen there too', () => {
  const { suppressed, bytes } = measure('--window', '--allocate');
  expect(suppressed).toBe(100_000);
  expect(bytes / suppressed).toBeGreaterThan(MAX_BYTES_A_SUPPRESSED_PACKET);
});
