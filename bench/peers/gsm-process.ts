/** GSM 06.10 full rate there and back, as on a call from an old mobile network, by sox. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';
import { withAudioFile } from './audio-file.js';

const run = promisify(execFile);

const TIMEOUT_MS = 30_000;
const LARGEST_OUTPUT_BYTES = 1 << 26;
const RAW = ['-t', 'raw', '-r', String(SAMPLE_RATE_HZ), '-e', 'signed-integer', '-b', '16', '-c', '1'];

/** As long as it was; undefined without sox or its GSM codec. */
export async function throughGsm(samples: Int16Array): Promise<Int16Array | undefined> {
  const options = { timeout: TIMEOUT_MS, maxBuffer: LARGEST_OUTPUT_BYTES, encoding: 'buffer' } as const;
  try {
    return await withAudioFile(samples, async (file) => {
      const encoded = `${file}.gsm`;
      await run('sox', ['-V1', '-D', ...RAW, file, '-t', 'gsm', encoded], options);
      const { stdout } = await run('sox', ['-V1', '-D', '-t', 'gsm', encoded, ...RAW, '-'], options);
      const decoded = new Int16Array(samples.length);
      const bytes = new Uint8Array(decoded.buffer);
      bytes.set(stdout.subarray(0, bytes.length));
      return decoded;
    });
  } catch {
    return undefined;
  }
}
