import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LegName, MediaEvent, RecordingMode, RecordingState } from '../media/control-wire.js';
import type { GapReason } from './recording-notes.js';
import { Recording } from './recording-store.js';

type RecordingEvent = Extract<MediaEvent, { kind: 'recording' }>;
export type RecorderReason = RecordingEvent['reason'];
/** A change of state, or the acknowledgement of a command that changed none; positions and times as in the wire event. */
export type RecorderEvent = Omit<RecordingEvent, 'kind' | 'callHandle'>;

export type CallRecorderOptions = {
  /** Made with mode 0700 if missing. */
  readonly directory: string;
  readonly callId: string;
  readonly mode: RecordingMode;
  /** Called within the method that caused it, before that returns; a failure comes from the disk's own turn. */
  readonly onState: (event: RecorderEvent) => void;
  /** Wall time for the notes. */
  readonly wallClock?: () => Date;
};

/**
 * The recorder of one call. It hears only what suppression has let out, and knows nothing of keys.
 *
 * Two hands may hold it: `manual` (the agent) and `window` (an open secure window). It records while neither does; in
 * `masked-continuous` mode the window's hold does not stop it but marks the span. The window's hold outlives a stop, so
 * a recording started inside a window begins paused. A manual resume inside a window is refused (AC-24).
 *
 * `pause` takes effect for every sample written after it returns: nothing of them reaches the file. Each start makes
 * a new file, `callId-1.wav`, `callId-2.wav`, … A recording that fails is stopped with reason `failed`; its file holds
 * what was written and `failed` is true until the next start.
 */
export class CallRecorder {
  readonly #options: CallRecorderOptions;
  readonly #holds = new Set<GapReason>();
  #recording: Recording | undefined;
  #state: RecordingState = 'off';
  #failed = false;
  #file = '';
  #fileCount = 0;
  #stopping: Promise<void> = Promise.resolve();
  #lastMs = 0;

  constructor(options: CallRecorderOptions) {
    this.#options = options;
  }

  get state(): RecordingState {
    return this.#state;
  }

  get failed(): boolean {
    return this.#failed;
  }

  start(reason: 'automatic' | 'manual', nowMs: number): void {
    this.#lastMs = nowMs;
    if (this.#recording !== undefined) return;
    this.#fileCount++;
    this.#file = `${safeName(this.#options.callId)}-${this.#fileCount}.wav`;
    this.#failed = false;
    try {
      mkdirSync(this.#options.directory, { recursive: true, mode: 0o700 });
    } catch {
      this.#stopped('failed', nowMs);
      return;
    }
    const recording = new Recording({
      path: join(this.#options.directory, this.#file),
      callId: this.#options.callId,
      mode: this.#options.mode,
      startedAt: this.#options.wallClock?.() ?? new Date(),
      startedMs: nowMs,
      onFailed: () => this.#fail(recording),
    });
    this.#recording = recording;
    if (this.#holds.has('window')) recording.beginGap(this.#gapKind('window'), 'window', nowMs);
    this.#state = this.#silent() ? 'paused' : 'recording';
    this.#tell(this.#silent() ? 'window' : reason, nowMs);
  }

  pause(reason: GapReason, nowMs: number): void {
    this.#lastMs = nowMs;
    const recording = this.#recording;
    if (reason === 'manual' && recording === undefined) return;
    if (this.#holds.has(reason)) return;
    const wasSilent = this.#silent();
    this.#holds.add(reason);
    if (recording === undefined) return;
    recording.beginGap(this.#gapKind(reason), reason, nowMs);
    if (this.#recording === undefined) return;
    if (this.#silent() && !wasSilent) recording.closeFrom(nowMs);
    this.#state = this.#silent() ? 'paused' : 'recording';
    this.#tell(reason, nowMs);
  }

  /** Returns false when refused: by hand, inside a secure window. */
  resume(reason: GapReason, nowMs: number): boolean {
    this.#lastMs = nowMs;
    if (reason === 'manual' && this.#holds.has('window')) return false;
    const wasSilent = this.#silent();
    if (!this.#holds.delete(reason)) return true;
    const recording = this.#recording;
    if (recording === undefined) return true;
    recording.endGap(reason, nowMs);
    if (wasSilent && !this.#silent()) recording.openFrom(nowMs);
    this.#state = this.#silent() ? 'paused' : 'recording';
    this.#tell(reason, nowMs);
    return true;
  }

  /** Resolves when file and notes are on disk. Without a recording it resolves when the one before is. */
  stop(reason: 'manual' | 'call-ended', nowMs: number): Promise<void> {
    if (this.#recording !== undefined) this.#close(this.#recording, reason, nowMs);
    return this.#stopping;
  }

  /**
   * Takes `count` samples of one leg as they were let out. Never blocks, allocates nothing while the disk keeps up, and
   * copies what it keeps.
   */
  write(leg: LegName, samples: Int16Array, count: number, rtpTimestamp: number, nowMs: number): void {
    this.#lastMs = nowMs;
    if (this.#state === 'recording') this.#recording?.write(leg, samples, count, rtpTimestamp, nowMs);
  }

  #silent(): boolean {
    return this.#holds.has('manual') || (this.#holds.has('window') && this.#options.mode === 'pause');
  }

  #gapKind(reason: GapReason): 'paused' | 'masked' {
    return reason === 'window' && this.#options.mode === 'masked-continuous' ? 'masked' : 'paused';
  }

  #fail(recording: Recording): void {
    // A failure while the file is being closed is told by the notes alone: the recording had been stopped already.
    if (this.#recording === recording) this.#close(recording, 'failed', this.#lastMs);
  }

  #close(recording: Recording, reason: 'manual' | 'call-ended' | 'failed', nowMs: number): void {
    this.#recording = undefined;
    this.#holds.delete('manual');
    this.#stopping = Promise.all([this.#stopping, recording.finish(nowMs)]).then(() => undefined);
    this.#stopped(reason, nowMs, recording.positionAt(nowMs));
  }

  #stopped(reason: 'manual' | 'call-ended' | 'failed', nowMs: number, atSample = 0): void {
    this.#state = 'stopped';
    this.#failed = reason === 'failed';
    this.#options.onState({ state: 'stopped', reason, file: this.#file, atSample, monotonicMs: nowMs });
  }

  #tell(reason: RecorderReason, nowMs: number): void {
    this.#options.onState({
      state: this.#state,
      reason,
      file: this.#file,
      atSample: this.#recording?.positionAt(nowMs) ?? 0,
      monotonicMs: nowMs,
    });
  }
}

/** A call id never chooses a folder. */
function safeName(callId: string): string {
  return callId.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 100);
}
