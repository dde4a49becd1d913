import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { secondRedemption } from './demo-result.js';
import { OrderEntry } from './order-entry.js';

/** A redeem endpoint that answers as it is told. */
let next: { readonly status: number; readonly body: string };
const asked: { readonly authorization: string | undefined; readonly body: unknown }[] = [];

const server = createServer(async (request, response) => {
  asked.push({ authorization: request.headers.authorization, body: JSON.parse(await textOf(request)) });
  response.writeHead(next.status).end(next.body);
});
let orders: OrderEntry;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  orders = new OrderEntry((server.address() as AddressInfo).port, 'secret');
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

const place = () => orders.place({ orderId: 'order-2', token: 'tgt_1' });
const error = (code: string) => JSON.stringify({ error: { code, message: 'No.' } });

test('an order is paid with a token, and says so with what may be shown', async () => {
  next = { status: 200, body: '{"brand":"visa","masked":"**** **** **** 4242"}' };
  expect(await place()).toEqual({ kind: 'paid', orderId: 'order-2', brand: 'visa', masked: '**** **** **** 4242' });
  expect(asked.at(-1)).toEqual({ authorization: 'Bearer secret', body: { token: 'tgt_1', orderId: 'order-2' } });
  expect(secondRedemption(await place())).toBe('accepted');
});

describe('the second redemption', () => {
  test('is refused by the error that says the token has paid, and by no other', async () => {
    next = { status: 409, body: error('token_already_redeemed') };
    expect(secondRedemption(await place())).toBe('refused');
  });

  test.each([
    [401, error('unauthorized'), '401 unauthorized'],
    [409, error('conflict'), '409 conflict'],
    [410, error('token_already_redeemed'), '410 token_already_redeemed'],
    [410, error('token_expired'), '410 token_expired'],
    [429, '', '429 unknown'],
    [500, error('internal_error'), '500 internal_error'],
    [502, '<html>Bad Gateway</html>', '502 unknown'],
    [503, 'null', '503 unknown'],
    [503, '{"error":null}', '503 unknown'],
  ])('answered %i %s is no refusal but what it is', async (status, body, told) => {
    next = { status, body };
    expect(secondRedemption(await place())).toBe(told);
  });

  test('paid with an answer that cannot be read is an error', async () => {
    next = { status: 200, body: 'ok' };
    await expect(place()).rejects.toThrow('the vault’s answer cannot be read');
  });
});
