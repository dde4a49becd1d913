/**
 * For a test: measures how many bytes of V8's heap the packets of a scene take, once the compiler has seen enough of them,
 * and prints the reading as JSON. To be run with `--expose-gc` and a young generation so large that nothing is collected
 * meanwhile. With `--where` behind the scene's name it prints the functions that allocate instead.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { RELAY_SCENES, type RelaySceneName } from './relay-scenes.js';
import { PLAYING_MS, RepeatedCall } from './repeated-call.js';

/** 200 seconds of call, 20,000 packets and more: a box of 16 bytes for every twentieth of them makes itself known. */
const PLAYINGS_A_ROUND = 200_000 / PLAYING_MS;
const WARM_UP_PLAYINGS = 2 * PLAYINGS_A_ROUND;
/**
 * The least of them is the reading: what each packet allocates is in all of them, what V8 does now and then beside it is
 * not.
 */
const ROUNDS = 5;
const CONTROL_ROUNDS = 2;
/** Own reports are due every five seconds: at this pace of a second call with every frame, so that the compiler sees them too. */
const SLOWNESS = 300;

/** The test's own files and Node's allocate between the readings. */
const PRODUCT = /\/(gateway|dsp)\//;

export type Reading = {
  readonly packets: number;
  readonly bytes: number;
  /** Of as many packets with an object made for each of them besides. */
  readonly bytesWithObjects: number;
  readonly collections: number;
  /** In a round. */
  readonly counters: Readonly<Record<string, number>>;
};

const [, , name, ...words] = process.argv;
const recordingDirectory = mkdtempSync(join(tmpdir(), 'tonegate-allocation-'));
process.once('exit', () => rmSync(recordingDirectory, { recursive: true, force: true }));

const call = new RepeatedCall(RELAY_SCENES[name as RelaySceneName], recordingDirectory);
await call.start();
const reporting = new RepeatedCall({}, recordingDirectory);
await reporting.start();
for (let playing = 0; playing < WARM_UP_PLAYINGS; playing += 1) {
  await call.prepare();
  call.play();
  await reporting.prepare(SLOWNESS);
  reporting.play();
}
process.stdout.write(words.includes('--where') ? await where() : JSON.stringify(await read()));

async function read(): Promise<Reading> {
  globalThis.gc?.();
  const fromMs = performance.now();
  let collections = 0;
  const count = (entries: readonly PerformanceEntry[]): void => {
    collections += entries.filter(({ startTime }) => startTime >= fromMs).length;
  };
  const observer = new PerformanceObserver((list) => count(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  const rounds = [];
  const before = call.counters.snapshot({});
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await playRound());
  const counters = Object.entries(call.counters.snapshot({})).map(([key, count]) => [
    key,
    (count - before[key]) / ROUNDS,
  ]);
  call.isAllocating = true;
  const controls = [];
  for (let round = 0; round < CONTROL_ROUNDS; round += 1) controls.push(await playRound());
  await setImmediate();
  count(observer.takeRecords());
  return {
    packets: rounds[0].packets,
    bytes: Math.min(...rounds.map(({ bytes }) => bytes)),
    bytesWithObjects: Math.min(...controls.map(({ bytes }) => bytes)),
    collections,
    counters: Object.fromEntries(counters),
  };
}

async function playRound(): Promise<{ readonly packets: number; readonly bytes: number }> {
  let packets = 0;
  let bytes = 0;
  for (let playing = 0; playing < PLAYINGS_A_ROUND; playing += 1) {
    await call.prepare();
    usedBytes();
    const before = usedBytes();
    packets += call.play();
    const after = usedBytes();
    // What it takes to look is in the first difference too.
    bytes += after - before - (usedBytes() - after);
  }
  return { packets, bytes };
}

function usedBytes(): number {
  return getHeapStatistics().used_heap_size;
}

/** The product's functions that a round allocates in, the most allocating first, and how many bytes a packet. */
async function where(): Promise<string> {
  const session = new Session();
  session.connect();
  // The declarations know nothing of the last two.
  const options = {
    samplingInterval: 64,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  };
  await playRound();
  await session.post('HeapProfiler.startSampling', options);
  const { packets } = await playRound();
  const { profile } = await session.post('HeapProfiler.stopSampling');
  const bytesIn = new Map<string, number>();
  const nodes = [profile.head];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    const { functionName, url, lineNumber } = node.callFrame;
    const place = `${functionName} ${url}:${lineNumber + 1}`;
    if (PRODUCT.test(url)) bytesIn.set(place, (bytesIn.get(place) ?? 0) + node.selfSize);
    nodes.push(...node.children);
  }
  return [...bytesIn]
    .sort(([, left], [, right]) => right - left)
    .slice(0, 10)
    .map(([place, bytes]) => `${(bytes / packets).toFixed(2)} ${place}\n`)
    .join('');
}
