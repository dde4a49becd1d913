/**
 * Everybody does anything at any time, in any weather: for each seed, every call that arrived ends exactly once, nobody
 * throws, and nothing is left.
 */
import { expect, test } from '@jest/globals';
import type { UserAgentOutput } from '../../sip/user-agent-events.js';
import { ANSWER, holdingsAfterAll, OFFER, type Phone, politely, type Stage, setStage } from './call-stage.js';
import { seededRandom } from './virtual-network.js';

const SEEDS = 40;
const CALLS = 25;
const BODY = Buffer.from('Signal=1\r\n');

type Random = () => number;

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)];
}

/** An agent that rings, sends early media, answers or refuses when it likes. */
function moody(stage: Stage, random: Random): (output: UserAgentOutput, phone: Phone) => void {
  return (output, phone) => {
    if (output.kind !== 'incoming-call') {
      politely(output, phone);
      return;
    }
    const { callId } = output;
    const sdp = output.sdp === undefined ? OFFER : ANSWER;
    const later = () => stage.network.nowMs + random() * 4_000;
    stage.network.at(later(), () => phone.do({ kind: 'ring', callId, status: 180, reason: 'Ringing' }));
    stage.network.at(later(), () => phone.do({ kind: 'ring', callId, status: 183, reason: 'Progress', sdp }));
    stage.network.at(later(), () => {
      if (random() < 0.2) {
        phone.do({ kind: 'hang-up', callId, status: pick(random, [486, 302, 407, 500, 603]) });
      } else {
        phone.do({ kind: 'answer', callId, sdp });
      }
    });
    act(stage, phone, callId, random);
  };
}

/** A few acts of one end of a call, and at last its end. */
function act(stage: Stage, phone: Phone, callId: string, random: Random): void {
  const startMs = stage.network.nowMs;
  const acts = [
    () => phone.do({ kind: 'renegotiate', callId, sdp: OFFER }),
    () => phone.do({ kind: 'renegotiate', callId }),
    () => phone.do({ kind: 'send-info', callId, contentType: 'application/dtmf-relay', body: BODY }),
  ];
  for (let count = Math.floor(random() * 4); count > 0; count -= 1) {
    stage.network.at(startMs + random() * 8_000, pick(random, acts));
  }
  stage.network.at(startMs + random() * 10_000 + 200_000 * Math.floor(random() * 1.2), () =>
    phone.do({ kind: 'hang-up', callId }),
  );
}

function runChaos(seed: number): void {
  const random = seededRandom(seed);
  const stage = setStage(seed * 10, {
    loss: pick(random, [0, 0.05, 0.3]),
    duplication: pick(random, [0, 0.2]),
    jitterMs: pick(random, [0, 50, 700]),
  });
  const { network, caller, gateway, agent } = stage;
  gateway.mediaMs = pick(random, [0, 30, 1_500]);
  gateway.onInfo = pick(random, ['accept', 'relay', 'refuse'] as const);
  const ready = gateway.onDescription;
  gateway.onDescription = (exchange) => {
    const { exchangeId } = exchange;
    const luck = random();
    // Refused, and forgotten, now and then.
    if (luck < 0.05) {
      return { kind: 'description-refused', exchangeId, status: 488, reason: 'Not Acceptable Here' };
    }
    return luck < 0.07 ? undefined : ready(exchange);
  };
  agent.react = moody(stage, random);
  for (let call = 0; call < CALLS; call += 1) {
    network.at(random() * 5_000, () => {
      const transport = random() < 0.2 ? 'tcp' : 'udp';
      caller.dial(`c${call}`, { transport, ...(random() < 0.3 ? undefined : { sdp: OFFER }) });
      act(stage, caller, `c${call}`, random);
    });
  }
  network.run(900_000);
  const arrived = gateway.heard.flatMap((output) => (output.kind === 'call-arrived' ? [output.callId] : []));
  const ended = gateway.heard.flatMap((output) => (output.kind === 'call-ended' ? [output.callId] : []));
  expect([...ended].sort()).toEqual([...arrived].sort());
  expect(gateway.counts.get('internal-error') ?? 0).toBe(0);
  expect(holdingsAfterAll(stage).filter((count) => count > 0)).toEqual([]);
  for (const output of gateway.heard) {
    if (output.kind === 'info-received') {
      expect(output.body.every((byte) => byte === 0)).toBe(true);
    }
  }
}

test(`${SEEDS} seeds of ${CALLS} calls`, () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      runChaos(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
});
