/** Real calls with G.722: both voices are carried, a card is captured from tones in it, and nobody hears the keys. */
import { afterEach, expect, test } from '@jest/globals';
import { keyNames, keysOf, samplesOf } from '../support/keys.js';
import { likelyPlaceIn, likeness, listenFor } from '../support/listeners.js';
import { PaymentScene, VISA } from '../support/payment-scene.js';
import { type VoiceEncoding, voicePayloadType } from '../support/voice-codec.js';

/** Keyed before the payment, for everybody to hear. No key of it is the first of the card. */
const MENU = '1957';
const CARD = `${VISA.cardNumber}#${VISA.expirationDate}#${VISA.securityCode}#`;
const AFTERWARDS_MS = 2_500;
/** A call is heard within this of its first packet. */
const MAX_PLACE_SAMPLES = samplesOf(400);
/** A recorder sets a side's clock whose first packet came late, by 40 ms every few seconds. */
const MAX_SHIFT_SAMPLES = samplesOf(200);

let scene: PaymentScene | undefined;

afterEach(async () => {
  expect(await scene?.close()).toEqual([]);
  scene = undefined;
}, 60_000);

test.each<readonly [VoiceEncoding, VoiceEncoding, 'inbound' | 'outbound']>([
  ['G722', 'G722', 'inbound'],
  ['G722', 'PCMU', 'inbound'],
  // Who offers nothing but G.722 is brought together with whoever answers; here it is the agent who dials.
  ['PCMA', 'G722', 'outbound'],
])(
  'AC-4 AC-5: a caller with %s and an agent with %s, %s',
  async (caller, agent, direction) => {
    const set = await PaymentScene.open({
      encodings: { caller, agent },
      configure: (configuration) => ({
        ...configuration,
        routes: [
          { name: 'inbound', from: 'trunk', to: 'pbx', callerSide: 'from', recordingMode: 'masked-continuous' },
          { name: 'outbound', from: 'pbx', to: 'trunk', callerSide: 'to', recordingMode: 'masked-continuous' },
        ],
      }),
    });
    scene = set;
    const call = direction === 'inbound' ? await set.dial() : await set.dialOut();
    const { talker } = set.caller;
    await talker.talk(1_500);
    await set.caller.key(keysOf(MENU), 'in-band');
    const session = await set.desk.startSession(call.id);
    const windowStart = talker.sentSamples;
    await talker.talk(2_000);
    const captured = await set.enterCard(session, VISA, 'in-band');
    expect(Object.values(captured.fields).map(({ state }) => state)).toEqual(['captured', 'captured', 'captured']);
    const token = await set.complete(session);
    // The vault opens for who may see it: exactly what was keyed.
    const redeemed = await set.gateway.redeem({ token, orderId: 'order-1' });
    expect(redeemed).toMatchObject({ status: 200, body: { last4: '4242' } });
    await talker.talk(AFTERWARDS_MS);
    await set.hangUp(call);

    const card = talker.presses.slice(MENU.length);
    expect(keyNames(card.map(({ key }) => key))).toBe(CARD);
    const sent = talker.sentAudio;
    // The control: these listeners find every key in what the caller sent.
    expect(await listenFor(talker.presses, sent, 0)).toMatchObject({
      likelihood: MENU.length + CARD.length,
      spandsp: MENU + CARD,
    });

    const heard = set.agent.heard();
    expect([...heard.payloadTypes.keys()]).toEqual([voicePayloadType[agent]]);
    expect([...set.caller.heard().payloadTypes.keys()]).toEqual([voicePayloadType[caller]]);
    expect(heard).toMatchObject({ missing: 0, duplicates: 0, reordered: 0, timestampBreaks: [] });
    expect(heard.ssrcs).toHaveLength(1);
    const spoken = { startSample: samplesOf(600), lengthSamples: samplesOf(600) };
    const range = { least: -MAX_PLACE_SAMPLES, most: MAX_PLACE_SAMPLES };
    const recording = await set.recording(call.id);
    for (const [audio, most] of [
      [heard.audio, MAX_PLACE_SAMPLES],
      [recording.caller, samplesOf(8_000)],
    ] as const) {
      const before = likelyPlaceIn(audio, sent, spoken, { ...range, most });
      // The caller goes on being heard after the window: in the recording maybe a little off, whose clock may have been set.
      const afterwards = { startSample: sent.length - samplesOf(900), lengthSamples: samplesOf(600) };
      const near = { least: before - MAX_SHIFT_SAMPLES, most: before + MAX_SHIFT_SAMPLES, leastLikeness: 0.8 };
      const after = likelyPlaceIn(audio, sent, afterwards, near);
      // The window's delay, and what is filled while a word is late.
      const place = { before: Math.min(before, after), after: Math.max(before, after) + samplesOf(60) };
      expect(await listenFor(card, audio, place)).toMatchObject({ likelihood: 0, spandsp: MENU });
      const menu = talker.presses.slice(0, MENU.length);
      expect((await listenFor(menu, audio, before)).likelihood).toBe(MENU.length);
      // And in the window.
      const inWindow = { startSample: windowStart + samplesOf(400), lengthSamples: samplesOf(1_200) };
      const alike = [before, after].map((at) => likeness(sent, audio, { ...inWindow, place: at }));
      expect(Math.max(...alike)).toBeGreaterThan(0.5);
    }
    // The agent's voice goes the other way untouched by all of this.
    const toCaller = set.caller.heard().audio;
    const agentSent = set.agent.talker.sentAudio;
    const agentPlace = likelyPlaceIn(toCaller, agentSent, spoken, range);
    expect(
      likeness(agentSent, toCaller, {
        startSample: windowStart,
        lengthSamples: samplesOf(3_000),
        place: agentPlace - 200,
      }),
    ).toBeGreaterThan(0.8);
  },
  90_000,
);
