/** baresip with G.722 on both sides: a card as tones in its audio is captured, and the agent's baresip is sent none of it. */
import { afterEach, expect, test } from '@jest/globals';
import { DtmfDetector, PRESS_BEGAN } from '../../dsp/dtmf-detector.js';
import { FIELD_NAMES, type FieldName } from '../../vault-client/wire.js';
import { rtpTo, WireCapture } from '../support/agent-ear.js';
import { BARESIP_MEDIA_PORTS, BARESIP_SIP_PORTS, Baresip } from '../support/baresip.js';
import { eventually } from '../support/deadline.js';
import { GatewayUnderTest } from '../support/gateway-under-test.js';
import { addTones, keyNames, keysOf, pressesOf, samplesOf } from '../support/keys.js';
import { likelyPlaceIn, listenFor, type ToldPress } from '../support/listeners.js';
import { type PortRange, reservePorts } from '../support/ports.js';
import { reportRtp } from '../support/rtp-report.js';
import { speechFor } from '../support/speech.js';

const CARD: Readonly<Record<FieldName, string>> = {
  cardNumber: '5555555555554444#',
  expirationDate: '1129#',
  securityCode: '639#',
};
const LIMIT_MS = 60_000;
const RHYTHM = { startMs: 1_200, onMs: 90, offMs: 70 };

let cleanUps: Array<() => unknown> = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  cleanUps = [];
}, 60_000);

type Side = { readonly telephone: Baresip; readonly mediaPorts: readonly number[] };

async function telephone(ports: PortRange, user: string, sipPort: number, words?: string): Promise<Side> {
  const mediaPort = await ports.consecutive(BARESIP_MEDIA_PORTS);
  const baresip = await Baresip.start({
    user,
    sipPort,
    mediaPort,
    controlPort: await ports.next(),
    answers: 'automatically',
    encoding: 'G722',
    audio: await speechFor(20_000, words),
    limitMs: 2 * LIMIT_MS,
  });
  cleanUps.push(() => baresip.discard());
  const mediaPorts = Array.from({ length: BARESIP_MEDIA_PORTS }, (_unused, at) => mediaPort + at);
  return { telephone: baresip, mediaPorts };
}

async function keyedSpeech(names: string): Promise<Int16Array> {
  const presses = pressesOf(keysOf(names), RHYTHM);
  const audio = new Int16Array(samplesOf(RHYTHM.startMs + presses.length * (RHYTHM.onMs + RHYTHM.offMs)));
  audio.set(await speechFor(1_000, `These are the keys of ${names.length} presses.`));
  addTones(audio, presses);
  return audio;
}

/** Where the detector finds presses in what was sent. */
function pressesIn(audio: Int16Array): readonly ToldPress[] {
  const detector = new DtmfDetector();
  const found: ToldPress[] = [];
  for (let at = 0; at + 160 <= audio.length; at += 160) {
    if ((detector.process(audio.subarray(at, at + 160), 160) & PRESS_BEGAN) === 0) continue;
    const onsetSample = detector.onsetSample;
    found.push({
      key: detector.takeKey(),
      tone: { onsetSample, offsetSample: onsetSample + samplesOf(RHYTHM.onMs) },
    });
  }
  return found;
}

test('a card is captured over G.722, and nobody hears it', async () => {
  const ports = await reservePorts(200);
  cleanUps.push(() => ports.release());
  const trunkPort = await ports.consecutive(BARESIP_SIP_PORTS);
  const pbxPort = await ports.consecutive(BARESIP_SIP_PORTS);
  const gateway = await GatewayUnderTest.start({ trunkPort, pbxPort });
  cleanUps.push(async () => expect(await gateway.stop()).toEqual([]));
  const desk = gateway.agent();
  cleanUps.push(() => desk.close());
  await desk.openEvents();
  const customer = await telephone(ports, 'customer', trunkPort);
  const agent = await telephone(ports, 'agent', pbxPort, 'Please key in the number of your card now.');
  const capture = await WireCapture.start({
    ports: [...customer.mediaPorts, ...agent.mediaPorts],
    limitMs: 2 * LIMIT_MS,
  });
  cleanUps.push(() => capture.discard());
  await customer.telephone.dial(`sip:agent@127.0.0.1:${gateway.callerSidePort}`);
  const call = await desk.call();
  // Keys before the payment reach the agent, or the rest would prove nothing.
  await customer.telephone.sendKeys('7070');
  await eventually(LIMIT_MS, 'four keys', () => (agent.telephone.receivedKeys() === '7070' ? true : undefined));

  const session = await desk.startSession(call.id);
  for (const field of FIELD_NAMES) {
    const from = desk.events.length;
    await desk.capture(session.id, field);
    await customer.telephone.say(await keyedSpeech(CARD[field]));
    await desk.sessionEvent(
      `${field} settled`,
      (view) =>
        view.id === session.id &&
        desk.events.findIndex((event) => event.session === view) >= from &&
        ['captured', 'error'].includes(view.fields[field].state),
      LIMIT_MS,
    );
  }
  const { fields } = await desk.session(session.id);
  expect(FIELD_NAMES.map((field) => fields[field].masked)).toEqual(['**** **** **** 4444', '**/**', '***']);
  await desk.complete(session.id);
  await desk.sessionEvent('vaulted', ({ id, state }) => id === session.id && state === 'vaulted', LIMIT_MS);
  await customer.telephone.hangUp();
  await agent.telephone.event('CALL_CLOSED', LIMIT_MS);

  const datagrams = await capture.stop();
  const sentBy = (side: Side) => datagrams.filter(({ sourcePort }) => side.mediaPorts.includes(sourcePort));
  const gatewayPort = sentBy(customer).find(({ payload }) => payload.length === 172)?.destinationPort ?? 0;
  const sent = reportRtp(rtpTo(gatewayPort, sentBy(customer)));
  const heard = agent.mediaPorts.map((port) => reportRtp(rtpTo(port, datagrams))).find(({ packets }) => packets > 100);
  if (heard === undefined) throw new Error('the agent heard nothing');
  expect([...sent.payloadTypes.keys(), ...heard.payloadTypes.keys()]).toEqual([9, 101, 9, 101]);

  // The control: every key is on the caller's own wire.
  const card = FIELD_NAMES.map((field) => CARD[field]).join('');
  const presses = pressesIn(sent.audio);
  expect(keyNames(presses.map(({ key }) => key))).toBe(card);
  expect(await listenFor(presses, sent.audio, 0)).toMatchObject({ likelihood: card.length, spandsp: card });
  const spoken = { startSample: samplesOf(100), lengthSamples: samplesOf(350) };
  const reach = samplesOf(500);
  const place = likelyPlaceIn(heard.audio, sent.audio, spoken, { least: -reach, most: reach });
  const told = { before: place, after: place + samplesOf(60) };
  expect(await listenFor(presses, heard.audio, told)).toMatchObject({ likelihood: 0, spandsp: '' });
  expect(keyNames(heard.events.map(({ key }) => key))).toBe('7070');
  expect(heard).toMatchObject({ missing: 0, duplicates: 0, ssrcs: [expect.any(Number)] });
}, 120_000);
