/**
 * `bench media`: calls of G.711 through the gateway's media process, through rtpengine with the same duties, through the
 * least that Node can do, and through nothing at all. All in one run, one after the other and that repeated, as a
 * machine is seldom the same from one minute to the next.
 */
import { reservePorts } from '../test/support/ports.js';
import { type Allocation, allocationBetween, parseCollections } from './media-allocation.js';
import { type CollectionLog, type PortSpan, type Start, startNothing } from './media-contender.js';
import { startGateway } from './media-gateway-process.js';
import { LoadGenerator } from './media-generator.js';
import type { LoadResult } from './media-load.js';
import {
  allocationTable,
  type ContenderResult,
  costTable,
  type Duty,
  delayTable,
  type Outcome,
} from './media-report.js';
import { startDgramRelay } from './peers/dgram-relay.js';
import { rtpengineVersion, startRtpengine } from './peers/rtpengine-process.js';
import type { BenchTable } from './table.js';

export type MediaBenchOptions = {
  readonly calls: number;
  readonly seed: number;
  readonly repeats: number;
  /** Told what is being measured. */
  readonly onProgress: (line: string) => void;
};

export type MediaBenchResult = {
  readonly tables: readonly BenchTable[];
  readonly results: readonly ContenderResult[];
};

/** Until V8 has compiled what every packet passes, and the generator knows how late the relay's audio is: 75 frames. */
const WARM_UP_MS = 2_000;
const MEASURE_MS = 5_000;
/** A port for each phone, with some to spare for those that other programs sit on. */
const PHONE_PORTS_PER_CALL = 2;
/** RTP and RTCP of two legs. */
const RELAY_PORTS_PER_CALL = 4;
const SPARE_PORTS = 100;

type Contender = Omit<ContenderResult, 'outcomes'> & { readonly start: Start; readonly isInstalled: boolean };

export async function benchMedia(options: MediaBenchOptions): Promise<MediaBenchResult> {
  const version = await rtpengineVersion();
  const contenders = contendersWith(version !== undefined);
  const outcomes = contenders.map((): Outcome[] => []);
  const range = await reservePorts(options.calls * (PHONE_PORTS_PER_CALL + RELAY_PORTS_PER_CALL) + SPARE_PORTS * 2);
  const firstRelayPort = range.first + options.calls * PHONE_PORTS_PER_CALL + SPARE_PORTS;
  const spans = {
    phones: { firstPort: range.first, lastPort: firstRelayPort - 1 },
    relay: { firstPort: firstRelayPort, lastPort: range.last },
  };
  const generator = new LoadGenerator();
  try {
    for (let repeat = 0; repeat < options.repeats; repeat += 1) {
      for (const [index, contender] of contenders.entries()) {
        if (!contender.isInstalled) continue;
        options.onProgress(`media, repeat ${repeat + 1} of ${options.repeats}: ${contender.name}`);
        outcomes[index].push(await measure(contender, generator, spans, options));
      }
    }
  } finally {
    await generator.stop();
    range.release();
  }
  const results = contenders.map(({ name, duty, role }, index) => ({ name, duty, role, outcomes: outcomes[index] }));
  return { tables: tablesOf(results, version, options), results };
}

function contendersWith(hasRtpengine: boolean): readonly Contender[] {
  const ours = (name: string, duty: Duty, window: 'closed' | 'open', recording: 'off' | 'automatic'): Contender => ({
    name,
    duty,
    role: 'ours',
    isInstalled: true,
    start: (phones, ports) => startGateway({ window, recording }, phones, ports),
  });
  const peer = (name: string, duty: Duty, setting: 'plain' | 'silence'): Contender => ({
    name,
    duty,
    role: 'peer',
    isInstalled: hasRtpengine,
    start: (phones, ports) => startRtpengine(setting, phones, ports),
  });
  return [
    { name: 'nothing: phone to phone', duty: 'nothing', role: 'floor', isInstalled: true, start: startNothing },
    { name: 'Node dgram, nothing else', duty: 'relay', role: 'yardstick', isInstalled: true, start: startDgramRelay },
    ours('gateway, no window', 'relay', 'closed', 'off'),
    peer('rtpengine, plain relay', 'relay', 'plain'),
    ours('gateway, window open on every call', 'suppress', 'open', 'off'),
    peer('rtpengine, keys of the caller silenced', 'suppress', 'silence'),
    ours('gateway, recording every call', 'record', 'closed', 'automatic'),
  ];
}

async function measure(
  contender: Contender,
  generator: LoadGenerator,
  spans: { readonly phones: PortSpan; readonly relay: PortSpan },
  { calls, seed }: MediaBenchOptions,
): Promise<Outcome> {
  try {
    const phones = await generator.bind({ calls, ...spans.phones });
    const running = await contender.start(phones, spans.relay);
    let load: LoadResult;
    let log: CollectionLog | undefined;
    try {
      const { pid, targets } = running;
      load = await generator.run({ targets, relayPid: pid, seed, warmUpMs: WARM_UP_MS, measureMs: MEASURE_MS });
    } finally {
      log = await running.stop();
    }
    return { kind: 'measured', load, ...(log !== undefined && { allocation: allocationWhile(load, log) }) };
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

function allocationWhile(load: LoadResult, { startedEpochMs, output }: CollectionLog): Allocation {
  const fromMs = load.measuredFromEpochMs - startedEpochMs;
  return allocationBetween(parseCollections(output), fromMs, load.measuredToEpochMs - startedEpochMs);
}

function tablesOf(
  results: readonly ContenderResult[],
  version: string | undefined,
  { calls, seed, repeats }: MediaBenchOptions,
): readonly BenchTable[] {
  const load = `${calls} calls of PCMU both ways, 20 ms packets, ${repeats} x ${MEASURE_MS / 1000} s, seed ${seed}`;
  const compared = [
    'gateway: one media process on loopback, driven by control’s wire; window: suppression with comfort noise on the caller’s audio',
    ...(version === undefined
      ? ['rtpengine is not installed (Debian package rtpengine-daemon): no comparison']
      : [
          `rtpengine ${version}: userspace, one media thread; plain: offer and answer, nothing else`,
          'rtpengine, silenced: no telephone-event in the SDP, block DTMF on the caller’s side, DTMF-security silence, delay-buffer 40: what it needs to hide in-band keys as a window does',
        ]),
  ];
  const allocation = allocationTable(results);
  return [
    delayTable(`Media, loss and delay: ${load}`, results, compared),
    costTable(`Media, cost: ${load}`, results, [
      'machines are shared: only figures of one run can be compared, and the ratio is the one that counts',
    ]),
    ...(allocation === undefined ? [] : [allocation]),
  ];
}
