import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { configurationSchema } from '../config/configuration.js';
import { headersOf } from '../webhook/webhook-signature.js';
import { webhookEndpointsOf } from './webhook-endpoints.js';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-endpoints-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function endpoints(secretFile?: string) {
  const webhook = { name: 'crm', url: 'https://crm.example/hook', ...(secretFile === undefined ? {} : { secretFile }) };
  return webhookEndpointsOf(configurationSchema.parse({ dataDirectory: directory, webhooks: [webhook] }));
}

test('a secret that is missing is made, private, and is one that a receiver can check with', () => {
  const [endpoint] = endpoints();
  const path = join(directory, 'secrets', 'webhook-crm.secret');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  if (endpoint === undefined) throw new Error('no endpoint');
  const message = { id: 'msg_1', timestampS: Math.floor(Date.now() / 1000), body: '{}' };
  const receiver = new Webhook(readFileSync(path, 'utf8').trim());
  expect(receiver.verify('{}', { ...headersOf(message, endpoint.key) })).toEqual({});
  expect(endpoints()).toEqual([endpoint]);
});

test('a file that holds something else is named', () => {
  const path = join(directory, 'secret');
  writeFileSync(path, 'a-password', { mode: 0o600 });
  expect(() => endpoints(path)).toThrow(`${path}: must hold whsec_`);
});
