/** `npm run bench -- webrtc`: what a WebRTC leg costs beside a plain one, in one media process. */
import { MediaProcessUnderTest } from '../test/media/media-process-under-test.js';
import { releaseLibrary } from '../test/webrtc/library-peer.js';
import { quantile } from './media-statistics.js';
import type { PartResult } from './part-result.js';
import { atMost, figure } from './targets.js';
import { type RunFigures, runCalls } from './webrtc/webrtc-run.js';

const CALLS = 20;
const WEBRTC_MS = 20_000;
/** Before and after: what the machine does besides is in both. */
const PLAIN_MS = 10_000;
const WARM_UP_MS = 2_000;

const MAX_CPU_PERCENT = 0.5;
const MAX_MEBIBYTES = 3;
const MAX_ADDED_DELAY_MS = 2;

export async function benchWebRtc(onProgress: (text: string) => void): Promise<PartResult> {
  const media = await MediaProcessUnderTest.start();
  try {
    onProgress(`WebRTC legs: ${CALLS} calls for ${(WEBRTC_MS + 2 * PLAIN_MS) / 1000} s`);
    // Loads the library, which is no leg's cost; more than one would leave memory behind that the legs could use.
    const idle = await runCalls(media, { transport: 'webrtc', calls: 1, durationMs: WARM_UP_MS });
    const before = await runCalls(media, { transport: 'rtp', calls: CALLS, durationMs: PLAIN_MS });
    const webRtc = await runCalls(media, { transport: 'webrtc', calls: CALLS, durationMs: WEBRTC_MS });
    const after = await runCalls(media, { transport: 'rtp', calls: CALLS, durationMs: PLAIN_MS });
    return report(webRtc, { idleMib: idle.residentMib, before, after });
  } finally {
    media.close();
    releaseLibrary();
  }
}

type Beside = { readonly idleMib: number; readonly before: RunFigures; readonly after: RunFigures };

function report(webRtc: RunFigures, { idleMib, before, after }: Beside): PartResult {
  const plainDelaysMs = [...before.delaysMs, ...after.delaysMs].sort((left, right) => left - right);
  const plainCpuPercent = (before.cpuPercent + after.cpuPercent) / 2;
  const row = (name: string, cpuPercent: number, delaysMs: readonly number[], lost: number): readonly string[] => [
    name,
    (cpuPercent / CALLS).toFixed(3),
    quantile(delaysMs, 0.5).toFixed(2),
    quantile(delaysMs, 0.95).toFixed(2),
    String(lost),
  ];
  const lostOf = (run: RunFigures): number => run.sentPackets - run.delaysMs.length;
  return {
    tables: [
      {
        title: `A WebRTC leg beside a plain one: ${CALLS} calls, a packet of 20 ms each way`,
        columns: ['agent leg', 'CPU of a call, % of a core', 'delay p50, ms', 'delay p95, ms', 'lost'],
        rows: [
          row('plain RTP', plainCpuPercent, plainDelaysMs, lostOf(before) + lostOf(after)),
          row('WebRTC', webRtc.cpuPercent, webRtc.delaysMs, lostOf(webRtc)),
        ],
        notes: [
          'CPU of the media process, both legs and the relay of a call included.',
          'Delay from the caller’s socket to the agent’s peer; both are in the process of this bench.',
          `Memory of the process: ${figure(webRtc.residentMib, 'MiB')} with the calls, ${figure(idleMib, 'MiB')} with one.`,
        ],
      },
    ],
    targets: [
      atMost({
        what: 'CPU of a WebRTC leg',
        limit: MAX_CPU_PERCENT,
        unit: '% of a core',
        value: (webRtc.cpuPercent - plainCpuPercent / 2) / CALLS,
      }),
      atMost({
        what: 'memory of a call with a WebRTC leg',
        limit: MAX_MEBIBYTES,
        unit: 'MiB',
        value: Math.max(0, webRtc.residentMib - idleMib) / CALLS,
      }),
      atMost({
        what: 'delay that a WebRTC leg adds, p95',
        limit: MAX_ADDED_DELAY_MS,
        unit: 'ms',
        value: quantile(webRtc.delaysMs, 0.95) - quantile(plainDelaysMs, 0.95),
      }),
    ],
    figures: {},
  };
}
