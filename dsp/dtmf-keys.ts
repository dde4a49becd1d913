/**
 * The sixteen keys of ITU-T Q.23: a key is its RFC 4733 event code (0-9 digits, 10 `*`, 11 `#`, 12-15 A-D), which is one
 * of four low ("row") tones together with one of four high ("column") tones.
 */

export const SAMPLE_RATE_HZ = 8_000;
export const SAMPLES_PER_MS = SAMPLE_RATE_HZ / 1_000;

export const ROW_HZ: readonly number[] = [697, 770, 852, 941];
export const COLUMN_HZ: readonly number[] = [1_209, 1_336, 1_477, 1_633];

/** Rows first, then columns: the order of every array of eight tones. */
export const TONE_HZ: readonly number[] = [...ROW_HZ, ...COLUMN_HZ];

export const KEY_COUNT = 16;

/** Key by `row * 4 + column`. */
export const KEY_BY_PAIR = Int8Array.of(1, 2, 3, 12, 4, 5, 6, 13, 7, 8, 9, 14, 10, 0, 11, 15);

/** `row * 4 + column` by key. */
export const PAIR_BY_KEY = Int8Array.from({ length: KEY_COUNT }, (_, key) => KEY_BY_PAIR.indexOf(key));

export function rowHzOfKey(key: number): number {
  return ROW_HZ[PAIR_BY_KEY[key] >> 2];
}

export function columnHzOfKey(key: number): number {
  return COLUMN_HZ[PAIR_BY_KEY[key] & 3];
}
