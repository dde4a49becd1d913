/**
 * How far the detector's measurement of a press (level, twist, frequencies) is from what was generated, over the accept
 * sections that `detectQ24` uses. What a codec, noise, hum and clicks do to the tones counts as error too.
 */
import { DtmfDetector, PRESS_BEGAN, type PressMeasurement } from '../../dsp/dtmf-detector.js';
import { columnHzOfKey, rowHzOfKey } from '../../dsp/dtmf-keys.js';
import type { ToneShape } from '../../dsp/tone-generator.js';
import { quantile } from '../media-statistics.js';
import { Q24_SECTIONS, renderSection } from '../q24-set.js';
import type { BenchTable } from '../table.js';
import type { Report } from './detector.js';
import { PACKET_SAMPLES, packetsOf } from './own-detector.js';
import { encodingOf, roundsOf } from './q24-detection.js';
import { reportedOnce } from './score.js';

/** Sizes of errors, one a press that was read rightly. */
export type MeasurementErrors = {
  readonly levelDb: readonly number[];
  readonly twistDb: readonly number[];
  /** Both tones of each press. */
  readonly frequencyHz: readonly number[];
};

export function measurementErrors(seed: number): MeasurementErrors {
  const errors = { levelDb: [] as number[], twistDb: [] as number[], frequencyHz: [] as number[] };
  for (const [index, section] of Q24_SECTIONS.entries()) {
    if (section.verdict === 'reject') continue;
    const options = { seed: seed * 1_000 + index, rounds: roundsOf(section), encoding: encodingOf(index) };
    const { samples, presses, shapes } = renderSection(section, options);
    const measured = measuredReports(samples);
    const read = reportedOnce([...measured.keys()], presses);
    for (const { press, report } of read) {
      const shape = shapes[presses.indexOf(press)];
      const measurement = measured.get(report);
      if (measurement === undefined) continue;
      errors.levelDb.push(Math.abs(measurement.lowLevelDbm0 - (shape.lowLevelDbm0 ?? Number.NaN)));
      errors.twistDb.push(Math.abs(measurement.twistDb - (shape.twistDb ?? 0)));
      const { lowHz, highHz } = offsetsOf(shape, press.key);
      errors.frequencyHz.push(Math.abs(measurement.lowOffsetHz - lowHz), Math.abs(measurement.highOffsetHz - highHz));
    }
  }
  return errors;
}

function measuredReports(samples: Int16Array): ReadonlyMap<Report, PressMeasurement> {
  const detector = new DtmfDetector();
  const measured = new Map<Report, PressMeasurement>();
  for (const packet of packetsOf(samples)) {
    if ((detector.process(packet, packet.length) & PRESS_BEGAN) === 0) continue;
    const measurement = detector.measure();
    if (measurement !== undefined) measured.set({ key: detector.takeKey(), sample: detector.position }, measurement);
  }
  return measured;
}

function offsetsOf(shape: ToneShape, key: number): { readonly lowHz: number; readonly highHz: number } {
  return {
    lowHz: (rowHzOfKey(key) * (shape.lowOffsetPercent ?? 0)) / 100 + (shape.lowOffsetHz ?? 0),
    highHz: (columnHzOfKey(key) * (shape.highOffsetPercent ?? 0)) / 100 + (shape.highOffsetHz ?? 0),
  };
}

export function measurementTable({ levelDb, twistDb, frequencyHz }: MeasurementErrors): BenchTable {
  const row = (what: string, sizes: readonly number[]): string[] => {
    if (sizes.length === 0) return [what, '', '', ''];
    const sorted = [...sizes].sort((a, b) => a - b);
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    return [what, mean.toFixed(2), quantile(sorted, 0.99).toFixed(2), sorted[sorted.length - 1].toFixed(2)];
  };
  return {
    title: 'What is measured of a press, against what was generated',
    columns: ['tonegate', 'mean error', '99 of 100 within', 'most'],
    rows: [
      row('level of the low tone, dB', levelDb),
      row('twist, dB', twistDb),
      row('frequency of either tone, Hz', frequencyHz),
    ],
    notes: [
      `the ${levelDb.length} presses of the accept sections that were read rightly, as measured when they are reported (packets of ${PACKET_SAMPLES / 8} ms)`,
      'a measurement is for benches and tests alone: a call’s logs hold neither it nor anything else of a press',
    ],
  };
}
