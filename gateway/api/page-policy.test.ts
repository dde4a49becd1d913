import { expect, test } from '@jest/globals';
import { type PageContext, pageHeaders } from './page-policy.js';

const CRM = 'https://crm.example';
const NOTHING: PageContext = { frameAncestors: [], softphoneServer: undefined };

function ancestorsOf(path: string, frameAncestors: readonly string[]): string | undefined {
  const policy = pageHeaders(path, { ...NOTHING, frameAncestors })['Content-Security-Policy'];
  return /frame-ancestors ([^;]*)/.exec(policy)?.[1];
}

test('only the configured origins may frame the embedded panel, and without any nobody may', () => {
  expect(ancestorsOf('/panel/embed/', [CRM, 'http://127.0.0.1:9000'])).toBe(`${CRM} http://127.0.0.1:9000`);
  expect(ancestorsOf('/panel/embed/', [])).toBe("'none'");
});

test('every other page stays with pages of its own server, whatever is configured', () => {
  for (const path of ['/panel/', '/panel/panel-page.js', '/elsewhere/']) {
    expect(ancestorsOf(path, [CRM])).toBe("'self'");
  }
});

test('a page without a row uses neither camera nor microphone nor place', () => {
  expect(pageHeaders('/panel/', NOTHING)['Permissions-Policy']).toBe('camera=(), microphone=(), geolocation=()');
});

test('the softphone has the microphone, and connects to the SIP WebSocket and nowhere else', () => {
  const headers = pageHeaders('/softphone/', { ...NOTHING, softphoneServer: 'wss://sip.example:7443' });
  expect(headers['Permissions-Policy']).toBe('camera=(), geolocation=(), microphone=(self)');
  expect(headers['Content-Security-Policy']).toContain("connect-src 'self' wss://sip.example:7443;");
  expect(pageHeaders('/softphone/', NOTHING)['Content-Security-Policy']).toContain("connect-src 'self';");
});
