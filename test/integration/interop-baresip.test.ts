/** baresip as caller and as agent, in both directions: a whole card by `sndcode` and another one as tones in its audio. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { SessionView } from '../../gateway/payment/session-view.js';
import { FIELD_NAMES, type FieldName } from '../../vault-client/wire.js';
import type { AgentClient } from '../support/agent-client.js';
import { rtpTo, WireCapture } from '../support/agent-ear.js';
import { BARESIP_MEDIA_PORTS, BARESIP_SIP_PORTS, Baresip } from '../support/baresip.js';
import { eventually } from '../support/deadline.js';
import { decodeG711, encodeG711 } from '../support/g711.js';
import { GatewayUnderTest } from '../support/gateway-under-test.js';
import { addTones, keysOf, type Press, pressesOf, samplesOf } from '../support/keys.js';
import { listenFor, placeIn, type ToldPress } from '../support/listeners.js';
import { type PortRange, reservePorts } from '../support/ports.js';
import { reportRtp } from '../support/rtp-report.js';
import { decodeWithSpandsp } from '../support/spandsp.js';
import { speechFor } from '../support/speech.js';

const CARD: Readonly<Record<FieldName, string>> = {
  cardNumber: '5555555555554444#',
  expirationDate: '1129#',
  securityCode: '639#',
};
const MASKED = ['**** **** **** 4444', '**/**', '***'];
const LIMIT_MS = 60_000;
/** baresip reads a sound file ahead of the wire; what is to be found again begins with so much speech. */
const SPEECH_MS = 1_000;
const RHYTHM = { startMs: SPEECH_MS + 200, onMs: 90, offMs: 70 };

type Side = { readonly telephone: Baresip; readonly mediaPorts: readonly number[] };

let ports: PortRange;
let gateway: GatewayUnderTest;
let desk: AgentClient;
let trunkPort: number;
let pbxPort: number;
let cleanUps: Array<() => Promise<unknown>> = [];

beforeAll(async () => {
  ports = await reservePorts(200);
  trunkPort = await ports.consecutive(BARESIP_SIP_PORTS);
  pbxPort = await ports.consecutive(BARESIP_SIP_PORTS);
  gateway = await GatewayUnderTest.start({ trunkPort, pbxPort });
  desk = gateway.agent();
  await desk.openEvents();
}, 60_000);

afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  cleanUps = [];
}, 30_000);

afterAll(async () => {
  desk.close();
  expect(await gateway.stop()).toEqual([]);
  ports.release();
}, 60_000);

async function telephone(user: string, sipPort: number, words?: string): Promise<Side> {
  const mediaPort = await ports.consecutive(BARESIP_MEDIA_PORTS);
  const baresip = await Baresip.start({
    user,
    sipPort,
    mediaPort,
    controlPort: await ports.next(),
    answers: 'automatically',
    audio: await speechFor(20_000, words),
    limitMs: 2 * LIMIT_MS,
  });
  cleanUps.push(() => baresip.discard());
  return {
    telephone: baresip,
    mediaPorts: Array.from({ length: BARESIP_MEDIA_PORTS }, (_unused, at) => mediaPort + at),
  };
}

/** What a sound file of this says over G.711, so that it is found on the wire to the bit. */
async function keyedSpeech(names: string): Promise<{ readonly audio: Int16Array; readonly presses: readonly Press[] }> {
  const presses = pressesOf(keysOf(names), RHYTHM);
  const audio = new Int16Array(samplesOf(RHYTHM.startMs + presses.length * (RHYTHM.onMs + RHYTHM.offMs)));
  // Another sentence each time: three equal beginnings could not be told apart.
  audio.set(await speechFor(SPEECH_MS, `These are the keys of ${names.length} presses.`));
  addTones(audio, presses);
  return { audio: decodeG711(encodeG711(audio, 'PCMU'), 'PCMU'), presses };
}

async function settled(session: SessionView, field: FieldName, from: number): Promise<SessionView> {
  return desk.sessionEvent(
    `${field} settled`,
    (view) =>
      view.id === session.id &&
      desk.events.findIndex((event) => event.session === view) >= from &&
      ['captured', 'error'].includes(view.fields[field].state),
    LIMIT_MS,
  );
}

/** Captures the card field by field, with `key` to press the keys, and answers the last view. */
async function captureCard(callId: string, key: (names: string) => Promise<void>): Promise<void> {
  const session = await desk.startSession(callId);
  for (const field of FIELD_NAMES) {
    const from = desk.events.length;
    await desk.capture(session.id, field);
    await key(CARD[field]);
    await settled(session, field, from);
  }
  const { fields } = await desk.session(session.id);
  expect(FIELD_NAMES.map((field) => fields[field].masked)).toEqual(MASKED);
  await desk.complete(session.id);
  await desk.sessionEvent('vaulted', ({ id, state }) => id === session.id && state === 'vaulted', LIMIT_MS);
}

test.each(['inbound', 'outbound'] as const)(
  '%s: two cards are captured, and nobody hears them',
  async (direction) => {
    const customer = await telephone('customer', trunkPort);
    const agent = await telephone(
      'agent',
      pbxPort,
      'Please key in the number of your card now, followed by the hash key.',
    );
    const capture = await WireCapture.start({
      ports: [...customer.mediaPorts, ...agent.mediaPorts],
      limitMs: 2 * LIMIT_MS,
    });
    cleanUps.push(() => capture.discard());
    if (direction === 'inbound') await customer.telephone.dial(`sip:agent@127.0.0.1:${gateway.callerSidePort}`);
    else await agent.telephone.dial(`sip:customer@127.0.0.1:${gateway.agentSidePort}`);
    const call = await desk.call();
    // Keys before the payment reach the agent, or the rest would prove nothing.
    await customer.telephone.sendKeys('70');
    await eventually(LIMIT_MS, 'two keys', () => (agent.telephone.receivedKeys() === '70' ? true : undefined));

    await captureCard(call.id, (names) => customer.telephone.sendKeys(names));
    const told: { readonly audio: Int16Array; readonly presses: readonly Press[] }[] = [];
    await captureCard(call.id, async (names) => {
      const keyed = await keyedSpeech(names);
      told.push(keyed);
      await customer.telephone.say(keyed.audio);
    });

    await (direction === 'inbound' ? customer : agent).telephone.hangUp();
    await agent.telephone.event('CALL_CLOSED', LIMIT_MS);
    await agent.telephone.quit();

    const datagrams = await capture.stop();
    const sentBy = (side: Side) => datagrams.filter(({ sourcePort }) => side.mediaPorts.includes(sourcePort));
    const gatewayPort = sentBy(customer).find(({ payload }) => payload.length === 172)?.destinationPort ?? 0;
    const sent = reportRtp(rtpTo(gatewayPort, sentBy(customer)));
    const heard = agent.mediaPorts
      .map((port) => reportRtp(rtpTo(port, datagrams)))
      .find(({ packets }) => packets > 100);
    if (heard === undefined) throw new Error('the agent heard nothing');
    const card = FIELD_NAMES.map((field) => CARD[field]).join('');

    // The control: on the caller's own wire every key is there, by event in the first card and by tone in the second.
    const presses = told.flatMap((keyed): readonly ToldPress[] => {
      const place = placeIn(sent.audio, keyed.audio, 0, samplesOf(SPEECH_MS));
      if (place === undefined) throw new Error('what baresip was to say is not on its wire');
      return keyed.presses.map(({ key, startMs, durationMs }) => ({
        key,
        tone: { onsetSample: place + samplesOf(startMs), offsetSample: place + samplesOf(startMs + durationMs) },
      }));
    });
    expect(await listenFor(presses, sent.audio, 0, sent.events)).toEqual({
      likelihood: card.length,
      spandsp: card,
      events: `70${card}`,
    });
    const place = placeIn(heard.audio, sent.audio);
    expect(place).toBeDefined();
    expect(await listenFor(presses, heard.audio, place ?? 0, heard.events)).toEqual({
      likelihood: 0,
      spandsp: '',
      events: '70',
    });
    expect(heard).toMatchObject({ missing: 0, duplicates: 0, ssrcs: [expect.any(Number)] });
    expect(agent.telephone.receivedKeys()).toBe('70');
    const dumps = await Promise.all(agent.telephone.heard().map(decodeWithSpandsp));
    expect(dumps.length).toBeGreaterThan(0);
    expect(dumps.join('')).toBe('');
  },
  120_000,
);
