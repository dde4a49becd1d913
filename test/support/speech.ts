/** Speech for calls: espeak-ng's voice at 8 kHz, rendered once and kept in `.cache/`. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from './peer-process.js';
import { cacheDirectory } from './places.js';
import { readWav } from './wav.js';

const RENDER_LIMIT_MS = 30_000;

/** 8 kHz speech of `text`, as long as the voice takes. */
export async function speech(text: string, voice = 'en'): Promise<Int16Array> {
  const directory = cacheDirectory('speech');
  const name = createHash('sha256').update(`${voice}\n${text}`).digest('hex').slice(0, 24);
  const path = join(directory, `${name}.wav`);
  if (!existsSync(path)) {
    const wide = join(directory, `${name}.${process.pid}.wide.wav`);
    const narrow = join(directory, `${name}.${process.pid}.wav`);
    await runToEnd({ command: 'espeak-ng', args: ['-v', voice, '-w', wide, '--', text], limitMs: RENDER_LIMIT_MS });
    const convert = [wide, '-r', '8000', '-c', '1', '-b', '16', narrow, 'gain', '-n', '-6'];
    await runToEnd({ command: 'sox', args: convert, limitMs: RENDER_LIMIT_MS });
    rmSync(wide);
    renameSync(narrow, path);
  }
  const audio = readWav(readFileSync(path)).channels[0];
  if (audio === undefined) throw new Error('espeak-ng rendered no speech');
  return audio;
}

const CALLER_TEXT =
  'Hello, this is the customer speaking. I would like to pay my order by card now, please. ' +
  'It is the order from last week, with the blue chairs and the small round table. ' +
  'Yes, I have the card here in front of me. One moment, I am going to key the number in.';

/** Exactly `durationMs` of the same speech, over and over. */
export async function speechFor(durationMs: number, text = CALLER_TEXT): Promise<Int16Array> {
  const once = await speech(text);
  return Int16Array.from({ length: Math.round(durationMs * 8) }, (_unused, index) => once[index % once.length] ?? 0);
}
