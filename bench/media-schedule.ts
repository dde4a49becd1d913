/**
 * When the load generator sends which packet. The packets of all streams are spread evenly over the time of one packet,
 * so that a relay is fed as many unrelated phones feed it, not in bursts:
 *
 * ```
 * packet   0   1   2   3 | 4   5   6   7 | 8 ...
 * stream   0   1   2   3 | 0   1   2   3 | 0
 * frame    0   0   0   0 | 1   1   1   1 | 2
 * due      0   5  10  15  20  25  30  35  40 ms
 * ```
 */

export const FRAME_MS = 20;

export type LoadPlan = {
  readonly streams: number;
  /** Relay and generator are compiled in this time; nothing but loss is measured. */
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Sent on for so long afterwards, so that what a delay line holds comes out. */
  readonly tailMs: number;
};

export class LoadSchedule {
  readonly #plan: LoadPlan;
  /** Frames of each stream that are measured: from the first, up to and without the end. */
  readonly firstMeasuredFrame: number;
  readonly endMeasuredFrame: number;
  readonly packetCount: number;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.firstMeasuredFrame = Math.round(plan.warmUpMs / FRAME_MS);
    this.endMeasuredFrame = this.firstMeasuredFrame + Math.round(plan.measureMs / FRAME_MS);
    this.packetCount = (this.endMeasuredFrame + Math.round(plan.tailMs / FRAME_MS)) * plan.streams;
  }

  get measureFromMs(): number {
    return this.firstMeasuredFrame * FRAME_MS;
  }

  get measureToMs(): number {
    return this.endMeasuredFrame * FRAME_MS;
  }

  streamOf(packet: number): number {
    return packet % this.#plan.streams;
  }

  frameOf(packet: number): number {
    return Math.floor(packet / this.#plan.streams);
  }

  /** From the start of the load. */
  dueMs(packet: number): number {
    return (packet * FRAME_MS) / this.#plan.streams;
  }

  isMeasured(frame: number): boolean {
    return frame >= this.firstMeasuredFrame && frame < this.endMeasuredFrame;
  }
}
