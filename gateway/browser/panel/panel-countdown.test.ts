import { describe, expect, test } from '@jest/globals';
import type { FieldView, SessionView } from '../../payment/session-view.js';
import { Announcer } from './panel-announcements.js';
import { catalogueOf } from './panel-catalogues.js';
import { PanelCountdown } from './panel-countdown.js';
import { panelViewOf } from './panel-view-model.js';

const awaiting = (timeLeftMs: number | undefined): FieldView => ({
  state: 'awaiting',
  keyCount: 0,
  failedAttempts: 0,
  ...(timeLeftMs === undefined ? {} : { timeLeftMs }),
});

describe('the countdown', () => {
  test('runs from the moment the gateway spoke, and wakes for the last five seconds and each second of them', () => {
    const countdown = new PanelCountdown();
    countdown.follow(awaiting(30_000), 1_000);
    expect(countdown.timeLeftMs(1_000)).toBe(30_000);
    expect(countdown.nextChangeMs(1_000)).toBe(25_000);
    expect(countdown.timeLeftMs(26_000)).toBe(5_000);
    expect(countdown.nextChangeMs(26_000)).toBe(1_000);
    expect(countdown.nextChangeMs(26_400)).toBe(600);
    expect(countdown.timeLeftMs(99_000)).toBe(0);
    expect(countdown.nextChangeMs(99_000)).toBeUndefined();
  });

  test('the same view again is no news; another one is, and none ends it', () => {
    const countdown = new PanelCountdown();
    const first = awaiting(10_000);
    countdown.follow(first, 0);
    countdown.follow(first, 4_000);
    expect(countdown.timeLeftMs(4_000)).toBe(6_000);
    countdown.follow(awaiting(10_000), 4_000);
    expect(countdown.timeLeftMs(4_000)).toBe(10_000);
    countdown.follow(undefined, 5_000);
    expect(countdown.timeLeftMs(5_000)).toBeUndefined();
  });

  test('a gateway that says nothing of time is not guessed at', () => {
    const countdown = new PanelCountdown();
    countdown.follow(awaiting(undefined), 0);
    expect([countdown.timeLeftMs(0), countdown.nextChangeMs(0)]).toEqual([undefined, undefined]);
  });
});

describe('as it is shown and said', () => {
  const catalogue = catalogueOf('en', undefined);
  const empty: FieldView = { state: 'empty', keyCount: 0, failedAttempts: 0 };

  function viewAt(timeLeftMs: number | undefined, field: FieldView = awaiting(undefined)) {
    const session: SessionView = {
      id: 's',
      callId: 'c',
      state: 'capturing',
      fields: { cardNumber: field, expirationDate: empty, securityCode: empty },
      actions: ['capture', 'cancel'],
      droppedKeys: 0,
    };
    const call = {
      id: 'c',
      direction: 'inbound',
      state: 'active',
      caller: 'x',
      agent: 'ada',
      startedAt: '',
      recording: { state: 'off', lockedByPayment: true },
      session,
    } as const;
    return panelViewOf({ connection: 'open', call, busy: undefined, problem: undefined, timeLeftMs, catalogue });
  }

  test.each([
    [undefined, undefined],
    // What a caller has for the next key, with each key anew: no reason to hurry.
    [10_000, undefined],
    [5_001, undefined],
    [5_000, 5],
    [4_001, 5],
    [1, 1],
    [0, 0],
  ])('%j ms are shown as %j', (timeLeftMs, seconds) => {
    const { fields } = viewAt(timeLeftMs);
    expect(fields.map(({ secondsLeft }) => secondsLeft)).toEqual([seconds, undefined, undefined]);
  });

  test('is said once an entry, when it appears, and again only for another entry', () => {
    const announcer = new Announcer();
    const said = (timeLeftMs: number | undefined, field?: FieldView) =>
      announcer.heard(viewAt(timeLeftMs, field), catalogue);
    said(30_000);
    expect([said(8_000), said(5_000), said(4_000), said(9_000), said(5_000)]).toEqual([
      '',
      'Card Number: 5 seconds left',
      '',
      '',
      '',
    ]);
    said(undefined, empty);
    said(30_000);
    expect(said(4_200)).toBe('Card Number: 5 seconds left');
  });
});
