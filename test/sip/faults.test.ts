/** Mistakes of our own, planted: each ends the call it is met in, once, and leaves nothing behind. */
import { describe, expect, test } from '@jest/globals';
import { AGENT, CALLER, CALLER_SIDE, Gateway, OFFER, Phone, politely } from './call-stage.js';
import { seededBytes, VirtualNetwork } from './virtual-network.js';

class Planted extends Error {}

const ELSEWHERE = '10.9.9.9';

/** A stage whose gateway breaks wherever it needs a random number, or judges who is ELSEWHERE, while `isBroken`. */
function stageWithFault(seed: number) {
  const fault = { isBroken: false, met: 0 };
  const network = new VirtualNetwork(seed);
  const random = seededBytes(seed + 2);
  const breakDown = () => {
    if (fault.isBroken) throw new Planted();
  };
  const gateway = new Gateway(network, seed, {
    random: (sizeBytes) => {
      breakDown();
      return random(sizeBytes);
    },
    isPeer: (address) => {
      if (address === ELSEWHERE) breakDown();
      return address !== ELSEWHERE;
    },
    onFault: (error) => {
      if (error instanceof Planted) fault.met += 1;
    },
  });
  const caller = new Phone(network, CALLER, seed + 1);
  const agent = new Phone(network, AGENT, seed + 3);
  caller.react = politely;
  agent.react = politely;
  return { network, caller, gateway, agent, fault };
}

type Faulty = ReturnType<typeof stageWithFault>;

const INFO_BODY = Buffer.from('Signal=4\r\n');

function establish(seed: number): Faulty {
  const stage = stageWithFault(seed);
  stage.caller.dial('c1', { sdp: OFFER });
  stage.network.run(1_000);
  expect(stage.gateway.kinds()).toContain('call-progress');
  return stage;
}

function callIdOf({ gateway }: Faulty): string {
  const arrival = gateway.heard.find((output) => output.kind === 'call-arrived');
  return arrival?.kind === 'call-arrived' ? arrival.callId : '';
}

/** The phones may hold calls whose BYE never came: only the gateway is looked at. */
function expectNothingLeft({ network, gateway }: Faulty): void {
  network.run(network.nowMs + 300_000);
  expect(Object.values(gateway.agent.holdings).filter((count) => count !== 0)).toEqual([]);
}

/** The call ended once by a fault that was heard of; another one goes well; in the end nothing is left. */
function expectOnlyItsCallLost(stage: Faulty): void {
  const { network, caller, gateway, fault } = stage;
  expect(gateway.kinds().filter((kind) => kind === 'call-ended')).toHaveLength(1);
  expect(fault.met).toBeGreaterThan(0);
  expect(gateway.counts.get('internal-error')).toBe(fault.met);
  const { calls, legs, exchanges, infos } = gateway.agent.holdings;
  expect({ calls, legs, exchanges, infos }).toEqual({ calls: 0, legs: 0, exchanges: 0, infos: 0 });
  fault.isBroken = false;
  caller.dial('c2', { sdp: OFFER });
  network.run(network.nowMs + 1_000);
  expect(caller.kinds('c2')).toContain('accepted');
  caller.do({ kind: 'hang-up', callId: 'c2' });
  expectNothingLeft(stage);
}

describe('a fault', () => {
  test('in routing a call refuses it', () => {
    const stage = stageWithFault(1);
    stage.gateway.onDescription = ({ exchangeId, sdp }) => {
      stage.fault.isBroken = true;
      return { kind: 'description-ready', exchangeId, sdp: Buffer.from(sdp) };
    };
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    expect(stage.caller.heard).toMatchObject([{ kind: 'ended', outcome: { status: 503 } }]);
    stage.gateway.onDescription = ({ exchangeId, sdp }) => ({ kind: 'description-ready', exchangeId, sdp });
    expectOnlyItsCallLost(stage);
  });

  test('in a call that arrives is answered 500, and the call never begins', () => {
    const stage = stageWithFault(2);
    const { network, caller, gateway, fault } = stage;
    fault.isBroken = true;
    caller.dial('c1', { sdp: OFFER });
    network.run(1_000);
    expect(caller.heard).toMatchObject([{ kind: 'ended', outcome: { status: 500 } }]);
    expect(gateway.kinds()).toEqual([]);
    expectNothingLeft(stage);
  });

  test('in hanging up on command ends the call all the same', () => {
    const stage = establish(3);
    stage.fault.isBroken = true;
    stage.gateway.do({ kind: 'hang-up', callId: callIdOf(stage), reason: 'asked to' });
    expectOnlyItsCallLost(stage);
  });

  test('in passing a BYE on ends the call all the same', () => {
    const stage = establish(4);
    stage.fault.isBroken = true;
    stage.caller.do({ kind: 'hang-up', callId: 'c1' });
    stage.network.run(2_000);
    expect(stage.gateway.heard.at(-1)).toMatchObject({ kind: 'call-ended', by: 'a' });
    expectOnlyItsCallLost(stage);
  });

  test('in passing an INFO on ends the call, and its body is wiped', () => {
    const stage = establish(5);
    const bodies: Buffer[] = [];
    stage.gateway.onInfo = 'relay';
    stage.caller.do({ kind: 'send-info', callId: 'c1', contentType: 'application/dtmf-relay', body: INFO_BODY });
    stage.fault.isBroken = true;
    stage.network.run(2_000);
    for (const output of stage.gateway.heard) if (output.kind === 'info-received') bodies.push(output.body);
    expect(bodies).toEqual([Buffer.alloc(INFO_BODY.length)]);
    expectOnlyItsCallLost(stage);
  });

  test('in judging where an INFO came from wipes its body, answers 500 and leaves the call alone', () => {
    const stage = establish(6);
    const received: Buffer[] = [];
    let answer = '';
    stage.network.filter = (text) => {
      if (text.startsWith('INFO ')) received.push(Buffer.from(text, 'latin1'));
      return !text.startsWith('INFO ');
    };
    stage.caller.do({ kind: 'send-info', callId: 'c1', contentType: 'application/dtmf-relay', body: INFO_BODY });
    const [bytes] = received;
    stage.network.filter = (text) => {
      answer = text;
      return true;
    };
    stage.fault.isBroken = true;
    const flow = { listener: CALLER_SIDE.name, transport: 'udp', remoteAddress: ELSEWHERE, remotePort: 5060 } as const;
    stage.gateway.do({ kind: 'received', flow, bytes });
    expect(bytes.includes('Signal')).toBe(false);
    expect(answer).toMatch(/^SIP\/2\.0 500 /);
    expect(stage.gateway.kinds()).not.toContain('call-ended');
    stage.gateway.do({ kind: 'hang-up', callId: callIdOf(stage), reason: 'over' });
    expectOnlyItsCallLost(stage);
  });

  test('at a deadline ends the call, and does not come round again', () => {
    const stage = stageWithFault(7);
    // No ACK for our 200: after 32 s a BYE is due, which cannot be made.
    stage.network.filter = (text, from) => !(from === CALLER && text.startsWith('ACK '));
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    stage.fault.isBroken = true;
    stage.network.run(60_000);
    stage.network.filter = () => true;
    expect(stage.gateway.heard.at(-1)).toMatchObject({
      kind: 'call-ended',
      by: 'gateway',
      reason: 'Server Internal Error',
    });
    expectOnlyItsCallLost(stage);
  });

  test('in hanging up over a refused description ends the call once', () => {
    const stage = stageWithFault(8);
    stage.gateway.onDescription = ({ exchangeId, role, sdp }) => {
      if (role === 'offer') return { kind: 'description-ready', exchangeId, sdp };
      stage.fault.isBroken = true;
      return { kind: 'description-refused', exchangeId, status: 488, reason: 'no' };
    };
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(2_000);
    expect(stage.gateway.heard.at(-1)).toMatchObject({ kind: 'call-ended', by: 'gateway', status: 488 });
    stage.gateway.onDescription = ({ exchangeId, sdp }) => ({ kind: 'description-ready', exchangeId, sdp });
    expectOnlyItsCallLost(stage);
  });
});
