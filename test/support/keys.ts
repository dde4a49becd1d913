/** Key presses for tests: which key, when and for how long, and their tones from plain sines. */

/** Key names in the order of their RFC 4733 §3.2 event codes 0-15. */
const KEY_NAMES = '0123456789*#ABCD';
const ROW_HZ = [697, 770, 852, 941];
const COLUMN_HZ = [1209, 1336, 1477, 1633];
/** The keypad of ITU-T Q.23, row by row. */
const KEYPAD = ['123A', '456B', '789C', '*0#D'];

export const SAMPLE_RATE_HZ = 8000;
/** A sine of this level clips at 16 bits: 3.14 dBm0 (ITU-T G.711). */
const FULL_SCALE_DBM0 = 3.14;

export type Press = { readonly key: number; readonly startMs: number; readonly durationMs: number };

/** Event codes of key names, for instance `keysOf('4242#')`. */
export function keysOf(names: string): readonly number[] {
  return Array.from(names, (name) => {
    const key = KEY_NAMES.indexOf(name);
    if (key < 0) throw new Error(`no key is named ${name}`);
    return key;
  });
}

export function keyNames(keys: readonly number[]): string {
  return keys.map((key) => KEY_NAMES[key] ?? '?').join('');
}

export type Rhythm = { readonly startMs: number; readonly onMs: number; readonly offMs: number };

/** The keys one after another, evenly. */
export function pressesOf(keys: readonly number[], rhythm: Rhythm): readonly Press[] {
  return keys.map((key, index) => ({
    key,
    startMs: rhythm.startMs + index * (rhythm.onMs + rhythm.offMs),
    durationMs: rhythm.onMs,
  }));
}

export function samplesOf(durationMs: number): number {
  return Math.round((durationMs * SAMPLE_RATE_HZ) / 1000);
}

/** Adds the tones of `presses` to `audio` (8 kHz) in place, each of the two sines at `levelDbm0`. */
export function addTones(audio: Int16Array, presses: readonly Press[], levelDbm0 = -8): void {
  const amplitude = 32767 * 10 ** ((levelDbm0 - FULL_SCALE_DBM0) / 20);
  for (const press of presses) {
    const [rowHz, columnHz] = frequenciesOf(press.key);
    const start = samplesOf(press.startMs);
    const end = Math.min(audio.length, samplesOf(press.startMs + press.durationMs));
    for (let index = start; index < end; index += 1) {
      const turn = (2 * Math.PI * (index - start)) / SAMPLE_RATE_HZ;
      const tone = amplitude * (Math.sin(turn * rowHz) + Math.sin(turn * columnHz));
      audio[index] = Math.max(-32768, Math.min(32767, Math.round((audio[index] ?? 0) + tone)));
    }
  }
}

export function frequenciesOf(key: number): readonly [number, number] {
  const name = KEY_NAMES[key];
  const row = KEYPAD.findIndex((names) => name !== undefined && names.includes(name));
  const column = KEYPAD[row]?.indexOf(name ?? '') ?? -1;
  const rowHz = ROW_HZ[row];
  const columnHz = COLUMN_HZ[column];
  if (rowHz === undefined || columnHz === undefined) throw new Error(`no tones for key ${key}`);
  return [rowHz, columnHz];
}
