/** Each role × each page: what is there, what is not, and that a page never asks for what its account may not. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SECTION_NAMES, type SectionName } from '../../gateway/browser/oversight/oversight-sections.js';
import {
  ADMINISTRATOR_TOKEN,
  AUDITOR_TOKEN,
  INTEGRATION_TOKEN,
  type PanelServer,
  SUPERVISOR_TOKEN,
  startServer,
  TOKEN,
} from '../panel/panel-world.js';
import { screenshot, signIn, useOversightBench } from './oversight-world.js';

const bench = useOversightBench();
let world: PanelServer;

beforeAll(async () => {
  world = await startServer();
});
afterAll(() => world.server.close());

const titles: Readonly<Record<SectionName, string>> = {
  live: 'Live calls',
  sessions: 'Payment sessions',
  recordings: 'Recordings',
  audit: 'Audit log',
  health: 'Health',
  accounts: 'Accounts',
};

describe.each([
  ['agent', TOKEN, []],
  ['integration', INTEGRATION_TOKEN, []],
  ['supervisor', SUPERVISOR_TOKEN, ['live']],
  ['auditor', AUDITOR_TOKEN, ['sessions', 'recordings', 'audit']],
  ['administrator', ADMINISTRATOR_TOKEN, ['health', 'accounts']],
] as const)('%s', (role, token, names) => {
  test(`finds ${names.length === 0 ? 'a plain sentence' : names.join(', ')}, and nothing else`, async () => {
    world.audit.length = 0;
    const own: readonly SectionName[] = names;
    const opened = await bench().openSignedIn(world.port, token);
    const { page } = opened;
    const links = page.locator('nav.sections a');
    expect(await links.allInnerTexts()).toEqual(own.map((name) => titles[name]));
    expect(await page.locator('.role').textContent()).toBe(role.charAt(0).toUpperCase() + role.slice(1));
    for (const name of SECTION_NAMES) {
      await page.evaluate(`location.hash = '#${name}'`);
      const title = page.locator('main.oversight h2');
      const forbidden = own.length === 0 ? 'There is nothing here for this account' : 'This page is not for your role';
      await title.getByText(own.includes(name) ? titles[name] : forbidden, { exact: true }).waitFor();
      expect(await title.count()).toBe(1);
      const content = page.locator('main.oversight :is(table, .cards, .parts)');
      expect((await content.count()) > 0).toBe(own.includes(name));
    }
    if (own.length === 0) await screenshot(opened, `nothing-for-${role}`);
    expect(await page.getByRole('link', { name: 'Open the payment panel' }).count()).toBe(role === 'agent' ? 1 : 0);
    // Whatever address was tried, the gateway was asked for nothing it had to refuse.
    expect(world.audit.filter(({ kind }) => kind === 'operation-refused')).toEqual([]);
  });
});

test('a wrong token is said to be wrong; a right one is kept for this tab only', async () => {
  const opened = await bench().open(world.port);
  const { page } = opened;
  await screenshot(opened, 'sign-in');
  await signIn(opened, 'not-the-token');
  await page.getByText('This access token was not accepted.').waitFor();
  expect(await page.evaluate('sessionStorage.length')).toBe(0);
  await signIn(opened, AUDITOR_TOKEN);
  await page.locator('.account').waitFor();
  await page.reload();
  await page.locator('.account').waitFor();
  expect(await page.evaluate('localStorage.length + document.cookie.length')).toBe(0);
  expect(await page.evaluate('location.href')).not.toContain(AUDITOR_TOKEN);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Access token').waitFor();
  expect(await page.evaluate('sessionStorage.length')).toBe(0);
  expect(await page.locator('main.oversight').textContent()).toBe('');
});

test('a gateway that cannot be reached is said so, and costs nobody the token', async () => {
  const other = await startServer();
  const opened = await bench().openSignedIn(other.port, AUDITOR_TOKEN);
  await opened.page.route('**/v1/me', (route) => route.abort());
  await opened.page.reload();
  await opened.page.getByText('The gateway could not be reached.').waitFor();
  await opened.page.unroute('**/v1/me');
  await opened.page.reload();
  await opened.page.locator('.account').waitFor();
  await other.server.close();
});
