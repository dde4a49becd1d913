/** DTMF tone pairs for the demo, the tests and the bench: whole presses, into a buffer. */
import { columnHzOfKey, rowHzOfKey, SAMPLE_RATE_HZ } from './dtmf-keys.js';
import { amplitudeOfDbm0, toSample } from './level.js';

export type ToneShape = {
  /** Level of the low tone. ITU-T Q.24 Annex A asks receivers to work from 0 down to -25 dBm0. */
  readonly lowLevelDbm0?: number;
  /** Level of the high tone over the low one: above zero "normal" (forward) twist. */
  readonly twistDb?: number;
  readonly lowOffsetPercent?: number;
  readonly lowOffsetHz?: number;
  readonly highOffsetPercent?: number;
  readonly highOffsetHz?: number;
  /** Raised-cosine rise and fall, inside the press. */
  readonly rampSamples?: number;
  readonly lowPhaseRadians?: number;
  readonly highPhaseRadians?: number;
};

export type Press = ToneShape & { readonly key: number; readonly startSample: number; readonly lengthSamples: number };

const DEFAULT_LOW_LEVEL_DBM0 = -10;
const DEFAULT_RAMP_SAMPLES = 8;

type TonePair = {
  readonly lowAmplitude: number;
  readonly highAmplitude: number;
  readonly lowRadians: number;
  readonly highRadians: number;
};

function tonePair(key: number, shape: ToneShape): TonePair {
  const lowLevelDbm0 = shape.lowLevelDbm0 ?? DEFAULT_LOW_LEVEL_DBM0;
  const lowHz = rowHzOfKey(key) * (1 + (shape.lowOffsetPercent ?? 0) / 100) + (shape.lowOffsetHz ?? 0);
  const highHz = columnHzOfKey(key) * (1 + (shape.highOffsetPercent ?? 0) / 100) + (shape.highOffsetHz ?? 0);
  return {
    lowAmplitude: amplitudeOfDbm0(lowLevelDbm0),
    highAmplitude: amplitudeOfDbm0(lowLevelDbm0 + (shape.twistDb ?? 0)),
    lowRadians: (2 * Math.PI * lowHz) / SAMPLE_RATE_HZ,
    highRadians: (2 * Math.PI * highHz) / SAMPLE_RATE_HZ,
  };
}

/** Raised cosine from 0 at `position` 0 to 1 at `lengthSamples`. */
function rise(position: number, lengthSamples: number): number {
  return position >= lengthSamples ? 1 : 0.5 - 0.5 * Math.cos((Math.PI * (position + 0.5)) / lengthSamples);
}

/** Adds one press to `target`, saturating at full scale; what lies outside `target` is left out. */
export function renderPress(target: Int16Array, press: Press): void {
  const { lowAmplitude, highAmplitude, lowRadians, highRadians } = tonePair(press.key, press);
  const rampSamples = press.rampSamples ?? DEFAULT_RAMP_SAMPLES;
  const lowPhase = press.lowPhaseRadians ?? 0;
  const highPhase = press.highPhaseRadians ?? 0;
  const first = Math.max(0, -press.startSample);
  const end = Math.min(press.lengthSamples, target.length - press.startSample);
  for (let position = first; position < end; position += 1) {
    const gain = rise(position, rampSamples) * rise(press.lengthSamples - 1 - position, rampSamples);
    const low = lowAmplitude * Math.sin(lowRadians * position + lowPhase);
    const high = highAmplitude * Math.sin(highRadians * position + highPhase);
    const index = press.startSample + position;
    target[index] = toSample(target[index] + gain * (low + high));
  }
}
