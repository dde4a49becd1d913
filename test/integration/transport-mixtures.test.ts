/**
 * Keys by every mixture of transports, from our own sender and from sipp, through a gateway as it is run: the vault gets
 * exactly what was keyed, agent and recording get nothing, and what the line may have swallowed is never taken.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { renderCallerStream } from '../support/caller-stream.js';
import { decodeG711, encodeG711 } from '../support/g711.js';
import type { ConfigurationInput } from '../support/gateway-under-test.js';
import type { EventHabit, KeypadWay, Rhythm } from '../support/keypad-talker.js';
import { addTones, keyNames, keysOf, type Press, pressesOf, samplesOf } from '../support/keys.js';
import { likeness, listenFor, placesIn, type ToldPress } from '../support/listeners.js';
import { type KeyedCard, PaymentScene } from '../support/payment-scene.js';
import { type PortRange, reservePorts } from '../support/ports.js';
import { assertAllSucceeded, SIPP_MEDIA_PORTS, startCaller } from '../support/sipp.js';
import { speechFor } from '../support/speech.js';

/** Twelve equal keys in a row: one that is lost or doubled leaves no card number. */
const FIVES: KeyedCard = { cardNumber: '5555555555554444', expirationDate: '1133', securityCode: '333' };
const CARD = `${FIVES.cardNumber}#${FIVES.expirationDate}#${FIVES.securityCode}#`;
/** A window closes when the line has been quiet for a while; then what is said comes through untouched. */
const AFTERWARDS_MS = 1_900;
const WARNING = 'Line disturbed: ask the caller to press * and enter it again';
const ERROR = 'Line disturbed, please re-capture';

function onRoutes(changes: Partial<NonNullable<ConfigurationInput['routes']>[number]>) {
  return (configuration: ConfigurationInput): ConfigurationInput => ({
    ...configuration,
    vault: { ...configuration.vault, redeem: { ...configuration.vault?.redeem, allowReveal: true } },
    routes: [
      { name: 'inbound', from: 'trunk', to: 'pbx', callerSide: 'from', recordingMode: 'masked-continuous', ...changes },
    ],
  });
}

describe('a recording that goes on', () => {
  let scene: PaymentScene;

  beforeAll(async () => {
    scene = await PaymentScene.open({ configure: onRoutes({}) });
  }, 60_000);

  afterAll(async () => {
    expect(await scene.close()).toEqual([]);
  }, 60_000);

  async function expectRedeemed(token: string): Promise<void> {
    const { status, body } = await scene.gateway.redeem({ token, orderId: `order-${token.slice(-8)}`, reveal: true });
    expect([status, body]).toMatchObject([
      200,
      { cardNumber: FIVES.cardNumber, expirationDate: FIVES.expirationDate, last4: '4444', brand: 'mastercard' },
    ]);
  }

  /** Nobody behind the gateway hears a key; a listener at the caller hears them all. */
  async function expectHidden(
    callId: string,
    sent: { readonly audio: Int16Array; readonly presses: readonly ToldPress[]; readonly windowStart: number },
  ): Promise<void> {
    const toned = sent.presses.filter(({ tone }) => tone !== undefined);
    const atCaller = await listenFor(toned, sent.audio, 0);
    expect(atCaller.likelihood).toBe(toned.length);
    const heard = scene.agent.heard();
    const atAgent = await listenFor(
      toned,
      heard.audio,
      placesIn(heard.audio, sent.audio, sent.windowStart),
      heard.events,
    );
    expect(atAgent).toEqual({ likelihood: 0, spandsp: '', events: '' });
    const { caller: recorded } = await scene.recording(callId);
    const atRecorder = await listenFor(toned, recorded, placesIn(recorded, sent.audio, sent.windowStart));
    expect(atRecorder).toEqual({ likelihood: 0, spandsp: '', events: '' });
  }

  test.each<[KeypadWay, Rhythm]>([
    ['in-band', { onMs: 60, offMs: 40 }],
    ['tone-and-event', { onMs: 40, offMs: 40 }],
    ['event-then-tone', { onMs: 80, offMs: 40 }],
    ['event-then-late-tail', { onMs: 60, offMs: 40 }],
    ['tone-then-late-event', { onMs: 60, offMs: 40 }],
  ])(
    'keys as %s, %o',
    async (way, rhythm) => {
      const call = await scene.dial();
      const { talker } = scene.caller;
      await talker.talk(1_000);
      const session = await scene.desk.startSession(call.id);
      const windowStart = talker.sentSamples;
      await talker.talk(300);
      for (const field of ['cardNumber', 'expirationDate', 'securityCode'] as const) {
        await scene.desk.capture(session.id, field);
        await scene.caller.key(keysOf(`${FIVES[field]}#`), way, rhythm);
        expect((await scene.settled(session, field)).fields[field]).toMatchObject({ state: 'captured' });
      }
      const token = await scene.complete(session);
      await talker.talk(AFTERWARDS_MS);
      await scene.hangUp(call);
      expect(keyNames(talker.presses.map(({ key }) => key))).toBe(CARD);
      await expectHidden(call.id, { audio: talker.sentAudio, presses: talker.presses, windowStart });
      await expectRedeemed(token);
    },
    60_000,
  );

  type Sender = { readonly way: KeypadWay; readonly habit?: EventHabit; readonly info?: 'beside' };

  // A field by each, so that a call shows three.
  test.each<[string, Rhythm, readonly [Sender, Sender, Sender]]>([
    [
      'an INFO beside the event, the tone, and both',
      { onMs: 80, offMs: 60 },
      [
        { way: 'telephone-event-among-audio', info: 'beside' },
        { way: 'in-band', info: 'beside' },
        { way: 'tone-and-event', info: 'beside' },
      ],
    ],
    [
      'no end packets, no durations, durations that fall',
      { onMs: 80, offMs: 60 },
      [
        { way: 'tone-and-event', habit: 'no-end' },
        { way: 'telephone-event', habit: 'no-duration' },
        { way: 'telephone-event-among-audio', habit: 'shrinking' },
      ],
    ],
    [
      'timestamps that move, no marker, sparse updates',
      { onMs: 160, offMs: 60 },
      [
        { way: 'tone-then-event', habit: 'moving-timestamp' },
        { way: 'telephone-event', habit: 'no-marker' },
        { way: 'telephone-event-among-audio', habit: 'sparse' },
      ],
    ],
    [
      'one packet at the press, one at the release, no end and a tail of tone',
      { onMs: 80, offMs: 60 },
      [
        { way: 'tone-and-event', habit: 'one-packet' },
        { way: 'telephone-event', habit: 'one-packet-at-end' },
        { way: 'event-then-tail', habit: 'no-end' },
      ],
    ],
    [
      'clocks of 16 and 48 kHz',
      { onMs: 80, offMs: 60 },
      [
        { way: 'tone-and-event', habit: 'clock-of-16-khz' },
        { way: 'telephone-event', habit: 'clock-of-48-khz' },
        { way: 'telephone-event-among-audio', habit: 'clock-of-16-khz' },
      ],
    ],
  ])(
    'keys from senders with habits: %s',
    async (_name, rhythm, senders) => {
      const call = await scene.dial();
      const { talker } = scene.caller;
      await talker.talk(1_000);
      const session = await scene.desk.startSession(call.id);
      const windowStart = talker.sentSamples;
      await talker.talk(300);
      for (const [at, field] of (['cardNumber', 'expirationDate', 'securityCode'] as const).entries()) {
        const { way, habit, info } = senders[at];
        await scene.desk.capture(session.id, field);
        talker.eventHabit = habit;
        const keys = keysOf(`${FIVES[field]}#`);
        if (info === 'beside') await scene.caller.keyWithInfo(keys, way, rhythm);
        else await scene.caller.key(keys, way, rhythm);
        const settled = await scene.settled(session, field);
        expect([way, habit, info, settled.fields[field]]).toMatchObject([way, habit, info, { state: 'captured' }]);
      }
      const token = await scene.complete(session);
      await talker.talk(AFTERWARDS_MS);
      await scene.hangUp(call);
      expect(keyNames(talker.presses.map(({ key }) => key))).toBe(CARD);
      await expectHidden(call.id, { audio: talker.sentAudio, presses: talker.presses, windowStart });
      await expectRedeemed(token);
      expect(scene.audit('capture-disturbed').filter(({ resource }) => resource.callId === call.id)).toEqual([]);
    },
    60_000,
  );

  describe('with sipp as the caller, from a capture file', () => {
    const SPEECH_MS = 3_500;
    const BETWEEN_MS = 2_000;
    let ports: PortRange;

    beforeAll(async () => {
      ports = await reservePorts(20);
    });

    afterAll(() => ports.release());

    type Shape = (press: Press) => { readonly tone?: Press; readonly event?: Press };
    const same: Shape = (press) => ({ tone: press, event: press });

    test.each<[string, { readonly onMs: number; readonly offMs: number }, Shape]>([
      ['tone and event at once, at the fastest legal rate', { onMs: 40, offMs: 40 }, same],
      ['tones alone, at the fastest legal rate', { onMs: 40, offMs: 40 }, (press) => ({ tone: press })],
      [
        'a tone 500 ms behind each event, and the next events before it',
        { onMs: 60, offMs: 60 },
        (press) => ({ event: press, tone: { ...press, startMs: press.startMs + 500 } }),
      ],
      [
        'an event 130 ms behind each tone, and the next tones before it',
        { onMs: 40, offMs: 50 },
        (press) => ({ tone: press, event: { ...press, startMs: press.startMs + 130 } }),
      ],
    ])(
      '%s',
      async (_name, rhythm, shape) => {
        const lists = (['cardNumber', 'expirationDate', 'securityCode'] as const).map((field) =>
          keysOf(`${FIVES[field]}#`),
        );
        let startMs = SPEECH_MS;
        const presses = lists.flatMap((keys) => {
          const list = pressesOf(keys, { startMs, ...rhythm });
          startMs += keys.length * (rhythm.onMs + rhythm.offMs) + BETWEEN_MS;
          return list;
        });
        const shaped = presses.map((press) => ({ key: press.key, ...shape(press) }));
        const lengthMs = startMs + 3_500;
        const audio = await speechFor(lengthMs);
        const noise = audio.map((sample) => sample + (Math.random() * 2 - 1) * 24);
        for (const { tone } of shaped) {
          if (tone === undefined) continue;
          const [from, to] = [samplesOf(tone.startMs), samplesOf(tone.startMs + tone.durationMs)];
          for (let index = from; index < to; index += 1) noise[index] /= 4;
        }
        addTones(
          noise,
          shaped.flatMap(({ tone }) => tone ?? []),
        );
        const eventPresses = shaped.flatMap(({ event }) => event ?? []);
        const sippRun = startCaller({
          scenario: 'uac-plays-audio-and-hangs-up',
          localPort: await ports.next(),
          mediaPort: await ports.consecutive(SIPP_MEDIA_PORTS),
          remotePort: scene.gateway.callerSidePort,
          audio: renderCallerStream({ audio: noise, encoding: 'PCMU', eventPresses }),
          keys: { duration: lengthMs + 200 },
          limitMs: 40_000,
        });
        try {
          const call = await scene.desk.call();
          // Half of the speech before the keys is to be heard untouched.
          await scene.agentHears(samplesOf(SPEECH_MS / 2));
          const session = await scene.desk.startSession(call.id);
          for (const field of ['cardNumber', 'expirationDate', 'securityCode'] as const) {
            await scene.desk.capture(session.id, field);
            expect((await scene.settled(session, field)).fields[field]).toMatchObject({ state: 'captured' });
          }
          const token = await scene.complete(session);
          assertAllSucceeded(await sippRun.done);
          await scene.agent.hungUp();
          const told = shaped.map(({ key, tone }) => ({
            key,
            tone: tone && {
              onsetSample: samplesOf(tone.startMs),
              offsetSample: samplesOf(tone.startMs + tone.durationMs),
            },
          }));
          const heardAudio = decodeG711(encodeG711(noise, 'PCMU'), 'PCMU');
          await expectHidden(call.id, { audio: heardAudio, presses: told, windowStart: samplesOf(SPEECH_MS / 2) });
          await expectRedeemed(token);
        } finally {
          await sippRun.stop();
        }
      },
      60_000,
    );
  });

  describe('a line that loses packets', () => {
    const RHYTHM = { onMs: 100, offMs: 60 };

    test('is told at once, and an entry it may have changed is refused and not counted; re-captured, it is right', async () => {
      const call = await scene.dial();
      const session = await scene.desk.startSession(call.id);
      await scene.desk.capture(session.id, 'cardNumber');
      await scene.caller.key(keysOf(FIVES.cardNumber.slice(0, 8)), 'in-band', RHYTHM);
      scene.caller.talker.loseNext(3);
      const warned = await scene.session(session, 'warned', ({ fields }) => fields.cardNumber.warning !== undefined);
      expect(warned.fields.cardNumber).toMatchObject({
        state: 'awaiting',
        keyCount: 8,
        warning: { code: 'input-uncertain', message: WARNING },
      });
      // The number is whole, and is not taken all the same.
      await scene.caller.key(keysOf(`${FIVES.cardNumber.slice(8)}#`), 'in-band', RHYTHM);
      expect((await scene.settled(session, 'cardNumber')).fields.cardNumber).toEqual({
        state: 'error',
        keyCount: 0,
        failedAttempts: 0,
        error: { code: 'input-uncertain', message: ERROR },
      });
      const again = await scene.enterCard(session, FIVES, 'telephone-event-among-audio');
      expect(again.fields.cardNumber).toMatchObject({ state: 'captured', masked: '**** **** **** 4444' });
      const token = await scene.complete(session);
      await scene.hangUp(call);
      await expectRedeemed(token);
      const records = scene
        .audit('capture-disturbed', 'capture-rejected')
        .filter(({ resource }) => resource.sessionId === session.id);
      expect(records.map(({ action, resource, detail }) => [action, resource.field, detail.code])).toEqual([
        ['capture-disturbed', 'cardNumber', undefined],
        ['capture-rejected', 'cardNumber', 'input-uncertain'],
      ]);
    }, 60_000);

    test('is made up for by the caller’s *', async () => {
      const call = await scene.dial();
      const session = await scene.desk.startSession(call.id);
      await scene.desk.capture(session.id, 'cardNumber');
      await scene.caller.key(keysOf('5555'), 'telephone-event', RHYTHM);
      scene.caller.talker.loseNext(4);
      await scene.session(session, 'warned', ({ fields }) => fields.cardNumber.warning !== undefined);
      await scene.caller.key(keysOf('*'), 'telephone-event', RHYTHM);
      await scene.session(session, 'clean', ({ fields }) => fields.cardNumber.warning === undefined);
      await scene.caller.key(keysOf(`${FIVES.cardNumber}#`), 'telephone-event', RHYTHM);
      const { fields } = await scene.settled(session, 'cardNumber');
      expect(fields.cardNumber).toMatchObject({ state: 'captured', masked: '**** **** **** 4444' });
      await scene.hangUp(call);
    }, 60_000);

    test.each<[KeypadWay]>([['in-band'], ['telephone-event'], ['tone-and-event']])(
      'by one packet in each press, as %s, costs nothing',
      async (way) => {
        const call = await scene.dial();
        const session = await scene.desk.startSession(call.id);
        scene.caller.talker.lostInPress = [2];
        const rhythm = { onMs: 140, offMs: 60 };
        for (const field of ['cardNumber', 'expirationDate', 'securityCode'] as const) {
          await scene.desk.capture(session.id, field);
          await scene.caller.key(keysOf(`${FIVES[field]}#`), way, rhythm);
          expect((await scene.settled(session, field)).fields[field]).toMatchObject({ state: 'captured' });
        }
        const token = await scene.complete(session);
        await scene.hangUp(call);
        await expectRedeemed(token);
        expect(scene.audit('capture-disturbed').filter(({ resource }) => resource.callId === call.id)).toEqual([]);
      },
      60_000,
    );
  });
});

describe('a route that is strict', () => {
  let scene: PaymentScene;

  beforeAll(async () => {
    scene = await PaymentScene.open({ configure: onRoutes({ suppression: 'strict' }) });
  }, 60_000);

  afterAll(async () => {
    expect(await scene.close()).toEqual([]);
  }, 60_000);

  test('passes nothing of the caller while a field awaits, and the voice before and after', async () => {
    const SPAN_MS = 1_500;
    const call = await scene.dial();
    const { talker } = scene.caller;
    await talker.talk(1_000);
    const session = await scene.desk.startSession(call.id);
    const windowStart = talker.sentSamples;
    const spanAfter = async (settleMs: number): Promise<number> => {
      await talker.talk(settleMs);
      const startSample = talker.sentSamples;
      await talker.talk(SPAN_MS + settleMs);
      return startSample;
    };
    const before = await spanAfter(300);
    await scene.desk.capture(session.id, 'securityCode');
    const awaiting = await spanAfter(300);
    await scene.caller.key(keysOf(`${FIVES.securityCode}#`), 'tone-and-event');
    await scene.settled(session, 'securityCode');
    const after = await spanAfter(300);
    await scene.desk.cancel(session.id);
    await talker.talk(AFTERWARDS_MS);
    await scene.hangUp(call);

    const { audio } = scene.agent.heard();
    const { caller: recorded } = await scene.recording(call.id);
    for (const heard of [audio, recorded]) {
      // Two, where the recorder has set the clock of a side whose first packet came late.
      const places = Object.values(placesIn(heard, talker.sentAudio, windowStart));
      const likenessAt = (startSample: number) => {
        const span = { startSample, lengthSamples: samplesOf(SPAN_MS) };
        return Math.max(...places.map((place) => likeness(talker.sentAudio, heard, { ...span, place })));
      };
      expect(likenessAt(before)).toBeGreaterThan(0.5);
      // Comfort noise is like anything by chance, a little.
      expect(likenessAt(awaiting)).toBeLessThan(0.1);
      expect(likenessAt(after)).toBeGreaterThan(0.5);
    }
  }, 60_000);
});
