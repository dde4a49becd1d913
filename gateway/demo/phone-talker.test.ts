import { expect, test } from '@jest/globals';
import { dbm0OfPower, meanSquare } from '../../dsp/level.js';
import { PhoneListener } from './phone-listener.js';
import { PhoneTalker, type PhoneTalkerOptions } from './phone-talker.js';

const EVENT_PAYLOAD_TYPE = 101;

function heard(talker: PhoneTalker, packets: number): PhoneListener {
  const wire = new PhoneListener();
  for (let packet = 0; packet < packets; packet += 1) {
    for (const one of talker.tick(EVENT_PAYLOAD_TYPE)) wire.receive(one);
  }
  return wire;
}

function levelDbm0(wire: PhoneListener, fromPacket: number, packets: number): number {
  return dbm0OfPower(meanSquare(wire.audio(), fromPacket * 160, packets * 160));
}

test('a phone whose person is silent sends the line’s noise, and speech again when told to', () => {
  const talker = new PhoneTalker({ seed: 3, ssrc: 3 });
  talker.talking = false;
  const quiet = levelDbm0(heard(talker, 100), 0, 100);
  expect(quiet).toBeGreaterThan(-70);
  expect(quiet).toBeLessThan(-60);
  talker.talking = true;
  expect(levelDbm0(heard(talker, 100), 0, 100)).toBeGreaterThan(-35);
});

test.each<[string, Partial<PhoneTalkerOptions>, boolean]>([
  ['a phone of the demo’s page is quiet while it keys', { quietWhileKeying: true }, true],
  ['any other talks on between its keys', {}, false],
])('%s', (_says, options, isQuiet) => {
  const talker = new PhoneTalker({ seed: 3, ssrc: 3, ...options });
  heard(talker, 60);
  talker.key([1, 2, 3, 4, 5, 6, 7, 8], 'telephone-event');
  expect(levelDbm0(heard(talker, 70), 0, 70) < -55).toBe(isQuiet);
});

test('a key sent both ways is a tone and an event of one moment', () => {
  const talker = new PhoneTalker({ seed: 3, ssrc: 3 });
  talker.talking = false;
  talker.key([9], 'both');
  const wire = heard(talker, 10);
  expect(wire.events).toEqual([{ key: 9, onsetSample: 0 }]);
  expect(levelDbm0(wire, 0, 5)).toBeGreaterThan(-9);
  expect(talker.presses).toEqual([{ key: 9, transport: 'both', onsetSample: 0, offsetSample: 800 }]);
});

test('keys clicked faster than a phone can press them are let go', () => {
  const talker = new PhoneTalker({ seed: 3, ssrc: 3 });
  for (let click = 0; click < 50; click += 1) talker.key([1, 2, 3], 'telephone-event');
  heard(talker, 150 * 10);
  expect(talker.idle).toBe(true);
  expect(talker.presses).toHaveLength(64);
});
