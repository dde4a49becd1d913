/** What stands beside a recording, in `<file>.json`: when it began, and which spans were paused or masked. */

import type { RecordingMode } from '../media/control-wire.js';
import { RECORDING_CHANNELS, RECORDING_SAMPLE_RATE_HZ } from './wav-file.js';

export type GapReason = 'manual' | 'window';

export type RecordingGap = {
  /** `paused`: digital silence. `masked`: the audio goes on, as suppression let it out. */
  readonly kind: 'paused' | 'masked';
  readonly reason: GapReason;
  readonly startSample: number;
  /** Null while the span is open; after a crash it runs to the end of the file. */
  readonly endSample: number | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
};

export type RecordingNotes = {
  readonly callId: string;
  readonly startedAt: string;
  readonly sampleRateHz: typeof RECORDING_SAMPLE_RATE_HZ;
  readonly channels: typeof RECORDING_CHANNELS;
  readonly channelNames: readonly ['caller', 'agent'];
  readonly mode: RecordingMode;
  /** `open` in a file that nobody is writing any more tells of a crash. */
  readonly outcome: 'open' | 'complete' | 'failed';
  readonly lengthSamples: number | null;
  readonly gaps: readonly RecordingGap[];
};

/** A call that is paused by hand more often than this is not being paused by a person; the recording fails closed. */
export const MAX_GAPS = 1000;

/** The notes of one recording as they grow. Pure; positions in samples, times as ISO strings of the caller's making. */
export class RecordingNotebook {
  readonly #head: { readonly callId: string; readonly startedAt: string; readonly mode: RecordingMode };
  readonly #gaps: RecordingGap[] = [];
  #outcome: RecordingNotes['outcome'] = 'open';
  #lengthSamples: number | null = null;

  constructor(head: { readonly callId: string; readonly startedAt: string; readonly mode: RecordingMode }) {
    this.#head = head;
  }

  get full(): boolean {
    return this.#gaps.length >= MAX_GAPS;
  }

  openGap(gap: Omit<RecordingGap, 'endSample' | 'endedAt'>): void {
    this.#gaps.push({ ...gap, endSample: null, endedAt: null });
  }

  /** Ends every gap that is open and was marked for `reason`. */
  closeGap(reason: GapReason, endSample: number, endedAt: string): void {
    for (const [index, gap] of this.#gaps.entries()) {
      if (gap.endSample === null && gap.reason === reason) this.#gaps[index] = { ...gap, endSample, endedAt };
    }
  }

  finish(outcome: 'complete' | 'failed', lengthSamples: number, endedAt: string): void {
    this.closeGap('manual', lengthSamples, endedAt);
    this.closeGap('window', lengthSamples, endedAt);
    this.#outcome = outcome;
    this.#lengthSamples = lengthSamples;
  }

  notes(): RecordingNotes {
    return {
      ...this.#head,
      sampleRateHz: RECORDING_SAMPLE_RATE_HZ,
      channels: RECORDING_CHANNELS,
      channelNames: ['caller', 'agent'],
      outcome: this.#outcome,
      lengthSamples: this.#lengthSamples,
      gaps: [...this.#gaps],
    };
  }
}
