import { describe, expect, test } from '@jest/globals';
import { keysFound, startOf } from './isolation.js';
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

describe.each<KeyTransport>(['telephone-event', 'in-band'])('keys sent by %s', (transport) => {
  test('are all found on the phone’s own wire', () => {
    const { talker, wire } = phone(transport);
    expect(talker.presses.map(({ key }) => key)).toEqual(KEYS);
    const stream = { audio: wire.audio(), eventKeys: wire.eventKeys, startSample: 0 };
    expect(keysFound(stream, talker.presses)).toBe(KEYS.length);
  });

  test('are not found in the speech of a phone that keyed nothing', () => {
    const { talker } = phone(transport);
    const silent = new PhoneListener();
    const other = new PhoneTalker({ seed: 9, ssrc: 9 });
    while (other.sentSamples < talker.sentSamples) {
      for (const packet of other.tick(EVENT_PAYLOAD_TYPE)) silent.receive(packet);
    }
    const stream = { audio: silent.audio(), eventKeys: silent.eventKeys, startSample: 0 };
    expect(keysFound(stream, talker.presses)).toBe(0);
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
