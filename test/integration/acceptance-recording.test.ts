/** What is recorded while a card is keyed, and who may say so: AC-3, AC-16, AC-24, and the mode that goes on masked. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CallView } from '../../gateway/api/call-desk.js';
import type { AuditRecord } from '../../gateway/audit/audit-record.js';
import { keysOf, samplesOf } from '../support/keys.js';
import { likeness, listenFor, placeIn } from '../support/listeners.js';
import { PaymentScene, VISA } from '../support/payment-scene.js';

const AFTERWARDS_MS = 2_000;

const ofCall =
  (call: CallView) =>
  ({ resource }: AuditRecord): boolean =>
    resource.callId === call.id;

describe('a recording that is paused for the payment', () => {
  let scene: PaymentScene;

  beforeAll(async () => {
    scene = await PaymentScene.open();
  }, 60_000);

  afterAll(async () => {
    expect(await scene.close()).toEqual([]);
  }, 60_000);

  test.each([
    ['completion', 'in-band'],
    ['cancel', 'telephone-event-among-audio'],
  ] as const)(
    'AC-3: is paused before the first field can be captured and until %s, with keys as %s',
    async (end, way) => {
      const call = await scene.dial();
      const { talker } = scene.caller;
      await talker.talk(1_500);
      const session = await scene.desk.startSession(call.id);
      const windowStart = talker.sentSamples;
      expect((await scene.desk.calls()).find(({ id }) => id === call.id)?.recording).toEqual({
        state: 'paused',
        lockedByPayment: true,
      });
      await scene.enterCard(session, VISA, way);
      if (end === 'completion') await scene.complete(session);
      else await scene.desk.cancel(session.id);
      const windowEnd = talker.sentSamples;
      await talker.talk(AFTERWARDS_MS);
      await scene.hangUp(call);

      const { caller, agent, notes } = await scene.recording(call.id);
      expect(notes).toMatchObject({ mode: 'pause', outcome: 'complete', lengthSamples: caller.length });
      expect(notes.gaps).toHaveLength(1);
      const [gap] = notes.gaps;
      expect(gap).toMatchObject({ kind: 'paused', reason: 'window' });
      const gapEnd = gap.endSample ?? Number.NaN;
      // Digital silence on both sides, as long as the session was, to a second.
      expect(caller.subarray(gap.startSample, gapEnd).some((sample) => sample !== 0)).toBe(false);
      expect(agent.subarray(gap.startSample, gapEnd).some((sample) => sample !== 0)).toBe(false);
      expect(Math.abs(gapEnd - gap.startSample - (windowEnd - windowStart))).toBeLessThan(samplesOf(1_000));
      // Both sides stand in the file before it and behind it.
      const sent = talker.sentAudio;
      expect(placeIn(caller.subarray(0, gap.startSample), sent)).toBeDefined();
      expect(placeIn(caller.subarray(gapEnd), sent, windowEnd)).toBeDefined();
      expect(placeIn(agent.subarray(0, gap.startSample), scene.agent.talker.sentAudio)).toBeDefined();
      expect(placeIn(agent.subarray(gapEnd), scene.agent.talker.sentAudio)).toBeDefined();

      const records = scene.audit().filter(ofCall(call));
      const order = records.map(({ action }) => action);
      const paused = records.findIndex(({ action }) => action === 'recording-paused');
      const resumed = records.findIndex(({ action }) => action === 'recording-resumed');
      expect(order.indexOf('session-started')).toBeLessThan(paused);
      expect(paused).toBeLessThan(order.indexOf('session-ready'));
      expect(order.indexOf('window-opened')).toBeLessThan(order.indexOf('session-ready'));
      expect(order.indexOf('window-closed')).toBeGreaterThan(order.indexOf('capture-accepted'));
      expect(order.indexOf('session-ready')).toBeLessThan(order.indexOf('capture-started'));
      const over = order.indexOf(end === 'completion' ? 'session-vaulted' : 'session-canceled');
      expect(resumed).toBeGreaterThan(over);
      for (const record of [records[paused], records[resumed]]) {
        expect(Date.parse(record.atIso)).toBeGreaterThan(0);
        expect(record.monotonicMs).toBeGreaterThan(0);
        expect(record.detail).toMatchObject({ reason: 'window', file: expect.stringMatching(/\.wav$/) });
        expect(record.detail.mediaMonotonicMs).toEqual(expect.any(Number));
      }
      expect(records[paused].detail.atSample).toBe(gap.startSample);
      expect(records[resumed].detail.atSample).toBe(gapEnd);
    },
    60_000,
  );

  test('AC-3 AC-17: a second capture pauses it again, and the call’s end leaves it paused', async () => {
    const call = await scene.dial();
    const first = await scene.desk.startSession(call.id);
    await scene.enterCard(first, VISA);
    await scene.complete(first);
    const second = await scene.desk.startSession(call.id);
    await scene.enter(second, 'cardNumber', VISA.cardNumber);
    await scene.hangUp(call);
    const { notes, caller } = await scene.recording(call.id);
    expect(notes.gaps.map(({ kind, reason }) => `${kind} ${reason}`)).toEqual(['paused window', 'paused window']);
    expect(notes.gaps[1].endSample).toBe(notes.lengthSamples);
    expect(caller.subarray(notes.gaps[1].startSample).some((sample) => sample !== 0)).toBe(false);
    // Nothing is resumed into a dead call.
    const actions = scene.audit('recording-resumed', 'recording-stopped', 'session-ended').filter(ofCall(call));
    expect(actions.map(({ action }) => action).toSorted()).toEqual([
      'recording-resumed',
      'recording-stopped',
      'session-ended',
    ]);
  }, 60_000);

  test('AC-24: manual control of the recorder in the window is refused and audited', async () => {
    const call = await scene.dial();
    const session = await scene.desk.startSession(call.id);
    for (const action of ['resume', 'start', 'stop', 'pause']) {
      const answer = await scene.desk.record(call.id, action);
      expect(answer).toMatchObject({ status: 409, body: { error: { code: 'recording-locked' } } });
    }
    expect((await scene.desk.calls()).find(({ id }) => id === call.id)?.recording.state).toBe('paused');
    const refused = scene.audit('recording-resume-requested').filter(ofCall(call));
    expect(refused).toMatchObject([{ actor: 'agent', outcome: 'refused', detail: { code: 'recording-locked' } }]);
    await scene.desk.cancel(session.id);
    await scene.audited('recording-resumed', { callId: call.id });
    expect((await scene.desk.record(call.id, 'pause')).status).toBe(200);
    await scene.hangUp(call);
    expect((await scene.recording(call.id)).notes.gaps.map(({ reason }) => reason)).toEqual(['window', 'manual']);
  }, 60_000);

  test('AC-3 AC-24: a recording that was paused by hand stays paused after the payment', async () => {
    const call = await scene.dial();
    expect((await scene.desk.record(call.id, 'pause')).status).toBe(200);
    const session = await scene.desk.startSession(call.id);
    await scene.desk.cancel(session.id);
    await scene.caller.talker.talk(500);
    expect((await scene.desk.calls()).find(({ id }) => id === call.id)?.recording).toEqual({
      state: 'paused',
      lockedByPayment: false,
    });
    expect((await scene.desk.record(call.id, 'resume')).status).toBe(200);
    await scene.hangUp(call);
  }, 60_000);
});

describe('a recording that goes on, masked', () => {
  let scene: PaymentScene;

  beforeAll(async () => {
    scene = await PaymentScene.open({
      configure: (configuration) => ({
        ...configuration,
        routes: [{ name: 'inbound', from: 'trunk', to: 'pbx', callerSide: 'from', recordingMode: 'masked-continuous' }],
      }),
    });
  }, 60_000);

  afterAll(async () => {
    expect(await scene.close()).toEqual([]);
  }, 60_000);

  test('AC-4: holds both voices and none of the keys', async () => {
    const call = await scene.dial();
    const { talker } = scene.caller;
    await talker.talk(1_500);
    const session = await scene.desk.startSession(call.id);
    const windowStart = talker.sentSamples;
    await talker.talk(2_000);
    const spoken = { startSample: windowStart + samplesOf(200), lengthSamples: samplesOf(1_500) };
    await scene.enterCard(session, VISA, 'tone-then-event');
    await scene.complete(session);
    await talker.talk(AFTERWARDS_MS);
    await scene.hangUp(call);

    const { caller, notes } = await scene.recording(call.id);
    expect(notes.gaps).toMatchObject([{ kind: 'masked', reason: 'window' }]);
    const sent = talker.sentAudio;
    const before = placeIn(caller, sent, 0, windowStart) ?? Number.NaN;
    const after = placeIn(caller, sent, sent.length - samplesOf(1_200)) ?? Number.NaN;
    const card = keysOf(`${VISA.cardNumber}#${VISA.expirationDate}#${VISA.securityCode}#`);
    expect((await listenFor(talker.presses, sent, 0)).likelihood).toBe(card.length);
    expect(await listenFor(talker.presses, caller, { before, after })).toMatchObject({ likelihood: 0, spandsp: '' });
    expect(likeness(sent, caller, { ...spoken, place: before })).toBeGreaterThan(0.5);
  }, 60_000);
});
