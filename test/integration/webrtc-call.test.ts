/**
 * An agent who speaks WebRTC (libwebrtc, by way of @roamhq/wrtc): a caller on a telephone, a payment, and what came out of
 * the agent's jitter buffer. In the last tests the agent is in another network, seen directly or through a TURN server.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SessionView } from '../../gateway/payment/session-view.js';
import { AgentClient } from '../support/agent-client.js';
import { eventually, pause } from '../support/deadline.js';
import { GatewayUnderTest } from '../support/gateway-under-test.js';
import { KeypadPhone } from '../support/keypad-phone.js';
import type { KeypadWay } from '../support/keypad-talker.js';
import { keysOf } from '../support/keys.js';
import { countFoundAtOneOf, likelyPlaceByOneOf, likelyPlaceIn, listenFor, toned } from '../support/listeners.js';
import { PeerProcess } from '../support/peer-process.js';
import { type PortRange, reservePorts } from '../support/ports.js';
import { speechFor } from '../support/speech.js';
import {
  GATEWAY_BY_CABLE,
  GATEWAY_BY_RELAY,
  RELAY_AT_AGENT,
  RELAY_AT_GATEWAY,
  SeparateNetworks,
} from '../webrtc/separate-networks.js';
import { WebRtcPhone } from '../webrtc/webrtc-phone.js';
import { WrtcEndpoint, type WrtcOptions } from '../webrtc/wrtc-endpoint.js';

const LIMIT_MS = 15_000;
const TEST_LIMIT_MS = 60_000;
const MENU = '1957';
const CARD = '4263982640269299#';
const AFTERWARDS_MS = 2_500;
const SAMPLES_PER_S = 8000;
/** So much of what was said is looked for in one piece. */
const PIECE_SAMPLES = SAMPLES_PER_S / 2;
const PLACE_STEP_SAMPLES = 160;
/** Pieces end so long before the place of interest, the nearest first. */
const PIECES_BACK_SAMPLES = [0, 800, 1_600, 2_400, 3_200, 4_000];
const AGENT_WORDS =
  'Good afternoon. Please key in your card number now, I cannot hear it, and tell me when you have done.';

type Scene = {
  readonly ports: PortRange;
  readonly caller: KeypadPhone;
  readonly endpoint: WrtcEndpoint;
  readonly agent: WebRtcPhone;
  readonly gateway: GatewayUnderTest;
  readonly desk: AgentClient;
};

let scene: Scene | undefined;

async function open(options: WrtcOptions = {}, gatewayAddress = '127.0.0.1'): Promise<Scene> {
  const ports = await reservePorts(20);
  const caller = await KeypadPhone.start(ports, 'caller');
  const endpoint = new WrtcEndpoint(options);
  const agent = await WebRtcPhone.start(await ports.next(), 'agent', endpoint);
  const gateway = await GatewayUnderTest.start({
    trunkPort: caller.sipPort,
    pbxPort: agent.sipPort,
    configure: (base) => ({
      ...base,
      payment: { startTimeoutMs: 3_000 },
      // Bound to every address; each side is told the one at which it reaches the gateway.
      media: { ...base.media, address: '0.0.0.0' },
      sip: {
        ...base.sip,
        listeners: base.sip?.listeners?.map((listener) =>
          listener.name === 'agent-side'
            ? { ...listener, publicAddress: gatewayAddress }
            : { ...listener, publicAddress: '127.0.0.1' },
        ),
      },
      peers: base.peers?.map((peer) => (peer.name === 'pbx' ? { ...peer, media: 'webrtc' } : peer)),
    }),
  });
  const desk = new AgentClient(gateway.apiPort, gateway.apiToken());
  await desk.openEvents();
  scene = { ports, caller, endpoint, agent, gateway, desk };
  return scene;
}

afterEach(async () => {
  if (scene === undefined) return;
  const { ports, caller, endpoint, agent, gateway, desk } = scene;
  scene = undefined;
  desk.close();
  await Promise.all([caller.close(), agent.close()]);
  endpoint.kill();
  expect(await gateway.stop()).toEqual([]);
  ports.release();
}, TEST_LIMIT_MS);

async function until(what: string, probe: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  while (!(await probe())) {
    if (performance.now() > endMs) throw new Error(`nothing within ${LIMIT_MS} ms: ${what}`);
    await pause(50);
  }
}

/** Audio has come out at both ends. */
async function bothHear({ caller, endpoint }: Scene, seconds: number): Promise<void> {
  await eventually(LIMIT_MS, 'the agent at the caller', () =>
    caller.ear.packets.length > 50 * seconds ? true : undefined,
  );
  await until('the caller at the agent', async () => (await endpoint.heard()).length > SAMPLES_PER_S * seconds);
}

async function enterCardNumber({ caller, desk }: Scene, session: SessionView, way: KeypadWay): Promise<SessionView> {
  await desk.capture(session.id, 'cardNumber');
  await caller.key(keysOf(CARD), way);
  let view = session;
  await until('the card number', async () => {
    view = await desk.session(session.id);
    return view.fields.cardNumber.state !== 'awaiting';
  });
  return view;
}

/** From one to the other in steps that the listener's margin covers. */
function placesBetween(one: number, other: number): readonly number[] {
  const [from, to] = [Math.min(one, other), Math.max(one, other)];
  const steps = Math.ceil((to - from) / PLACE_STEP_SAMPLES);
  return Array.from({ length: steps + 1 }, (_, step) => Math.min(to, from + step * PLACE_STEP_SAMPLES));
}

describe('an agent on WebRTC', () => {
  test.each<KeypadWay>(['in-band', 'telephone-event-among-audio'])(
    'hears the caller but no key of a payment keyed as %s, and is heard',
    async (way) => {
      const world = await open();
      const { caller, endpoint, desk } = world;
      const agentSpeech = await speechFor(4_000, AGENT_WORDS);
      await caller.call('service', world.gateway.callerSidePort);
      const call = await desk.call();
      await endpoint.say(agentSpeech);
      const { talker } = caller;
      await talker.talk(3_000);
      await caller.key(keysOf(MENU), way);
      await talker.talk(1_000);
      const windowStart = talker.sentSamples;
      const session = await desk.startSession(call.id);
      await talker.talk(300);
      expect((await enterCardNumber(world, session, way)).fields.cardNumber).toMatchObject({ state: 'captured' });
      await desk.cancel(session.id);
      await talker.talk(AFTERWARDS_MS);

      const heard = await endpoint.heard();
      const [menu, card] = [talker.presses.slice(0, MENU.length), talker.presses.slice(MENU.length)];
      // The jitter buffer stretches and shrinks time, so the place is found by likeness on either side of what is looked for.
      const bounds = { least: -12_000, most: 12_000 };
      const piecesBackFrom = (end: number) =>
        PIECES_BACK_SAMPLES.map((back) => ({ startSample: end - back - PIECE_SAMPLES, lengthSamples: PIECE_SAMPLES }));
      const placeBefore = (end: number) => likelyPlaceByOneOf(heard, talker.sentAudio, piecesBackFrom(end), bounds);
      const before = placeBefore(menu[0].startSample);
      const afterMenu = placeBefore(windowStart);
      const after = placeBefore(talker.sentAudio.length - PIECE_SAMPLES);
      if (way === 'in-band') {
        // The control: both listeners find every key in what the caller sent.
        const atCaller = await listenFor(talker.presses, talker.sentAudio, 0);
        expect(atCaller).toEqual({ likelihood: MENU.length + CARD.length, spandsp: MENU + CARD, events: '' });
        expect(countFoundAtOneOf(menu, heard, placesBetween(before, afterMenu))).toBe(MENU.length);
        expect(toned(card)).toHaveLength(CARD.length);
      }
      // libwebrtc plays a telephone-event as its tone, so what was keyed before Start is heard either way.
      expect(await listenFor(card, heard, { before: afterMenu, after })).toEqual({
        likelihood: 0,
        spandsp: MENU,
        events: '',
      });

      const toCaller = caller.heard();
      expect(toCaller.ssrcs).toHaveLength(1);
      const alike = { startSample: SAMPLES_PER_S / 2, lengthSamples: SAMPLES_PER_S };
      const place = likelyPlaceIn(toCaller.audio, agentSpeech, alike, { least: 0, most: 5 * SAMPLES_PER_S });
      expect(place).toBeGreaterThanOrEqual(0);
    },
    TEST_LIMIT_MS,
  );

  test(
    'calls out, says the same once more in a re-INVITE, and is held by the other side',
    async () => {
      const world = await open();
      const { caller, endpoint, agent, gateway } = world;
      await agent.call('customer', gateway.agentSidePort);
      await endpoint.say(await speechFor(2_000, AGENT_WORDS));
      await bothHear(world, 1);
      expect(await agent.renegotiate()).toBe(200);
      expect(await caller.renegotiate('sendonly')).toBe(200);
      expect(await caller.renegotiate('sendrecv')).toBe(200);
      const before = caller.ear.packets.length;
      await eventually(LIMIT_MS, 'more of the agent', () =>
        caller.ear.packets.length > before + 50 ? true : undefined,
      );
      caller.hangUp();
      await agent.hungUp();
    },
    TEST_LIMIT_MS,
  );

  test(
    'whose page is gone leaves the call to the caller and to the panel',
    async () => {
      const world = await open();
      await world.caller.call('service', world.gateway.callerSidePort);
      const call = await world.desk.call();
      await world.endpoint.say(await speechFor(2_000, AGENT_WORDS));
      await bothHear(world, 1);
      await world.endpoint.hangUp();
      await world.gateway.logLine(/WebRTC transport of a leg is gone/);
      expect(world.caller.isInCall).toBe(true);
      expect(await world.desk.call()).toMatchObject({ id: call.id, state: 'active' });
    },
    TEST_LIMIT_MS,
  );
});

describe('an agent on WebRTC in another network', () => {
  let networks: SeparateNetworks;
  let relay: PeerProcess | undefined;

  beforeEach(() => {
    networks = new SeparateNetworks();
  });

  afterEach(async () => {
    await relay?.stop();
    relay = undefined;
    networks.remove();
  });

  async function callAndHear(world: Scene): Promise<void> {
    await world.caller.call('service', world.gateway.callerSidePort);
    await world.endpoint.say(await speechFor(2_000, AGENT_WORDS));
    await bothHear(world, 1);
  }

  test(
    'is heard, and hears, by its host candidates',
    async () => {
      await callAndHear(await open({ wrapper: networks.inAgents }, GATEWAY_BY_CABLE));
    },
    TEST_LIMIT_MS,
  );

  test(
    'is heard, and hears, through a TURN server that alone is in both networks',
    async () => {
      networks.cutCable();
      const [command, ...words] = [...networks.inRelays, 'turnserver'];
      const turn = ['-n', '--no-cli', '--no-tls', '--no-dtls', '--log-file', 'stdout', '--pidfile', '/dev/null'];
      const places = ['--listening-ip', RELAY_AT_AGENT, '--listening-port', '3478', '--relay-ip', RELAY_AT_GATEWAY];
      const users = ['--lt-cred-mech', '--realm', 'tonegate', '--user', 'agent:secret'];
      relay = new PeerProcess({ command, args: [...words, ...turn, ...places, ...users], limitMs: TEST_LIMIT_MS });
      await relay.line(/Total General servers|listener opened/, LIMIT_MS);
      const world = await open({ wrapper: networks.inAgents, turnServer: `${RELAY_AT_AGENT}:3478` }, GATEWAY_BY_RELAY);
      await callAndHear(world);
    },
    TEST_LIMIT_MS,
  );
});
