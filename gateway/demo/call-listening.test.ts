import { describe, expect, test } from '@jest/globals';
import { CallListening } from './call-listening.js';
import { KEY_TRANSPORTS, type KeyTransport } from './key-transport.js';
import { PhoneListener } from './phone-listener.js';
import { PhoneTalker } from './phone-talker.js';

const EVENT_PAYLOAD_TYPE = 101;
const KEYS = [4, 0, 11];

/** A caller on a wire, and an agent who hears the same so many packets later, or something else from a moment on. */
class Scene {
  readonly talker = new PhoneTalker({ seed: 7, ssrc: 7 });
  readonly #other = new PhoneTalker({ seed: 8, ssrc: 7 });
  readonly #caller = new PhoneListener();
  readonly #agent = new PhoneListener();
  readonly #onTheWay: (readonly Buffer[])[];
  readonly listening = new CallListening({ caller: this.#caller, agent: this.#agent });
  isHidden = false;

  constructor(delayPackets: number) {
    this.#onTheWay = Array.from({ length: delayPackets }, () => []);
  }

  run(packets: number): void {
    for (let packet = 0; packet < packets; packet += 1) {
      const sent = this.talker.tick(EVENT_PAYLOAD_TYPE);
      const instead = this.#other.tick(EVENT_PAYLOAD_TYPE);
      for (const one of sent) this.#caller.receive(one);
      this.#onTheWay.push(this.isHidden ? instead : sent);
      for (const one of this.#onTheWay.shift() ?? []) this.#agent.receive(one);
      this.listening.newPresses(this.talker.presses, this.isHidden ? 'inPayment' : 'outside');
      this.listening.listen();
    }
  }
}

describe.each<KeyTransport>([...KEY_TRANSPORTS])('keys sent as %s', (transport) => {
  test('are found at both ends where they pass, and at the caller only where they do not', () => {
    const scene = new Scene(3);
    scene.run(60);
    scene.talker.key(KEYS, transport);
    scene.run(60);
    expect(scene.listening.counts.outside).toEqual({ pressed: 3, caller: 3, agent: 3 });
    scene.isHidden = true;
    scene.talker.key(KEYS, transport);
    scene.run(60);
    expect(scene.listening.counts).toEqual({
      outside: { pressed: 3, caller: 3, agent: 3 },
      inPayment: { pressed: 3, caller: 3, agent: 0 },
    });
  });
});

test('a key that has not arrived when the call ends is listened for in what has', () => {
  const scene = new Scene(3);
  scene.run(60);
  scene.talker.key([5], 'in-band');
  scene.run(5);
  expect(scene.listening.counts.outside).toEqual({ pressed: 1, caller: 0, agent: 0 });
  scene.listening.finish();
  expect(scene.listening.counts.outside).toMatchObject({ pressed: 1, caller: 1 });
});

test('the two lanes lie on one clock, though one came later', () => {
  const scene = new Scene(4);
  scene.run(100);
  const [caller, agent] = scene.listening.news();
  expect([caller?.lane, agent?.lane]).toEqual(['caller', 'agent']);
  const levelAt = (lane: typeof caller, sample: number) =>
    lane?.levels.levelsDbm0[Math.round((sample - lane.atSample) / 160)];
  for (const sample of [1600, 3200, 8000]) expect(levelAt(agent, sample)).toBe(levelAt(caller, sample));
  expect(new Set(caller?.levels.levelsDbm0).size).toBeGreaterThan(10);
  // What has been told is not told again.
  expect(scene.listening.news().map(({ levels, audio }) => [levels.levelsDbm0.length, audio.length])).toEqual([
    [0, 0],
    [0, 0],
  ]);
});
