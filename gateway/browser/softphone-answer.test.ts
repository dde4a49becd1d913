import { expect, test } from '@jest/globals';
import { softphoneAccessOf } from './softphone-answer.js';

const GOOD = {
  server: 'wss://sip.pay.example:7443',
  aor: 'sip:ada@sip.pay.example',
  user: 'ada',
  password: 'for-an-hour',
  realm: 'tonegate',
  expiresAt: '2027-01-15T08:00:00.000Z',
  iceServers: [
    { urls: ['stun:stun.example:3478'] },
    { urls: ['turn:[2001:db8::1]:3478'], username: '1800000000:ada', credential: 'c2VjcmV0' },
  ],
};

test('what the gateway answers is taken as it is', () => {
  expect(softphoneAccessOf({ softphone: GOOD })).toEqual(GOOD);
  expect(softphoneAccessOf({ softphone: { ...GOOD, iceServers: [] } })).toEqual({ ...GOOD, iceServers: [] });
});

test.each([
  ...Object.keys(GOOD).map((key) => ({ [key]: undefined })),
  ...Object.keys(GOOD).map((key) => ({ [key]: 7 })),
  { server: 'https://sip.pay.example' },
  { server: 'wss://' },
  { aor: 'ada' },
  { expiresAt: 'tomorrow' },
  { iceServers: [{}] },
  { iceServers: [{ urls: [] }] },
  { iceServers: [{ urls: ['http://turn.example'] }] },
  { iceServers: [{ urls: ['turn:turn.example'], username: 'ada' }] },
])('%j instead is no answer', (change) => {
  expect(softphoneAccessOf({ softphone: { ...GOOD, ...change } })).toBeUndefined();
});

test.each([undefined, null, 'text', [], {}, { softphone: null }])('%j is no answer', (body) => {
  expect(softphoneAccessOf(body)).toBeUndefined();
});
