/** The typed client: as the document says, and working against the real server. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openApiDocument } from '../../gateway/api/openapi-document.js';
import { clientSource, typeOf } from '../../gateway/client/client-source.js';
import { ApiRefusal, fetchTransport } from '../../gateway/client/client-transport.js';
import { TonegateClient } from '../../gateway/client/tonegate-client.js';
import { AUDITOR_TOKEN, CRM_ORIGIN, type PanelServer, startServer, TOKEN } from '../panel/panel-world.js';

const SOURCE = 'gateway/client/tonegate-client.ts';

let world: PanelServer;
let client: TonegateClient;

beforeAll(async () => {
  world = await startServer();
  client = clientOf(TOKEN);
});
afterAll(() => world.server.close());

function clientOf(token?: string): TonegateClient {
  const baseUrl = `http://127.0.0.1:${world.port}`;
  return new TonegateClient(fetchTransport({ baseUrl, ...(token === undefined ? {} : { token }) }));
}

describe('the source', () => {
  test('is what the document makes it: else run node gateway/client/build.mjs', () => {
    const { status, stdout } = spawnSync('node_modules/.bin/biome', ['format', `--stdin-file-path=${SOURCE}`], {
      input: clientSource(openApiDocument()),
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(readFileSync(SOURCE, 'utf8')).toBe(stdout);
  });

  test.each([
    [{ $ref: '#/components/schemas/Call' }, 'Call'],
    [{ enum: ['a', 'b'] }, "'a' | 'b'"],
    [{ const: 7 }, '7'],
    [{ anyOf: [{ type: 'integer' }, { type: 'null' }] }, 'number | null'],
    [{ type: 'array', items: { enum: ['a', 'b'] } }, "readonly ('a' | 'b')[]"],
    [
      { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false },
      '{ readonly a?: string; }',
    ],
    [{ type: 'object', additionalProperties: { type: 'boolean' } }, '{ readonly [name: string]: boolean; }'],
    [{}, 'unknown'],
  ])('%j has the type %s', (schema, type) => expect(typeOf(schema)).toBe(type));

  test('a schema that it has no type for is our own mistake', () => {
    expect(() => typeOf({ type: ['string', 'null'] })).toThrow('has no type');
  });
});

describe('the client', () => {
  test('leads an agent through a payment, and a repeated step does nothing again', async () => {
    const callId = world.desk.addCall({ agent: 'ada' });
    expect((await client.listCalls()).calls.map(({ id }) => id)).toContain(callId);
    const { session } = await client.startSession(callId, { idempotencyKey: 'once' });
    const again = await client.startSession(callId, { idempotencyKey: 'once' });
    expect(again.session).toEqual(session);
    const capturing = await client.capture(session.id, { field: 'cardNumber' });
    expect(capturing.session.fields.cardNumber.state).toBe('awaiting');
    expect((await client.cancel(session.id)).session.state).toBe('canceled');
  });

  test('asks for pages, and reads what is no JSON', async () => {
    const auditor = clientOf(AUDITOR_TOKEN);
    expect(await auditor.listPastSessions({ limit: 10 })).toEqual({ sessions: [] });
    await expect(auditor.listPastSessions({ limit: 0 })).rejects.toMatchObject({ code: 'bad-request' });
    expect(await (await client.readMetrics()).text()).toContain('tonegate_api_requests_total');
  });

  test('opens a panel without a bearer', async () => {
    const { ticket } = await client.createPanelTicket({ origin: CRM_ORIGIN });
    const { token } = await clientOf().openPanelSession({ ticket, origin: CRM_ORIGIN });
    expect(await clientOf(token).readAccount()).toMatchObject({ name: 'ada', role: 'agent' });
  });

  test('throws what the gateway refuses, by code', async () => {
    const refusal = await client.readCall('nobody').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ApiRefusal);
    expect(refusal).toMatchObject({ status: 404, code: 'not-found', retryAfterS: undefined });
    await expect(client.readAuditLog()).rejects.toMatchObject({ status: 403, code: 'forbidden-role' });
    await expect(clientOf().listCalls()).rejects.toMatchObject({ status: 401, code: 'unauthorized' });
  });

  test('an id cannot lead to another address', async () => {
    await expect(client.readCall('../accounts')).rejects.toMatchObject({ code: 'not-found' });
  });
});
