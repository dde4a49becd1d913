/** Whole calls through the back-to-back user agent, in fair weather and in foul. */
import { describe, expect, test } from '@jest/globals';
import type { BackToBackOutput } from '../../sip/back-to-back-events.js';
import { ANSWER, holdingsAfterAll, OFFER, politely, type Stage, setStage } from './call-stage.js';

function gatewayHeard<Kind extends BackToBackOutput['kind']>(stage: Stage, kind: Kind) {
  return stage.gateway.heard.filter((output): output is BackToBackOutput & { kind: Kind } => output.kind === kind);
}

function agentCallId(stage: Stage): string {
  const call = stage.agent.heard.find((output) => output.kind === 'incoming-call');
  return call?.kind === 'incoming-call' ? call.callId : '';
}

function expectNothingLeft(stage: Stage): void {
  expect(holdingsAfterAll(stage).every((count) => count === 0)).toBe(true);
}

describe('a call with its offer in the INVITE', () => {
  test.each(['udp', 'tcp'] as const)('is set up, talks and is hung up by the caller over %s', (transport) => {
    const stage = setStage(1);
    const { caller, gateway, agent, network } = stage;
    gateway.transport = transport;
    caller.dial('c1', { sdp: OFFER, transport });
    network.run(1_000);
    expect(caller.kinds()).toEqual(['progress', 'accepted']);
    const accepted = caller.heard[1];
    expect(accepted.kind === 'accepted' && accepted.sdp?.equals(ANSWER)).toBe(true);
    const exchanges = gatewayHeard(stage, 'description-received');
    expect(exchanges.map(({ from, role, phase }) => `${from} ${role} ${phase}`)).toEqual([
      'a offer initial',
      'b answer initial',
    ]);
    caller.do({ kind: 'hang-up', callId: 'c1' });
    network.run(2_000);
    expect(agent.kinds()).toEqual(['incoming-call', 'acknowledged', 'ended']);
    expect(gatewayHeard(stage, 'call-ended')).toMatchObject([{ by: 'a', status: 200 }]);
    expect(gatewayHeard(stage, 'call-progress').map(({ state }) => state)).toEqual(['ringing', 'answered']);
    expectNothingLeft(stage);
  });

  test('is hung up by the agent', () => {
    const stage = setStage(2);
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    stage.agent.do({ kind: 'hang-up', callId: agentCallId(stage) });
    stage.network.run(2_000);
    expect(stage.caller.kinds()).toEqual(['progress', 'accepted', 'ended']);
    expect(gatewayHeard(stage, 'call-ended')).toMatchObject([{ by: 'b' }]);
    expectNothingLeft(stage);
  });

  test('is hung up by the gateway on both legs', () => {
    const stage = setStage(3);
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    const [{ callId }] = gatewayHeard(stage, 'call-arrived');
    stage.gateway.do({ kind: 'hang-up', callId, reason: 'media process died' });
    stage.network.run(2_000);
    expect(stage.caller.kinds()).toContain('ended');
    expect(stage.agent.kinds()).toContain('ended');
    expect(gatewayHeard(stage, 'call-ended')).toMatchObject([{ by: 'gateway', reason: 'media process died' }]);
    expectNothingLeft(stage);
  });

  test('is hung up by the gateway with a reason that both legs are told', () => {
    const stage = setStage(3);
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    const [{ callId }] = gatewayHeard(stage, 'call-arrived');
    stage.gateway.do({ kind: 'hang-up', callId, reason: 'media of a leg lost', cause: 503 });
    stage.network.run(2_000);
    const reasonHeaders = ['SIP;cause=503;text="media of a leg lost"'];
    for (const phone of [stage.caller, stage.agent]) {
      expect(phone.heard.filter(({ kind }) => kind === 'ended')).toMatchObject([{ outcome: { reasonHeaders } }]);
    }
    expectNothingLeft(stage);
  });

  test('goes on while both descriptions take two seconds each', () => {
    const stage = setStage(4);
    stage.gateway.mediaMs = 2_000;
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(10_000);
    expect(stage.caller.kinds()).toEqual(['progress', 'accepted']);
    expect(gatewayHeard(stage, 'call-arrived')).toHaveLength(1);
    stage.caller.do({ kind: 'hang-up', callId: 'c1' });
    expectNothingLeft(stage);
  });

  test('keeps Call-ID, tags, addresses and unknown headers of one leg from the other', () => {
    const stage = setStage(5);
    const invites: string[] = [];
    stage.network.filter = (text, from) => {
      if (text.startsWith('INVITE')) {
        invites.push(text);
      }
      return from !== undefined;
    };
    stage.caller.dial('c1', { sdp: OFFER, displayName: 'Al "x" \r\n\u202eice' });
    stage.network.run(1_000);
    const [inside, outside] = invites;
    const callIdOf = (text: string) => /Call-ID: (.*)\r\n/.exec(text)?.[1];
    expect(callIdOf(inside)).not.toBe(callIdOf(outside));
    expect(outside).toContain('From: "Al \\"x\\" ice" <sip:alice@10.0.0.1>;tag=');
    expect(outside).toContain('Max-Forwards: 69');
    expect(outside).toContain('Contact: <sip:10.0.0.5:5062>');
    expect(outside).not.toMatch(/Via: .*10\.0\.0\.1/);
  });
});

describe('a call without an offer', () => {
  test('has its offer in the 200 and its answer in the ACK on both legs', () => {
    const stage = setStage(10);
    stage.caller.dial('c1');
    stage.network.run(1_000);
    expect(gatewayHeard(stage, 'description-received').map(({ from, role }) => `${from} ${role}`)).toEqual([
      'b offer',
      'a answer',
    ]);
    const acknowledged = stage.agent.heard.find(({ kind }) => kind === 'acknowledged');
    expect(acknowledged?.kind === 'acknowledged' && acknowledged.sdp?.equals(ANSWER)).toBe(true);
    stage.caller.do({ kind: 'hang-up', callId: 'c1' });
    expectNothingLeft(stage);
  });

  test('is ended when the ACK brings no answer', () => {
    const stage = setStage(11);
    stage.caller.react = () => {};
    stage.network.filter = () => true;
    stage.caller.dial('c1');
    stage.network.run(100);
    // Hanging up acknowledges without an answer first.
    stage.caller.do({ kind: 'hang-up', callId: 'c1' });
    stage.network.run(2_000);
    expect(gatewayHeard(stage, 'call-ended')).toHaveLength(1);
    expect(stage.agent.kinds()).toContain('ended');
    expectNothingLeft(stage);
  });
});

describe('early media', () => {
  test('crosses with 183, is asked for once though repeated, and is followed by the final answer', () => {
    const stage = setStage(20);
    stage.agent.react = (output, phone) => {
      if (output.kind === 'incoming-call') {
        for (const status of [183, 183, 180]) {
          phone.do({ kind: 'ring', callId: output.callId, status, reason: 'Session Progress', sdp: ANSWER });
        }
      }
    };
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    expect(gatewayHeard(stage, 'description-received').map(({ phase }) => phase)).toContain('early');
    expect(gatewayHeard(stage, 'call-progress').map(({ state }) => state)).toEqual(['early-media']);
    const [progress] = stage.caller.heard;
    expect(progress.kind === 'progress' && progress.sdp?.equals(ANSWER)).toBe(true);
    stage.agent.do({ kind: 'answer', callId: agentCallId(stage), sdp: ANSWER });
    stage.network.run(2_000);
    expect(stage.caller.kinds()).toContain('accepted');
    stage.caller.do({ kind: 'hang-up', callId: 'c1' });
    expectNothingLeft(stage);
  });

  test('still being made ready is overtaken by the final answer, and ignored when ready at last', () => {
    const stage = setStage(21);
    stage.gateway.mediaMs = 300;
    stage.agent.react = (output, phone) => {
      if (output.kind === 'incoming-call') {
        phone.do({ kind: 'ring', callId: output.callId, status: 183, reason: 'Session Progress', sdp: ANSWER });
        phone.do({ kind: 'answer', callId: output.callId, sdp: ANSWER });
      }
    };
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(3_000);
    expect(stage.caller.kinds()).toEqual(['accepted']);
    stage.caller.do({ kind: 'hang-up', callId: 'c1' });
    expectNothingLeft(stage);
  });
});

describe('a call that comes to nothing', () => {
  test.each([
    [486, 'Busy Here', 486],
    [603, 'Decline', 603],
    [404, 'Not Found', 404],
    [302, 'Moved Temporarily', 480],
    [407, 'Proxy Authentication Required', 502],
  ])('answers %i %s of the agent with %i', (status, reason, passedOn) => {
    const stage = setStage(30);
    stage.agent.react = (output, phone) => {
      if (output.kind === 'incoming-call') {
        phone.do({ kind: 'hang-up', callId: output.callId, status, reason });
      }
    };
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    expect(stage.caller.heard).toMatchObject([{ kind: 'ended', outcome: { status: passedOn } }]);
    expect(gatewayHeard(stage, 'call-ended')).toMatchObject([{ by: 'b', status }]);
    expectNothingLeft(stage);
  });

  test('is canceled by the caller while it rings', () => {
    const stage = setStage(31);
    stage.agent.react = (output, phone) => {
      if (output.kind === 'incoming-call') {
        phone.do({ kind: 'ring', callId: output.callId, status: 180, reason: 'Ringing' });
      }
    };
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    stage.caller.do({ kind: 'hang-up', callId: 'c1' });
    stage.network.run(2_000);
    expect(stage.agent.heard.at(-1)).toMatchObject({ kind: 'ended', outcome: { status: 487 } });
    expect(gatewayHeard(stage, 'call-ended')).toMatchObject([{ by: 'a', status: 487 }]);
    expectNothingLeft(stage);
  });

  test('is canceled while the offer is still being made ready, and the agent hears nothing of it', () => {
    const stage = setStage(32);
    stage.gateway.mediaMs = 1_000;
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(500);
    stage.caller.do({ kind: 'hang-up', callId: 'c1' });
    stage.network.run(5_000);
    expect(stage.agent.heard).toEqual([]);
    expect(gatewayHeard(stage, 'call-ended')).toHaveLength(1);
    expectNothingLeft(stage);
  });

  test('is answered and canceled at the same moment: both legs end', () => {
    for (let offsetMs = 0; offsetMs < 40; offsetMs += 1) {
      const stage = setStage(33);
      stage.caller.dial('c1', { sdp: OFFER });
      stage.network.run(offsetMs);
      stage.caller.do({ kind: 'hang-up', callId: 'c1' });
      stage.network.run(40_000);
      expect(gatewayHeard(stage, 'call-ended').length).toBe(gatewayHeard(stage, 'call-arrived').length);
      const calls = stage.agent.kinds().filter((kind) => kind === 'incoming-call').length;
      expect(stage.agent.kinds().filter((kind) => kind === 'ended')).toHaveLength(calls);
      expectNothingLeft(stage);
    }
  });

  test('rings for three minutes and is given up with 480', () => {
    const stage = setStage(34);
    stage.agent.react = (output, phone) => {
      if (output.kind === 'incoming-call') {
        phone.do({ kind: 'ring', callId: output.callId, status: 180, reason: 'Ringing' });
      }
    };
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(181_000);
    expect(stage.caller.heard.at(-1)).toMatchObject({ kind: 'ended', outcome: { status: 480 } });
    expect(stage.agent.kinds().at(-1)).toBe('ended');
    expectNothingLeft(stage);
  });

  test('meets an agent that is not there and ends with 408', () => {
    const stage = setStage(35);
    stage.network.filter = (_text, from) => from.name !== 'agent-side';
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(40_000);
    expect(stage.caller.heard.at(-1)).toMatchObject({ kind: 'ended', outcome: { status: 408 } });
    expectNothingLeft(stage);
  });

  test('is refused by policy, by a full house, and while draining', () => {
    const stage = setStage(36, {}, { maxCalls: 1 });
    stage.gateway.onCall = ({ callId }) => ({ kind: 'refuse-call', callId, status: 403, reason: 'Forbidden' });
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    stage.gateway.onCall = (arrival) => stage.gateway.route(arrival);
    stage.caller.dial('c2', { sdp: OFFER });
    stage.network.run(2_000);
    stage.caller.dial('c3', { sdp: OFFER });
    stage.network.run(3_000);
    stage.caller.do({ kind: 'hang-up', callId: 'c2' });
    stage.gateway.do({ kind: 'drain' });
    stage.network.run(4_000);
    stage.caller.dial('c4', { sdp: OFFER });
    stage.network.run(5_000);
    const ended = stage.caller.heard.flatMap((output) =>
      output.kind === 'ended' ? [`${output.callId} ${output.outcome.status}`] : [],
    );
    expect(ended).toEqual(['c1 403', 'c3 503', 'c4 503']);
    expectNothingLeft(stage);
  });

  test('is routed to where we cannot speak: it alone is ended', () => {
    const stage = setStage(38);
    stage.gateway.onCall = (arrival) => {
      const routed = stage.gateway.route(arrival);
      if (routed.kind !== 'route-call') {
        return routed;
      }
      const flow = { ...routed.target.flow, listener: 'nowhere' };
      return { ...routed, target: { ...routed.target, flow } };
    };
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    expect(stage.caller.heard).toMatchObject([{ kind: 'ended', outcome: { status: 503 } }]);
    expect(stage.gateway.counts.get('internal-error')).toBe(1);
    expectNothingLeft(stage);
  });

  test('has its description refused by the media: 488 to the caller, nothing to the agent', () => {
    const stage = setStage(37);
    stage.gateway.onDescription = ({ exchangeId }) => ({
      kind: 'description-refused',
      exchangeId,
      status: 488,
      reason: 'Not Acceptable Here',
    });
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    expect(stage.caller.heard).toMatchObject([{ kind: 'ended', outcome: { status: 488 } }]);
    expect(stage.agent.heard).toEqual([]);
    expectNothingLeft(stage);
  });
});

describe('renegotiation', () => {
  const HOLD = Buffer.from('v=0\r\na=sendonly\r\n');
  const RESUME = Buffer.from('v=0\r\na=sendrecv\r\n');

  function talk(seed: number, weather = {}): Stage {
    const stage = setStage(seed, weather);
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    return stage;
  }

  test.each(['caller', 'agent'] as const)('holds and resumes at the will of the %s', (who) => {
    const stage = talk(40);
    const [asker, asked] = who === 'caller' ? [stage.caller, stage.agent] : [stage.agent, stage.caller];
    const callId = who === 'caller' ? 'c1' : agentCallId(stage);
    for (const sdp of [HOLD, RESUME]) {
      asker.do({ kind: 'renegotiate', callId, sdp });
      stage.network.run(stage.network.nowMs + 1_000);
    }
    const requests = asked.heard.flatMap((output) => (output.kind === 'renegotiation-requested' ? [output.sdp] : []));
    expect(requests.map((sdp) => sdp?.toString())).toEqual([HOLD.toString(), RESUME.toString()]);
    expect(asker.kinds().filter((kind) => kind === 'renegotiation-accepted')).toHaveLength(2);
    stage.caller.do({ kind: 'hang-up', callId: 'c1' });
    expectNothingLeft(stage);
  });

  test('without an offer asks the other leg for one', () => {
    const stage = talk(41);
    stage.caller.do({ kind: 'renegotiate', callId: 'c1' });
    stage.network.run(3_000);
    const renegotiations = gatewayHeard(stage, 'description-received').filter(({ phase }) => phase === 'renegotiation');
    expect(renegotiations.map(({ from, role }) => `${from} ${role}`)).toEqual(['b offer', 'a answer']);
    stage.caller.do({ kind: 'renegotiate', callId: 'c1', sdp: HOLD });
    stage.network.run(5_000);
    expect(stage.caller.kinds().filter((kind) => kind === 'renegotiation-accepted')).toHaveLength(2);
    stage.caller.do({ kind: 'hang-up', callId: 'c1' });
    expectNothingLeft(stage);
  });

  test('that is refused leaves the session as it was', () => {
    const stage = talk(42);
    stage.agent.react = (output, phone) => {
      if (output.kind === 'renegotiation-requested') {
        phone.do({ kind: 'refuse-renegotiation', callId: output.callId, status: 488, reason: 'Not Acceptable Here' });
      }
    };
    stage.caller.do({ kind: 'renegotiate', callId: 'c1', sdp: HOLD });
    stage.network.run(3_000);
    expect(stage.caller.heard.at(-1)).toMatchObject({ kind: 'renegotiation-failed', outcome: { status: 488 } });
    expect(gatewayHeard(stage, 'renegotiation-failed')).toMatchObject([{ status: 488 }]);
    expect(gatewayHeard(stage, 'call-ended')).toEqual([]);
    stage.agent.react = politely;
    stage.caller.do({ kind: 'renegotiate', callId: 'c1', sdp: RESUME });
    stage.network.run(5_000);
    expect(stage.caller.kinds().at(-1)).toBe('renegotiation-accepted');
    stage.caller.do({ kind: 'hang-up', callId: 'c1' });
    expectNothingLeft(stage);
  });

  test('from both sides at once meets 491 and succeeds in the end, for every seed', () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const stage = talk(1_000 + seed, { jitterMs: 20 });
      stage.gateway.mediaMs = 10;
      stage.caller.do({ kind: 'renegotiate', callId: 'c1', sdp: HOLD });
      stage.agent.do({ kind: 'renegotiate', callId: agentCallId(stage), sdp: RESUME });
      stage.network.run(40_000);
      const done = [stage.caller, stage.agent].map(
        (phone) => phone.kinds().filter((kind) => kind === 'renegotiation-accepted').length,
      );
      expect({ seed, done }).toEqual({ seed, done: [1, 1] });
      stage.caller.do({ kind: 'hang-up', callId: 'c1' });
      expectNothingLeft(stage);
    }
  });

  test('in flight when the call ends leaves nothing behind, whenever it ends', () => {
    for (let offsetMs = 0; offsetMs < 60; offsetMs += 2) {
      const stage = talk(44);
      stage.gateway.mediaMs = 7;
      stage.caller.do({ kind: 'renegotiate', callId: 'c1', sdp: HOLD });
      stage.network.run(1_000 + offsetMs);
      stage.agent.do({ kind: 'hang-up', callId: agentCallId(stage) });
      stage.network.run(5_000);
      expect(gatewayHeard(stage, 'call-ended')).toHaveLength(1);
      expect(stage.caller.kinds().at(-1)).toBe('ended');
      expectNothingLeft(stage);
    }
  });
});

describe('INFO', () => {
  test.each([
    ['accept', 200],
    ['refuse', 415],
    ['relay', 200],
  ] as const)('is handed out, and with %s answered %i; its body is wiped', (action, status) => {
    const stage = setStage(50);
    stage.gateway.onInfo = action;
    const answers: string[] = [];
    stage.network.filter = (text) => {
      if (text.startsWith('SIP/2.0') && / INFO\r\n/.test(text)) {
        answers.push(text.slice(8, 11));
      }
      return true;
    };
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    const body = Buffer.from('Signal=5\r\nDuration=160\r\n');
    stage.caller.do({ kind: 'send-info', callId: 'c1', contentType: 'application/dtmf-relay', body });
    stage.network.run(2_000);
    const [info] = gatewayHeard(stage, 'info-received');
    expect(info).toMatchObject({ from: 'a', contentType: 'application/dtmf-relay' });
    expect(info.body.every((byte) => byte === 0)).toBe(true);
    // To its end, the datagram's memory holds nothing of it.
    expect(Buffer.from(info.body.buffer).includes('Signal')).toBe(false);
    expect(new Set(answers)).toEqual(new Set([String(status)]));
    const relayed = stage.agent.heard.filter(({ kind }) => kind === 'info');
    expect(relayed).toHaveLength(action === 'relay' ? 1 : 0);
    stage.caller.do({ kind: 'hang-up', callId: 'c1' });
    expectNothingLeft(stage);
  });

  test('reaches the gateway once though sent again, and is wiped when the call ends unanswered', () => {
    const stage = setStage(51);
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    const taken: Buffer[] = [];
    stage.gateway.heard.length = 0;
    const act = stage.gateway.do.bind(stage.gateway);
    stage.gateway.do = (input) => {
      if (input.kind !== 'answer-info') {
        act(input);
      }
    };
    const body = Buffer.from('Signal=7\r\n');
    stage.caller.do({ kind: 'send-info', callId: 'c1', contentType: 'application/dtmf-relay', body });
    stage.network.run(5_000);
    taken.push(...gatewayHeard(stage, 'info-received').map((info) => info.body));
    expect(taken.map((kept) => kept.toString())).toEqual(['Signal=7\r\n']);
    stage.agent.do({ kind: 'hang-up', callId: agentCallId(stage) });
    stage.network.run(6_000);
    expect(taken[0].every((byte) => byte === 0)).toBe(true);
    expectNothingLeft(stage);
  });
});
