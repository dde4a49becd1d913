/** Calls through the gateway between programs that are not ours: sipp on both sides, over UDP and TCP. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { AgentClient } from '../support/agent-client.js';
import { rtpTo, WireCapture } from '../support/agent-ear.js';
import { renderCallerStream } from '../support/caller-stream.js';
import { pause } from '../support/deadline.js';
import { GatewayUnderTest } from '../support/gateway-under-test.js';
import { addTones, keyNames, keysOf, pressesOf, samplesOf } from '../support/keys.js';
import { type PortRange, reservePorts } from '../support/ports.js';
import { type RtpReport, reportRtp } from '../support/rtp-report.js';
import {
  assertAllSucceeded,
  SIPP_MEDIA_PORTS,
  type SippOptions,
  type SippResult,
  type SippRun,
  startCalledParty,
  startCaller,
} from '../support/sipp.js';
import { decodeWithSpandsp } from '../support/spandsp.js';
import { speechFor } from '../support/speech.js';

const LIMIT_MS = 25_000;
const PAN = '4242424242424242#';
const RHYTHM = { onMs: 60, offMs: 60 };

type Transport = 'udp' | 'tcp';

let ports: PortRange;
let trunkPort: number;
let pbxPort: number;
let gateway: GatewayUnderTest;
let desk: AgentClient;
/** What a test started, ended in reverse order whether it passed or not. */
let cleanUps: Array<() => Promise<unknown>> = [];

beforeAll(async () => {
  ports = await reservePorts(300);
  trunkPort = await ports.next();
  pbxPort = await ports.next();
  const side = (name: string, listener: string, port: number, transport: Transport) => ({
    name,
    listener,
    addresses: ['127.0.0.1'],
    target: { address: '127.0.0.1', port, transport },
  });
  gateway = await GatewayUnderTest.start({
    trunkPort,
    pbxPort,
    // Whoever dials a user whose name begins with tcp is called on over TCP.
    configure: (configuration) => ({
      ...configuration,
      peers: [
        ...(configuration.peers ?? []),
        side('pbx-by-tcp', 'agent-side', pbxPort, 'tcp'),
        side('trunk-by-tcp', 'caller-side', trunkPort, 'tcp'),
      ],
      routes: [
        { name: 'inbound-tcp', from: 'trunk', to: 'pbx-by-tcp', callerSide: 'from', users: 'tcp.*' },
        { name: 'outbound-tcp', from: 'pbx', to: 'trunk-by-tcp', callerSide: 'to', users: 'tcp.*' },
        { name: 'inbound', from: 'trunk', to: 'pbx', callerSide: 'from' },
        { name: 'outbound', from: 'pbx', to: 'trunk', callerSide: 'to' },
      ],
    }),
  });
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

type PartyOptions = Partial<Omit<SippOptions, 'scenario'>>;

type PairOptions = {
  /** Inbound: the trunk calls. Outbound: the agent dials, and the called party is the one who pays. */
  readonly direction?: 'inbound' | 'outbound';
  readonly callerTransport?: Transport;
  readonly calledTransport?: Transport;
  readonly caller?: PartyOptions;
  readonly called?: PartyOptions;
};

type Running = {
  readonly caller: SippRun;
  readonly called: SippRun;
  readonly finish: () => Promise<{
    readonly caller: SippResult;
    readonly called: SippResult;
    readonly toCaller: RtpReport;
    readonly toCalled: RtpReport;
  }>;
};

/** A calling and a called sipp with the gateway between them; what reached each of them is taken from the wire. */
async function startPair(callerScenario: string, calledScenario: string, options: PairOptions = {}): Promise<Running> {
  const { direction = 'inbound', callerTransport = 'udp', calledTransport = 'udp' } = options;
  const calledMedia = await ports.consecutive(SIPP_MEDIA_PORTS);
  const callerMedia = await ports.consecutive(SIPP_MEDIA_PORTS);
  const capture = await WireCapture.start({ ports: [calledMedia, callerMedia], limitMs: 2 * LIMIT_MS });
  cleanUps.push(() => capture.discard());
  const called = await startCalledParty({
    limitMs: LIMIT_MS,
    mediaPort: calledMedia,
    localPort: direction === 'inbound' ? pbxPort : trunkPort,
    transport: calledTransport,
    scenario: calledScenario,
    ...options.called,
  });
  cleanUps.push(() => called.stop());
  const caller = startCaller({
    limitMs: LIMIT_MS,
    mediaPort: callerMedia,
    localPort: await ports.next(),
    remotePort: direction === 'inbound' ? gateway.callerSidePort : gateway.agentSidePort,
    transport: callerTransport,
    scenario: callerScenario,
    ...options.caller,
    keys: { service: calledTransport === 'tcp' ? 'tcp-service' : 'service', duration: 300, ...options.caller?.keys },
  });
  cleanUps.push(() => caller.stop());
  const finish = async () => {
    const results = { caller: await caller.done, called: await called.done };
    const datagrams = await capture.stop();
    const to = (port: number) => reportRtp(rtpTo(port, datagrams));
    return { ...results, toCaller: to(callerMedia), toCalled: to(calledMedia) };
  };
  return { caller, called, finish };
}

async function runPair(callerScenario: string, calledScenario: string, options: PairOptions = {}) {
  const pair = await (await startPair(callerScenario, calledScenario, options)).finish();
  assertAllSucceeded(pair.caller);
  assertAllSucceeded(pair.called);
  return pair;
}

/** Speech that rests while the keys are pressed; tones are not in it. */
async function talkWithKeys(names: string, startMs: number, lengthMs: number) {
  const audio = await speechFor(lengthMs);
  const presses = pressesOf(keysOf(names), { startMs, ...RHYTHM });
  const keyedMs = presses.length * (RHYTHM.onMs + RHYTHM.offMs);
  audio.fill(0, samplesOf(startMs - 100), samplesOf(startMs + keyedMs + 100));
  return { audio, presses };
}

describe.each<readonly [Transport, Transport]>([
  ['udp', 'udp'],
  ['tcp', 'tcp'],
  ['udp', 'tcp'],
])('a call that comes by %s and goes on by %s', (callerTransport, calledTransport) => {
  const transports = { callerTransport, calledTransport };

  test('is answered, carries audio both ways and is hung up by the caller', async () => {
    const [audio, answer] = [await speechFor(1_500), await speechFor(1_000, 'Good morning, what can I do for you?')];
    const { toCalled, toCaller } = await runPair('uac-plays-audio-and-hangs-up', 'uas-answers-and-plays', {
      ...transports,
      caller: { audio: renderCallerStream({ audio, encoding: 'PCMU' }), keys: { duration: 2_000 } },
      called: { audio: renderCallerStream({ audio: answer, encoding: 'PCMU' }) },
    });
    expect(toCalled).toMatchObject({ missing: 0, duplicates: 0, timestampBreaks: [], ssrcs: [expect.any(Number)] });
    expect(toCaller).toMatchObject({ missing: 0, duplicates: 0, timestampBreaks: [] });
    expect(toCalled.audio.length).toBeGreaterThan(samplesOf(1_400));
    expect(toCaller.audio.length).toBeGreaterThan(samplesOf(900));
  });

  test('is hung up by the called party', async () => {
    await runPair('uac-talks-until-hung-up', 'uas-hangs-up', {
      ...transports,
      caller: { keys: { duration: 10_000 } },
      called: { keys: { duration: 300 } },
    });
  });

  test.each([
    [486, 'Busy Here'],
    [603, 'Decline'],
  ])('is refused with %i %s, and the caller is told just that', async (status, reason) => {
    const refusal = { keys: { status, reason } };
    await runPair('uac-is-refused', 'uas-refuses', { ...transports, caller: refusal, called: refusal });
  });

  test('is cancelled while it rings', async () => {
    await runPair('uac-cancels-while-ringing', 'uas-rings-until-cancelled', transports);
  });

  test('is held and resumed', async () => {
    await runPair('uac-holds-and-resumes', 'uas-is-held-and-resumed', transports);
  });

  test('comes without an offer and gets one', async () => {
    await runPair('uac-leaves-the-offer-to-the-other-side', 'uas-makes-the-offer', transports);
  });
});

test('a ping by OPTIONS is answered with what the gateway takes', async () => {
  for (const transport of ['udp', 'tcp'] as const) {
    for (const remotePort of [gateway.callerSidePort, gateway.agentSidePort]) {
      const mediaPort = await ports.consecutive(SIPP_MEDIA_PORTS);
      const options = { scenario: 'uac-pings', localPort: await ports.next(), mediaPort, limitMs: LIMIT_MS };
      assertAllSucceeded(await startCaller({ ...options, remotePort, transport }).done);
    }
  }
});

test('early media reaches the caller before the answer', async () => {
  const announcement = await speechFor(1_000, 'All our agents are busy. Please hold the line.');
  const { caller, toCaller } = await runPair('uac-plays-audio-and-hangs-up', 'uas-answers-after-early-media', {
    caller: { keepMessages: true },
    called: { audio: renderCallerStream({ audio: announcement, encoding: 'PCMU' }), keys: { duration: 1_200 } },
  });
  expect(caller.messages).toContain('SIP/2.0 183 Session Progress');
  expect(toCaller.audio.length).toBeGreaterThan(samplesOf(900));
});

describe('keys outside a window pass', () => {
  test('in the audio, in PCMU and PCMA', async () => {
    for (const encoding of ['PCMU', 'PCMA'] as const) {
      const { audio, presses } = await talkWithKeys(PAN, 300, 2_800);
      addTones(audio, presses);
      const { toCalled } = await runPair('uac-plays-audio-and-hangs-up', 'uas-answers-and-plays', {
        caller: { audio: renderCallerStream({ audio, encoding }), encoding, keys: { duration: 3_000 } },
        called: { encoding },
      });
      expect(await decodeWithSpandsp(toCalled.audio)).toBe(PAN);
    }
  });

  test('as telephone-events, each with its three end packets', async () => {
    const { audio, presses } = await talkWithKeys(PAN, 300, 2_800);
    const { toCalled } = await runPair('uac-plays-audio-and-hangs-up', 'uas-answers-and-plays', {
      caller: {
        audio: renderCallerStream({ audio, encoding: 'PCMU', eventPresses: presses }),
        keys: { duration: 3_000 },
      },
    });
    expect(keyNames(toCalled.events.map(({ key }) => key))).toBe(PAN);
    expect(toCalled.events.every(({ endPackets }) => endPackets === 3)).toBe(true);
  });

  test('as SIP INFO', async () => {
    const { called } = await runPair('uac-sends-info-digits', 'uas-answers-and-plays', {
      caller: { keys: { key_names: '4242*0#', duration: 100 } },
      called: { answersOtherRequests: true, keepMessages: true },
    });
    const signals = [...called.messages.matchAll(/^Signal=(.)/gm)].map((match) => match[1]);
    expect(signals.join('')).toBe('4242*0#');
  });
});

describe('keys in a window are captured and reach nobody', () => {
  /** From the answer to the first key: time enough for Start and Capture on a busy machine. */
  const BEFORE_KEYS_MS = 4_000;
  const LENGTH_MS = 6_500;
  const SPOKEN_MS = 1_000;

  async function captureNumber(): Promise<void> {
    const call = await desk.call();
    // Nobody opens a payment before a word has been spoken.
    await pause(SPOKEN_MS);
    const { id } = await desk.startSession(call.id);
    await desk.capture(id, 'cardNumber');
    const settled = await desk.sessionEvent(
      'card number settled',
      (session) => session.id === id && ['captured', 'error'].includes(session.fields.cardNumber.state),
      LIMIT_MS,
    );
    expect(settled.fields.cardNumber).toMatchObject({ state: 'captured', masked: '**** **** **** 4242' });
    await desk.cancel(id);
  }

  test.each(['in-band', 'telephone-event'] as const)('of a caller, as %s', async (way) => {
    const { audio, presses } = await talkWithKeys(PAN, BEFORE_KEYS_MS, LENGTH_MS);
    if (way === 'in-band') addTones(audio, presses);
    const events = way === 'telephone-event' ? { eventPresses: presses } : {};
    const { finish } = await startPair('uac-plays-audio-and-hangs-up', 'uas-answers-and-plays', {
      caller: {
        audio: renderCallerStream({ audio, encoding: 'PCMU', ...events }),
        keys: { duration: LENGTH_MS + 500 },
      },
    });
    await captureNumber();
    const { caller, toCalled } = await finish();
    assertAllSucceeded(caller);
    expect(way === 'in-band' ? await decodeWithSpandsp(audio) : PAN).toBe(PAN);
    expect(await decodeWithSpandsp(toCalled.audio)).toBe('');
    expect(toCalled).toMatchObject({ eventPackets: 0, missing: 0, timestampBreaks: [] });
  });

  test.each(['in-band', 'telephone-event'] as const)('of a called party whom the agent dialled, as %s', async (way) => {
    const { audio, presses } = await talkWithKeys(PAN, BEFORE_KEYS_MS, LENGTH_MS);
    if (way === 'in-band') addTones(audio, presses);
    const events = way === 'telephone-event' ? { eventPresses: presses } : {};
    const { finish } = await startPair('uac-plays-audio-and-hangs-up', 'uas-answers-and-plays', {
      direction: 'outbound',
      caller: { keys: { duration: LENGTH_MS + 1_000 } },
      called: { audio: renderCallerStream({ audio, encoding: 'PCMU', ...events }) },
    });
    await captureNumber();
    const { caller, toCaller } = await finish();
    assertAllSucceeded(caller);
    expect(await decodeWithSpandsp(toCaller.audio)).toBe('');
    expect(toCaller).toMatchObject({ eventPackets: 0, missing: 0, timestampBreaks: [] });
    expect(toCaller.audio.length).toBeGreaterThan(samplesOf(LENGTH_MS - 1_000));
  });
});
