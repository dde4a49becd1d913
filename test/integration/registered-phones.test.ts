/** Users who register with the gateway: a browser's phone by sip.js over wss, sipp and baresip as desk phones. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SessionState } from 'sip.js';
import { WebSocket } from 'ws';
import { readAuditLines } from '../../gateway/audit/audit-read-store.js';
import { dataPaths } from '../../gateway/config/data-paths.js';
import { BARESIP_MEDIA_PORTS, BARESIP_SIP_PORTS, Baresip } from '../support/baresip.js';
import {
  BrowserPhone,
  type BrowserPhoneOptions,
  descriptionsOf,
  reaches,
  renegotiate,
} from '../support/browser-phone.js';
import { GatewayUnderTest } from '../support/gateway-under-test.js';
import { type PortRange, reservePorts } from '../support/ports.js';
import {
  assertAllSucceeded,
  SIPP_MEDIA_PORTS,
  type SippOptions,
  type SippResult,
  startCalledParty,
  startCaller,
} from '../support/sipp.js';
import { speechFor } from '../support/speech.js';
import { TlsCertificate } from '../support/tls-certificate.js';

const LIMIT_MS = 20_000;
/** One that a shell or a log could not hide. */
const BOB = 'correct-horse-battery-staple';

const certificate = new TlsCertificate();
let ports: PortRange;
let gateway: GatewayUnderTest;
let trunkPort: number;
let browserPort: number;
let deskPort: number;
let cleanUps: Array<() => Promise<unknown>> = [];

beforeAll(async () => {
  ports = await reservePorts(200);
  trunkPort = await ports.next();
  browserPort = await ports.next();
  deskPort = await ports.next();
  gateway = await GatewayUnderTest.start({
    trunkPort,
    pbxPort: await ports.next(),
    configure: (configuration) => ({
      ...configuration,
      sip: {
        ...configuration.sip,
        listeners: [
          ...(configuration.sip?.listeners ?? []),
          {
            name: 'browser-side',
            address: '127.0.0.1',
            port: browserPort,
            transports: ['wss'],
            tls: { certificateFile: certificate.certificateFile, keyFile: certificate.keyFile },
          },
          // sipp and this baresip give up at a challenge of an algorithm that they do not know.
          { name: 'desk-side', address: '127.0.0.1', port: deskPort, digest: ['MD5'] },
        ],
        users: [{ name: 'alice' }, { name: 'bob' }, { name: 'carol' }, { name: 'dave' }],
      },
      peers: [
        ...(configuration.peers ?? []),
        // Plain RTP, so that the phones need no browser.
        { name: 'softphones', kind: 'registered', listener: 'browser-side', media: 'rtp' },
        { name: 'desk-phones', kind: 'registered', listener: 'desk-side', media: 'rtp' },
      ],
      routes: [
        { name: 'to-desk', from: 'trunk', to: 'desk-phones', callerSide: 'from', users: 'bob|carol' },
        { name: 'to-browser', from: 'trunk', to: 'softphones', callerSide: 'from' },
        { name: 'out', from: 'softphones', to: 'trunk', callerSide: 'to', users: '\\+?\\d{3,15}' },
        { name: 'desk-out', from: 'desk-phones', to: 'trunk', callerSide: 'to', users: '\\+?\\d{3,15}' },
      ],
      api: {
        ...configuration.api,
        agents: [
          { name: 'anna', users: ['alice'] },
          { name: 'rest', users: ['*'] },
        ],
      },
    }),
  });
}, 60_000);

afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  cleanUps = [];
}, 30_000);

afterAll(async () => {
  expect(await gateway.stop()).toEqual([]);
  certificate.remove();
  ports.release();
}, 60_000);

function passwordOf(user: string): string {
  return gateway.secret(`sip-${user}.password`);
}

async function browserPhone(options: Partial<BrowserPhoneOptions> = {}): Promise<BrowserPhone> {
  const phone = await BrowserPhone.connect({
    server: `wss://127.0.0.1:${browserPort}`,
    certificate: certificate.certificate,
    origin: `http://127.0.0.1:${gateway.apiPort}`,
    user: 'alice',
    password: passwordOf('alice'),
    rtpPort: ports.first + 190,
    ...options,
  });
  cleanUps.push(() => phone.close());
  return phone;
}

async function trunkAnswers(options: Partial<SippOptions> = {}) {
  const run = await startCalledParty({
    scenario: 'uas-answers-and-plays',
    localPort: trunkPort,
    mediaPort: await ports.consecutive(SIPP_MEDIA_PORTS),
    limitMs: LIMIT_MS,
    ...options,
  });
  cleanUps.push(() => run.stop());
  return run;
}

async function trunkCalls(user: string, options: Partial<SippOptions> = {}): Promise<SippResult> {
  const run = startCaller({
    scenario: 'uac-plays-audio-and-hangs-up',
    // The trunk is known by its address.
    localPort: await ports.next(),
    remotePort: gateway.callerSidePort,
    mediaPort: await ports.consecutive(SIPP_MEDIA_PORTS),
    limitMs: LIMIT_MS,
    ...options,
    keys: { service: user, duration: 500, ...options.keys },
  });
  cleanUps.push(() => run.stop());
  return run.done;
}

async function registration(
  keys: { user: string; password: string; status: number },
  transport: 'udp' | 'tcp' = 'udp',
) {
  const run = startCaller({
    scenario: 'uac-registers',
    localPort: await ports.next(),
    remotePort: deskPort,
    mediaPort: await ports.consecutive(SIPP_MEDIA_PORTS),
    transport,
    keys,
    keepMessages: true,
    limitMs: LIMIT_MS,
  });
  cleanUps.push(() => run.stop());
  return run.done;
}

describe('a browser phone', () => {
  test('is called by the trunk, and the call is the agent’s whose user it is', async () => {
    const phone = await browserPhone({ onInvite: (invitation) => void invitation.accept() });
    expect(await phone.register()).toBe(200);
    const desk = gateway.agent('anna');
    const called = trunkCalls('alice', { keys: { duration: 2_000 } });
    const call = await desk.call();
    expect(call).toMatchObject({ agent: 'anna' });
    assertAllSucceeded(await called);
    const [invitation] = phone.invitations;
    await reaches(invitation, SessionState.Terminated);
    expect(descriptionsOf(invitation)[0]).toMatch(/^m=audio \d+ RTP\/AVP 0 /m);
  });

  test('calls out to where the route leads, whatever host it dials, holds and resumes', async () => {
    const trunk = await trunkAnswers({ scenario: 'uas-is-held-and-resumed' });
    const phone = await browserPhone();
    const { session } = await phone.call('5551234', 'attacker.example');
    await reaches(session, SessionState.Established);
    expect(await renegotiate(session, true)).toBe(200);
    expect(descriptionsOf(session).at(-1)).toContain('a=recvonly');
    expect(await renegotiate(session, false)).toBe(200);
    expect(descriptionsOf(session).at(-1)).toContain('a=sendrecv');
    await session.bye();
    assertAllSucceeded(await trunk.done);
  });

  test('does not get where no route leads', async () => {
    const phone = await browserPhone();
    const { refusal } = await phone.call('bob');
    expect(await refusal).toBe(404);
  });

  test.each([
    ['nobody', 404],
    ['dave', 480],
    // A user of the other listener's: known, and not to be reached here.
    ['carol', 480],
  ])('the trunk is told that %s is not to be had: %i', async (user, status) => {
    const result = await trunkCalls(user, { scenario: 'uac-is-refused', keys: { status, reason: '.*' } });
    assertAllSucceeded(result);
  });

  test('with a wrong password, twenty times, is not listened to any more, and that is in the audit log', async () => {
    const phone = await browserPhone({ user: 'dave', password: 'guessed-password' });
    const statuses: number[] = [];
    for (let tries = 0; tries < 20; tries += 1) statuses.push(await phone.register());
    // sip.js begins each try after the first with its last answer: two failures each.
    expect(statuses).toEqual([...Array(5).fill(401), ...Array(15).fill(403)]);
    const right = await browserPhone({ user: 'dave', password: passwordOf('dave') });
    expect(await right.register()).toBe(403);
    const { auditLog } = dataPaths(gateway.dataDirectory);
    const records = [...readAuditLines(auditLog, { afterSequence: 0, limit: 100_000 })].map(({ json }) =>
      JSON.parse(json),
    );
    expect(records.filter(({ action }) => action === 'authentication-failed')).toMatchObject([
      { origin: '127.0.0.1', outcome: 'refused', detail: { way: 'sip', listener: 'browser-side', count: 1 } },
      { origin: '127.0.0.1', outcome: 'refused', detail: { way: 'sip', listener: 'browser-side', count: 10 } },
    ]);
    expect(gateway.outputLines.join('\n')).not.toMatch(/guessed-password|Digest|Authorization/);
  });

  test('of a page that is not ours does not get a connection', async () => {
    const origin = 'https://evil.example';
    const socket = new WebSocket(`wss://127.0.0.1:${browserPort}`, 'sip', { ca: certificate.certificate, origin });
    const status = await new Promise((resolve, reject) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('open', () => reject(new Error('it was let in')));
      socket.on('error', () => undefined);
    });
    socket.terminate();
    expect(status).toBe(403);
  });
});

describe('a desk phone', () => {
  test.each(['udp', 'tcp'] as const)('sipp registers over %s by digest', async (transport) => {
    assertAllSucceeded(await registration({ user: 'carol', password: passwordOf('carol'), status: 200 }, transport));
  });

  test('sipp with a wrong password is challenged again', async () => {
    const result = await registration({ user: 'carol', password: BOB, status: 401 });
    assertAllSucceeded(result);
    expect(result.messages).toContain('algorithm=MD5');
  });

  test('baresip registers, calls out and is called', async () => {
    const [sipPort, mediaPort] = [
      await ports.consecutive(BARESIP_SIP_PORTS),
      await ports.consecutive(BARESIP_MEDIA_PORTS),
    ];
    const telephone = await Baresip.start({
      user: 'bob',
      sipPort,
      mediaPort,
      controlPort: await ports.next(),
      answers: 'automatically',
      audio: await speechFor(5_000),
      registrar: { port: deskPort, password: passwordOf('bob') },
      limitMs: 60_000,
    });
    cleanUps.push(() => telephone.discard());
    await telephone.registered(10_000);
    const trunk = await trunkAnswers();
    await telephone.dial(`sip:5551234@127.0.0.1:${deskPort}`);
    await telephone.hangUp();
    assertAllSucceeded(await trunk.done);
    assertAllSucceeded(await trunkCalls('bob'));
  });
});

test('the passwords are files that only the gateway reads, and stand in no log', () => {
  const secrets = join(gateway.dataDirectory, 'secrets');
  const files = readdirSync(secrets).filter((name) => name.startsWith('sip-'));
  expect(files.sort()).toEqual(['alice', 'bob', 'carol', 'dave'].map((user) => `sip-${user}.password`));
  for (const name of files) {
    expect(statSync(join(secrets, name)).mode & 0o777).toBe(0o600);
    expect(gateway.outputLines.join('\n')).not.toContain(readFileSync(join(secrets, name), 'utf8').trim());
  }
});
