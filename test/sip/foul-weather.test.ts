/** Calls over networks that lose, repeat and reorder: what RFC 3261's timers promise, for seeds that are printed. */
import { describe, expect, test } from '@jest/globals';
import { holdingsAfterAll, OFFER, politely, type Stage, setStage } from './call-stage.js';
import type { Weather } from './virtual-network.js';

type Tally = { readonly accepted: number; readonly failed: number; readonly gatewayEnded: number };

/** Calls at an even rate, each of them held for a second once it stands. */
function runCalls(stage: Stage, calls: number, perSecond: number): Tally {
  const { caller, gateway, network } = stage;
  caller.react = (output, phone) => {
    politely(output, phone);
    if (output.kind === 'accepted') {
      const { callId } = output;
      network.at(network.nowMs + 1_000, () => phone.do({ kind: 'hang-up', callId }));
    }
  };
  for (let call = 0; call < calls; call += 1) {
    network.at((call * 1_000) / perSecond, () => caller.dial(`c${call}`, { sdp: OFFER }));
  }
  network.run((calls * 1_000) / perSecond + 80_000);
  return {
    accepted: caller.heard.filter(({ kind }) => kind === 'accepted').length,
    failed: caller.heard.filter(({ kind }) => kind === 'ended').length,
    gatewayEnded: gateway.heard.filter(({ kind }) => kind === 'call-ended').length,
  };
}

describe('many calls', () => {
  const weathers: readonly (readonly [string, Weather])[] = [
    ['no faults', {}],
    ['2 % loss, 2 % duplication, 40 ms jitter', { loss: 0.02, duplication: 0.02, jitterMs: 40 }],
    ['10 % loss each way', { loss: 0.1 }],
    ['20 % duplication and 300 ms jitter', { duplication: 0.2, jitterMs: 300 }],
  ];
  test.each(weathers)('all succeed with %s', (_name, weather) => {
    for (const seed of [1, 2, 3]) {
      const stage = setStage(seed * 100, weather);
      const tally = runCalls(stage, 100, 20);
      expect({ seed, ...tally }).toEqual({ seed, accepted: 100, failed: 0, gatewayEnded: 100 });
      expect({ seed, left: holdingsAfterAll(stage).filter((count) => count > 0) }).toEqual({ seed, left: [] });
    }
  });

  test('all come to an end, one way or the other, with half of everything lost', () => {
    const stage = setStage(9, { loss: 0.5, duplication: 0.1, jitterMs: 100 });
    runCalls(stage, 200, 20);
    stage.network.run(stage.network.nowMs + 200_000);
    const arrived = stage.gateway.heard.filter(({ kind }) => kind === 'call-arrived').length;
    expect(stage.gateway.heard.filter(({ kind }) => kind === 'call-ended')).toHaveLength(arrived);
    expect(holdingsAfterAll(stage).filter((count) => count > 0)).toEqual([]);
  });

  test('of two thousand, none fails and nothing is left', () => {
    const stage = setStage(7);
    expect(runCalls(stage, 2_000, 200)).toEqual({ accepted: 2_000, failed: 0, gatewayEnded: 2_000 });
    expect(holdingsAfterAll(stage).filter((count) => count > 0)).toEqual([]);
  });
});

describe('one message lost', () => {
  /** Loses the first so many messages from that sender that begin so. */
  function lose(stage: Stage, sender: string, start: RegExp, times: number): void {
    let left = times;
    stage.network.filter = (text, from) => {
      if (left > 0 && from.name === sender && start.test(text)) {
        left -= 1;
        return false;
      }
      return true;
    };
  }

  const losses: readonly (readonly [string, string, RegExp, number])[] = [
    ['the INVITE', 'phone', /^INVITE/, 3],
    ['the outgoing INVITE', 'agent-side', /^INVITE/, 3],
    ['the 200 to the caller', 'caller-side', /^SIP\/2.0 200 .*CSeq: 1 INVITE/s, 4],
    ['the ACK of the caller', 'phone', /^ACK/, 4],
    ['the ACK to the agent', 'agent-side', /^ACK/, 4],
    ['the BYE of the caller', 'phone', /^BYE/, 4],
    ['the BYE to the agent', 'agent-side', /^BYE/, 4],
    ['the 200 to the BYE', 'caller-side', /^SIP\/2.0 200 .*CSeq: \d+ BYE/s, 4],
  ];
  test.each(losses)('%s: the call is made and ended all the same', (_name, sender, start, times) => {
    const stage = setStage(60);
    lose(stage, sender, start, times);
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(20_000);
    expect(stage.caller.kinds()).toContain('accepted');
    stage.caller.do({ kind: 'hang-up', callId: 'c1' });
    stage.network.run(60_000);
    expect(stage.agent.kinds().at(-1)).toBe('ended');
    expect(holdingsAfterAll(stage).filter((count) => count > 0)).toEqual([]);
  });

  test('every ACK of the caller: after 32 s both legs are ended by BYE', () => {
    const stage = setStage(61);
    lose(stage, 'phone', /^ACK/, Infinity);
    stage.caller.dial('c1', { sdp: OFFER });
    // The agent's own ACKs come from the gateway.
    stage.network.run(32_500);
    expect(stage.caller.kinds().at(-1)).toBe('ended');
    expect(stage.gateway.heard.at(-1)).toMatchObject({ kind: 'call-ended', by: 'a', status: 408 });
    expect(stage.gateway.counts.get('ack-missing')).toBe(1);
    expect(holdingsAfterAll(stage).filter((count) => count > 0)).toEqual([]);
  });

  test('every CANCEL and its answer: the call is given up after 64*T1', () => {
    const stage = setStage(62);
    stage.agent.react = (output, phone) => {
      if (output.kind === 'incoming-call') {
        phone.do({ kind: 'ring', callId: output.callId, status: 180, reason: 'Ringing' });
      }
    };
    lose(stage, 'agent-side', /^CANCEL/, Infinity);
    stage.caller.dial('c1', { sdp: OFFER });
    stage.network.run(1_000);
    stage.caller.do({ kind: 'hang-up', callId: 'c1' });
    stage.network.run(40_000);
    expect(stage.gateway.agent.holdings.legs).toBe(0);
    expect(holdingsAfterAll(stage).filter((count) => count > 0)).toEqual([]);
  });
});
