/**
 * An agent's softphone of the parts that softphones are made of, without a browser: sip.js over WSS, and WebRTC by
 * @roamhq/wrtc. Called by baresip it takes a whole payment, in which it hears no key.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SessionState } from 'sip.js';
import type { SessionView } from '../../gateway/payment/session-view.js';
import { FIELD_NAMES, type FieldName } from '../../vault-client/wire.js';
import type { AgentClient } from '../support/agent-client.js';
import { BARESIP_MEDIA_PORTS, BARESIP_SIP_PORTS, Baresip } from '../support/baresip.js';
import { BrowserPhone, reaches } from '../support/browser-phone.js';
import { pause } from '../support/deadline.js';
import { GatewayUnderTest } from '../support/gateway-under-test.js';
import { keyNames, samplesOf } from '../support/keys.js';
import { listenFor } from '../support/listeners.js';
import { type PortRange, reservePorts } from '../support/ports.js';
import { mostFound, type Said, saidKeys, tonesOf } from '../support/said-keys.js';
import { AGENT_USER, withSoftphones } from '../support/softphone-scene.js';
import { decodeWithSpandsp } from '../support/spandsp.js';
import { speechFor } from '../support/speech.js';
import { TlsCertificate } from '../support/tls-certificate.js';
import { WrtcDescriptions } from '../webrtc/wrtc-descriptions.js';
import { WrtcEndpoint } from '../webrtc/wrtc-endpoint.js';

const PORTS = 30;
const LIMIT_MS = 20_000;
const POLL_INTERVAL_MS = 100;
const MAX_ENTRIES = 3;
/** Until the jitter buffer has found its length. */
const SETTLING_MS = 2_000;
const CARD: Readonly<Record<FieldName, string>> = {
  cardNumber: '5555555555554444#',
  expirationDate: '1129#',
  securityCode: '639#',
};

let ports: PortRange;
let certificate: TlsCertificate;
let gateway: GatewayUnderTest;
let desk: AgentClient;
let endpoint: WrtcEndpoint;
let phone: BrowserPhone;
let caller: Baresip;

beforeAll(async () => {
  ports = await reservePorts(PORTS);
  certificate = new TlsCertificate();
  const sipPort = await ports.consecutive(BARESIP_SIP_PORTS);
  gateway = await GatewayUnderTest.start({
    trunkPort: sipPort,
    pbxPort: await ports.next(),
    configure: (base) => withSoftphones(base, { certificate, server: 'wss://softphone.example' }),
  });
  desk = gateway.agent();
  await desk.openEvents();
  endpoint = new WrtcEndpoint();
  phone = await BrowserPhone.connect({
    server: `wss://127.0.0.1:${gateway.agentSidePort}`,
    certificate: certificate.certificate,
    origin: `http://127.0.0.1:${gateway.apiPort}`,
    user: AGENT_USER,
    password: gateway.secret(`sip-${AGENT_USER}.password`),
    descriptions: () => new WrtcDescriptions(endpoint),
  });
  caller = await Baresip.start({
    user: 'caller',
    sipPort,
    controlPort: await ports.next(),
    mediaPort: await ports.consecutive(BARESIP_MEDIA_PORTS),
    answers: 'automatically',
    audio: await speechFor(20_000),
    limitMs: 120_000,
  });
}, 60_000);

afterAll(async () => {
  await caller.discard();
  await phone.close();
  endpoint.kill();
  desk.close();
  expect(await gateway.stop()).toEqual([]);
  certificate.remove();
  ports.release();
}, 60_000);

async function heardSamples(): Promise<number> {
  return (await endpoint.heard()).length;
}

async function heardUntil(samples: number): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  while ((await heardSamples()) < samples) {
    if (performance.now() > endMs) throw new Error('no sound comes to the agent');
    await pause(POLL_INTERVAL_MS);
  }
}

const heardMs = async (durationMs: number): Promise<void> => heardUntil((await heardSamples()) + samplesOf(durationMs));
/** Until all that was said has been heard. */
const heardAll = ({ audio, from }: Said): Promise<void> => heardUntil(from + audio.length + samplesOf(1_500));

async function say(names: string): Promise<Said> {
  const keys = await saidKeys(names);
  const said = { ...keys, from: await heardSamples() };
  await caller.say(said.audio);
  return said;
}

async function settled(session: SessionView, field: FieldName): Promise<SessionView> {
  const endMs = performance.now() + LIMIT_MS;
  for (;;) {
    const view = await desk.session(session.id);
    if (view.fields[field].state !== 'awaiting') return view;
    if (performance.now() > endMs) throw new Error(`${field} goes on awaiting`);
    await pause(POLL_INTERVAL_MS);
  }
}

/** Only a line that was disturbed, on a machine that does much else, is asked for once more. */
async function enter(session: SessionView, field: FieldName, key: () => Promise<unknown>): Promise<void> {
  for (let entry = 1; entry <= MAX_ENTRIES; entry += 1) {
    await desk.capture(session.id, field);
    await key();
    const { state, error } = (await settled(session, field)).fields[field];
    if (state === 'captured') return;
    expect(error?.code).toBe('input-uncertain');
  }
  throw new Error(`${field} was disturbed ${MAX_ENTRIES} times`);
}

test('registered over WSS and called by baresip: keys are heard before a payment and none in it, and the token pays once', async () => {
  expect(await phone.register()).toBe(200);
  const invited = phone.invited();
  const dialling = caller.dial(`sip:${AGENT_USER}@127.0.0.1:${gateway.callerSidePort}`, LIMIT_MS);
  const invitation = await invited;
  await invitation.accept();
  await reaches(invitation, SessionState.Established);
  await dialling;
  await endpoint.say(await speechFor(4_000, 'This is the agent. How may I help you today?'));
  const call = await desk.call();
  await heardMs(SETTLING_MS);
  // The control: what is keyed outside a payment is heard, by tone and by event.
  const before = await say('7082');
  await heardAll(before);
  await caller.sendKeys('36');
  await heardMs(1_500);

  const session = await desk.startSession(call.id);
  const windowStart = await heardSamples();
  const told: Said[] = [];
  for (const field of FIELD_NAMES) {
    await enter(session, field, async () => {
      if (field === 'securityCode') await caller.sendKeys(CARD[field]);
      else told.push(await say(CARD[field]));
    });
  }
  for (const said of told) await heardAll(said);
  const windowEnd = await heardSamples();
  await desk.complete(session.id);
  const { token } = await desk.sessionEvent('vaulted', ({ id, state }) => id === session.id && state === 'vaulted');
  await invitation.bye();
  await caller.event('CALL_CLOSED', LIMIT_MS);

  // What the caller sent holds every key, for either listener.
  for (const { audio, presses } of [before, ...told]) {
    expect(await listenFor(tonesOf(presses, 0), audio, 0)).toMatchObject({
      likelihood: presses.length,
      spandsp: keyNames(presses.map(({ key }) => key)),
    });
  }
  const heard = await endpoint.heard();
  expect(mostFound(before, heard)).toBe(before.presses.length);
  expect(await decodeWithSpandsp(heard.subarray(0, windowStart))).toBe('708236');
  expect(await decodeWithSpandsp(heard.subarray(windowStart, windowEnd))).toBe('');
  for (const said of told) expect(mostFound(said, heard)).toBe(0);
  const redeemed = (orderId: string) => gateway.redeem({ token: token ?? 'none', orderId });
  expect(await redeemed('first')).toMatchObject({ status: 200, body: { brand: 'mastercard' } });
  expect(await redeemed('second')).toMatchObject({ status: 409, body: { error: { code: 'token_already_redeemed' } } });
}, 120_000);
