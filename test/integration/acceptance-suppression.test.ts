/** What the agent and the recorder receive of a caller's keys, by every way keys are sent: AC-4 and AC-5. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KeypadWay, SentPress } from '../support/keypad-talker.js';
import { keyNames, keysOf } from '../support/keys.js';
import { listenFor, placeIn, placesIn, toned } from '../support/listeners.js';
import { PaymentScene, VISA } from '../support/payment-scene.js';

/** A caller in a voice menu, before anybody speaks of payment. No key of it is the first of the card. */
const MENU = '1957';
const CARD = `${VISA.cardNumber}#${VISA.expirationDate}#${VISA.securityCode}#`;
/** A window closes when the line has been quiet for a while; then what is said comes through untouched. */
const AFTERWARDS_MS = 1_700;

let scene: PaymentScene;

beforeAll(async () => {
  scene = await PaymentScene.open();
}, 60_000);

afterAll(async () => {
  expect(await scene.close()).toEqual([]);
}, 60_000);

const names = (presses: readonly SentPress[]): string => keyNames(presses.map(({ key }) => key));

describe('AC-4 AC-5: from Start to end no event, no tone and no packet before detection reaches agent or recorder', () => {
  test.each<KeypadWay>([
    'telephone-event',
    'telephone-event-among-audio',
    'in-band',
    'tone-and-event',
    'tone-then-event',
    'event-then-tail',
  ])(
    'of a card keyed as %s',
    async (way) => {
      const call = await scene.dial();
      const { talker } = scene.caller;
      await talker.talk(1_000);
      await scene.caller.key(keysOf(MENU), way);
      const session = await scene.desk.startSession(call.id);
      const windowStart = talker.sentSamples;
      await talker.talk(300);
      await scene.enterCard(session, VISA, way);
      await scene.complete(session);
      await talker.talk(AFTERWARDS_MS);
      await scene.hangUp(call);

      const [menu, card] = [talker.presses.slice(0, MENU.length), talker.presses.slice(MENU.length)];
      expect(names(card)).toBe(CARD);
      const isToned = toned(card).length > 0;
      const hasEvents = way !== 'in-band';

      // The control: these listeners find every key in what the caller sent.
      const atCaller = await listenFor(talker.presses, talker.sentAudio, 0);
      expect(atCaller.spandsp).toBe(isToned ? MENU + CARD : '');
      expect(atCaller.likelihood).toBe(isToned ? MENU.length + CARD.length : 0);

      const heard = scene.agent.heard();
      const place = placesIn(heard.audio, talker.sentAudio, windowStart);
      const atAgent = await listenFor(card, heard.audio, place, heard.events);
      // What was keyed before Start is there for the agent to hear, and it is all there is.
      expect(atAgent).toEqual({ likelihood: 0, spandsp: isToned ? MENU : '', events: hasEvents ? MENU : '' });
      expect((await listenFor(menu, heard.audio, place.before)).likelihood).toBe(isToned ? MENU.length : 0);
      // One stream, whole in its numbers; while the caller's own audio rests, before Start, so does the agent's.
      expect(heard).toMatchObject({ missing: 0, duplicates: 0, reordered: 0 });
      expect(heard.ssrcs).toHaveLength(1);
      expect(heard.timestampBreaks).toHaveLength(way === 'telephone-event' ? MENU.length : 0);

      const recording = await scene.recording(call.id);
      const recordedAt = placeIn(recording.caller, talker.sentAudio, 0, windowStart) ?? Number.NaN;
      const atRecorder = await listenFor(card, recording.caller, recordedAt);
      expect(atRecorder).toEqual({ likelihood: 0, spandsp: isToned ? MENU : '', events: '' });
      expect((await listenFor(menu, recording.caller, recordedAt)).likelihood).toBe(isToned ? MENU.length : 0);
    },
    90_000,
  );

  test('of digits by SIP INFO, which pass before Start and after the end', async () => {
    const call = await scene.dial();
    scene.agent.receivedInfos.length = 0;
    scene.caller.infoStatuses.length = 0;
    await scene.caller.key(keysOf('19'), 'sip-info');
    const session = await scene.desk.startSession(call.id);
    await scene.enterCard(session, VISA, 'sip-info');
    // A key in a form that nobody can read is refused, not handed on.
    expect(await scene.caller.info('application/vnd.example+dtmf', '4')).toBeGreaterThanOrEqual(400);
    await scene.complete(session);
    // Suppression ends a moment after the session, when the line has been quiet.
    await scene.audited('window-closed', { callId: call.id });
    await scene.caller.key(keysOf('57'), 'sip-info');
    await scene.hangUp(call);
    expect(scene.agent.receivedInfos.map((body) => /^Signal=(.)/.exec(body)?.[1]).join('')).toBe(MENU);
    const statuses = scene.caller.infoStatuses;
    expect(statuses.filter((status) => status === 200)).toHaveLength(MENU.length + CARD.length);
  }, 60_000);
});
