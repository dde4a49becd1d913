/** What the page shows of each situation, without a browser. */
import { describe, expect, test } from '@jest/globals';
import type { CallView } from '../../api/call-desk.js';
import type { SessionView } from '../../payment/session-view.js';
import type { MicrophoneState } from './phone-audio.js';
import type { Line } from './phone-line.js';
import { newPhone, type PhoneState, type Signalling } from './phone-state.js';
import { announcementBetween } from './softphone-announcements.js';
import { durationText, texts } from './softphone-texts.js';
import { type SoftphoneInput, softphoneViewOf } from './softphone-view-model.js';

const GRACE = { name: 'Grace Hopper', number: '+441' };
const talk = { session: 's1', party: GRACE, callId: 'call-1', sinceMs: 0, media: 'up' } as const;
const ACTIVE: Line = { ...talk, kind: 'active', step: 'talking' };
const HELD: Line = { ...talk, kind: 'held', step: 'held' };
const RINGING: Line = { session: 's2', party: GRACE, callId: 'call-2', kind: 'ringing-in', step: 'ringing' };
const IDLE: Line = { kind: 'idle' };

const EMPTY = { state: 'empty', keyCount: 0, failedAttempts: 0 } as const;
const FIELDS = { cardNumber: EMPTY, expirationDate: EMPTY, securityCode: EMPTY };

const CALL: CallView = {
  id: 'call-1',
  direction: 'inbound',
  state: 'active',
  caller: 'Grace at the desk',
  agent: 'ada',
  startedAt: '2026-11-23T09:30:00.000Z',
  recording: { state: 'recording', lockedByPayment: false },
};

function inPayment(state: SessionView['state']): Partial<SoftphoneInput> {
  const session: SessionView = { id: 'p1', callId: 'call-1', state, fields: FIELDS, actions: [], droppedKeys: 0 };
  return { calls: [{ ...CALL, session }] };
}

function phone(one: Line, two: Line = IDLE, signalling: Signalling = 'registered'): PhoneState {
  return { ...newPhone, signalling, lines: { 1: one, 2: two } };
}

function view(phoneState: PhoneState, changes: Partial<SoftphoneInput> = {}) {
  return softphoneViewOf({
    phone: phoneState,
    connection: 'open',
    calls: [CALL],
    microphone: 'ready',
    accessProblem: undefined,
    problem: undefined,
    recordingBusy: false,
    paymentCallId: undefined,
    nowMs: 65_000,
    ...changes,
  });
}

const shown = (
  controls: Readonly<Record<string, { readonly visible: boolean; readonly enabled: boolean }>>,
): string[] =>
  Object.entries(controls)
    .filter(([, { visible }]) => visible)
    .map(([name, { enabled }]) => (enabled ? name : `(${name})`));

describe('lights', () => {
  test.each([
    ['registered', 'green'],
    ['registering', 'yellow'],
    ['connecting', 'yellow'],
    ['reconnecting', 'yellow'],
    ['refused', 'red'],
  ] as const)('telephone %s is %s', (signalling, tone) => {
    const light = view(phone(IDLE, IDLE, signalling)).lights[1];
    expect([light?.tone, light?.text]).toEqual([tone, texts.signallingLight[signalling]]);
  });

  test('no colour stands for itself: each tone has its icon and each state its words', () => {
    const states: readonly MicrophoneState[] = ['off', 'asking', 'ready', 'refused', 'none', 'unplugged', 'failed'];
    const lights = states.map((microphone) => view(phone(IDLE), { microphone }).lights[2]);
    expect(new Set(lights.map((light) => light?.text)).size).toBe(states.length);
    expect(new Set(lights.map((light) => `${light?.tone} ${light?.icon}`))).toEqual(
      new Set(['yellow wait', 'green check', 'red alert']),
    );
  });
});

describe('lines and their controls', () => {
  test.each([
    ['idle', IDLE, []],
    ['ringing', RINGING, ['answer', 'decline']],
    ['answering', { ...RINGING, step: 'answering' }, ['(answer)', 'decline']],
    ['dialling', { session: 's', party: GRACE, kind: 'dialling', step: 'calling' }, ['hangUp']],
    ['early', { session: 's', party: GRACE, callId: undefined, kind: 'early', hearsFarSide: true }, ['hangUp']],
    ['active', ACTIVE, ['hangUp', 'hold']],
    ['holding', { ...talk, kind: 'active', step: 'holding' }, ['hangUp', '(hold)']],
    ['held', HELD, ['hangUp', 'resume']],
    ['resuming', { ...talk, kind: 'held', step: 'resuming' }, ['hangUp', '(resume)']],
    ['ended', { kind: 'ended', party: GRACE, callId: undefined, reason: 'busy', spokenMs: undefined }, ['dismiss']],
  ] as const satisfies readonly (readonly [string, Line, readonly string[]])[])('%s', (_name, line, controls) => {
    expect(shown(view(phone(line)).lines[0]?.controls ?? {})).toEqual(controls);
  });

  test('what would hold the other call says so', () => {
    const { lines } = view(phone(ACTIVE, RINGING));
    expect(lines[1]?.controls.answer.label).toBe('Hold and answer');
    expect(view(phone(IDLE, RINGING)).lines[1]?.controls.answer.label).toBe('Answer');
    expect(view(phone(ACTIVE, HELD)).lines[1]?.controls.resume.label).toBe('Hold and resume');
  });

  test('cut off from the gateway, an agent can hang up and nothing else', () => {
    expect(shown(view(phone(ACTIVE, IDLE, 'reconnecting')).lines[0]?.controls ?? {})).toEqual(['hangUp', '(hold)']);
    expect(shown(view(phone(HELD, IDLE, 'reconnecting')).lines[0]?.controls ?? {})).toEqual(['hangUp', '(resume)']);
  });

  test('a caller without a name is called as the gateway knows him, then by number', () => {
    const unnamed: Line = { ...ACTIVE, party: { name: '', number: '+441' } };
    expect(view(phone(unnamed)).banner).toMatchObject({ name: 'Grace at the desk', detail: '+441' });
    expect(view(phone(unnamed), { calls: [] }).banner).toMatchObject({ name: '+441', detail: undefined });
    const nobody: Line = { ...ACTIVE, party: { name: '', number: '' } };
    expect(view(phone(nobody), { calls: [] }).banner?.name).toBe(texts.unknownCaller);
  });

  test('a hold by the other side is told, as the gateway knows it', () => {
    expect(view(phone(ACTIVE), { calls: [{ ...CALL, state: 'held' }] }).lines[0]?.status).toBe(
      texts.lines.heldByFarSide,
    );
  });
});

describe('the call in front', () => {
  test('is the one spoken with; then one that rings; then one on hold', () => {
    expect(view(phone(RINGING, ACTIVE)).banner?.number).toBe(2);
    expect(view(phone(HELD, RINGING)).banner?.number).toBe(2);
    expect(view(phone(HELD)).banner?.number).toBe(1);
    expect(view(phone(IDLE)).banner).toBeUndefined();
    expect(view(phone(HELD, RINGING)).lines.map(({ isInFront }) => isInFront)).toEqual([false, true]);
  });

  test('has a clock, and gives the tab its title', () => {
    expect(view(phone(ACTIVE))).toMatchObject({ banner: { duration: '1:05' }, title: 'On call: Grace Hopper' });
    expect(view(phone(IDLE)).title).toBe(texts.name);
  });

  test.each([
    ['off', 'start', 'Record'],
    ['recording', 'pause', 'Pause recording'],
    ['paused', 'resume', 'Resume recording'],
    ['stopped', 'start', 'Record'],
  ] as const)('recording %s: one button that would %s', (state, action, label) => {
    const calls = [{ ...CALL, recording: { state, lockedByPayment: false } }];
    const { banner } = view(phone(ACTIVE), { calls });
    expect(banner?.recording).toMatchObject({ action, label, enabled: true, explanation: undefined });
    expect(view(phone(ACTIVE), { calls, recordingBusy: true }).banner?.recording?.enabled).toBe(false);
    expect(view(phone(ACTIVE), { calls, connection: 'reconnecting' }).banner?.recording?.enabled).toBe(false);
  });

  test('during a payment the recording is locked, and says why', () => {
    for (const [state, explanation] of [
      ['paused', texts.recording.locked],
      ['recording', texts.recording.lockedMasked],
      ['off', texts.recording.lockedOff],
      ['stopped', texts.recording.lockedOff],
    ] as const) {
      const calls = [{ ...CALL, recording: { state, lockedByPayment: true } }];
      expect(view(phone(ACTIVE), { calls }).banner?.recording).toMatchObject({ enabled: false, explanation });
    }
  });

  test('a payment is taken on an active call only', () => {
    const enabled = (state: PhoneState, changes: Partial<SoftphoneInput> = {}) =>
      view(state, changes).banner?.payment.enabled;
    expect(enabled(phone(ACTIVE))).toBe(true);
    expect(enabled(phone(HELD))).toBe(false);
    expect(enabled(phone(RINGING))).toBe(false);
    expect(enabled(phone({ ...talk, kind: 'active', step: 'holding' }))).toBe(false);
    expect(enabled(phone(ACTIVE), { calls: [{ ...CALL, state: 'held' }] })).toBe(false);
    expect(enabled(phone(ACTIVE), { calls: [] })).toBe(false);
    expect(enabled(phone(ACTIVE), { connection: 'reconnecting' })).toBe(false);
    expect(view(phone(HELD)).banner?.payment.explanation).toBe(texts.payNeedsActiveCall);
  });

  test.each([
    ['starting', false],
    ['ready', false],
    ['capturing', false],
    ['tokenizing', false],
    ['failed', false],
    ['vaulted', true],
    ['canceled', true],
    ['ended', true],
  ] as const)('with a session that is %s the panel can be closed: %s', (state, isClosable) => {
    const { payment } = view(phone(ACTIVE), { ...inPayment(state), paymentCallId: 'call-1' });
    expect(payment).toEqual({ callId: 'call-1', isClosable });
  });
});

describe('a payment, whoever has begun it', () => {
  test.each([
    ['starting', true],
    ['ready', true],
    ['capturing', true],
    ['tokenizing', true],
    ['failed', true],
    ['vaulted', false],
    ['canceled', false],
    ['ended', false],
  ] as const)('that is %s keeps its call from being held: %s, and says so', (state, keeps) => {
    const { banner } = view(phone(ACTIVE), inPayment(state));
    expect(shown(banner?.controls ?? {})).toEqual(['hangUp', keeps ? '(hold)' : 'hold']);
    expect(banner?.explanation).toBe(keeps ? texts.noHoldInPayment : undefined);
  });

  test('is told together with the recording that it locks', () => {
    const [call = CALL] = inPayment('capturing').calls ?? [];
    const calls: readonly CallView[] = [{ ...call, recording: { state: 'paused', lockedByPayment: true } }];
    expect(view(phone(ACTIVE), { calls }).banner?.explanation).toBe(
      `${texts.noHoldInPayment} ${texts.recording.locked}`,
    );
  });

  test('keeps from all that would hold its call: answering, resuming, calling', () => {
    const { lines, call } = view(phone(ACTIVE, RINGING), inPayment('capturing'));
    expect(shown(lines[1]?.controls ?? {})).toEqual(['(answer)', 'decline']);
    expect(call.enabled).toBe(false);
    const held: Line = { ...HELD, session: 's2', callId: 'call-2' };
    expect(shown(view(phone(ACTIVE, held), inPayment('capturing')).lines[1]?.controls ?? {})).toEqual([
      'hangUp',
      '(resume)',
    ]);
    expect(view(phone(ACTIVE), inPayment('capturing')).call).toMatchObject({
      enabled: false,
      refusal: texts.noHoldInPayment,
    });
    expect(view(phone(ACTIVE), inPayment('vaulted')).call).toMatchObject({ enabled: true, refusal: undefined });
  });
});

describe('the button that calls', () => {
  test.each([
    ['both lines free', phone(IDLE), true, 'Call'],
    ['not registered', phone(IDLE, IDLE, 'registering'), false, 'Call'],
    ['one call on hold', phone(HELD), true, 'Call'],
    ['a call that would be held', phone(ACTIVE), true, 'Hold and call'],
    ['no free line', phone(ACTIVE, HELD), false, 'Hold and call'],
    ['another one on its way', phone({ ...RINGING, step: 'answering' }), false, 'Call'],
  ] as const)('%s', (_name, state, enabled, label) => {
    expect(view(state).call).toMatchObject({ enabled, label });
  });
});

describe('what is said', () => {
  const told = (state: PhoneState, changes: Partial<SoftphoneInput> = {}) =>
    view(state, changes).notices.map(({ text }) => text);

  test('nothing, when all is well', () => {
    expect(told(phone(ACTIVE))).toEqual([]);
  });

  test.each(['refused', 'none', 'unplugged', 'failed'] as const)(
    'microphone %s: why, and a way to try again',
    (state) => {
      const [notice] = view(phone(ACTIVE), { microphone: state }).notices;
      expect(notice).toEqual({ tone: 'red', text: texts.microphoneProblems[state], action: 'allow-microphone' });
    },
  );

  test('a lost connection, with the call that goes on', () => {
    expect(told(phone(ACTIVE, IDLE, 'reconnecting'))).toEqual([texts.signallingLost.inCall]);
    expect(told(phone(IDLE, IDLE, 'reconnecting'))).toEqual([texts.signallingLost.idle]);
    expect(told(phone(ACTIVE), { connection: 'reconnecting' })).toEqual([texts.gatewayLost]);
  });

  test('why there is no telephone, what was refused, and that one is muted', () => {
    const state = { ...phone(ACTIVE), muted: true, notice: 'hold-refused' } as const;
    expect(told(state, { accessProblem: 'No telephone.', problem: 'Refused.' })).toEqual([
      'No telephone.',
      texts.muted,
      texts.notices['hold-refused'],
      'Refused.',
    ]);
    expect(told(phone({ ...ACTIVE, media: 'broken' }))).toEqual([texts.mediaBroken]);
  });

  test('changes are announced, the clock is not', () => {
    const before = view(phone(IDLE));
    const ringing = view(phone(RINGING));
    expect(announcementBetween(undefined, before)).toBe('');
    expect(announcementBetween(before, ringing)).toBe('Line 1: Incoming call, Grace Hopper');
    expect(announcementBetween(view(phone(ACTIVE)), view(phone(ACTIVE), { nowMs: 90_000 }))).toBe('');
    expect(announcementBetween(before, view(phone(IDLE), { microphone: 'unplugged' }))).toBe(
      `Microphone: Unplugged. ${texts.microphoneProblems.unplugged}`,
    );
  });

  test.each([
    [7_900, '0:07'],
    [754_000, '12:34'],
    [3_723_000, '1:02:03'],
    [-1, '0:00'],
  ])('%i ms read %s', (durationMs, text) => {
    expect(durationText(durationMs)).toBe(text);
  });
});
