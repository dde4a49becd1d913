/** A payment and the call around it: hold, transfer, and a gateway that dies in the middle. AC-1, AC-21, AC-22. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { dataPaths } from '../../gateway/config/data-paths.js';
import { eventually } from '../support/deadline.js';
import { filesUnder } from '../support/files.js';
import { keysOf } from '../support/keys.js';
import { listenFor } from '../support/listeners.js';
import { scanBytes } from '../support/memory-scan.js';
import { PaymentScene, readRecording, VISA } from '../support/payment-scene.js';
import { runToEnd } from '../support/peer-process.js';
import { buildDirectory } from '../support/places.js';
import { reservePorts } from '../support/ports.js';
import { assertAllSucceeded, SIPP_MEDIA_PORTS, startCalledParty } from '../support/sipp.js';

const METHOD_NOT_ALLOWED = 405;
const REFUSED_IN_PAYMENT = 488;
/** Far beyond what Start takes, so that the transfer is asked for inside the window. */
const BEFORE_TRANSFER_MS = 3_000;

let scene: PaymentScene;

beforeEach(async () => {
  scene = await PaymentScene.open();
}, 60_000);

afterEach(async () => {
  expect(await scene.close()).toEqual([]);
}, 60_000);

test('AC-1: Start is refused while the call is on hold', async () => {
  const call = await scene.dial();
  expect(await scene.agent.renegotiate('sendonly')).toBe(200);
  expect((await scene.desk.call('held')).id).toBe(call.id);
  const start = await scene.desk.request('POST', `/v1/calls/${call.id}/payment-sessions`);
  expect(start).toMatchObject({ status: 409, body: { error: { code: 'call-not-active' } } });
  expect(await scene.agent.renegotiate('sendrecv')).toBe(200);
  expect((await scene.desk.call()).id).toBe(call.id);
  expect((await scene.desk.startSession(call.id)).state).toBe('ready');
  await scene.hangUp(call);
}, 60_000);

describe('AC-21: in the window', () => {
  test('hold by either party is refused, and keys go on being captured and hidden', async () => {
    const call = await scene.dial();
    const session = await scene.desk.startSession(call.id);
    expect(await scene.agent.renegotiate('sendonly')).toBe(REFUSED_IN_PAYMENT);
    expect(await scene.agent.renegotiate('inactive')).toBe(REFUSED_IN_PAYMENT);
    expect(await scene.caller.renegotiate('sendonly')).toBe(REFUSED_IN_PAYMENT);
    // A refresh that changes nothing is nobody's danger.
    expect(await scene.agent.renegotiate('sendrecv')).toBe(200);
    const view = await scene.desk.session(session.id);
    expect(view).toMatchObject({ state: 'ready', actions: ['capture', 'cancel'] });
    await scene.enter(session, 'expirationDate', VISA.expirationDate, 'tone-and-event');
    const { fields } = await scene.enter(session, 'securityCode', VISA.securityCode, 'in-band');
    expect([fields.expirationDate.state, fields.securityCode.state]).toEqual(['captured', 'captured']);
    await scene.desk.cancel(session.id);
    expect(await scene.agent.renegotiate('sendonly')).toBe(200);
    await scene.desk.call('held');
    await scene.hangUp(call);
    const heard = scene.agent.heard();
    expect(await listenFor(scene.caller.presses, heard.audio, 0, heard.events)).toMatchObject({
      spandsp: '',
      events: '',
    });
  }, 60_000);

  test('transfer is refused, and the session goes on', async () => {
    const ports = await reservePorts(20);
    // sipp takes the agent's place for this call: our own telephone knows no REFER.
    await scene.agent.close();
    const agent = await startCalledParty({
      scenario: 'uas-transfers',
      localPort: scene.agent.sipPort,
      mediaPort: await ports.consecutive(SIPP_MEDIA_PORTS),
      limitMs: 30_000,
      keys: { duration: BEFORE_TRANSFER_MS, status: METHOD_NOT_ALLOWED },
    });
    try {
      await scene.caller.call('service', scene.gateway.callerSidePort);
      const call = await scene.desk.call();
      const session = await scene.desk.startSession(call.id);
      await scene.desk.capture(session.id, 'securityCode');
      await scene.caller.talker.talk(BEFORE_TRANSFER_MS + 1_000);
      await scene.caller.key(keysOf(`${VISA.securityCode}#`), 'in-band');
      expect((await scene.settled(session, 'securityCode')).fields.securityCode.state).toBe('captured');
      scene.caller.hangUp();
      assertAllSucceeded(await agent.done);
    } finally {
      await agent.stop();
      ports.release();
    }
  }, 60_000);
});

describe('AC-22: a gateway that dies in the window', () => {
  test('leaves the recorder paused and no digit on disk; after the restart the session has ended', async () => {
    const call = await scene.dial();
    await scene.caller.talker.talk(1_000);
    const session = await scene.desk.startSession(call.id);
    await scene.enter(session, 'cardNumber', VISA.cardNumber, 'in-band');
    await scene.desk.capture(session.id, 'securityCode');
    await scene.caller.key(keysOf('32'), 'in-band');
    const pids = Object.values(scene.gateway.pids());
    await scene.gateway.kill();
    await eventually(10_000, 'the end of the gateway’s other processes', () =>
      pids.some((pid) => existsSync(`/proc/${pid}`)) ? undefined : true,
    );

    const { dataDirectory, directory } = scene.gateway;
    const { recordings } = dataPaths(dataDirectory);
    const [file] = readdirSync(recordings).filter((name) => name.endsWith('.wav'));
    const { caller, notes } = readRecording(recordings, file);
    expect(notes.gaps).toMatchObject([{ kind: 'paused', reason: 'window' }]);
    expect(caller.subarray(notes.gaps[0].startSample).some((sample) => sample !== 0)).toBe(false);
    expect((await listenFor(scene.caller.presses, caller, 0)).spandsp).toBe('');
    const secrets = [{ name: 'card number', digits: keysOf(VISA.cardNumber) }];
    for (const path of filesUnder(directory)) expect(scanBytes(readFileSync(path), secrets, path).hits).toEqual([]);

    await scene.close('keep');
    scene = await PaymentScene.open({ directory });
    const ended = await scene.audited('session-ended', { sessionId: session.id });
    expect(ended).toMatchObject({
      actor: 'gateway',
      outcome: 'failure',
      resource: { callId: call.id },
      detail: { reason: 'gateway-restarted' },
    });
    expect(await scene.desk.calls()).toEqual([]);
    expect((await scene.desk.request('GET', `/v1/payment-sessions/${session.id}`)).status).toBe(404);
    const main = join(buildDirectory, 'gateway', 'cli', 'main.js');
    const args = [main, 'audit', 'verify', '--data', dataDirectory];
    expect(await runToEnd({ command: process.execPath, args, limitMs: 20_000 })).toContain('each as it was written');
    // And it takes cards again.
    const next = await scene.dial();
    const again = await scene.desk.startSession(next.id);
    await scene.enterCard(again, VISA);
    expect(await scene.complete(again)).toMatch(/^\S{16,}$/);
    await scene.hangUp(next);
  }, 90_000);
});
