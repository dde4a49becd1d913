/**
 * Relaying allocates nothing in steady state, whatever the packets are: garbage would be collected in the middle of calls.
 * From the engine's slots and back, that is; what a socket allocates for a datagram lies below.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { buildDirectory } from '../support/places.js';
import type { Reading } from './relay-allocation-process.js';
import { RELAY_SCENES, type RelayScene } from './relay-scenes.js';

const SCRIPT = join(buildDirectory, 'test', 'media', 'relay-allocation-process.js');
const V8_FLAGS = [
  '--expose-gc',
  // Room for all that is allocated between two readings: they would miss what is collected.
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
  '--no-memory-reducer',
  // However busy the machine is, what has been seen often enough is compiled before it goes on.
  '--no-concurrent-recompilation',
];
/** A scene takes three seconds or less, and on a machine that has twenty other things to do one minute. */
const LIMIT_MS = 180_000;

/** Nothing of them was seen; a little room for V8 itself. A number in a box takes 16 bytes, the least object 24. */
const MAX_BYTES_A_PACKET = 0.5;
const LEAST_BYTES_A_PACKET_WITH_OBJECTS = 24;
/** When a press began and when it ended comes in boxes, three at the most. */
const MAX_BYTES_A_PRESS = 64;
/** To hand the disk two seconds of sound costs `fs.write` 180 bytes in Node 20 and 550 in Node 26. */
const MAX_BYTES_A_BLOCK = 1024;

const PLAYED_MS = 200_000;
const FRAMES = PLAYED_MS / 20;

test.each(Object.entries<RelayScene>(RELAY_SCENES))(
  '%s: nothing is allocated for a packet, and an object a packet is seen',
  (name, scene) => {
    const { packets, bytes, bytesWithObjects, collections, counters } = measure(name);
    expect(collections).toBe(0);
    expectPlayed(scene, packets, counters);
    const presses = counters.keys_captured;
    const blocks = scene.recording === undefined ? 0 : PLAYED_MS / 2_000;
    const allowed = MAX_BYTES_A_PACKET * packets + MAX_BYTES_A_PRESS * presses + MAX_BYTES_A_BLOCK * blocks;
    if (bytes > allowed) process.stdout.write(`bytes a packet of "${name}":\n${run(name, '--where')}`);
    expect(bytes).toBeLessThan(allowed);
    expect(bytesWithObjects).toBeGreaterThan(LEAST_BYTES_A_PACKET_WITH_OBJECTS * packets + allowed);
  },
  LIMIT_MS,
);

/** The scene was what it is called: a packet that is dropped allocates nothing either. */
function expectPlayed(scene: RelayScene, packets: number, counters: Reading['counters']): void {
  const dropped = Object.entries(counters).filter(([key, count]) => /dropped|failed|malformed/.test(key) && count > 0);
  expect(dropped).toEqual([]);
  const isSuppressed = scene.window !== undefined;
  const presses = isSuppressed && scene.presses !== undefined ? PLAYED_MS / 400 : 0;
  const reports = scene.reports === undefined ? 0 : 2 * FRAMES;
  expect(counters).toMatchObject({
    rtp_received: packets - reports,
    // A window's stream has its own packets, as many as there is time.
    rtp_sent: isSuppressed ? 2 * FRAMES : packets - reports,
    frames_suppressed: isSuppressed ? FRAMES : 0,
    keys_captured: presses,
    keys_merged: scene.presses === 'both' ? presses : 0,
    rtcp_received: reports,
    rtcp_sent: (2 * PLAYED_MS) / 5_000,
  });
}

function measure(name: string): Reading {
  return JSON.parse(run(name)) as Reading;
}

function run(...words: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...V8_FLAGS, SCRIPT, ...words], {
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
