/** A whole run on a simulated wire, on which keys leak as the test says: whatever gets through breaks the promise. */
import { describe, expect, test } from '@jest/globals';
import { type DemoResult, dataOf, hear, promiseKept } from './demo-result.js';
import type { HeardStream } from './isolation.js';
import type { KeyTransport } from './key-transport.js';
import { PhoneListener } from './phone-listener.js';
import { PhoneTalker, type SentPress } from './phone-talker.js';

const EVENT_PAYLOAD_TYPE = 101;
const BEFORE = [1, 9, 5, 7];
/** Shorter than any card's, for each key is listened for three times. */
const PAYMENT = [4, 2, 4, 2, 11, 1, 2, 11, 3, 3, 11];
const PRESSED = PAYMENT.length;

type Run = { readonly talker: PhoneTalker; readonly caller: HeardStream; readonly agent: HeardStream };

/** @param leaks which presses of the payment, counted from 0, come to the agent too */
function run(transport: KeyTransport, leaks: (press: number) => boolean): Run {
  const talker = new PhoneTalker({ seed: 5, ssrc: 5 });
  const instead = new PhoneTalker({ seed: 6, ssrc: 5 });
  const caller = new PhoneListener();
  const agent = new PhoneListener();
  const tick = () => {
    const sent = talker.tick(EVENT_PAYLOAD_TYPE);
    const replacement = instead.tick(EVENT_PAYLOAD_TYPE);
    const press = talker.presses.length - 1 - BEFORE.length;
    for (const packet of sent) caller.receive(packet);
    for (const packet of press < 0 || leaks(press) ? sent : replacement) agent.receive(packet);
  };
  for (let packet = 0; packet < 30; packet += 1) tick();
  for (const keys of [BEFORE, PAYMENT]) {
    talker.key(keys, transport);
    while (!talker.idle) tick();
  }
  return { talker, caller: streamOf(caller), agent: streamOf(agent) };
}

function streamOf(wire: PhoneListener): HeardStream {
  return { audio: wire.audio(), events: wire.events, startSample: 0 };
}

function resultOf({ talker, caller, agent }: Run, keys: KeyTransport): DemoResult {
  const recording = { ...agent, events: [] };
  const heard = hear({ caller, agent, recording }, talker.presses, BEFORE.length);
  return { keys, token: 'tgt_1', redeemed: true, secondRedemption: 'refused', ...heard };
}

const KEPT = resultOf(
  run('telephone-event', () => false),
  'telephone-event',
);

describe.each<KeyTransport>(['telephone-event', 'in-band'])('keys by %s', (keys) => {
  test('of which none leaks keep the promise', () => {
    const result = resultOf(
      run(keys, () => false),
      keys,
    );
    expect(result).toMatchObject({
      found: { caller: PRESSED, agent: 0, recording: 0 },
      pressed: PRESSED,
      beforePayment: { caller: 4, agent: 4, recording: keys === 'in-band' ? 4 : 0, pressed: 4 },
    });
    expect(promiseKept(result)).toBe(true);
  });

  test.each<[string, (press: number) => boolean, number]>([
    ['one field', (press) => press >= 5 && press < 8, 3],
    ['the first key', (press) => press === 0, 1],
    ['one key in the middle', (press) => press === 6, 1],
    ['the last key', (press) => press === 10, 1],
    ['all but the first', (press) => press > 0, 10],
    ['all of it', () => true, 11],
  ])('of which %s leaks break it', (_which, leaks, count) => {
    const result = resultOf(run(keys, leaks), keys);
    expect(result.found).toEqual({ caller: PRESSED, agent: count, recording: keys === 'in-band' ? count : 0 });
    expect(promiseKept(result)).toBe(false);
  });
});

describe('an event at the agent beyond those of before the payment breaks the promise', () => {
  const clean = run('telephone-event', () => false);
  const { presses } = clean.talker;
  const eventOf = (press: SentPress | undefined, delaySamples = 0) => ({
    key: press?.key ?? 0,
    onsetSample: (press?.onsetSample ?? 0) + delaySamples,
  });
  const withEvents = (...events: readonly ReturnType<typeof eventOf>[]): DemoResult =>
    resultOf({ ...clean, agent: { ...clean.agent, events: [...clean.agent.events, ...events] } }, 'telephone-event');

  test.each([
    ['one of a key in the payment, twice', withEvents(eventOf(presses[8]), eventOf(presses[8])), 2],
    ['one far behind its press', withEvents(eventOf(presses[14], 4000)), 1],
    ['one that says another key', withEvents({ ...eventOf(presses[8]), key: 9 }), 1],
    ['one of before the payment, once more', withEvents(eventOf(presses[2])), 1],
  ])('%s', (_which, result, count) => {
    expect(result.found).toEqual({ caller: PRESSED, agent: count, recording: 0 });
    expect(promiseKept(result)).toBe(false);
  });
});

test.each<[string, Partial<DemoResult>]>([
  ['the token did not pay', { redeemed: false }],
  ['it paid twice', { secondRedemption: 'accepted' }],
  ['its second use was refused for another reason', { secondRedemption: '429 unknown' }],
  ['nothing was pressed', { pressed: 0, found: { caller: 0, agent: 0, recording: 0 } }],
  ['the listener missed a key that the caller sent', { found: { ...KEPT.found, caller: PRESSED - 1 } }],
  ['the listener missed the control at the agent', { beforePayment: { ...KEPT.beforePayment, agent: 3 } }],
  ['there was no control', { beforePayment: { caller: 0, agent: 0, recording: 0, pressed: 0 } }],
])('the promise is not kept if %s', (_what, changed) => {
  expect(promiseKept(KEPT)).toBe(true);
  expect(promiseKept({ ...KEPT, ...changed })).toBe(false);
});

test('the data of a run is what it promises, without the control', () => {
  expect(dataOf([KEPT])).toEqual({
    runs: [
      {
        keys: 'telephone-event',
        token: 'tgt_1',
        redeemed: true,
        secondRedemption: 'refused',
        found: { caller: PRESSED, agent: 0, recording: 0 },
        pressed: PRESSED,
      },
    ],
  });
});
