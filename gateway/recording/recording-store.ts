import type { LegName, RecordingMode } from '../media/control-wire.js';
import { AtomicJsonFile } from './atomic-json-store.js';
import { RecordingFile } from './recording-file-store.js';
import { type GapReason, RecordingNotebook } from './recording-notes.js';
import { HOLD_SAMPLES, RecordingTimeline } from './recording-timeline.js';
import { MAX_WAV_SAMPLES, RECORDING_SAMPLE_RATE_HZ } from './wav-file.js';

/** Half a second: so much audio at most, beside the hold, is lost in a crash, and two small writes a second are made. */
const FLUSH_SAMPLES = RECORDING_SAMPLE_RATE_HZ / 2;
/** The recording ends one minute before its file format does. */
const LAST_SAMPLE = MAX_WAV_SAMPLES - 60 * RECORDING_SAMPLE_RATE_HZ;

export type RecordingProblem = 'disk' | 'overflow' | 'too-long' | 'too-many-gaps';

export type RecordingOptions = {
  /** Path of the WAV file; the notes stand beside it with `.json` behind the whole name. */
  readonly path: string;
  readonly callId: string;
  readonly mode: RecordingMode;
  readonly startedAt: Date;
  readonly startedMs: number;
  /** Comes at most once; the recording takes nothing after it and wants `finish`. */
  readonly onFailed: (problem: RecordingProblem) => void;
};

/**
 * One recording of one call: the timeline in memory, its WAV file, its notes. `write` allocates nothing and never waits;
 * what the disk does not take in time (about three seconds) fails the recording, never the call.
 */
export class Recording {
  readonly #startedAt: Date;
  readonly #startedMs: number;
  readonly #onFailed: (problem: RecordingProblem) => void;
  readonly #timeline: RecordingTimeline;
  readonly #notebook: RecordingNotebook;
  readonly #notes: AtomicJsonFile;
  readonly #file: RecordingFile;
  /** Nothing will be written before this position any more. */
  #finalBefore = 0;
  #draining = false;
  #problem: RecordingProblem | undefined;

  constructor(options: RecordingOptions) {
    this.#startedAt = options.startedAt;
    this.#startedMs = options.startedMs;
    this.#onFailed = options.onFailed;
    this.#timeline = new RecordingTimeline(options.startedMs);
    this.#notebook = new RecordingNotebook({
      callId: options.callId,
      startedAt: options.startedAt.toISOString(),
      mode: options.mode,
    });
    this.#notes = new AtomicJsonFile(`${options.path}.json`, () => this.#fail('disk'));
    this.#file = new RecordingFile(
      options.path,
      () => this.#flush(),
      () => this.#fail('disk'),
    );
    this.#saveNotes();
  }

  positionAt(nowMs: number): number {
    return this.#timeline.positionAt(nowMs);
  }

  write(leg: LegName, samples: Int16Array, count: number, rtpTimestamp: number, nowMs: number): void {
    if (this.#problem !== undefined || this.#draining) return;
    const timeline = this.#timeline;
    this.#finalBefore = Math.max(this.#finalBefore, timeline.positionAt(nowMs) - HOLD_SAMPLES);
    if (!timeline.place(leg, samples, count, rtpTimestamp, nowMs)) {
      this.#flush();
      if (!timeline.place(leg, samples, count, rtpTimestamp, nowMs)) {
        this.#fail('overflow');
        return;
      }
    }
    if (timeline.writtenTo > LAST_SAMPLE) this.#fail('too-long');
    else this.#flush();
  }

  /** Silence from here on, until `openFrom`. All that came before goes to disk without waiting. */
  closeFrom(nowMs: number): void {
    const position = this.positionAt(nowMs);
    this.#timeline.silenceFrom(position);
    this.#finalBefore = Math.max(this.#finalBefore, position);
    this.#flush();
  }

  openFrom(nowMs: number): void {
    this.#timeline.openFrom(this.positionAt(nowMs));
  }

  beginGap(kind: 'paused' | 'masked', reason: GapReason, nowMs: number): void {
    if (this.#notebook.full) {
      this.#fail('too-many-gaps');
      return;
    }
    this.#notebook.openGap({ kind, reason, startSample: this.positionAt(nowMs), startedAt: this.#wallTime(nowMs) });
    this.#saveNotes();
  }

  endGap(reason: GapReason, nowMs: number): void {
    this.#notebook.closeGap(reason, this.positionAt(nowMs), this.#wallTime(nowMs));
    this.#saveNotes();
  }

  /** Writes what is left, then closes file and notes. Resolves when both are durable, or have failed. */
  async finish(nowMs: number): Promise<void> {
    this.#draining = true;
    this.#finalBefore = Number.POSITIVE_INFINITY;
    this.#flush();
    const length = Math.min(Math.max(this.positionAt(nowMs), this.#timeline.writtenTo), MAX_WAV_SAMPLES);
    const written = await this.#file.finish(length);
    const outcome = written && this.#problem === undefined ? 'complete' : 'failed';
    this.#notebook.finish(outcome, this.#file.lengthSamples, this.#wallTime(nowMs));
    this.#saveNotes();
    await this.#notes.settled();
  }

  /** Hands the file its next block, when it is idle and enough is waiting. Runs again whenever a write has ended. */
  #flush(): void {
    if (this.#file.busy || this.#file.failed) return;
    const wanted = this.#draining || this.#finalBefore >= this.#timeline.writtenTo ? 1 : FLUSH_SAMPLES;
    if (this.#timeline.waitingBefore(this.#finalBefore) < wanted) return;
    const position = this.#timeline.takenTo;
    const count = this.#timeline.takeBlock(this.#file.block, this.#finalBefore);
    this.#file.write(position, count);
  }

  #fail(problem: RecordingProblem): void {
    if (this.#problem !== undefined) return;
    this.#problem = problem;
    this.#onFailed(problem);
  }

  #saveNotes(): void {
    this.#notes.save(this.#notebook.notes());
  }

  #wallTime(nowMs: number): string {
    return new Date(this.#startedAt.getTime() + Math.round(nowMs - this.#startedMs)).toISOString();
  }
}
