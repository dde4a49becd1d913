import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { headersOf, parseSecret, signatureOf } from './webhook-signature.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

function keyOf(secret: string): Buffer {
  const key = parseSecret(secret);
  if (key === undefined) throw new Error('no secret');
  return key;
}

describe('signatures', () => {
  test('are those of the specification’s own example', () => {
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampS: 1614265330,
      body: '{"test": 2432232314}',
    };
    expect(signatureOf(message, keyOf(SECRET))).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  test('are accepted by the reference library, and nothing changed is', () => {
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const body = JSON.stringify({ type: 'call.ended', data: { caller: 'Ünï “quoted”' } });
    const timestampS = Math.floor(Date.now() / 1000);
    const headers = headersOf({ id: 'msg_1', timestampS, body }, keyOf(secret));
    const receiver = new Webhook(secret);
    expect(receiver.verify(body, { ...headers })).toEqual(JSON.parse(body));
    for (const [changedBody, changedHeaders] of [
      [`${body} `, headers],
      [body, { ...headers, 'webhook-id': 'msg_2' }],
      [body, { ...headers, 'webhook-timestamp': String(timestampS - 1) }],
      [body, { ...headers, 'webhook-timestamp': String(timestampS - 301) }],
      [body, headersOf({ id: 'msg_1', timestampS, body }, randomBytes(32))],
    ] as const) {
      expect(() => receiver.verify(changedBody, { ...changedHeaders })).toThrow(WebhookVerificationError);
    }
  });
});

test.each([
  ['of the specification', SECRET, 24],
  ['of 64 bytes', `whsec_${Buffer.alloc(64, 7).toString('base64')}`, 64],
  ['without the prefix', SECRET.slice(6), undefined],
  ['of base64url', 'whsec_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_', undefined],
  ['too short', `whsec_${Buffer.alloc(23).toString('base64')}`, undefined],
  ['too long', `whsec_${Buffer.alloc(65).toString('base64')}`, undefined],
  ['of nothing', 'whsec_', undefined],
])('a secret %s', (_, secret, sizeBytes) => expect(parseSecret(secret)?.length).toBe(sizeBytes));
