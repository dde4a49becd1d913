/** What the window lets through, what it keeps, and where it begins and ends: AC-6, AC-9, AC-16 and AC-18 to AC-20. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KeypadWay } from '../support/keypad-talker.js';
import { keyNames, keysOf, samplesOf } from '../support/keys.js';
import { likeness, listenFor, placeIn, placesIn } from '../support/listeners.js';
import { PaymentScene, VISA } from '../support/payment-scene.js';

/** A window closes when the line has been quiet for a while; then what is said comes through untouched. */
const AFTERWARDS_MS = 1_700;

let scene: PaymentScene;

beforeAll(async () => {
  scene = await PaymentScene.open();
}, 60_000);

afterAll(async () => {
  expect(await scene.close()).toEqual([]);
}, 60_000);

test('AC-6: voice of both parties is still carried in the window', async () => {
  const call = await scene.dial();
  const { talker } = scene.caller;
  await talker.talk(1_000);
  const session = await scene.desk.startSession(call.id);
  const span = { startSample: talker.sentSamples + samplesOf(200), lengthSamples: samplesOf(2_000) };
  const agentSpan = { ...span, startSample: scene.agent.talker.sentSamples + samplesOf(200) };
  await talker.talk(2_500);
  await scene.desk.cancel(session.id);
  await talker.talk(AFTERWARDS_MS);
  await scene.hangUp(call);

  const { before } = placesIn(scene.agent.heard().audio, talker.sentAudio, span.startSample);
  const callerVoice = talker.sentAudio;
  const atAgent = scene.agent.heard().audio;
  // The notches turn phases and take a little; comfort noise or another second of speech would be below a tenth.
  expect(likeness(callerVoice, atAgent, { ...span, place: before })).toBeGreaterThan(0.5);
  // Nothing is ever taken out of what the agent says.
  const agentVoice = scene.agent.talker.sentAudio;
  const { audio } = scene.caller.heard();
  const place = placeIn(audio, agentVoice, agentSpan.startSample, agentSpan.startSample + agentSpan.lengthSamples);
  expect(likeness(agentVoice, audio, { ...agentSpan, place: place ?? 0 })).toBe(1);
}, 60_000);

test('AC-9 AC-18: digits after # and while no field awaits are suppressed, discarded and counted', async () => {
  const call = await scene.dial();
  const { talker } = scene.caller;
  await talker.talk(1_000);
  const session = await scene.desk.startSession(call.id);
  const windowStart = talker.sentSamples;
  await talker.talk(200);
  await scene.caller.key(keysOf('4711'), 'in-band');
  await scene.desk.capture(session.id, 'expirationDate');
  await scene.caller.key(keysOf(`${VISA.expirationDate}#58`), 'in-band');
  await scene.caller.key(keysOf('69'), 'telephone-event-among-audio');
  const after = await scene.session(session, 'eight keys dropped', ({ droppedKeys }) => droppedKeys >= 8);
  expect(after.droppedKeys).toBe(8);
  expect(after.fields.expirationDate).toMatchObject({ state: 'captured', masked: '**/**', keyCount: 0 });
  expect(after.fields.cardNumber.state).toBe('empty');
  await scene.desk.cancel(session.id);
  await talker.talk(AFTERWARDS_MS);
  await scene.hangUp(call);

  const heard = scene.agent.heard();
  const place = placesIn(heard.audio, talker.sentAudio, windowStart);
  expect(await listenFor(talker.presses, heard.audio, place, heard.events)).toEqual({
    likelihood: 0,
    spandsp: '',
    events: '',
  });
  expect((await listenFor(talker.presses, talker.sentAudio, 0)).spandsp).toBe('47111231#58');
}, 60_000);

test('AC-16 AC-19: the caller’s digits pass outside a session, before Start and after Cancel', async () => {
  const call = await scene.dial();
  const { talker } = scene.caller;
  await talker.talk(1_000);
  await scene.caller.key(keysOf('1#'), 'in-band');
  await scene.caller.key(keysOf('2*'), 'telephone-event');
  const session = await scene.desk.startSession(call.id);
  const windowStart = talker.sentSamples;
  await scene.enter(session, 'securityCode', VISA.securityCode, 'in-band');
  await scene.desk.cancel(session.id);
  await talker.talk(AFTERWARDS_MS);
  await scene.caller.key(keysOf('90'), 'in-band');
  await scene.caller.key(keysOf('80'), 'telephone-event');
  await talker.talk(AFTERWARDS_MS);
  await scene.hangUp(call);

  const heard = scene.agent.heard();
  expect(keyNames(heard.events.map(({ key }) => key))).toBe('2*80');
  const { after } = placesIn(heard.audio, talker.sentAudio, windowStart);
  const late = talker.presses.slice(-4);
  expect(await listenFor(late, heard.audio, after)).toMatchObject({ likelihood: 2, spandsp: '1#90' });
}, 60_000);

describe('AC-20: of a press that began before Start and ends after it', () => {
  test.each<KeypadWay>(['in-band', 'telephone-event', 'tone-and-event'])(
    'as %s, the rest is suppressed',
    async (way) => {
      const call = await scene.dial();
      const { talker } = scene.caller;
      await talker.talk(1_000);
      const pressing = scene.caller.key(keysOf('5'), way, { onMs: 3_000, offMs: 200 });
      await talker.talk(300);
      const session = await scene.desk.startSession(call.id);
      const windowStart = talker.sentSamples;
      const eventPackets = scene.agent.heard().eventPackets;
      expect(talker.presses[0].endSample).toBeGreaterThan(windowStart + samplesOf(200));
      await scene.desk.capture(session.id, 'securityCode');
      await pressing;
      await scene.caller.key(keysOf(`${VISA.securityCode}#`), way);
      const { fields, droppedKeys } = await scene.settled(session, 'securityCode');
      // The press belongs to no field: three digits are the caller's code, a fourth would be another one.
      expect(fields.securityCode).toMatchObject({ state: 'captured', masked: '***' });
      expect(droppedKeys).toBeLessThanOrEqual(1);
      await scene.desk.cancel(session.id);
      await talker.talk(AFTERWARDS_MS);
      await scene.hangUp(call);

      const heard = scene.agent.heard();
      expect(heard.eventPackets - eventPackets).toBeLessThanOrEqual(1);
      const place = placesIn(heard.audio, talker.sentAudio, windowStart);
      const rest = { onsetSample: windowStart + samplesOf(20), offsetSample: talker.presses[0].endSample };
      const inWindow = talker.presses.map((press, index) => (index === 0 ? { ...press, tone: rest } : press));
      expect((await listenFor(inWindow, heard.audio, place)).likelihood).toBe(0);
    },
    60_000,
  );

  test('and a press that outlasts the session is suppressed to its end', async () => {
    const call = await scene.dial();
    const { talker } = scene.caller;
    await talker.talk(1_000);
    const session = await scene.desk.startSession(call.id);
    const windowStart = talker.sentSamples;
    const pressing = scene.caller.key(keysOf('6'), 'tone-and-event', { onMs: 1_500, offMs: 200 });
    await talker.talk(300);
    await scene.desk.cancel(session.id);
    expect(talker.presses[0].endSample).toBeGreaterThan(talker.sentSamples);
    await pressing;
    await talker.talk(AFTERWARDS_MS);
    await scene.hangUp(call);

    const heard = scene.agent.heard();
    const found = await listenFor(
      talker.presses,
      heard.audio,
      placesIn(heard.audio, talker.sentAudio, windowStart),
      heard.events,
    );
    expect(found).toEqual({ likelihood: 0, spandsp: '', events: '' });
  }, 60_000);
});
