/**
 * What a secure window keeps of what it heard: nothing, once it is closed, and of a packet that waited for another nothing once
 * it was used. Told by comparison with a window that was sent the same packets with silence and another key in them.
 */
import { describe, expect, test } from '@jest/globals';
import { encodeG711 } from '../../dsp/g711.js';
import { G722Encoder } from '../../dsp/g722.js';
import type { Replacement } from '../../dsp/replacement-audio.js';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { renderPress } from '../../dsp/tone-generator.js';
import { eventPayload } from '../../test/media/simulated-call.js';
import { contents } from '../../test/support/typed-arrays.js';
import { LegEar } from './leg-ear.js';
import { SecureWindow } from './secure-window.js';
import { SoundFrame } from './sound-frame.js';

const PACKET = 160;
const PTIME_MS = 20;
const START_MS = 1000;
const SSRC = 7;

/** The control: sound, what was measured in it, and keys, while the window is open. */
const HELD = {
  PCMU: ['#line.#narrow.#line', '#line.#narrow.#powers', '#presses.#merger.#key'],
  G722: ['#line.#wide.#line', '#line.#wide.#powers', '#presses.#merger.#key'],
};

type Caller = {
  readonly encoding: 'PCMU' | 'G722';
  readonly sounds: 'voice and keys' | 'silence';
  readonly eventKey: number;
};

function newWindow(replacement: Replacement = 'silence'): SecureWindow {
  return new SecureWindow({
    mask: 'window',
    suppression: 'tones',
    line: { ear: new LegEar(), replacement, heard: new SoundFrame(), released: new SoundFrame() },
    port: {
      pressKey: () => {},
      countMerged: () => {},
      markDisturbance: () => true,
      releaseFrame: () => {},
      skipTime: () => {},
      closed: () => {},
      countLate: () => {},
      countConcealed: () => {},
    },
  });
}

/** Speaks for the caller, a packet at a time. */
class Talker {
  readonly window = newWindow();
  readonly #caller: Caller;
  readonly #encoder = new G722Encoder();
  readonly #random = new SeededRandom(5);
  #packets = 0;

  constructor(caller: Caller) {
    this.#caller = caller;
    this.window.open(0, START_MS);
    this.window.arm();
  }

  get nowMs(): number {
    return START_MS + this.#packets * PTIME_MS;
  }

  /** A packet of voice, with a key's tone over it where one is given; `order` puts it before or behind its place. */
  talk(key?: number, order = 0): void {
    const { encoding, sounds } = this.#caller;
    const samplesPerUnit = encoding === 'G722' ? 2 : 1;
    const samples = new Int16Array(PACKET * samplesPerUnit);
    if (sounds !== 'silence') {
      for (let at = 0; at < samples.length; at += 1) samples[at] = 500 * this.#random.gaussian();
      if (key !== undefined && encoding === 'PCMU') {
        renderPress(samples, { key, startSample: 0, lengthSamples: samples.length });
      }
    }
    const octets = new Uint8Array(PACKET);
    if (encoding === 'G722') this.#encoder.encode(samples, octets, 0, PACKET);
    else encodeG711(encoding, samples, octets, 0, PACKET);
    const at = this.#packets + order;
    const header = { sequence: at, timestamp: at * PACKET, payloadType: encoding === 'G722' ? 9 : 0, payloadStart: 0 };
    this.#packets += 1;
    this.window.takeAudio(header, encoding, octets, PACKET, this.nowMs);
  }

  /** One packet that is a whole press, in the place of one of audio. */
  pressByEvent(): void {
    const sequence = this.#packets;
    const timestamp = sequence * PACKET;
    this.#packets += 1;
    const header = { ssrc: SSRC, sequence, timestamp, marker: true, payloadStart: 0, payloadEnd: 4 };
    const report = eventPayload(this.#caller.eventKey, PACKET, true);
    const outcome = this.window.events.handle(header, 8000, report, this.nowMs);
    this.window.takeEvent(sequence, outcome, { timestamp, durationUnits: PACKET }, this.nowMs);
  }

  keyAndTalk(): void {
    for (let packet = 0; packet < 10; packet += 1) this.talk();
    for (let packet = 0; packet < 4; packet += 1) this.talk(9);
    for (let packet = 0; packet < 10; packet += 1) this.talk();
    this.pressByEvent();
    this.talk();
    // One packet overtakes another.
    this.talk(undefined, 1);
    this.talk(undefined, -1);
    this.talk();
  }
}

/** Where the two differ. The released sound has left. */
function differences(left: SecureWindow, right: SecureWindow): readonly string[] {
  const [one, other] = [contents(left), contents(right)];
  expect([...one.keys()]).toEqual([...other.keys()]);
  return [...one].flatMap(([path, held]) => (held === other.get(path) || /\breleased\./.test(path) ? [] : [path]));
}

describe('a window', () => {
  test.each(['PCMU', 'G722'] as const)('holds nothing of the %s that it heard, once it is closed', (encoding) => {
    const talker = new Talker({ encoding, sounds: 'voice and keys', eventKey: 4 });
    const silent = new Talker({ encoding, sounds: 'silence', eventKey: 2 });
    for (const one of [talker, silent]) one.keyAndTalk();
    expect(differences(talker.window, silent.window)).toEqual(expect.arrayContaining(HELD[encoding]));
    for (const one of [talker, silent]) {
      one.window.close(one.nowMs);
      for (let packet = 0; one.window.state !== 'closed' && packet < 100; packet += 1) one.talk();
      expect(one.window.state).toBe('closed');
    }
    // What a G.722 decoder follows goes on: the caller's sound passes through it all the time.
    expect(differences(talker.window, silent.window).filter((path) => !path.includes('#ear.'))).toEqual([]);
  });

  test('holds a packet that overtook another no longer than until it is used', () => {
    const talker = new Talker({ encoding: 'PCMU', sounds: 'voice and keys', eventKey: 4 });
    const held = () => new Set(contents(talker.window).get('#held.bytes')?.split(' '));
    talker.talk();
    talker.talk(undefined, 1);
    expect(held().size).toBeGreaterThan(10);
    talker.talk(undefined, -1);
    expect(held()).toEqual(new Set(['0']));
  });

  test('opens with an empty line, whatever was filled while it was closed', () => {
    const used = newWindow('comfort-noise');
    const fresh = newWindow('comfort-noise');
    const inLine = () => differences(used, fresh).filter((path) => path.startsWith('#line.'));
    used.restart(START_MS);
    expect(inLine()).not.toEqual([]);
    for (const window of [used, fresh]) window.open(0, START_MS);
    expect(inLine()).toEqual([]);
  });
});
