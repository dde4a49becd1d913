import { describe, expect, test } from '@jest/globals';
import { eventsBeyond, type HeardStream, keysFound, startOf } from './isolation.js';
import type { KeyTransport } from './key-transport.js';
import { PhoneListener } from './phone-listener.js';
import { PhoneTalker } from './phone-talker.js';

const EVENT_PAYLOAD_TYPE = 101;
const KEYS = [4, 0, 11, 7, 7];

/** A phone that talks, keys and talks on, and a listener on its wire. */
function phone(transport: KeyTransport): { readonly talker: PhoneTalker; readonly wire: PhoneListener } {
  const talker = new PhoneTalker({ seed: 5, ssrc: 5 });
  const wire = new PhoneListener();
  const tick = () => {
    for (const packet of talker.tick(EVENT_PAYLOAD_TYPE)) wire.receive(packet);
  };
  for (let packet = 0; packet < 20; packet += 1) tick();
  talker.key(KEYS, transport);
  while (!talker.idle) tick();
  for (let packet = 0; packet < 20; packet += 1) tick();
  return { talker, wire };
}

function heardBy(wire: PhoneListener): HeardStream {
  return { audio: wire.audio(), events: wire.events, startSample: 0 };
}

describe.each<KeyTransport>(['telephone-event', 'in-band', 'both'])('keys sent as %s', (transport) => {
  test('are all found on the phone’s own wire', () => {
    const { talker, wire } = phone(transport);
    expect(talker.presses.map(({ key }) => key)).toEqual(KEYS);
    expect(keysFound(heardBy(wire), talker.presses)).toBe(KEYS.length);
  });

  test('are not found in the speech of a phone that keyed nothing', () => {
    const { talker } = phone(transport);
    const silent = new PhoneListener();
    const other = new PhoneTalker({ seed: 9, ssrc: 9 });
    while (other.sentSamples < talker.sentSamples) {
      for (const packet of other.tick(EVENT_PAYLOAD_TYPE)) silent.receive(packet);
    }
    expect(keysFound(heardBy(silent), talker.presses)).toBe(0);
  });
});

describe('events', () => {
  const { talker, wire } = phone('telephone-event');
  const [four, zero, pound, seven, sevenAgain] = wire.events;
  const stream = (...events: readonly (typeof four)[]): HeardStream => ({
    ...heardBy(wire),
    events: events.filter((event) => event !== undefined),
  });
  const later = (event: typeof four, samples: number): typeof four =>
    event && { ...event, onsetSample: event.onsetSample + samples };

  test.each([
    ['none', stream(), 0],
    ['the first', stream(four), 1],
    ['one in the middle', stream(pound), 1],
    ['the last', stream(sevenAgain), 1],
    ['all but the first', stream(zero, pound, seven, sevenAgain), 4],
    ['all, the last first', stream(sevenAgain, seven, pound, zero, four), 5],
    ['one of two presses of one key', stream(seven), 1],
    ['one twice', stream(pound, pound), 1],
    ['one that comes two packets late', stream(later(zero, 320)), 1],
    ['one at the time of another key', stream(later(zero, 1600)), 0],
  ])('%s: each press is found by its key and its time', (_which, heard, found) => {
    expect(keysFound(heard, talker.presses)).toBe(found);
  });

  test('lie where the stream lies that they came in', () => {
    const events = wire.events.map(({ key, onsetSample }) => ({ key, onsetSample: onsetSample - 2400 }));
    expect(keysFound({ ...heardBy(wire), events, startSample: -2400 }, talker.presses)).toBe(5);
    expect(keysFound({ ...heardBy(wire), events, startSample: 0 }, talker.presses)).toBe(0);
  });

  test.each([
    ['none', stream(), 0],
    ['those of the presses', stream(four, zero), 0],
    ['one twice', stream(four, zero, zero), 1],
    ['one more', stream(four, zero, seven), 1],
    ['one at a time when no key was pressed', stream(four, zero, later(four, 900)), 1],
    ['one with another key than was pressed', stream(zero, four && { ...four, key: 9 }), 1],
  ])('%s: those beyond two presses are counted', (_which, heard, beyond) => {
    expect(eventsBeyond(heard, talker.presses.slice(0, 2))).toBe(beyond);
  });
});

test('a stream that began later or earlier is laid on the caller’s by its likeness', () => {
  const sent = phone('in-band').wire.audio();
  const late = sent.subarray(1234);
  const early = new Int16Array(sent.length + 777);
  early.set(sent, 777);
  expect(startOf(sent, late, 8000)).toBe(-1234);
  expect(startOf(sent, early, 8000)).toBe(777);
});
