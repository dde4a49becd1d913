/** The past that the tests of the pages look into: more sessions than a page holds, and a recording of each kind. */
import { type PastCall, PastGateway, type PastRecording } from '../support/past-gateway.js';

const CALLS = 120;
const OUTCOMES = ['vaulted', 'canceled', 'failed', 'ended'] as const;

/** By their place from the newest call on. */
const RECORDINGS: readonly PastRecording[] = [
  {
    lengthS: 40,
    gaps: [
      { kind: 'paused', reason: 'window', fromS: 12, toS: 25 },
      { kind: 'paused', reason: 'manual', fromS: 30, toS: 32 },
    ],
  },
  { lengthS: 20, gaps: [{ kind: 'masked', reason: 'window', fromS: 5, toS: 10 }] },
  { lengthS: 20, gaps: [{ kind: 'paused', reason: 'window', fromS: 5, toS: 10, leaks: true }] },
  { lengthS: 20, gaps: [], file: 'lost' },
];

export function manyCalls(): PastGateway {
  return new PastGateway(
    Array.from({ length: CALLS }, (_, index): PastCall => {
      const recording = RECORDINGS[index];
      return {
        agent: index % 3 === 0 ? 'bob' : 'ada',
        outcome: OUTCOMES[index % OUTCOMES.length] ?? 'vaulted',
        ...(recording !== undefined && { recording }),
      };
    }),
  );
}

/** Sequence numbers of the recordings, newest first. */
export async function recordingsOf({ evidence }: PastGateway): Promise<readonly number[]> {
  const recordings = await evidence.recordings({ before: Number.MAX_SAFE_INTEGER, limit: 10 });
  return recordings.map(({ sequence }) => sequence);
}

export async function newestSession({ evidence }: PastGateway): Promise<number> {
  const [newest] = await evidence.sessions({ before: Number.MAX_SAFE_INTEGER, limit: 1 });
  return newest?.sequence ?? 0;
}
