/** The telephone's machine: every operation in every state, and what holds whatever happens. */
import { describe, expect, test } from '@jest/globals';
import { endReasonOf, LINE_NUMBERS, type Line, type LineNumber } from './phone-line.js';
import { callIdsOfConversations, newPhone, type PhoneEffect, type PhoneInput, type PhoneState } from './phone-state.js';
import { handlePhone } from './softphone-state.js';

const EVE = { name: 'Eve', number: '4711' };
const call = { session: 's1', party: EVE, callId: 'call-1' };
const talk = { ...call, sinceMs: 1_000, media: 'up' } as const;

/** Every state that a line can be in, by name. */
const STATES = {
  idle: { kind: 'idle' },
  ringing: { ...call, kind: 'ringing-in', step: 'ringing' },
  answering: { ...call, kind: 'ringing-in', step: 'answering' },
  dialling: { session: 's1', party: EVE, kind: 'dialling', step: 'calling' },
  early: { ...call, kind: 'early', hearsFarSide: false },
  active: { ...talk, kind: 'active', step: 'talking' },
  holding: { ...talk, kind: 'active', step: 'holding' },
  held: { ...talk, kind: 'held', step: 'held' },
  resuming: { ...talk, kind: 'held', step: 'resuming' },
  ended: { kind: 'ended', party: EVE, callId: 'call-1', reason: 'they-hung-up', spokenMs: 5 },
} as const satisfies Record<string, Line>;
type StateName = keyof typeof STATES;
const STATE_NAMES = Object.keys(STATES) as StateName[];

const AT = { nowMs: 9_000 };
const OPERATIONS = {
  answer: { kind: 'answer', line: 1, ...AT },
  'hang up': { kind: 'hang-up', line: 1, ...AT },
  hold: { kind: 'hold', line: 1, ...AT },
  resume: { kind: 'resume', line: 1, ...AT },
  key: { kind: 'key', key: '5' },
  'they accept': { kind: 'established', session: 's1', callId: undefined, ...AT },
  'they ring': { kind: 'progressed', session: 's1', callId: 'call-1', hearsFarSide: false },
  'they end': { kind: 'ended', session: 's1', reason: 'busy', ...AT },
  'hold agreed': { kind: 'held', session: 's1' },
  'hold refused': { kind: 'hold-failed', session: 's1' },
  'resume agreed': { kind: 'resumed', session: 's1' },
  'resume refused': { kind: 'resume-failed', session: 's1' },
  'no microphone': { kind: 'answer-failed', session: 's1' },
  'call over': { kind: 'call-over', callId: 'call-1', ...AT },
  'connection lost': { kind: 'signalling', signalling: 'reconnecting', ...AT },
} as const satisfies Record<string, PhoneInput>;
type OperationName = keyof typeof OPERATIONS;

/** From this state to that one, with this effect; what is not here changes nothing and does nothing. */
const MOVES: Readonly<Record<OperationName, Partial<Record<StateName, readonly [StateName, string?]>>>> = {
  answer: { ringing: ['answering', 'accept'] },
  'hang up': {
    ringing: ['ended', 'decline'],
    answering: ['ended', 'decline'],
    dialling: ['ended', 'cancel'],
    early: ['ended', 'cancel'],
    active: ['ended', 'bye'],
    holding: ['ended', 'bye'],
    held: ['ended', 'bye'],
    resuming: ['ended', 'bye'],
    ended: ['idle'],
  },
  hold: { active: ['holding', 'hold'] },
  resume: { held: ['resuming', 'resume'] },
  key: { active: ['active', 'send-key'] },
  'they accept': { ringing: ['active'], answering: ['active'], dialling: ['active'], early: ['active'] },
  'they ring': { dialling: ['early'] },
  'they end': {
    ringing: ['ended', 'decline'],
    answering: ['ended', 'decline'],
    dialling: ['ended', 'cancel'],
    early: ['ended', 'cancel'],
    active: ['ended', 'bye'],
    holding: ['ended', 'bye'],
    held: ['ended', 'bye'],
    resuming: ['ended', 'bye'],
  },
  'hold agreed': { active: ['held'], holding: ['held'] },
  'hold refused': { holding: ['active'] },
  'resume agreed': { held: ['active'], resuming: ['active'] },
  'resume refused': { resuming: ['held'] },
  'no microphone': { answering: ['ringing'] },
  'call over': {
    active: ['ended', 'bye'],
    holding: ['ended', 'bye'],
    held: ['ended', 'bye'],
    resuming: ['ended', 'bye'],
  },
  'connection lost': {
    ringing: ['ended', 'decline'],
    answering: ['ended', 'decline'],
    dialling: ['ended', 'cancel'],
    early: ['ended', 'cancel'],
  },
};

function phone(one: Line, two: Line = { kind: 'idle' }): PhoneState {
  return { ...newPhone, signalling: 'registered', lines: { 1: one, 2: two } };
}

function nameOf(line: Line): StateName | undefined {
  const step = 'step' in line ? line.step : undefined;
  return STATE_NAMES.find((name) => {
    const state: Line = STATES[name];
    return state.kind === line.kind && ('step' in state ? state.step : undefined) === step;
  });
}

function run(state: PhoneState, ...inputs: readonly PhoneInput[]): { state: PhoneState; effects: PhoneEffect[] } {
  const effects: PhoneEffect[] = [];
  let current = state;
  for (const input of inputs) {
    const step = handlePhone(current, input);
    current = step.state;
    effects.push(...step.effects);
  }
  return { state: current, effects };
}

describe('operation × state', () => {
  const cases = (Object.keys(OPERATIONS) as OperationName[]).flatMap((operation) =>
    STATE_NAMES.map((state) => [operation, state] as const),
  );
  test.each(cases)('%s, %s', (operation, from) => {
    const { state, effects } = run(phone(STATES[from]), OPERATIONS[operation]);
    const [to, effect] = MOVES[operation][from] ?? [from];
    expect(nameOf(state.lines[1])).toBe(to);
    expect(effects.map(({ kind }) => kind)).toEqual(effect === undefined ? [] : [effect]);
    expect(effects.every((each) => each.session === 's1')).toBe(true);
  });
});

describe('one line at a time', () => {
  const other = { ...talk, session: 's2', callId: 'call-2', kind: 'active', step: 'talking' } as const;
  const hold = { kind: 'hold', session: 's2' };

  test.each([
    ['answering', STATES.ringing, OPERATIONS.answer, 'answering', { kind: 'accept', session: 's1' }],
    ['resuming', STATES.held, OPERATIONS.resume, 'resuming', { kind: 'resume', session: 's1' }],
  ] as const)('%s holds the other line first, and waits for it', (_name, from, input, to, effect) => {
    const asked = run(phone(from, other), input);
    expect(asked.effects).toEqual([hold]);
    expect(asked.state.lines[1]).toMatchObject({ step: 'waiting' });
    const agreed = run(asked.state, { kind: 'held', session: 's2' });
    expect(agreed.effects).toEqual([effect]);
    expect([nameOf(agreed.state.lines[1]), nameOf(agreed.state.lines[2])]).toEqual([to, 'held']);
  });

  test('a hold that is refused leaves both lines as they were, and is said', () => {
    for (const [from, input] of [
      [STATES.ringing, OPERATIONS.answer],
      [STATES.held, OPERATIONS.resume],
    ] as const) {
      const { state, effects } = run(phone(from, other), input, { kind: 'hold-failed', session: 's2' });
      expect(state.lines).toEqual({ 1: from, 2: other });
      expect(state.notice).toBe('hold-refused');
      expect(effects).toEqual([hold]);
    }
  });

  test('dialling holds the other line first; a refusal takes the number back', () => {
    const asked = run(phone({ kind: 'idle' }, other), { kind: 'dial', user: '110' });
    expect(asked.effects).toEqual([hold]);
    const agreed = run(asked.state, { kind: 'held', session: 's2' });
    expect(agreed.effects).toEqual([{ kind: 'invite', session: 'dialled-1', user: '110' }]);
    const refused = run(asked.state, { kind: 'hold-failed', session: 's2' });
    expect(refused.state.lines[1]).toEqual({ kind: 'idle' });
  });

  test('hanging up the line that is waited for is as good as holding it', () => {
    const { state, effects } = run(phone(STATES.ringing, other), OPERATIONS.answer, {
      kind: 'hang-up',
      line: 2,
      nowMs: 0,
    });
    expect(effects).toEqual([hold, { kind: 'bye', session: 's2' }, { kind: 'accept', session: 's1' }]);
    expect(nameOf(state.lines[1])).toBe('answering');
  });

  test('while the other call is on its way, nothing else may become active', () => {
    for (const onItsWay of [STATES.dialling, STATES.early, STATES.answering, STATES.resuming]) {
      const second = { ...onItsWay, session: 's2' };
      for (const [from, input] of [
        [STATES.ringing, OPERATIONS.answer],
        [STATES.held, OPERATIONS.resume],
        [STATES.idle, { kind: 'dial', user: '1' }],
      ] as const) {
        const { state, effects } = run(phone(from, second), input);
        expect(state.lines).toEqual({ 1: from, 2: second });
        expect(state.notice).toBe('other-call-first');
        expect(effects).toEqual([]);
      }
    }
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'seed %i: at random, one line is active at most and every session ends once',
    (seed) => {
      const random = randomOf(seed);
      let state = phone({ kind: 'idle' });
      let offered = 0;
      const open = new Set<string>();
      const ended: string[] = [];
      for (let turn = 0; turn < 3_000; turn += 1) {
        const line: LineNumber = random() < 0.5 ? 1 : 2;
        const session = 'session' in state.lines[line] ? state.lines[line].session : 'nobody';
        const inputs: readonly PhoneInput[] = [
          { kind: 'offered', session: `in-${offered}`, party: EVE, callId: undefined },
          { kind: 'dial', user: '1' },
          ...(['answer', 'hold', 'resume', 'hang-up'] as const).map((kind) => ({ kind, line, nowMs: turn })),
          ...(['held', 'hold-failed', 'resumed', 'resume-failed', 'answer-failed'] as const)
            // SIP says so only of what is under way.
            .filter((kind) => isUnderWay(state.lines[line], kind))
            .map((kind) => ({ kind, session })),
          ...(isUnderWay(state.lines[line], 'established')
            ? [{ kind: 'established', session, callId: undefined, nowMs: turn } as const]
            : []),
          { kind: 'ended', session, reason: 'failed', nowMs: turn },
        ];
        const input = inputs[Math.floor(random() * inputs.length)] ?? OPERATIONS.key;
        if (input.kind === 'offered') {
          offered += 1;
          open.add(input.session);
        }
        const step = handlePhone(state, input);
        state = step.state;
        for (const effect of step.effects) {
          if (effect.kind === 'invite') open.add(effect.session);
          if (['decline', 'refuse-busy', 'cancel', 'bye'].includes(effect.kind)) ended.push(effect.session);
        }
        const kinds = LINE_NUMBERS.map((number) => state.lines[number].kind);
        if (kinds.every((kind) => kind === 'active')) throw new Error(`two active lines at turn ${turn}`);
      }
      const running = LINE_NUMBERS.flatMap((number) => {
        const current = state.lines[number];
        return 'session' in current && !('step' in current && current.step === 'waiting' && current.kind === 'dialling')
          ? [current.session]
          : [];
      });
      expect(offered).toBeGreaterThan(100);
      expect([...ended, ...running].sort()).toEqual([...open].sort());
    },
  );
});

describe('what else the telephone does', () => {
  test('a third call is told that the agent is busy', () => {
    const { state, effects } = run(phone(STATES.active, { ...STATES.held, session: 's2' }), {
      kind: 'offered',
      session: 's3',
      party: EVE,
      callId: undefined,
    });
    expect(effects).toEqual([{ kind: 'refuse-busy', session: 's3' }]);
    expect(state.lines[1]).toBe(STATES.active);
  });

  test('a call takes a free line before one that still shows what has ended', () => {
    const { state } = run(phone(STATES.ended), { kind: 'offered', session: 's3', party: EVE, callId: undefined });
    expect([state.lines[1].kind, state.lines[2].kind]).toEqual(['ended', 'ringing-in']);
    const next = run(state, { kind: 'offered', session: 's4', party: EVE, callId: undefined });
    expect(next.state.lines[1].kind).toBe('ringing-in');
  });

  test('without registration nothing is dialled; without connection nothing is answered, held or resumed', () => {
    const away = { ...phone(STATES.ringing), signalling: 'reconnecting' } as const;
    expect(run(away, { kind: 'dial', user: '1' }).state.notice).toBe('not-registered');
    for (const [line, input] of [
      [STATES.ringing, OPERATIONS.answer],
      [STATES.active, OPERATIONS.hold],
      [STATES.held, OPERATIONS.resume],
    ] as const) {
      const { state, effects } = run({ ...phone(line), signalling: 'reconnecting' }, input);
      expect([state.notice, state.lines[1], effects]).toEqual(['not-connected', line, []]);
    }
  });

  test('a conversation outlives its signalling, and hanging up never waits for it', () => {
    const lost = run(phone(STATES.active), OPERATIONS['connection lost']);
    expect(lost.state.lines[1]).toBe(STATES.active);
    const over = run(lost.state, OPERATIONS['hang up']);
    expect(over.state.lines[1]).toMatchObject({ kind: 'ended', reason: 'you-hung-up', spokenMs: 8_000 });
  });

  test('mute needs a call, holds for both lines, and goes with the last call', () => {
    expect(run(phone({ kind: 'idle' }), { kind: 'set-mute', muted: true }).state.muted).toBe(false);
    const muted = run(phone(STATES.active, { ...STATES.held, session: 's2' }), { kind: 'set-mute', muted: true });
    expect(muted.state.muted).toBe(true);
    const one = run(muted.state, OPERATIONS['hang up']);
    expect(one.state.muted).toBe(true);
    expect(run(one.state, { kind: 'hang-up', line: 2, nowMs: 0 }).state.muted).toBe(false);
  });

  test('what a later provisional answer tells is added to what an earlier one told', () => {
    const { state } = run(
      phone(STATES.dialling),
      { kind: 'progressed', session: 's1', callId: 'call-9', hearsFarSide: false },
      { kind: 'progressed', session: 's1', callId: undefined, hearsFarSide: true },
      { kind: 'established', session: 's1', callId: undefined, nowMs: 5 },
    );
    expect(state.lines[1]).toMatchObject({ kind: 'active', callId: 'call-9', sinceMs: 5 });
  });

  test('broken sound is kept with the call until it is back', () => {
    const broken = run(phone(STATES.active), { kind: 'media', session: 's1', media: 'broken' });
    expect(broken.state.lines[1]).toEqual({ ...STATES.active, media: 'broken' });
    expect(run(broken.state, { kind: 'media', session: 's1', media: 'up' }).state.lines[1]).toEqual(STATES.active);
  });

  test.each([
    [403, 'forbidden'],
    [404, 'not-found'],
    [480, 'no-answer'],
    [486, 'busy'],
    [488, 'no-common-audio'],
    [603, 'declined'],
    [500, 'failed'],
  ] as const)('status %i means %s', (status, reason) => {
    expect(endReasonOf(status)).toBe(reason);
  });
});

function isUnderWay(line: Line, kind: string): boolean {
  const step = 'step' in line ? line.step : undefined;
  switch (kind) {
    case 'held':
    case 'hold-failed':
      return step === 'holding';
    case 'resumed':
    case 'resume-failed':
      return step === 'resuming';
    case 'answer-failed':
      return step === 'answering';
    default:
      return step === 'answering' || step === 'calling' || line.kind === 'early';
  }
}

/** Mulberry32: the seed is the bug report. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test.each<[StateName, readonly string[]]>([
  ['idle', []],
  ['ringing', []],
  ['answering', ['call-1']],
  ['dialling', []],
  ['early', ['call-1']],
  ['active', ['call-1']],
  ['held', ['call-1']],
  ['ended', []],
])('%s: a page that is left ends these calls by the API: %j', (name, callIds) => {
  const lines = { ...newPhone.lines, 2: STATES[name] };
  expect(callIdsOfConversations({ ...newPhone, lines })).toEqual(callIds);
});
