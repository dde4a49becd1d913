import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { type Acquaintance, admitPeer, admitUser } from './admission.js';
import type { Flow, SipRequest } from './message.js';
import { parseMessage } from './message-parser.js';
import { Registrar } from './registrar/registrar.js';

const HERE: Flow = { listener: 'users', transport: 'tcp', remoteAddress: '192.0.2.9', remotePort: 9, connectionId: 1 };
const ELSEWHERE: Flow = { ...HERE, connectionId: 2 };
const ALICES: Flow = { ...HERE, user: 'alice' };

function requestOf(method: string, tag = ''): SipRequest {
  const lines = [
    `${method} sip:gateway.example SIP/2.0`,
    'Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK1',
    'From: <sip:alice@gateway.example>;tag=1',
    `To: <sip:alice@gateway.example>${tag}`,
    'Call-ID: a',
    `CSeq: 1 ${method}`,
  ];
  const message = parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
  if (message.kind !== 'request') throw new Error('not a request');
  return message;
}

const TAG = ';tag=ours';
const NOBODY: Acquaintance = { transactionFlow: undefined, dialogFlow: undefined };

test.each([
  ['a request outside a dialog is challenged', 'INVITE', '', NOBODY, 401],
  [
    'so is one of a transaction that came by another path',
    'INVITE',
    '',
    { ...NOBODY, transactionFlow: ELSEWHERE },
    401,
  ],
  ['an ACK outside a dialog is not answered', 'ACK', '', NOBODY, 'stray-ack'],
  ['a CANCEL of nothing cannot be challenged', 'CANCEL', '', NOBODY, 481],
  ['one of a transaction that is known is welcome', 'INVITE', '', { ...NOBODY, transactionFlow: ALICES }, 'welcome'],
  ['so is its CANCEL', 'CANCEL', '', { ...NOBODY, transactionFlow: ALICES }, 'welcome'],
  ['in a dialog on its path it is welcome', 'BYE', TAG, { ...NOBODY, dialogFlow: ALICES }, 'welcome'],
  ['on another path it is challenged', 'BYE', TAG, { ...NOBODY, dialogFlow: { ...ELSEWHERE, user: 'alice' } }, 401],
  ['an ACK there is not', 'ACK', TAG, { ...NOBODY, dialogFlow: { ...ELSEWHERE, user: 'alice' } }, 'stray-ack'],
  ['in a dialog that there is not it is told so', 'BYE', TAG, NOBODY, 481],
  ['in a dialog of a peer it is refused', 'BYE', TAG, { ...NOBODY, dialogFlow: HERE }, 403],
  ['an ACK in one is not answered', 'ACK', TAG, { ...NOBODY, dialogFlow: HERE }, 'stray-ack'],
] as const)('of users: %s', (_what, method, tag, known, outcome) => {
  const registrar = new Registrar({
    realm: 'tonegate',
    users: [{ name: 'alice', password: 'alice-secret' }],
    listeners: new Map([['users', ['SHA-256']]]),
    random: randomBytes,
  });
  const admission = admitUser(registrar, requestOf(method, tag), HERE, known, 0);
  expect(admission.kind === 'refused' ? admission.refusal.status : admission.kind).toBe(outcome);
  // Whoever is welcome is so as somebody.
  expect(admission.kind !== 'welcome' || admission.flow.user === 'alice').toBe(true);
});

test.each([
  ['a peer is welcome', 'INVITE', undefined, HERE, 'welcome'],
  ['a stranger is refused', 'INVITE', undefined, { ...HERE, remoteAddress: '203.0.113.1' }, 403],
  ['a stranger’s ACK is not answered', 'ACK', undefined, { ...HERE, remoteAddress: '203.0.113.1' }, 'stray-ack'],
  [
    'one in a dialog from where it was made is welcome',
    'BYE',
    { ...HERE, remoteAddress: '203.0.113.1' },
    { ...HERE, remoteAddress: '203.0.113.1' },
    'welcome',
  ],
  [
    'not so where the dialog is a user’s',
    'BYE',
    { ...ALICES, remoteAddress: '203.0.113.1' },
    { ...HERE, remoteAddress: '203.0.113.1' },
    403,
  ],
] as const)('of peers: %s', (_what, method, dialogFlow, flow, outcome) => {
  const isPeer = (address: string) => address === '192.0.2.9';
  const admission = admitPeer(isPeer, requestOf(method), flow, dialogFlow);
  expect(admission.kind === 'refused' ? admission.refusal.status : admission.kind).toBe(outcome);
});
