/** The gaps of a recording as they are drawn on its timeline and told beneath it. Pure. */
import type { RecordingNotes } from '../../api/evidence-desk.js';
import { recordingTexts } from './oversight-texts.js';
import { durationText, positionText } from './time-texts.js';

export type GapView = {
  readonly startSample: number;
  /** The first sample behind it. */
  readonly endSample: number;
  readonly kind: 'paused' | 'masked';
  readonly reason: 'manual' | 'window';
  readonly text: string;
  /** Fits into the band on the timeline. */
  readonly label: string;
  readonly from: string;
  readonly to: string;
  readonly length: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Parts of the whole, 0 to 1. */
  readonly left: number;
  readonly width: number;
};

/** An open gap runs to the end of the file: the recorder stopped in it, or is in it still. */
export function gapViewsOf(
  { gaps, sampleRateHz }: { readonly gaps: RecordingNotes['gaps']; readonly sampleRateHz: number },
  lengthSamples: number,
): readonly GapView[] {
  const placeMs = (sample: number): number => (sample * 1000) / sampleRateHz;
  return gaps.map(({ kind, reason, startSample: start, endSample: end, startedAt, endedAt }) => {
    const startSample = Math.min(start, lengthSamples);
    const endSample = Math.max(startSample, Math.min(end ?? lengthSamples, lengthSamples));
    return {
      startSample,
      endSample,
      kind,
      reason,
      text: recordingTexts.reasons[reason][kind],
      label: recordingTexts.shortReasons[reason],
      from: positionText(placeMs(startSample)),
      to: positionText(placeMs(endSample)),
      length: positionText(placeMs(endSample - startSample)),
      startedAt,
      endedAt,
      left: lengthSamples === 0 ? 0 : startSample / lengthSamples,
      width: lengthSamples === 0 ? 0 : (endSample - startSample) / lengthSamples,
    };
  });
}

/** Times for the axis: round steps, at most so many. */
export function ticksOf(lengthMs: number, most: number): readonly { readonly text: string; readonly left: number }[] {
  const step = TICK_STEPS_MS.find((stepMs) => lengthMs / stepMs <= most) ?? Math.ceil(lengthMs / most);
  const count = lengthMs === 0 ? 0 : Math.floor(lengthMs / step) + 1;
  return Array.from({ length: count }, (_, index) => ({
    text: durationText(index * step),
    left: (index * step) / lengthMs,
  }));
}

const TICK_STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].map((seconds) => seconds * 1000);
