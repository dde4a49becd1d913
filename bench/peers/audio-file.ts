/** Audio for programs that read files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** 16-bit samples of this machine's byte order without a header, for as long as `use` takes. */
export async function withAudioFile<T>(samples: Int16Array, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tonegate-bench-'));
  try {
    const file = join(folder, 'audio.raw');
    await writeFile(file, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
    return await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
