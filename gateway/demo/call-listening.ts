/** All that is listened to in one call of the interactive demo: the two lanes, their levels, and the keys in them. Pure. */
import { startOf } from './isolation.js';
import type { KeyCounts } from './key-counts.js';
import { type LevelFrames, LevelMeter } from './level-meter.js';
import type { Lane } from './page-messages.js';
import type { PhoneListener } from './phone-listener.js';
import type { SentPress } from './phone-talker.js';
import { type HeardSoFar, PressJudge } from './press-judge.js';

/** Half a second tells where the caller's stream is in the agent's: outside a payment the two are the same. */
const ALIGNMENT_SAMPLES = 4000;
/** What the gateway and one machine may hold back. */
const TRAVEL_SAMPLES = 1600;

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
  readonly #listeners: Readonly<Record<Lane, PhoneListener>>;
  readonly #told: Record<Lane, number> = { caller: 0, agent: 0 };
  #agentStartSample: number | undefined;
  #seenPresses = 0;

  /** @param listeners at the caller's own wire and at the agent's ear, new with the call */
  constructor(listeners: Readonly<Record<Lane, PhoneListener>>) {
    this.#listeners = listeners;
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
    this.#align();
    return this.#agentStartSample !== undefined && this.#judge.judge(this.#heard('caller'), this.#heard('agent'));
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

  #align(): void {
    if (this.#agentStartSample !== undefined) return;
    const sent = this.#listeners.caller.audio();
    const heard = this.#listeners.agent.audio();
    if (sent.length < ALIGNMENT_SAMPLES + TRAVEL_SAMPLES || heard.length < ALIGNMENT_SAMPLES) return;
    this.#agentStartSample = startOf(sent, heard, ALIGNMENT_SAMPLES);
  }

  #heard(lane: Lane): HeardSoFar {
    const listener = this.#listeners[lane];
    const audio = listener.audio();
    return { audio, events: listener.events, startSample: lane === 'caller' ? 0 : this.#agentStart(audio) };
  }

  /** Until it is known, as if nothing were held back on the way. */
  #agentStart(audio: Int16Array): number {
    return this.#agentStartSample ?? audio.length - this.#listeners.caller.audio().length;
  }
}
