/**
 * Processes killed without warning in the middle of a payment, one after the other in one gateway, and what is left: no
 * digit, no key at the agent's ear, readable recordings, and an audit log in which every record still holds.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { CallView } from '../../gateway/api/call-desk.js';
import type { SessionView } from '../../gateway/payment/session-view.js';
import { eventually, pause } from '../support/deadline.js';
import type { ConfigurationInput } from '../support/gateway-under-test.js';
import type { KeyWay } from '../support/keypad-phone.js';
import { keyNames, keysOf, samplesOf } from '../support/keys.js';
import { scanFiles } from '../support/memory-scan.js';
import { type KeyedCard, PaymentScene } from '../support/payment-scene.js';
import { describeExit, PeerProcess } from '../support/peer-process.js';
import { buildDirectory } from '../support/places.js';
import { type PortRange, reservePorts } from '../support/ports.js';
import { isAlive, resourcesOf } from '../support/process-resources.js';
import { assertAllSucceeded, SIPP_MEDIA_PORTS, startCalledParty, startCaller } from '../support/sipp.js';
import { decodeWithSpandsp } from '../support/spandsp.js';
import { voicePayloadType } from '../support/voice-codec.js';
import { readWavFile } from '../support/wav.js';

const TEST_LIMIT_MS = 120_000;
/** What the agent may wait for the bad news, and children for their end. */
const NOTICED_WITHIN_MS = 2_000;
const CALL_LIMIT_MS = 60_000;
const RECOVERY_LIMIT_MS = 20_000;
/** A received press ends some packets after its last one was sent. */
const SETTLE_MS = 400;
/** The API takes 50 requests a second of one agent. */
const POLL_INTERVAL_MS = 50;

const CARD: KeyedCard = { cardNumber: '4263982640269299', expirationDate: '0931', securityCode: '718' };
const FIRST_TEN = keysOf(CARD.cardNumber.slice(0, 10));

const cleanUps: Array<() => Promise<void>> = [];
let ports: PortRange;
let secondPbxPort: number;
let scene: PaymentScene;
/** Sessions that the killed control process had open, and how long the recording was by then. */
let interrupted: { readonly sessionId: string; readonly callId: string };

beforeAll(async () => {
  ports = await reservePorts(60);
  secondPbxPort = await ports.next();
  scene = await PaymentScene.open({ limitMs: 5 * TEST_LIMIT_MS, configure: withSecondPbx });
}, TEST_LIMIT_MS);

/** A test that failed half-way leaves its call behind; one whose gateway did not start has none. */
afterEach(async () => {
  scene?.caller.hangUp();
  scene?.agent.hangUp();
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
}, TEST_LIMIT_MS);

afterAll(async () => {
  await scene?.close();
  ports.release();
}, TEST_LIMIT_MS);

/** Two media processes; calls to `second` go to another telephone system. */
function withSecondPbx(configuration: ConfigurationInput): ConfigurationInput {
  const target = { address: '127.0.0.1', port: secondPbxPort };
  const second = { name: 'second-pbx', listener: 'agent-side', addresses: ['127.0.0.1'], target };
  return {
    ...configuration,
    media: { ...configuration.media, processes: 2 },
    peers: [...(configuration.peers ?? []), second],
    routes: [
      { name: 'second', from: 'trunk', to: 'second-pbx', callerSide: 'from', users: 'second' },
      { name: 'inbound', from: 'trunk', to: 'pbx', callerSide: 'from' },
    ],
  };
}

/** Keys that the agent hears from now on while `press` goes on, told as events and as tones. */
async function heardDuring(press: () => Promise<void>): Promise<{ readonly events: string; readonly tones: string }> {
  const { ear } = scene.agent;
  const { talker } = scene.caller;
  ear.clear();
  const begun = talker.sentSamples;
  await press();
  const all = talker.sentSamples - begun + samplesOf(SETTLE_MS);
  await eventually(CALL_LIMIT_MS, 'all of it at the agent', () => (samplesHeard() >= all ? true : undefined));
  const report = ear.report();
  // Silence would prove nothing: the agent does hear the caller all the while.
  expect(report.audio.length).toBeGreaterThan(4_000);
  return { events: keyNames(report.events.map(({ key }) => key)), tones: await decodeWithSpandsp(report.audio) };
}

/** By the timestamps of its audio, which go on where the caller's rests. */
function samplesHeard(): number {
  const audio = scene.agent.ear.packets.filter(({ payloadType }) => payloadType === voicePayloadType.PCMU);
  return audio.length === 0 ? 0 : (audio[audio.length - 1].timestamp - audio[0].timestamp) >>> 0;
}

async function keyBothWays(): Promise<void> {
  await scene.caller.key([5, 8], 'telephone-event');
  await scene.caller.key([3, 6], 'in-band');
}

async function captureCard(session: SessionView, way: KeyWay): Promise<void> {
  const { fields, error } = await scene.enterCard(session, CARD, way);
  const states = Object.values(fields).map(({ state }) => state);
  expect({ states, error, fields }).toMatchObject({ states: ['captured', 'captured', 'captured'] });
}

async function activeCallBeside(knownId: string): Promise<CallView> {
  const endMs = performance.now() + CALL_LIMIT_MS;
  for (;;) {
    const found = (await scene.desk.calls()).find(({ id, state }) => id !== knownId && state === 'active');
    if (found !== undefined) return found;
    if (performance.now() > endMs) throw new Error('no second call came to be active');
    await pause(POLL_INTERVAL_MS);
  }
}

async function gatewayIsWell(): Promise<void> {
  const endMs = performance.now() + RECOVERY_LIMIT_MS;
  while ((await scene.desk.request('GET', '/healthz')).status !== 200) {
    if (performance.now() > endMs) throw new Error('the gateway did not come back');
    await pause(POLL_INTERVAL_MS);
  }
}

async function tonegate(...args: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  const main = join(buildDirectory, 'gateway', 'cli', 'main.js');
  const command = new PeerProcess({ command: process.execPath, args: [main, ...args], limitMs: CALL_LIMIT_MS });
  const exit = await command.exited;
  if (exit.signal !== null) throw new Error(`tonegate ${args.join(' ')}: ${describeExit(exit)}`);
  return { code: exit.code, text: [...command.outputLines, ...command.errorLines].join('\n') };
}

type AuditLine = {
  readonly sequence: number;
  readonly record: {
    readonly action: string;
    readonly resource: { readonly callId?: string; readonly sessionId?: string; readonly name?: string };
    readonly detail: Readonly<Record<string, unknown>>;
  };
};

async function auditLines(): Promise<readonly AuditLine[]> {
  const { text } = await tonegate('audit', 'list', '--data', scene.gateway.dataDirectory);
  return text.split('\n').map((line): AuditLine => JSON.parse(line));
}

describe('the vault is killed while a card number is keyed', () => {
  test(
    'the agent is told within two seconds, no key gets through, Cancel works, and the next session ends in a token',
    async () => {
      const call = await scene.dial();
      expect(await heardDuring(keyBothWays)).toEqual({ events: '58', tones: '36' });

      const session = await scene.desk.startSession(call.id);
      await scene.desk.capture(session.id, 'cardNumber');
      await scene.caller.key(FIRST_TEN, 'telephone-event');
      const vault = scene.gateway.pid('vault');
      process.kill(vault, 'SIGKILL');
      const failed = await scene.desk.sessionEvent(
        'failed',
        ({ id, state }) => id === session.id && state === 'failed',
        NOTICED_WITHIN_MS,
      );
      expect(failed.error?.code).toBe('vault-unreachable');

      expect(await heardDuring(keyBothWays)).toEqual({ events: '', tones: '' });
      expect((await scene.desk.call()).recording).toEqual({ state: 'paused', lockedByPayment: true });

      const told = scene.desk.events.length;
      expect((await scene.desk.cancel(session.id)).state).toBe('canceled');
      await eventually(CALL_LIMIT_MS, 'recording again', () =>
        scene.desk.events.slice(told).find(({ call: seen }) => seen?.recording.state === 'recording'),
      );
      // Suppression goes on until the line has been quiet, a second where the caller's speech is like a tone.
      await scene.audited('window-closed', { callId: call.id });
      expect(await heardDuring(keyBothWays)).toEqual({ events: '58', tones: '36' });

      await gatewayIsWell();
      expect(scene.gateway.pid('vault')).not.toBe(vault);
      const next = await scene.desk.startSession(call.id);
      await captureCard(next, 'telephone-event');
      expect(await scene.complete(next)).toMatch(/^tgt_/);
      await scene.hangUp(call);
    },
    TEST_LIMIT_MS,
  );
});

describe('a media process is killed', () => {
  test(
    'its calls end with BYE on both legs and an audit record, other calls go on, and new ones work',
    async () => {
      const kept = await scene.dial();
      const otherProcess = hasCall('media-0') ? 'media-1' : 'media-0';
      const called = await startCalledParty(await party('uas-answers-and-plays', secondPbxPort));
      cleanUps.push(() => called.stop());
      const caller = startCaller({
        ...(await party('uac-talks-until-hung-up', await ports.next())),
        remotePort: scene.gateway.callerSidePort,
        keys: { service: 'second', duration: CALL_LIMIT_MS },
      });
      cleanUps.push(() => caller.stop());
      const lost = await activeCallBeside(kept.id);
      expect(hasCall(otherProcess)).toBe(true);

      const killed = scene.gateway.pid(otherProcess);
      process.kill(killed, 'SIGKILL');

      assertAllSucceeded(await caller.done);
      assertAllSucceeded(await called.done);
      await scene.desk.event('its end', ({ call }) => call?.id === lost.id && call.state === 'ended');

      expect(await heardDuring(keyBothWays)).toEqual({ events: '58', tones: '36' });
      const session = await scene.desk.startSession(kept.id);
      await captureCard(session, 'in-band');
      expect(await scene.complete(session)).toMatch(/^tgt_/);

      await gatewayIsWell();
      expect(scene.gateway.pid(otherProcess)).not.toBe(killed);
      const calledAgain = await startCalledParty(await party('uas-answers-and-plays', secondPbxPort));
      cleanUps.push(() => calledAgain.stop());
      const callerAgain = startCaller({
        ...(await party('uac-plays-audio-and-hangs-up', await ports.next())),
        remotePort: scene.gateway.callerSidePort,
        keys: { service: 'second', duration: 1_500 },
      });
      cleanUps.push(() => callerAgain.stop());
      await eventually(CALL_LIMIT_MS, 'a call in the new process', () => (hasCall(otherProcess) ? true : undefined));
      assertAllSucceeded(await callerAgain.done);
      assertAllSucceeded(await calledAgain.done);
      await scene.hangUp(kept);

      const records = (await auditLines()).map(({ record }) => record);
      const ofLost = records.filter(({ resource }) => resource.callId === lost.id).map(({ action }) => action);
      expect(ofLost.slice(-3)).toEqual(['media-fault', 'recording-failed', 'call-ended']);
      expect(records).toContainEqual(
        expect.objectContaining({ action: 'process-crashed', resource: { name: otherProcess } }),
      );
    },
    TEST_LIMIT_MS,
  );

  async function party(scenario: string, localPort: number) {
    const mediaPort = await ports.consecutive(SIPP_MEDIA_PORTS);
    return { scenario, localPort, mediaPort, limitMs: CALL_LIMIT_MS, keys: { duration: 300 } };
  }

  /** A call has four sockets. */
  function hasCall(process: string): boolean {
    return resourcesOf(scene.gateway.pid(process)).udpPorts.length === 4;
  }
});

describe('the control process is killed while a card number is keyed', () => {
  test(
    'its children end within two seconds, and no digit was written',
    async () => {
      const call = await scene.dial();
      await pause(2_000);
      const session = await scene.desk.startSession(call.id);
      interrupted = { sessionId: session.id, callId: call.id };
      await scene.desk.capture(session.id, 'cardNumber');
      await scene.caller.key(FIRST_TEN, 'telephone-event');
      const pids = Object.values(scene.gateway.pids());
      expect(pids).toHaveLength(4);

      await scene.gateway.kill();
      await eventually(NOTICED_WITHIN_MS, 'the end of all its processes', () =>
        pids.some(isAlive) ? undefined : true,
      );
      const secrets = [
        { name: 'card number', digits: keysOf(CARD.cardNumber) },
        { name: 'first digits', digits: FIRST_TEN },
      ];
      expect((await scanFiles([scene.gateway.directory], secrets)).hits).toEqual([]);
      expect(scene.gateway.outputLines.filter((line) => line.includes(keyNames(FIRST_TEN)))).toEqual([]);
    },
    TEST_LIMIT_MS,
  );

  test(
    'AC-22: started again it records the session as ended, leaves the recording readable, and works',
    async () => {
      const { directory } = scene.gateway;
      await scene.close('keep');
      scene = await PaymentScene.open({ limitMs: 5 * TEST_LIMIT_MS, configure: withSecondPbx, directory });

      const ended = (await auditLines()).filter(
        ({ record }) => record.action === 'session-ended' && record.resource.sessionId === interrupted.sessionId,
      );
      expect(ended.map(({ record }) => record.detail)).toEqual([{ reason: 'gateway-restarted' }]);
      const ofCall = (await auditLines()).filter(({ record }) => record.resource.callId === interrupted.callId);
      expect(ofCall.slice(-3).map(({ record }) => [record.action, record.detail.reason])).toEqual([
        ['recording-failed', 'gateway-restarted'],
        ['session-ended', 'gateway-restarted'],
        ['call-ended', 'gateway-restarted'],
      ]);

      const recordings = join(scene.gateway.dataDirectory, 'recordings');
      const name = readdirSync(recordings).find((file) => file.includes(interrupted.callId) && file.endsWith('.wav'));
      expect(name).toBeDefined();
      const path = join(recordings, name ?? '');
      const { channels, sampleRateHz } = readWavFile(path);
      expect(sampleRateHz).toBe(8000);
      expect(channels.map((samples) => samples.length)).toEqual([channels[0].length, channels[0].length]);
      expect(channels[0].length).toBeGreaterThan(8_000);
      // Speech of both, from before the window.
      expect(channels.map((samples) => samples.some((sample) => Math.abs(sample) > 1_000))).toEqual([true, true]);
      expect(await decodeWithSpandsp(channels[0])).toBe('');
      expect(existsSync(`${path}.json`)).toBe(true);
      expect(JSON.parse(readFileSync(`${path}.json`, 'utf8'))).toMatchObject({
        outcome: expect.not.stringMatching('complete'),
      });

      const call = await scene.dial();
      const session = await scene.desk.startSession(call.id);
      await captureCard(session, 'telephone-event');
      expect(await scene.complete(session)).toMatch(/^tgt_/);
      await scene.hangUp(call);
    },
    TEST_LIMIT_MS,
  );
});

describe('tonegate audit verify', () => {
  test('exits with 0 after all that, also beside the running gateway', async () => {
    const verdict = await tonegate('audit', 'verify', '--data', scene.gateway.dataDirectory);
    expect(verdict).toMatchObject({ code: 0, text: expect.stringMatching(/\d+ records, each as it was written/) });
  });

  test(
    'fails and names the record in which one byte was changed',
    async () => {
      const lines = await auditLines();
      const changed = lines.find(({ record }) => record.resource.sessionId === interrupted.sessionId);
      const needle = JSON.stringify(changed?.record).slice(0, -1);
      await scene.gateway.stop('keep');
      const path = join(scene.gateway.dataDirectory, 'audit.db');
      const file = readFileSync(path);
      const at = file.indexOf(needle) + needle.indexOf(interrupted.sessionId);
      expect(at).toBeGreaterThan(needle.indexOf(interrupted.sessionId));
      expect(file.indexOf(needle, at)).toBe(-1);
      file[at] ^= 1;
      writeFileSync(path, file);
      const verdict = await tonegate('audit', 'verify', '--data', scene.gateway.dataDirectory);
      expect(verdict.code).not.toBe(0);
      expect(verdict.text).toMatch(new RegExp(`record ${changed?.sequence}\\b`));
      file[at] ^= 1;
      writeFileSync(path, file);
      expect((await tonegate('audit', 'verify', '--data', scene.gateway.dataDirectory)).code).toBe(0);
    },
    TEST_LIMIT_MS,
  );
});
