/** sip.js, as the softphone page uses it, against the gateway: over ws and wss, registered by digest, called and calling. */
import { once } from 'node:events';
import { afterAll, afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Invitation, SessionState } from 'sip.js';
import { WebSocket } from 'ws';
import {
  BrowserPhone,
  type BrowserPhoneOptions,
  descriptionsOf,
  reaches,
  renegotiate,
} from '../support/browser-phone.js';
import { TlsCertificate } from '../support/tls-certificate.js';
import { OFFER } from './call-stage.js';
import { RegisteredStage } from './registered-stage.js';

const PASSWORD = 'alice-and-nobody-else';
const HOLD = Buffer.from('v=0\r\no=offer\r\na=inactive\r\n');
const ALL_BUT_TIMEOUTS = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
] as const;
const certificate = new TlsCertificate();

afterAll(() => certificate.remove());

describe.each(['ws', 'wss'] as const)('a browser phone over %s', (transport) => {
  let stage: RegisteredStage;
  const phones: BrowserPhone[] = [];

  async function phoneOf(options: Partial<BrowserPhoneOptions> = {}): Promise<BrowserPhone> {
    const phone = await BrowserPhone.connect({
      server: `${transport}://127.0.0.1:${stage.usersPort}`,
      certificate: certificate.certificate,
      user: 'alice',
      password: PASSWORD,
      ...options,
    });
    phones.push(phone);
    return phone;
  }

  beforeEach(async () => {
    stage = await RegisteredStage.open({ transports: [transport], tls: certificate });
  });

  afterEach(async () => {
    for (const phone of phones.splice(0)) await phone.close();
    await stage.close();
  });

  test('registers, and registers off', async () => {
    const phone = await phoneOf();
    expect(await phone.register()).toBe(200);
    expect(stage.gateway.registrationOf('alice', 'user-side')).toBe('registered');
    expect(await phone.unregister()).toBe(200);
    expect(stage.gateway.registrationOf('alice', 'user-side')).toBe('not-registered');
  });

  test('with a wrong password it does not', async () => {
    const phone = await phoneOf({ password: 'guessed' });
    expect(await phone.register()).toBe(401);
    expect(stage.gateway.registrationOf('alice', 'user-side')).toBe('not-registered');
  });

  test('calls out, holds, resumes and hangs up', async () => {
    const phone = await phoneOf();
    const { session } = await phone.call('5551234');
    await reaches(session, SessionState.Established);
    expect(stage.news.find(({ kind }) => kind === 'call-arrived')).toMatchObject({
      flow: { user: 'alice' },
      from: { user: 'alice' },
      to: { user: '5551234' },
    });
    expect(descriptionsOf(session)).toEqual(['v=0\r\no=answer\r\n']);
    expect(await renegotiate(session, true)).toBe(200);
    expect(await renegotiate(session, false)).toBe(200);
    const offers = stage.trunkNews.flatMap((one) => (one.kind === 'renegotiation-requested' ? [String(one.sdp)] : []));
    expect(offers.map((sdp) => /a=send\w+/.exec(sdp)?.[0])).toEqual(['a=sendonly', 'a=sendrecv']);
    await session.bye();
    await stage.heardByTrunk('ended');
    expect(stage.news.find(({ kind }) => kind === 'call-ended')).toMatchObject({ by: 'a', status: 200 });
  });

  test('learns by which id the gateway knows the call, dialling and being called', async () => {
    const phone = await phoneOf({ onInvite: (invitation) => void invitation.accept() });
    await phone.register();
    stage.callUser('alice', OFFER);
    await stage.heardByTrunk('accepted');
    const { session } = await phone.call('5551234');
    await reaches(session, SessionState.Established);
    expect([phone.invitations[0]?.request.getHeader('X-Tonegate-Call'), session.dialog?.remoteTag]).toEqual(
      stage.news.flatMap((one) => (one.kind === 'call-arrived' ? [one.callId] : [])),
    );
  });

  test('calls out and gives up while it rings', async () => {
    stage.onTrunkCall = (callId) => stage.trunk.handle({ kind: 'ring', callId, status: 180, reason: 'Ringing' });
    const phone = await phoneOf();
    const { session, refusal } = await phone.call('5551234');
    await stage.heardByTrunk('incoming-call');
    await stage.heardByGateway('call-progress');
    await session.cancel();
    expect(await refusal).toBe(487);
    await stage.heardByTrunk('ended');
  });

  test('is called by its Contact, answers, and is hung up on', async () => {
    const phone = await phoneOf({ onInvite: (invitation) => void invitation.accept() });
    await phone.register();
    stage.callUser('alice', OFFER, '<img src=x onerror=alert(1)>');
    await stage.heardByTrunk('accepted');
    const [invitation] = phone.invitations;
    await reaches(invitation, SessionState.Established);
    expect(invitation.request.ruri?.toString()).toBe(phone.agent.contact.uri.toString());
    expect(invitation.remoteIdentity.displayName).toBe('<img src=x onerror=alert(1)>');
    expect(invitation.request.getHeader('Contact')).toContain(';transport=ws>');
    const ended = reaches(invitation, SessionState.Terminated);
    stage.trunk.handle({ kind: 'hang-up', callId: 'inbound' });
    await ended;
  });

  test('is called, and the caller gives up while it rings', async () => {
    let canceled: () => void = () => {};
    const isCanceled = new Promise<void>((resolve) => {
      canceled = resolve;
    });
    const phone = await phoneOf({
      onInvite: (invitation: Invitation) => {
        invitation.delegate = { onCancel: canceled };
        void invitation.progress();
      },
    });
    await phone.register();
    stage.callUser('alice', OFFER);
    await stage.heardByTrunk('progress');
    stage.trunk.handle({ kind: 'hang-up', callId: 'inbound' });
    await isCanceled;
  });

  async function callThatIsCutOff(): Promise<{ readonly phone: BrowserPhone; readonly invitation: Invitation }> {
    const phone = await phoneOf({ onInvite: (invitation) => void invitation.accept() });
    await phone.register();
    stage.callUser('alice', OFFER);
    await stage.heardByTrunk('accepted');
    const [invitation] = phone.invitations;
    await reaches(invitation, SessionState.Established);
    phone.breakConnection();
    await stage.counted('connection-lost-in-call');
    expect(stage.gateway.registrationOf('alice', 'user-side')).toBe('not-registered');
    return { phone, invitation };
  }

  test('comes back on a new connection in a call, and is hung up on there', async () => {
    const { phone, invitation } = await callThatIsCutOff();
    await phone.reconnect();
    expect(await phone.register()).toBe(200);
    const ended = reaches(invitation, SessionState.Terminated);
    stage.trunk.handle({ kind: 'hang-up', callId: 'inbound' });
    await ended;
    expect(stage.news.find(({ kind }) => kind === 'call-ended')).toMatchObject({ by: 'a', status: 200 });
  });

  test('hears on its new connection that the caller hung up while there was none', async () => {
    const { phone, invitation } = await callThatIsCutOff();
    stage.trunk.handle({ kind: 'hang-up', callId: 'inbound' });
    await stage.heardByGateway('call-ended');
    const ended = reaches(invitation, SessionState.Terminated);
    await phone.reconnect();
    await phone.register();
    await ended;
  });

  test('is held by the caller on its new connection', async () => {
    const { phone, invitation } = await callThatIsCutOff();
    await phone.reconnect();
    await phone.register();
    stage.trunk.handle({ kind: 'renegotiate', callId: 'inbound', sdp: HOLD });
    await stage.heardByTrunk('renegotiation-accepted');
    expect(descriptionsOf(invitation).at(-1)).toContain('a=inactive');
  });

  test('hangs up on a new connection without registering: it is asked who it is', async () => {
    const { phone, invitation } = await callThatIsCutOff();
    await phone.reconnect();
    await invitation.bye();
    await stage.heardByTrunk('ended');
    expect(stage.counts.get('challenged')).toBeGreaterThanOrEqual(2);
    expect(stage.news.find(({ kind }) => kind === 'call-ended')).toMatchObject({ by: 'b', status: 200 });
  });
});

test('a connection on which nobody registers is ended in time, and one on which somebody has is not', async () => {
  const proofTimeoutMs = 1_500;
  // Their time is the test's, and what they say takes none of it.
  jest.useFakeTimers({ doNotFake: [...ALL_BUT_TIMEOUTS] });
  const stage = await RegisteredStage.open({ proofTimeoutMs });
  const server = `ws://127.0.0.1:${stage.usersPort}`;
  const phone = await BrowserPhone.connect({
    server,
    certificate: certificate.certificate,
    user: 'alice',
    password: PASSWORD,
  });
  expect(await phone.register()).toBe(200);
  const stranger = new WebSocket(server, 'sip');
  try {
    await once(stranger, 'open');
    // Which is a message, and answered, and by no means a proof.
    stranger.send('\r\n\r\n');
    await once(stranger, 'message');
    const closed = once(stranger, 'close');
    jest.advanceTimersByTime(proofTimeoutMs);
    expect((await closed)[0]).toBe(1008);
    // The time of both has come and gone.
    expect(stage.gateway.registrationOf('alice', 'user-side')).toBe('registered');
    expect(await phone.unregister()).toBe(200);
  } finally {
    jest.useRealTimers();
    stranger.terminate();
    await phone.close();
    await stage.close();
  }
});
