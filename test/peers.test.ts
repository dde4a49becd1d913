/** The programs that tests drive the gateway with, proven against each other: a failure here is not the gateway's. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AgentEar, rtpTo, WireCapture } from './support/agent-ear.js';
import { BARESIP_MEDIA_PORTS, BARESIP_SIP_PORTS, Baresip, type BaresipOptions } from './support/baresip.js';
import { renderCallerStream } from './support/caller-stream.js';
import { eventually, pause } from './support/deadline.js';
import type { G711Encoding } from './support/g711.js';
import { addTones, keyNames, keysOf, pressesOf, samplesOf } from './support/keys.js';
import { type PortRange, reservePorts } from './support/ports.js';
import { type RtpReport, reportRtp } from './support/rtp-report.js';
import { type KeyStyle, RtpTalker } from './support/rtp-talker.js';
import {
  assertAllSucceeded,
  SIPP_MEDIA_PORTS,
  type SippOptions,
  type SippResult,
  startCalledParty,
  startCaller,
} from './support/sipp.js';
import { decodeWithSpandsp } from './support/spandsp.js';
import { speechFor } from './support/speech.js';

const LIMIT_MS = 15_000;

let ports: PortRange;
/** What a test started, ended in reverse order whether it passed or not. */
let cleanUps: Array<() => Promise<unknown>>;

beforeEach(async () => {
  cleanUps = [];
  ports = await reservePorts(100);
});

afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  ports.release();
});

type PairOptions = Partial<Omit<SippOptions, 'keys'>>;
type Pair = { readonly caller: SippResult; readonly called: SippResult; readonly toCalled: RtpReport };

/** One run of calling and called sipp, with the audio that went to the called one taken from the wire. */
async function runPair(
  callerScenario: string,
  calledScenario: string,
  keys: { readonly caller?: SippOptions['keys']; readonly called?: SippOptions['keys'] } = {},
  options: { readonly caller?: PairOptions; readonly called?: PairOptions } = {},
): Promise<Pair> {
  const calledPort = await ports.next();
  const mediaPort = await ports.consecutive(SIPP_MEDIA_PORTS);
  const capture = await WireCapture.start({ ports: [mediaPort], limitMs: 2 * LIMIT_MS });
  cleanUps.push(() => capture.discard());
  const called = await startCalledParty({
    scenario: calledScenario,
    localPort: calledPort,
    mediaPort,
    limitMs: LIMIT_MS,
    keys: { duration: 300, ...keys.called },
    ...options.called,
  });
  cleanUps.push(() => called.stop());
  const caller = startCaller({
    scenario: callerScenario,
    localPort: await ports.next(),
    remotePort: calledPort,
    mediaPort: await ports.consecutive(SIPP_MEDIA_PORTS),
    limitMs: LIMIT_MS,
    keys: { duration: 300, ...keys.caller },
    ...options.caller,
  });
  cleanUps.push(() => caller.stop());
  const results = await Promise.all([caller.done, called.done]);
  const datagrams = await capture.stop();
  return { caller: results[0], called: results[1], toCalled: reportRtp(rtpTo(mediaPort, datagrams)) };
}

describe('sipp calls sipp', () => {
  const presses = pressesOf(keysOf('4242424242424242#'), { startMs: 300, onMs: 80, offMs: 80 });

  test.each<G711Encoding>(['PCMU', 'PCMA'])('and in-band keys in %s arrive to the digit', async (encoding) => {
    const audio = new Int16Array(samplesOf(3_200));
    addTones(audio, presses);
    const stream = renderCallerStream({ audio, encoding });
    const options = { caller: { audio: stream, encoding }, called: { encoding } };
    const keys = { caller: { duration: 3_400 } };
    const pair = await runPair('uac-plays-audio-and-hangs-up', 'uas-answers-and-plays', keys, options);
    assertAllSucceeded(pair.caller);
    assertAllSucceeded(pair.called);
    expect(await decodeWithSpandsp(pair.toCalled.audio)).toBe('4242424242424242#');
    expect([...pair.toCalled.payloadTypes.keys()]).toEqual([encoding === 'PCMU' ? 0 : 8]);
    expect(pair.toCalled).toMatchObject({ packets: stream.length, missing: 0, timestampBreaks: [] });
  });

  test('and telephone-events over speech arrive, each with its three end packets', async () => {
    const audio = await speechFor(3_200);
    const stream = renderCallerStream({ audio, encoding: 'PCMU', eventPresses: presses });
    const keys = { caller: { duration: 3_400 } };
    const options = { caller: { audio: stream } };
    const pair = await runPair('uac-plays-audio-and-hangs-up', 'uas-answers-and-plays', keys, options);
    assertAllSucceeded(pair.caller);
    expect(keyNames(pair.toCalled.events.map((event) => event.key))).toBe('4242424242424242#');
    expect(pair.toCalled.events.map((event) => event.endPackets)).toEqual(Array(17).fill(3));
    expect(await decodeWithSpandsp(pair.toCalled.audio)).toBe('');
  });

  test('over TCP', async () => {
    const options = { caller: { transport: 'tcp' }, called: { transport: 'tcp' } } as const;
    const pair = await runPair('uac-plays-audio-and-hangs-up', 'uas-answers-and-plays', {}, options);
    assertAllSucceeded(pair.caller);
    assertAllSucceeded(pair.called);
  });

  test('and hears early media before the answer', async () => {
    const options = { caller: { keepMessages: true } };
    const pair = await runPair('uac-plays-audio-and-hangs-up', 'uas-answers-after-early-media', {}, options);
    assertAllSucceeded(pair.caller);
    assertAllSucceeded(pair.called);
    expect(pair.caller.messages).toContain('SIP/2.0 183 Session Progress');
  });

  test.each([
    ['is held and resumed', 'uac-holds-and-resumes', 'uas-is-held-and-resumed', {}, {}],
    ['cancels while it rings', 'uac-cancels-while-ringing', 'uas-rings-until-cancelled', {}, {}],
    ['leaves the offer to it', 'uac-leaves-the-offer-to-the-other-side', 'uas-makes-the-offer', {}, {}],
    ['is hung up', 'uac-talks-until-hung-up', 'uas-hangs-up', { duration: 5_000 }, {}],
    ['is busy', 'uac-is-refused', 'uas-refuses', busy(), busy()],
    ['is declined', 'uac-is-refused', 'uas-refuses', declined(), declined()],
  ])('and %s', async (_name, callerScenario, calledScenario, callerKeys, calledKeys) => {
    const keys = { caller: callerKeys, called: calledKeys };
    const pair = await runPair(callerScenario, calledScenario, keys);
    assertAllSucceeded(pair.caller);
    assertAllSucceeded(pair.called);
  });

  test('and keys as SIP INFO arrive one by one', async () => {
    const keys = { caller: { key_names: '4242*0#', duration: 100 } };
    const options = { called: { answersOtherRequests: true, keepMessages: true } };
    const pair = await runPair('uac-sends-info-digits', 'uas-answers-and-plays', keys, options);
    assertAllSucceeded(pair.caller);
    assertAllSucceeded(pair.called);
    const signals = [...pair.called.messages.matchAll(/^Signal=(.)/gm)].map((match) => match[1]);
    expect(signals.join('')).toBe('4242*0#');
    const branches = [...pair.called.messages.matchAll(/^INFO [\s\S]*?branch=(\S+)/gm)].map((match) => match[1]);
    expect(new Set(branches).size).toBe(7);
  });

  test('forty times at twenty calls a second, and not one message is lost', async () => {
    const load = { calls: 40, callsPerSecond: 20, repeatsNothing: true };
    const keys = { caller: { duration: 100 } };
    const options = { caller: load, called: load };
    const pair = await runPair('uac-makes-short-calls', 'uas-takes-short-calls', keys, options);
    assertAllSucceeded(pair.caller, 40);
    assertAllSucceeded(pair.called, 40);
  });

  test('and a wrong answer is told as a failed call with its reason', async () => {
    const keys = { caller: busy(), called: declined() };
    const pair = await runPair('uac-is-refused', 'uas-refuses', keys);
    expect(pair.caller.exitCode).toBe(1);
    expect(pair.caller.statistics).toMatchObject({ failed: 1, failures: { FailedUnexpectedMessage: 1 } });
    expect(pair.caller.errors).toContain('603 Decline');
  });

  test('and an answer in the wrong direction fails the check on hold', async () => {
    const keys = { caller: { duration: 100 } };
    const pair = await runPair('uac-holds-and-resumes', 'uas-ignores-hold', keys);
    expect(pair.caller.statistics.failures).toEqual({ FailedRegexpDoesntMatch: 1 });
  });

  test('and a caller who is not hung up in time is told as failed', async () => {
    const keys = { caller: { duration: 200 }, called: { duration: 1_000 } };
    const pair = await runPair('uac-talks-until-hung-up', 'uas-hangs-up', keys);
    expect(pair.caller.statistics.failures).toEqual({ FailedTimeoutOnRecv: 1 });
    expect(() => assertAllSucceeded(pair.caller)).toThrow('receive timeout');
  });

  test('not at all when a scenario is given no value for one of its keys', () => {
    const options = { scenario: 'uac-is-refused', localPort: 1, remotePort: 1, mediaPort: 1, limitMs: 1 };
    expect(() => startCaller(options)).toThrow('the scenario needs a value for [status]');
  });
});

function busy() {
  return { status: 486, reason: 'Busy Here' };
}

function declined() {
  return { status: 603, reason: 'Decline' };
}

describe('a live leg behind sipp', () => {
  test.each<KeyStyle>(['telephone-event', 'telephone-event-among-audio', 'in-band'])(
    'presses keys while the call runs, as %s',
    async (style) => {
      const ears = [await AgentEar.listen(await ports.next()), await AgentEar.listen(await ports.next())];
      cleanUps.push(() => Promise.all(ears.map((ear) => ear.close())));
      const calledPort = await ports.next();
      const called = await startCalledParty({
        scenario: 'uas-hangs-up',
        localPort: calledPort,
        mediaPort: await ports.consecutive(SIPP_MEDIA_PORTS),
        audioPort: ears[1].port,
        limitMs: LIMIT_MS,
        keys: { duration: 2_500 },
      });
      cleanUps.push(() => called.stop());
      const caller = startCaller({
        scenario: 'uac-talks-until-hung-up',
        localPort: await ports.next(),
        remotePort: calledPort,
        mediaPort: await ports.consecutive(SIPP_MEDIA_PORTS),
        audioPort: ears[0].port,
        limitMs: LIMIT_MS,
        keys: { duration: LIMIT_MS },
        keepMessages: true,
      });
      cleanUps.push(() => caller.stop());
      const audio = await speechFor(5_000);
      const remotePort = await caller.remoteAudioPort();
      expect(remotePort).toBe(ears[1].port);
      const options = { socket: ears[0].socket, remotePort, encoding: 'PCMU', audio } as const;
      const talker = new RtpTalker(options);
      cleanUps.push(async () => talker.stop());
      await talker.keyIn(keysOf('4211#'), style);
      talker.stop();
      const report = ears[1].report();
      const heard = keyNames(report.events.map((event) => event.key));
      expect(style === 'in-band' ? await decodeWithSpandsp(report.audio) : heard).toBe('4211#');
      expect(report).toMatchObject({ missing: 0, duplicates: 0, reordered: 0 });
      expect(report.timestampBreaks).toHaveLength(style === 'telephone-event' ? 5 : 0);
      assertAllSucceeded(await caller.done);
      assertAllSucceeded(await called.done);
    },
  );
});

describe('baresip calls baresip', () => {
  async function telephone(options: Pick<BaresipOptions, 'user' | 'answers' | 'mediaPort'>): Promise<Baresip> {
    const baresip = await Baresip.start({
      ...options,
      sipPort: await ports.consecutive(BARESIP_SIP_PORTS),
      controlPort: await ports.next(),
      audio: await speechFor(5_000),
      limitMs: 2 * LIMIT_MS,
    });
    cleanUps.push(() => baresip.discard());
    return baresip;
  }

  test('keys by event and then in-band; both are heard exactly, and hold and hang-up work', async () => {
    const mediaPort = await ports.consecutive(BARESIP_MEDIA_PORTS);
    const alice = await telephone({
      user: 'alice',
      answers: 'when-told',
      mediaPort: await ports.consecutive(BARESIP_MEDIA_PORTS),
    });
    const bob = await telephone({ user: 'bob', answers: 'automatically', mediaPort });
    const mediaPorts = Array.from({ length: BARESIP_MEDIA_PORTS }, (_unused, index) => mediaPort + index);
    const capture = await WireCapture.start({ ports: mediaPorts, limitMs: 2 * LIMIT_MS });
    cleanUps.push(() => capture.discard());

    await alice.dial(bob.address);
    await alice.sendKeys('4242#');
    await eventually(LIMIT_MS, 'five keys', () => (bob.receivedKeys().length === 5 ? true : undefined));
    expect(bob.receivedKeys()).toBe('4242#');
    const audio = new Int16Array(samplesOf(2_000));
    addTones(audio, pressesOf(keysOf('13579*#'), { startMs: 200, onMs: 100, offMs: 100 }));
    await alice.say(audio);
    await pause(2_200);
    await alice.hold();
    await alice.resume();
    await alice.hangUp();
    await bob.event('CALL_CLOSED', LIMIT_MS);
    await bob.quit();

    const datagrams = await capture.stop();
    const report = mediaPorts.map((port) => reportRtp(rtpTo(port, datagrams))).find((each) => each.packets > 0);
    expect(keyNames(report?.events.map((event) => event.key) ?? [])).toBe('4242#');
    expect(report?.events.map((event) => event.endPackets)).toEqual([3, 3, 3, 3, 3]);
    const heard = await Promise.all(bob.heard().map(decodeWithSpandsp));
    expect(heard.join('')).toBe('13579*#');
  }, 60_000);

  test('and answers when told', async () => {
    const alice = await telephone({
      user: 'alice',
      answers: 'when-told',
      mediaPort: await ports.consecutive(BARESIP_MEDIA_PORTS),
    });
    const bob = await telephone({
      user: 'bob',
      answers: 'when-told',
      mediaPort: await ports.consecutive(BARESIP_MEDIA_PORTS),
    });
    const dialled = alice.dial(bob.address);
    await bob.event('CALL_INCOMING', LIMIT_MS);
    await bob.answer();
    await dialled;
    await bob.hangUp();
    await alice.event('CALL_CLOSED', LIMIT_MS);
  });
});
