/** All that is listened to in one call of the interactive demo: the two lanes, their levels, and the keys in them. Pure. */
import type { HeardStream } from './isolation.js';
import type { KeyCounts } from './key-counts.js';
import { LaneAlignment } from './lane-alignment.js';
import { type LevelFrames, LevelMeter } from './level-meter.js';
import type { Lane } from './page-messages.js';
import type { HeardEvent } from './phone-listener.js';
import type { SentPress } from './phone-talker.js';
import { PressJudge } from './press-judge.js';

/** Somewhere one listens: a telephone's wire, or a browser's loudspeaker. */
export type Ear = { readonly audio: () => Int16Array; readonly events: readonly HeardEvent[] };

export type LaneNews = {
  readonly lane: Lane;
  readonly levels: LevelFrames;
  /** Position of the levels' first frame on the caller's clock. */
  readonly atSample: number;
  /** What came since the last time. */
  readonly audio: Int16Array;
};

export class CallListening {
  readonly #judge = new PressJudge();
  readonly #meters: Readonly<Record<Lane, LevelMeter>> = { caller: new LevelMeter(), agent: new LevelMeter() };
  readonly #ears: Readonly<Record<Lane, Ear>>;
  readonly #alignment = new LaneAlignment();
  readonly #told: Record<Lane, number> = { caller: 0, agent: 0 };
  #seenPresses = 0;

  /** @param ears at the caller's own wire and at the agent's, new with the call */
  constructor(ears: Readonly<Record<Lane, Ear>>) {
    this.#ears = ears;
  }

  get counts(): KeyCounts {
    return this.#judge.counts;
  }

  /** @param all of the caller's presses in this call @returns those that have begun since the last time */
  newPresses(all: readonly SentPress[], where: keyof KeyCounts): readonly SentPress[] {
    const begun = all.slice(this.#seenPresses);
    this.#seenPresses = all.length;
    for (const press of begun) this.#judge.pressed(press, where);
    return begun;
  }

  /** @returns whether the counts have changed */
  listen(): boolean {
    this.#alignment.follow(this.#ears.caller.audio(), this.#ears.agent.audio());
    const isAligned = this.#alignment.startSample !== undefined;
    return isAligned && this.#judge.judge(this.#heard('caller'), this.#heard('agent'));
  }

  /** The call is over: what has not arrived will not. */
  finish(): void {
    this.#judge.finish(this.#heard('caller'), this.#heard('agent'));
  }

  news(): readonly LaneNews[] {
    return (['caller', 'agent'] as const).map((lane) => {
      const { audio, startSample } = this.#heard(lane);
      const levels = this.#meters[lane].take(audio);
      const news = audio.slice(this.#told[lane]);
      this.#told[lane] = audio.length;
      return { lane, levels, atSample: levels.startSample - startSample, audio: news };
    });
  }

  #heard(lane: Lane): HeardStream {
    const { events } = this.#ears[lane];
    const audio = this.#ears[lane].audio();
    return { audio, events, startSample: lane === 'caller' ? 0 : this.#agentStart(audio) };
  }

  /** Until it is known, as if nothing were held back on the way. */
  #agentStart(audio: Int16Array): number {
    return this.#alignment.startSample ?? audio.length - this.#ears.caller.audio().length;
  }
}
