/** Debian's Chromium as an agent, in both directions: what the gateway writes is what a browser understands. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually, pause } from '../support/deadline.js';
import { GatewayUnderTest } from '../support/gateway-under-test.js';
import { KeypadPhone } from '../support/keypad-phone.js';
import { keyNames } from '../support/keys.js';
import { type PortRange, reservePorts } from '../support/ports.js';
import { ChromiumEndpoint } from '../webrtc/chromium-endpoint.js';
import { WebRtcPhone } from '../webrtc/webrtc-phone.js';

const LIMIT_MS = 15_000;
const TEST_LIMIT_MS = 60_000;
const SECOND_PACKETS = 50;

type Scene = {
  readonly ports: PortRange;
  readonly caller: KeypadPhone;
  readonly endpoint: ChromiumEndpoint;
  readonly agent: WebRtcPhone;
  readonly gateway: GatewayUnderTest;
};

let scene: Scene | undefined;

async function open(): Promise<Scene> {
  const ports = await reservePorts(20);
  const caller = await KeypadPhone.start(ports, 'caller');
  const endpoint = await ChromiumEndpoint.launch();
  const agent = await WebRtcPhone.start(await ports.next(), 'agent', endpoint);
  const gateway = await GatewayUnderTest.start({
    trunkPort: caller.sipPort,
    pbxPort: agent.sipPort,
    configure: (base) => ({
      ...base,
      peers: base.peers?.map((peer) => (peer.name === 'pbx' ? { ...peer, media: 'webrtc' } : peer)),
    }),
  });
  scene = { ports, caller, endpoint, agent, gateway };
  return scene;
}

afterEach(async () => {
  if (scene === undefined) return;
  const { ports, caller, endpoint, agent, gateway } = scene;
  scene = undefined;
  await Promise.all([caller.close(), agent.close()]);
  await endpoint.close();
  expect(await gateway.stop()).toEqual([]);
  ports.release();
}, TEST_LIMIT_MS);

async function bothHear({ caller, endpoint }: Scene): Promise<void> {
  await eventually(LIMIT_MS, 'the agent at the caller', () =>
    caller.ear.packets.length > SECOND_PACKETS ? true : undefined,
  );
  const endMs = performance.now() + LIMIT_MS;
  let heard = await endpoint.statistics();
  while (heard.packets < SECOND_PACKETS && performance.now() < endMs) {
    await pause(50);
    heard = await endpoint.statistics();
  }
  expect(heard.packets).toBeGreaterThanOrEqual(SECOND_PACKETS);
  // Speech, and not silence in packets.
  expect(heard.energy).toBeGreaterThan(0);
  expect(caller.heard().audio.some((sample) => Math.abs(sample) > 1000)).toBe(true);
}

describe('Chromium as an agent', () => {
  test(
    'is called, speaks and hears, and its keys reach the caller',
    async () => {
      const world = await open();
      await world.caller.call('service', world.gateway.callerSidePort);
      await bothHear(world);
      await world.endpoint.press('42#');
      await eventually(LIMIT_MS, 'the keys', () => (world.caller.heard().events.length === 3 ? true : undefined));
      expect(keyNames(world.caller.heard().events.map(({ key }) => key))).toBe('42#');
    },
    TEST_LIMIT_MS,
  );

  test(
    'calls out, may say the same again and not begin ICE anew, and is missed when its page is gone',
    async () => {
      const world = await open();
      await world.agent.call('customer', world.gateway.agentSidePort);
      await bothHear(world);
      expect(await world.agent.renegotiate()).toBe(200);
      await world.endpoint.restartIce();
      expect(await world.agent.renegotiate()).toBe(488);
      const before = world.caller.ear.packets.length;
      await eventually(LIMIT_MS, 'more of the agent', () =>
        world.caller.ear.packets.length > before + SECOND_PACKETS ? true : undefined,
      );
      await world.endpoint.hangUp();
      await world.gateway.logLine(/WebRTC transport of a leg is gone/);
    },
    TEST_LIMIT_MS,
  );
});
