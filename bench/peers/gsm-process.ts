/** GSM 06.10 full rate there and back, as on a call from an old mobile network, by sox. */
import { SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';
import { withAudioFile } from './audio-file.js';
import { runSox } from './sox-process.js';

const LIMITS = { timeoutMs: 30_000, largestOutputBytes: 1 << 26 };
const RAW = ['-t', 'raw', '-r', String(SAMPLE_RATE_HZ), '-e', 'signed-integer', '-b', '16', '-c', '1'];

export type ThroughGsm =
  | { readonly kind: 'coded'; readonly samples: Int16Array }
  /** No sox here, or one without GSM. */
  | { readonly kind: 'missing'; readonly reason: string };

/** As long as it was. */
export function throughGsm(samples: Int16Array): Promise<ThroughGsm> {
  return withAudioFile(samples, async (file) => {
    const encoded = `${file}.gsm`;
    const there = await runSox([...RAW, file, '-t', 'gsm', encoded], LIMITS);
    const back = there.kind === 'done' ? await runSox(['-t', 'gsm', encoded, ...RAW, '-'], LIMITS) : there;
    switch (back.kind) {
      case 'done': {
        const decoded = new Int16Array(samples.length);
        const bytes = new Uint8Array(decoded.buffer);
        bytes.set(back.output.subarray(0, bytes.length));
        return { kind: 'coded', samples: decoded };
      }
      case 'unavailable':
        return { kind: 'missing', reason: back.reason };
      case 'unreadable':
        // Audio without a header, and what sox wrote itself: it is not the file.
        throw new Error(back.reason);
    }
  });
}
