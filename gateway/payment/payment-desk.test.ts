import { describe, expect, test } from '@jest/globals';
import type { CardRules, FieldName, FieldReport, SessionErrorCode } from '../../vault-client/wire.js';
import { FIELD_NAMES } from '../../vault-client/wire.js';
import { tokenDigestOf } from '../../vault-client/wire-digest.js';
import {
  PaymentDesk,
  type SessionAudit,
  type SessionMedia,
  type SessionVault,
  type ZoneAnswer,
} from './payment-desk.js';
import type { SessionView } from './session-view.js';

const RULES: CardRules = {
  acceptedBrands: ['visa'],
  maxAttempts: 3,
  firstDigitTimeoutMs: 1000,
  interDigitTimeoutMs: 1000,
  timeZone: 'UTC',
  showExpiry: false,
};
const ALICE = { actor: 'alice', origin: 'test' };

type Refusals = {
  readonly media?: SessionErrorCode;
  readonly vault?: SessionErrorCode | 'no answer';
  /** Audit records of this action cannot be written. */
  readonly audit?: SessionAudit['action'];
};

/** A small gateway round the desk: media and vault that answer at once and remember what was asked of them. */
function gateway(refusals: Refusals = {}) {
  const asked: string[] = [];
  const audits: SessionAudit[] = [];
  const faults: string[] = [];
  const views: SessionView[] = [];
  const answer = async (request: string, code?: SessionErrorCode): Promise<ZoneAnswer> => {
    asked.push(request);
    return code === undefined ? { ok: true } : { ok: false, code };
  };
  const media: SessionMedia = {
    openWindow: () => answer('open-window', refusals.media),
    closeWindow: async () => void (await answer('close-window')),
    armCapture: () => answer('arm-capture'),
    disarmCapture: async () => void (await answer('disarm-capture')),
  };
  const vault: SessionVault = {
    openSession: () =>
      refusals.vault === 'no answer' ? new Promise(() => {}) : answer('open-session', refusals.vault),
    beginCapture: () => answer('begin-capture'),
    tokenize: () => answer('tokenize'),
    closeSession: async (_, outcome) => void (await answer(`close-session ${outcome}`)),
  };
  const desk = new PaymentDesk({
    rules: RULES,
    startTimeoutMs: 1000,
    tokenizeTimeoutMs: 1000,
    media,
    vault,
    onAudit: (record) => {
      if (record.action === refusals.audit) throw new Error('the disk is full');
      audits.push(record);
    },
    onFault: (callId) => faults.push(callId),
    onChanged: (view) => void views.push(view),
    nowMs: () => 0,
  });
  return { desk, asked, audits, faults, views };
}

async function started(world: ReturnType<typeof gateway>): Promise<string> {
  const answer = await world.desk.start('call-1', ALICE);
  if (!answer.ok) throw new Error(`the session did not start: ${answer.code}`);
  return answer.session.id;
}

function report(field: FieldName): FieldReport {
  return { field, state: 'captured', keyCount: 0, masked: '***', failedAttempts: 0 };
}

async function captureAll(world: ReturnType<typeof gateway>, sessionId: string): Promise<void> {
  for (const field of FIELD_NAMES) {
    await world.desk.capture(sessionId, field, ALICE);
    world.desk.vaultEvent({ kind: 'field', sessionId, report: report(field) });
  }
}

describe('the payment desk', () => {
  test('AC-1: one session a call at a time', async () => {
    const world = gateway();
    await started(world);
    expect(await world.desk.start('call-1', ALICE)).toEqual({ ok: false, code: 'session-in-progress' });
    expect(await world.desk.start('call-2', ALICE)).toMatchObject({ ok: true });
  });

  test("AC-14: the token's own session hears of its order, and no other does", async () => {
    const world = gateway();
    const sessionId = await started(world);
    await world.desk.start('call-2', ALICE);
    await captureAll(world, sessionId);
    await world.desk.complete(sessionId, ALICE);
    const token = { token: 'tok-1', brand: 'visa', masked: '**** 4242', expiresAtMs: 0 } as const;
    world.desk.vaultEvent({ kind: 'tokenized', sessionId, ...token });
    const redemption = { kind: 'redemption', outcome: 'redeemed', orderId: 'order-1' } as const;
    world.views.length = 0;
    world.desk.vaultEvent({ ...redemption, tokenDigest: tokenDigestOf('another') });
    expect(world.views).toEqual([]);
    world.desk.vaultEvent({ ...redemption, tokenDigest: tokenDigestOf('tok-1') });
    expect(world.views).toMatchObject([{ id: sessionId, redemption: { state: 'redeemed', orderId: 'order-1' } }]);
  });

  test('the vault knows of a capture before media sends keys under it', async () => {
    const world = gateway();
    await world.desk.capture(await started(world), 'cardNumber', ALICE);
    expect(world.asked).toEqual(['open-window', 'open-session', 'begin-capture', 'arm-capture']);
  });

  test('AC-17: Start New Capture after success opens a second, independent session', async () => {
    const world = gateway();
    const first = await started(world);
    await captureAll(world, first);
    await world.desk.complete(first, ALICE);
    world.desk.vaultEvent({
      kind: 'tokenized',
      sessionId: first,
      token: 'tok-1',
      brand: 'visa',
      masked: '**** **** **** 4242',
      expiresAtMs: 0,
    });
    expect(world.desk.view(first)?.token).toBe('tok-1');
    const second = await started(world);
    expect(second).not.toBe(first);
    expect(world.desk.view(first)?.token).toBe('tok-1');
    expect(world.desk.ofCall('call-1')?.token).toBeUndefined();
    expect(world.asked).toContain('close-session vaulted');
  });

  test('AC-23: a vault that refuses is told at Start and Try Again begins afresh in the same window', async () => {
    const world = gateway({ vault: 'vault-unreachable' });
    expect(await world.desk.start('call-1', ALICE)).toEqual({ ok: false, code: 'vault-unreachable' });
    expect(world.desk.ofCall('call-1')?.state).toBe('failed');
    expect(world.desk.holdsWindow('call-1')).toBe(true);
    await world.desk.start('call-1', ALICE);
    expect(world.asked.filter((request) => request === 'open-window')).toHaveLength(1);
  });

  test('AC-23: Start is answered when the session has failed, though the vault still has not answered', async () => {
    const world = gateway({ vault: 'no answer' });
    const starting = world.desk.start('call-1', ALICE);
    world.desk.vaultLost();
    expect(await starting).toEqual({ ok: false, code: 'vault-unreachable' });
  });

  test('AC-3: without the acknowledgement of recorder and suppression there is no session', async () => {
    const world = gateway({ media: 'recorder-not-paused' });
    expect(await world.desk.start('call-1', ALICE)).toEqual({ ok: false, code: 'recorder-not-paused' });
  });

  test('every change of state is an audit record with its actor', async () => {
    const world = gateway();
    const sessionId = await started(world);
    await captureAll(world, sessionId);
    await world.desk.cancel(sessionId, ALICE);
    expect(world.audits.map((record) => `${record.actor} ${record.action}`)).toEqual([
      'alice session-started',
      'gateway session-ready',
      'alice capture-started',
      'gateway capture-accepted',
      'alice capture-started',
      'gateway capture-accepted',
      'alice capture-started',
      'gateway capture-accepted',
      'alice session-canceled',
    ]);
  });

  test('a request that the state forbids is refused and changes nothing', async () => {
    const world = gateway();
    const sessionId = await started(world);
    const before = world.desk.view(sessionId);
    expect(await world.desk.complete(sessionId, ALICE)).toEqual({ ok: false, code: 'session-not-in-state' });
    expect(world.desk.view(sessionId)).toEqual(before);
  });

  test('a lost vault fails every open session and keeps their windows', async () => {
    const world = gateway();
    const sessionId = await started(world);
    world.desk.vaultLost();
    expect(world.desk.view(sessionId)).toMatchObject({ state: 'failed', error: { code: 'vault-unreachable' } });
    expect(world.desk.holdsWindow('call-1')).toBe(true);
    expect(world.asked).not.toContain('close-window');
  });

  test('a call that ends wipes the vault and leaves the window to die with its media', async () => {
    const world = gateway();
    const sessionId = await started(world);
    world.desk.callEnded('call-1');
    expect(world.desk.view(sessionId)?.state).toBe('ended');
    expect(world.asked).toContain('close-session abandoned');
    expect(world.asked).not.toContain('close-window');
    world.desk.forgetCall('call-1');
    expect(world.desk.view(sessionId)).toBeUndefined();
  });

  test('what cannot be recorded does not happen: the vault is wiped and the call ends', async () => {
    const world = gateway({ audit: 'capture-started' });
    const sessionId = await started(world);
    await expect(world.desk.capture(sessionId, 'cardNumber', ALICE)).rejects.toThrow('the disk is full');
    expect(world.asked).not.toContain('begin-capture');
    expect(world.asked).toContain('close-session abandoned');
    expect(world.faults).toEqual(['call-1']);
  });

  test('a fault that nobody waits for ends the call and not the process', async () => {
    const world = gateway({ audit: 'session-ended' });
    await started(world);
    world.desk.callEnded('call-1');
    await new Promise((resolve) => setImmediate(resolve));
    expect(world.faults).toEqual(['call-1']);
    expect(world.asked).toContain('close-session abandoned');
  });

  test('Cancel of a session that another one has followed is refused and leaves the window to the other', async () => {
    const world = gateway({ vault: 'vault-unreachable' });
    await world.desk.start('call-1', ALICE);
    const failed = world.desk.ofCall('call-1')?.id ?? '';
    await world.desk.start('call-1', ALICE);
    expect(await world.desk.cancel(failed, ALICE)).toEqual({ ok: false, code: 'session-not-in-state' });
    expect(world.asked).not.toContain('close-window');
    expect(world.desk.holdsWindow('call-1')).toBe(true);
  });

  test('AC-22: a session whose start cannot be recorded opens no window, and its call ends', async () => {
    const world = gateway({ audit: 'session-started' });
    await expect(world.desk.start('call-1', ALICE)).rejects.toThrow('the disk is full');
    expect(world.asked).toEqual(['close-session abandoned']);
    expect(world.faults).toEqual(['call-1']);
  });
});
