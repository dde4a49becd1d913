/** The OpenAPI document: valid by somebody else's validator, and what the server really does, in both directions. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { apiErrors } from '../../gateway/api/api-errors.js';
import { openApiDocument } from '../../gateway/api/openapi-document.js';
import { redeemOperation } from '../../gateway/api/redeem-contract.js';
import { openapi } from '../../gateway/cli/openapi.js';
import { parseConfiguration } from '../../gateway/config/parse-configuration.js';
import { administrationOf } from '../../gateway/control/administration.js';
import { REDEEM_ERRORS } from '../../vault-client/redeem-server.js';
import { type PanelServer, startServer } from '../panel/panel-world.js';
import { defaultAdministration } from '../support/empty-evidence.js';
import { faultOf, faultOfMessage } from './answer-check.js';
import { ApiClient } from './api-client.js';

let world: PanelServer;
let client: ApiClient;

beforeAll(async () => {
  world = await startServer();
  client = new ApiClient(world.port);
});
afterAll(() => world.server.close());

const document = openApiDocument();

describe('the document', () => {
  test('is valid OpenAPI 3.1, and the validator finds what is not', async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(document))).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
    const broken = { ...structuredClone(document), paths: { '/v1/calls': { get: { responses: 7 } } } };
    expect((await new Validator().validate(broken)).valid).toBe(false);
  });

  test('is served without a token, and printed by the command, the same', async () => {
    const served = await client.ask('GET', '/v1/openapi.json', { token: '' });
    const lines: string[] = [];
    expect(await openapi([], { out: (line) => lines.push(line), err: () => undefined })).toBe(0);
    expect(served.body).toEqual(JSON.parse(lines.join('\n')));
    expect(served.body).toEqual(JSON.parse(JSON.stringify(document)));
  });

  test('names the redeem endpoint of the configuration that runs', async () => {
    const configured = parseConfiguration('vault: { redeem: { address: "::1", port: 18090 } }', {});
    if (!configured.ok) throw new Error('the configuration is not accepted');
    const own = await startServer({ administration: administrationOf(configured.configuration) });
    const { body } = await new ApiClient(own.port).ask('GET', '/v1/openapi.json', { token: '' });
    await own.server.close();
    expect(body).toMatchObject({
      paths: { [redeemOperation.path]: { post: { servers: [{ url: 'http://[::1]:18090' }] } } },
    });
    expect(document).toEqual(openApiDocument(defaultAdministration().configuration().redeem));
  });

  test('every reference leads somewhere, and every component is referred to', () => {
    const text = JSON.stringify(document);
    const referred = new Set([...text.matchAll(/"\$ref":"#\/components\/([^"]+)"/g)].map(([, name]) => name));
    const { schemas, responses } = document.components;
    const defined = [
      ...Object.keys(schemas).map((name) => `schemas/${name}`),
      ...Object.keys(responses).map((name) => `responses/${name}`),
    ];
    expect([...referred].sort()).toEqual(defined.sort());
  });

  test('operations have names of their own', () => {
    const names = Object.values(document.paths).flatMap((item) => Object.values(item).map((o) => o.operationId));
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('routes and document are one', () => {
  const documented = Object.entries(document.paths)
    .filter(([path]) => path !== redeemOperation.path)
    .flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`));

  test('every route is documented and every documented operation is a route', () => {
    const pages = /^GET \/(?:$|panel|softphone|oversight|icon|chunks|[a-z-]+\/)/;
    const routes = world.server.routes().filter((route) => !pages.test(route) || /\/v1\//.test(route));
    expect(routes.length).toBeGreaterThan(20);
    expect([...routes].sort()).toEqual([...documented].sort());
  });

  test('every code of the API stands in the document, but for those that no operation ends in', () => {
    const text = JSON.stringify(document.components.responses);
    const missing = Object.keys(apiErrors).filter((code) => !text.includes(`"${code}"`));
    // An address that is none of ours: said in the document's own description.
    expect(missing).toEqual(['unknown-route']);
    expect(JSON.stringify(document.info)).toContain('unknown-route');
  });

  test("the redeem endpoint's codes and sentences are the vault's own", () => {
    expect(redeemOperation.errors).toEqual(REDEEM_ERRORS);
  });
});

describe('the check of answers finds what is not as documented', () => {
  const answer = { method: 'GET', path: '/v1/calls', status: 200, contentType: 'application/json; charset=utf-8' };

  test.each([
    ['an unknown member', { ...answer, body: { calls: [], more: 1 } }, 'additional properties'],
    ['a missing member', { ...answer, body: {} }, "required property 'calls'"],
    ['a wrong member deep inside', { ...answer, body: { calls: [{ id: 7 }] } }, 'calls/0'],
    ['another status', { ...answer, status: 202, body: { calls: [] } }, 'no such status'],
    ['another type', { ...answer, contentType: 'text/html', body: '' }, 'no text/html'],
    [
      'a code of another operation',
      { ...answer, status: 403, body: { error: { code: 'ticket-origin', message: '' } } },
      'allowed values',
    ],
  ])('%s', (_, wrong, complaint) => expect(faultOf(wrong)).toContain(complaint));

  test('and lets pass what is', () => {
    expect(faultOf({ ...answer, body: { calls: [] } })).toBeUndefined();
    expect(faultOfMessage({ type: 'pong' })).toBeUndefined();
    expect(faultOfMessage({ type: 'pong', token: 'x' })).toBeDefined();
  });
});
