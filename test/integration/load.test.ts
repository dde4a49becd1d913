/** A thousand calls, and whether everything they took is given back: handles, sockets, ports and memory. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, pause } from '../support/deadline.js';
import { GatewayUnderTest } from '../support/gateway-under-test.js';
import { PeerProcess } from '../support/peer-process.js';
import { buildDirectory } from '../support/places.js';
import { type PortRange, reservePorts } from '../support/ports.js';
import { type Resources, resourcesOf } from '../support/process-resources.js';
import { sayOverTcp } from '../support/sip-stranger.js';
import { assertAllSucceeded, SIPP_MEDIA_PORTS, startCalledParty, startCaller } from '../support/sipp.js';

const WARM_UP_CALLS = 100;
const CALLS = 1_000;
const CALLS_PER_SECOND = 20;
const CALL_MS = 500;
const MINUTE_MS = 60_000;
/** Four a call, each kept out of use for five seconds after it: 440 at this rate, and room for a slow moment. */
const MEDIA_PORTS = 900;
/** RFC 3261 table 4 and RFC 6026: the last transactions of a call over UDP are kept for 64·T1 = 32 s; and some more. */
const LINGER_MS = 34_000;
/**
 * What a process may be larger by after the thousand calls. V8 gives memory back when it likes: its young generation alone
 * may take 48 MiB (three times 16), and 4,000 more calls were seen to add nothing to that.
 */
const RSS_GROWTH_LIMIT_BYTES = 64 << 20;
/** Of what lives after a full collection: 0.3 MiB were seen, of code and caches; three KiB a call would come to this. */
const LIVE_HEAP_GROWTH_LIMIT_BYTES = 3 << 20;

/** Longer than a connection takes to close behind its last answer: what is counted before the calls is there to stay. */
const QUIET_MS = 1_000;
const SETTLE_LIMIT_MS = 10_000;
const SETTLE_STEP_MS = 100;

let ports: PortRange;
let gateway: GatewayUnderTest;
let pbxPort: number;
let snapshots: string;

beforeAll(async () => {
  snapshots = mkdtempSync(join(tmpdir(), 'tonegate-heap-'));
  ports = await reservePorts(30);
  pbxPort = await ports.next();
  gateway = await GatewayUnderTest.start({
    trunkPort: await ports.next(),
    pbxPort,
    mediaPorts: MEDIA_PORTS,
    limitMs: 10 * MINUTE_MS,
    env: { NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${snapshots}` },
    configure: (configuration) => ({
      ...configuration,
      media: { ...configuration.media, processes: 2 },
      log: { level: 'info' },
    }),
  });
}, MINUTE_MS);

afterAll(async () => {
  ports.release();
  rmSync(snapshots, { recursive: true, force: true });
  // Undefined when it did not start.
  expect((await gateway?.stop()) ?? []).toEqual([]);
}, MINUTE_MS);

async function makeCalls(calls: number): Promise<void> {
  const options = { calls, callsPerSecond: CALLS_PER_SECOND, limitMs: 3 * MINUTE_MS, messageLimitMs: 20_000 };
  const called = await startCalledParty({
    ...options,
    scenario: 'uas-takes-short-calls',
    localPort: pbxPort,
    mediaPort: await ports.consecutive(SIPP_MEDIA_PORTS),
  });
  const caller = startCaller({
    ...options,
    scenario: 'uac-makes-short-calls',
    localPort: await ports.next(),
    remotePort: gateway.callerSidePort,
    mediaPort: await ports.consecutive(SIPP_MEDIA_PORTS),
    keys: { duration: CALL_MS },
  });
  try {
    assertAllSucceeded(await caller.done, calls);
    assertAllSucceeded(await called.done, calls);
  } finally {
    await caller.stop();
    await called.stop();
  }
}

/** Over a connection of its own, which leaves no handle open. */
async function metrics(): Promise<ReadonlyMap<string, number>> {
  const request = Buffer.from('GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  const text = await sayOverTcp(gateway.apiPort, [request], MINUTE_MS);
  return new Map([...text.matchAll(/^(\w+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]));
}

/** A heap snapshot is the one way to have a full collection from outside; what is used right after it is alive. */
async function liveHeapBytes(): Promise<number> {
  const taken = readdirSync(snapshots).length;
  process.kill(gateway.pid('control'), 'SIGUSR2');
  await eventually(MINUTE_MS, 'a heap snapshot', () => (readdirSync(snapshots).length > taken ? true : undefined));
  // Answered when the snapshot is written.
  const bytes = (await metrics()).get('tonegate_nodejs_heap_size_used_bytes');
  if (bytes === undefined) throw new Error('the metrics page has no heap size');
  return bytes;
}

function allResources(): ReadonlyMap<string, Resources> {
  const names = Object.entries(gateway.pids());
  expect(names.map(([name]) => name).sort()).toEqual(['control', 'media-0', 'media-1', 'vault']);
  return new Map(names.map(([name, pid]) => [name, resourcesOf(pid)]));
}

/**
 * The resources once the processes have as many handles as before; if they do not come to that, what they have then. The
 * connection over which the metrics were asked is closed by its server a moment after the answer was read.
 */
async function settledResources(before: ReadonlyMap<string, Resources>): Promise<ReadonlyMap<string, Resources>> {
  const isSettled = (resources: ReadonlyMap<string, Resources>) =>
    [...before].every(([name, { fileHandles }]) => resources.get(name)?.fileHandles === fileHandles);
  for (const endMs = performance.now() + SETTLE_LIMIT_MS; performance.now() < endMs; await pause(SETTLE_STEP_MS)) {
    const resources = allResources();
    if (isSettled(resources)) return resources;
  }
  return allResources();
}

describe('a thousand calls at twenty a second, after a hundred to warm up', () => {
  let before: ReadonlyMap<string, Resources>;
  let liveBefore: number;
  let portsBefore: number | undefined;

  test(
    'all succeed, and the metrics count each of them as started and ended',
    async () => {
      await makeCalls(WARM_UP_CALLS);
      portsBefore = (await metrics()).get('tonegate_media_ports_available_now');
      expect(portsBefore).toBeGreaterThan(0);
      liveBefore = await liveHeapBytes();
      await pause(QUIET_MS);
      before = allResources();
      await makeCalls(CALLS);
      const counted = await metrics();
      expect(counted.get('tonegate_gateway_calls_started_total')).toBe(WARM_UP_CALLS + CALLS);
      expect(counted.get('tonegate_gateway_calls_answered_total')).toBe(WARM_UP_CALLS + CALLS);
      expect(counted.get('tonegate_gateway_calls_ended_total')).toBe(WARM_UP_CALLS + CALLS);
      expect(counted.get('tonegate_gateway_calls_active')).toBe(0);
      expect(counted.get('tonegate_media_calls_now')).toBe(0);
      expect(counted.get('tonegate_media_ports_available_now')).toBe(portsBefore);
      expect(counted.get('tonegate_gateway_calls_refused_total')).toBe(0);
    },
    5 * MINUTE_MS,
  );

  test(
    'leave no handle, no socket and no memory behind in any process',
    async () => {
      await pause(LINGER_MS);
      const liveGrowthBytes = (await liveHeapBytes()) - liveBefore;
      expect(liveGrowthBytes).toBeLessThan(LIVE_HEAP_GROWTH_LIMIT_BYTES);
      const after = await settledResources(before);
      for (const [name, earlier] of before) {
        const later = after.get(name);
        expect({ name, handles: later?.fileHandles }).toEqual({ name, handles: earlier.fileHandles });
        expect({ name, udpPorts: later?.udpPorts }).toEqual({ name, udpPorts: earlier.udpPorts });
        const growthBytes = (later?.residentBytes ?? 0) - earlier.residentBytes;
        expect({ name, isWithinLimit: growthBytes < RSS_GROWTH_LIMIT_BYTES }).toEqual({ name, isWithinLimit: true });
      }
      // Signalling has two listeners; media has no call, so no socket.
      expect([...after].map(([name, { udpPorts }]) => [name, udpPorts.length]).sort()).toEqual([
        ['control', 2],
        ['media-0', 0],
        ['media-1', 0],
        ['vault', 0],
      ]);
    },
    2 * MINUTE_MS,
  );

  test(
    'and an audit log in which every record holds',
    async () => {
      const main = join(buildDirectory, 'gateway', 'cli', 'main.js');
      const args = [main, 'audit', 'verify', '--data', gateway.dataDirectory];
      const verify = new PeerProcess({ command: process.execPath, args, limitMs: MINUTE_MS });
      expect(await verify.exited).toEqual({ code: 0, signal: null });
      const records = /(\d+) records, each as it was written/.exec(verify.outputLines.join('\n'))?.[1];
      // Started, answered, ended.
      expect(Number(records)).toBeGreaterThanOrEqual(3 * (WARM_UP_CALLS + CALLS));
    },
    MINUTE_MS,
  );
});
