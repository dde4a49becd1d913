/**
 * Levels in dBm0 for linear 16-bit samples decoded from G.711: a sine that just reaches full scale is +3.14 dBm0
 * (ITU-T G.711 table 5). Power means the mean square of samples; a sine of peak `a` has the power `a² / 2`.
 */

export const FULL_SCALE = 32_768;
export const FULL_SCALE_SINE_DBM0 = 3.14;

/** Peak amplitude of one sine at this level. */
export function amplitudeOfDbm0(levelDbm0: number): number {
  return FULL_SCALE * 10 ** ((levelDbm0 - FULL_SCALE_SINE_DBM0) / 20);
}

/** Mean square of a signal at this level. */
export function powerOfDbm0(levelDbm0: number): number {
  return amplitudeOfDbm0(levelDbm0) ** 2 / 2;
}

/** Level of a signal with this mean square; -Infinity for silence. */
export function dbm0OfPower(power: number): number {
  return 10 * Math.log10(power / powerOfDbm0(0));
}

export function meanSquare(samples: Int16Array, start: number, count: number): number {
  let sum = 0;
  for (let index = start; index < start + count; index += 1) sum += samples[index] * samples[index];
  return count === 0 ? 0 : sum / count;
}

/** Rounds and saturates, as a converter at full scale does. */
export function toSample(value: number): number {
  if (value >= 32_767) return 32_767;
  if (value <= -32_768) return -32_768;
  return value < 0 ? (value - 0.5) | 0 : (value + 0.5) | 0;
}
