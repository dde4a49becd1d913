/** The panel in pages of other origins: in a frame with a ticket, as a component, in a sandbox; and what is refused. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';
import { eventually } from '../support/deadline.js';
import { CrmServer } from './crm-server.js';
import {
  ADA,
  button,
  captureAll,
  type GuardedAction,
  launchBrowser,
  type PanelServer,
  press,
  row,
  settled,
  startServer,
  TOKEN,
} from './panel-world.js';

let browser: Browser;
let crm: CrmServer;
/** A page of an origin that the gateway does not know. */
let foreign: CrmServer;
let world: PanelServer;
let context: BrowserContext;
let page: Page;
let callId: string;

beforeAll(async () => {
  browser = await launchBrowser();
  crm = await CrmServer.open();
  foreign = await CrmServer.open();
  world = await startServer({ allowedOrigins: [crm.origin], frameAncestors: [crm.origin, 'https://crm.example'] });
  for (const server of [crm, foreign]) server.gatewayPort = world.port;
  context = await browser.newContext({ viewport: { width: 800, height: 900 } });
  writePages();
});

afterAll(async () => {
  await context.close();
  await browser.close();
  await Promise.all([world.server.close(), crm.close(), foreign.close()]);
});

beforeEach(async () => {
  callId = world.desk.addCall({ agent: 'ada', caller: 'Grace Hopper' });
  crm.order = { agent: 'ada', callId };
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
});

afterEach(async () => {
  await page.close();
  world.desk.endCall(callId);
});

const gateway = () => `http://127.0.0.1:${world.port}`;

/** Keeps what reaches the page around the panel, as events or as messages. */
const LISTEN = `
  <script>
    globalThis.heard = [];
    for (const type of ['tonegate:state', 'tonegate:token', 'tonegate:error']) {
      addEventListener(type, ({ detail }) => heard.push({ type, detail }));
    }
    addEventListener('message', ({ data, origin }) => globalThis.messages?.push({ ...data, origin }));
  </script>`;

/** Colours and words of the page's own, and some that may not be. */
const DRESSED = `lang: 'nl',
  style: {
    '--tonegate-surface': 'rgb(1 2 3)',
    '--tonegate-radius': '3px',
    '--tonegate-raised': 'url(/looked-for)',
    '--tonegate-text': 'nocolour',
    color: 'red',
  },
  messages: { buttons: { start: '<b>Begin</b>' }, status: { idle: 'Klaar voor een kaart', noCall: 7 } }`;

/** A frame that the page fills by hand, with the ticket that the test gives it. */
const byHand = (attributes: string) => `${LISTEN}
  <script>globalThis.messages = [];</script>
  <iframe id="panel" ${attributes} src="${gateway()}/panel/embed/" style="width: 700px; height: 700px"></iframe>`;

function writePages(): void {
  const component = `${LISTEN}<tonegate-panel></tonegate-panel>
    <script type="module">
      import { DeskClient } from '${gateway()}/panel/desk-client.js';
      import '${gateway()}/panel/tonegate-panel.js';
      const client = new DeskClient({ baseUrl: '${gateway()}', token: '${TOKEN}' });
      document.querySelector('tonegate-panel').client = client;
      client.open();
    </script>`;
  const mounted = `${LISTEN}<div id="payment"></div>
    <script src="${gateway()}/panel/embed.js"></script>
    <script>
      const ticket = async () => {
        const answer = await fetch('/ticket');
        if (answer.status === 404) return undefined;
        return answer.text();
      };
      TonegatePanel.mount(document.querySelector('#payment'), { ticket, lang: 'de', theme: 'dark' });
    </script>`;
  for (const server of [crm, foreign]) {
    server.pages.set('/component', component);
    server.pages.set('/mounted', mounted);
    const again = `globalThis.asked = (globalThis.asked ?? 0) + 1; if (globalThis.asked > 1) throw new Error('none');`;
    server.pages.set('/mounted-without-another', mounted.replace('if (answer', `${again} if (answer`));
    server.pages.set('/mounted-dressed', mounted.replace("lang: 'de', theme: 'dark'", DRESSED));
    server.pages.set('/mounted-plain', mounted.replace(", lang: 'de', theme: 'dark'", ''));
    server.pages.set('/by-hand', byHand(''));
    server.pages.set('/sandbox', byHand('sandbox="allow-scripts"'));
    server.pages.set('/sandbox-same-origin', byHand('sandbox="allow-scripts allow-same-origin"'));
    server.pages.set('/empty', '<p>Nothing here.</p>');
  }
}

const frame = (): FrameLocator => page.frameLocator('iframe').first();
const framedPanel = () => frame().locator('tonegate-panel');
const headlineIs = (text: string) =>
  framedPanel().locator('.headline strong').getByText(text, { exact: true }).waitFor();
const heard = (): Promise<readonly { readonly type: string; readonly detail: Record<string, unknown> }[]> =>
  page.evaluate('heard');
const messages = (): Promise<readonly { readonly type: string; readonly detail?: { readonly code?: string } }[]> =>
  page.evaluate('messages');

/** The page around the frame gives it this ticket, as the documentation says. */
async function give(ticket: string, targetOrigin = gateway()): Promise<void> {
  await page.evaluate(`document.querySelector('#panel').contentWindow.postMessage(
    { type: 'tonegate:ticket', ticket: ${JSON.stringify(ticket)} }, ${JSON.stringify(targetOrigin)})`);
}

/** Waits for a message of the frame of this type; answers its code, if it has one. */
async function messageOf(type: string): Promise<string | undefined> {
  await page.waitForFunction(`messages.some(({ type }) => type === '${type}')`);
  return (await messages()).find((message) => message.type === type)?.detail?.code;
}

const CLICKS_LIMIT_MS = 10_000;
/** After so long without its outcome a click has not been heard. */
const UNHEARD_MS = 700;

/**
 * Chromium throws away what is clicked in a frame of another origin that has just moved or grown: a guard of its own
 * against clickjacking, where a page tracks what is visible. A person clicks again for as long as the button is there,
 * and so do we; once it is gone it was heard, however long its outcome takes.
 */
async function clickUntil(action: GuardedAction, outcome: Locator, click = () => clickOnce(action)): Promise<void> {
  const endMs = performance.now() + CLICKS_LIMIT_MS;
  const either = button(framedPanel(), action).or(outcome).filter({ visible: true });
  for (;;) {
    await either.first().waitFor();
    if (await outcome.isVisible()) return;
    try {
      await click();
      return await outcome.waitFor({ timeout: UNHEARD_MS });
    } catch (error) {
      if (performance.now() > endMs) throw error;
    }
  }
}

async function clickOnce(action: GuardedAction): Promise<void> {
  await button(framedPanel(), action).scrollIntoViewIfNeeded({ timeout: UNHEARD_MS });
  await settled(framedPanel(), action).click({ timeout: UNHEARD_MS });
}

function startInFrame(): Promise<void> {
  return clickUntil('start', row(framedPanel(), 'cardNumber'));
}

function firstPixelOf(png: Buffer): Promise<readonly number[]> {
  return page.evaluate(`(async () => {
    const image = new Image();
    image.src = 'data:image/png;base64,${png.toString('base64')}';
    await image.decode();
    const canvas = new OffscreenCanvas(1, 1).getContext('2d');
    canvas.drawImage(image, 0, 0);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  })()`);
}

function sessionsOpened(): number {
  return world.server.counters().panelSessionsOpened ?? 0;
}

function ticketsRefused(): number {
  return world.server.counters().panelTicketsRefused ?? 0;
}

describe('in a frame', () => {
  test('five lines of a page: a payment in the frame, its token as an event of the page', async () => {
    await page.goto(`${crm.origin}/mounted`);
    await headlineIs('Bereit für eine Karte');
    await startInFrame();
    await captureAll(world.desk, ADA, callId);
    await clickUntil(
      'complete',
      framedPanel().locator('.headline strong').getByText('Die Karte wird hinterlegt', { exact: true }),
    );
    world.desk.finishTokenization(callId, 'tgt_in_a_frame');
    await headlineIs('Karte sicher hinterlegt');
    await page.waitForFunction(`heard.some(({ type }) => type === 'tonegate:token')`);
    expect((await heard()).find(({ type }) => type === 'tonegate:token')?.detail).toMatchObject({
      callId,
      token: 'tgt_in_a_frame',
      masked: '**** **** **** 4242',
    });
    expect((await heard()).filter(({ type }) => type === 'tonegate:state').length).toBeGreaterThan(3);
    const inFrame = page.frames().find((other) => other.url().endsWith('/panel/embed/'));
    expect(
      await inFrame?.evaluate('[document.cookie, sessionStorage.length, localStorage.length, location.search]'),
    ).toEqual(['', 0, 0, '']);
    await page.locator('iframe').screenshot({ path: 'test-output/panel/embedded.png' });
    expect(await page.locator('iframe').getAttribute('title')).toBe('Card payment');
    // As high as the panel: neither has the frame a scrollbar, nor is there air below.
    await inFrame?.waitForFunction('document.documentElement.scrollHeight === innerHeight');
  });

  test.each([
    ['light', 'normal'],
    ['dark', 'normal'],
    ['light', 'dark'],
    ['dark', 'light dark'],
  ] as const)(
    'in a %s system, on a page that is %s, that page shows around the corners of a dark panel',
    async (colorScheme, scheme) => {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${crm.origin}/mounted`);
      await page.addStyleTag({ content: `:root { color-scheme: ${scheme}; background: rgb(10, 120, 200); }` });
      await headlineIs('Bereit für eine Karte');
      const corner = await page.locator('iframe').screenshot();
      // Through no more than the panel's own shadow.
      const [red = 0, green = 0, blue = 0] = await firstPixelOf(corner);
      const differences = [10 - red, 120 - green, 200 - blue].map(Math.abs);
      expect(Math.max(...differences)).toBeLessThan(15);
    },
  );

  test('a panel without a theme is as dark as the system is', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`${crm.origin}/mounted-plain`);
    await headlineIs('Ready to take a card');
    const inFrame = page.frames().find((other) => other.url().endsWith('/panel/embed/'));
    const text = () => inFrame?.evaluate(`getComputedStyle(document.querySelector('tonegate-panel')).color`);
    expect(await text()).toBe('rgb(232, 238, 242)');
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await text()).toBe('rgb(20, 33, 43)');
  });

  test("takes colours, a radius and texts of the page's, and nothing that loads or is none", async () => {
    await page.goto(`${crm.origin}/mounted-dressed`);
    await headlineIs('Klaar voor een kaart');
    expect(await button(framedPanel(), 'start').textContent()).toBe('<b>Begin</b>');
    const inFrame = page.frames().find((other) => other.url().endsWith('/panel/embed/'));
    const looks = await inFrame?.evaluate(`(() => {
      const host = document.querySelector('tonegate-panel');
      const { backgroundColor, borderRadius, color } = getComputedStyle(host.shadowRoot.querySelector('.panel'));
      return { backgroundColor, borderRadius, color, set: [...host.style] };
    })()`);
    expect(looks).toEqual({
      backgroundColor: 'rgb(1, 2, 3)',
      borderRadius: '3px',
      color: 'rgb(20, 33, 43)',
      set: ['--tonegate-surface', '--tonegate-radius'],
    });
    expect(await framedPanel().locator('.panel').getAttribute('lang')).toBe('nl');
  });

  test('a gateway that was started anew has forgotten the token: the page gives another ticket, and on it goes', async () => {
    await page.goto(`${crm.origin}/mounted`);
    await headlineIs('Bereit für eine Karte');
    const given = crm.ticketsGiven;
    await world.server.close();
    await framedPanel().locator('.connection').waitFor();
    world.desk.setCallState(callId, 'held');
    world = await startServer({
      desk: world.desk,
      port: world.port,
      allowedOrigins: [crm.origin],
      frameAncestors: [crm.origin, 'https://crm.example'],
    });
    await headlineIs('Gehalten');
    await framedPanel().locator('.connection').waitFor({ state: 'hidden' });
    expect(crm.ticketsGiven).toBe(given + 1);
  });

  test.each([
    ['there is no such call any more', '/mounted'],
    ['the page comes by no other ticket', '/mounted-without-another'],
  ])('a gateway that was started anew, and %s: it is shown as over, with its payment', async (_, path) => {
    await page.goto(`${crm.origin}${path}`);
    await headlineIs('Bereit für eine Karte');
    await startInFrame();
    crm.order = { agent: 'ada', callId: 'a-call-that-is-gone' };
    await world.server.close();
    await framedPanel().locator('.connection').waitFor();
    world = await startServer({
      desk: world.desk,
      port: world.port,
      allowedOrigins: [crm.origin],
      frameAncestors: [crm.origin, 'https://crm.example'],
    });
    await headlineIs('Das Gespräch ist beendet');
    await framedPanel()
      .locator('.headline')
      .getByText('Alles Eingegebene wurde verworfen, und es wurde kein Token ausgestellt.')
      .waitFor();
    expect(await framedPanel().locator('.connection').isVisible()).toBe(false);
    expect(await framedPanel().locator('.caller .name').textContent()).toBe('Grace Hopper');
    await page.waitForFunction(`heard.some(({ detail }) => detail.state === 'ended' && detail.callState === 'ended')`);
    expect((await heard()).filter(({ detail }) => detail.code === 'no-ticket')).toHaveLength(1);
  });

  test('a page of another origin may not hold it: it stays empty there', async () => {
    await page.goto(`${foreign.origin}/by-hand`);
    await eventually(5_000, 'the frame to be refused', () =>
      page.frames().find((other) => other.url().startsWith('chrome-error:')),
    );
    expect(await frame().locator('tonegate-panel').count()).toBe(0);
    expect(await messages()).toEqual([]);
  });

  test('a sandbox that leaves it its origin is no matter', async () => {
    await page.goto(`${crm.origin}/sandbox-same-origin`);
    await messageOf('tonegate:ready');
    await give(await crm.ticket());
    await headlineIs('Ready to take a card');
  });
});

describe('a sandbox that takes its origin away', () => {
  test('the panel loads and asks; the gateway refuses who has no origin, and the page hears of it', async () => {
    await page.goto(`${crm.origin}/sandbox`);
    await messageOf('tonegate:ready');
    const before = sessionsOpened();
    await give(await crm.ticket(), '*');
    expect(await messageOf('tonegate:error')).toBe('network');
    expect(sessionsOpened()).toBe(before);
  });

  test('unless the configuration lists the opaque origin: then a payment can be taken', async () => {
    const other = await startServer({
      desk: world.desk,
      allowedOrigins: [crm.origin, 'null'],
      frameAncestors: [crm.origin],
    });
    crm.gatewayPort = other.port;
    crm.pages.set(
      '/sandbox-open',
      byHand('sandbox="allow-scripts"').replace(gateway(), `http://127.0.0.1:${other.port}`),
    );
    await page.goto(`${crm.origin}/sandbox-open`);
    await messageOf('tonegate:ready');
    await give(await crm.ticket(), '*');
    await headlineIs('Ready to take a card');
    await startInFrame();
    crm.gatewayPort = world.port;
    await page.goto(`${crm.origin}/empty`);
    await other.server.close();
  });
});

describe('tickets', () => {
  beforeEach(async () => {
    await page.goto(`${crm.origin}/by-hand`);
    await messageOf('tonegate:ready');
  });

  test('one that never was', async () => {
    await give('not-a-ticket-of-this-gateway');
    expect(await messageOf('tonegate:error')).toBe('ticket-unknown');
  });

  test('one that was used', async () => {
    const ticket = await crm.ticket();
    await give(ticket);
    await headlineIs('Ready to take a card');
    await give(ticket);
    expect(await messageOf('tonegate:error')).toBe('ticket-used');
    expect(await framedPanel().locator('.headline strong').textContent()).not.toBe('Ready to take a card');
  });

  test('one that has waited for more than a minute', async () => {
    const ticket = await crm.ticket();
    const now = performance.now.bind(performance);
    performance.now = () => now() + 61_000;
    await give(ticket);
    const code = await messageOf('tonegate:error').finally(() => {
      performance.now = now;
    });
    expect(code).toBe('ticket-expired');
  });

  test('one that was made for pages of another origin', async () => {
    await give(await crm.ticket('https://crm.example'));
    expect(await messageOf('tonegate:error')).toBe('ticket-origin');
  });

  test('none at all, or something else in its place, is not even asked about', async () => {
    const before = ticketsRefused();
    for (const data of ['null', '"ticket"', '{ type: "tonegate:ticket" }', '{ type: "tonegate:ticket", ticket: 7 }']) {
      await page.evaluate(`document.querySelector('#panel').contentWindow.postMessage(${data}, '${gateway()}')`);
    }
    await give(await crm.ticket());
    await headlineIs('Ready to take a card');
    expect(ticketsRefused()).toBe(before);
  });

  test.each([
    ['a foreign origin', () => foreign.origin],
    ['the same origin', () => crm.origin],
  ])('a good one from another window of %s is not heard', async (_, origin) => {
    const ticket = await crm.ticket();
    const before = sessionsOpened();
    await page.evaluate(`new Promise((resolve) => {
      const neighbour = document.createElement('iframe');
      neighbour.id = 'neighbour';
      neighbour.onload = resolve;
      neighbour.src = '${origin()}/empty';
      document.body.append(neighbour);
    })`);
    const neighbour = page.frames().find((other) => other.url() === `${origin()}/empty`);
    await neighbour?.evaluate(`parent.frames[0].postMessage(
      { type: 'tonegate:ticket', ticket: ${JSON.stringify(ticket)} }, '${gateway()}')`);
    // The same ticket, from the page that holds the frame: it has not been used yet.
    await give(ticket);
    await headlineIs('Ready to take a card');
    expect(sessionsOpened()).toBe(before + 1);
    expect((await messages()).filter(({ type }) => type === 'tonegate:error')).toEqual([]);
  });

  test('a page that missed the first message says hello', async () => {
    await page.evaluate(`messages.length = 0;
      document.querySelector('#panel').contentWindow.postMessage({ type: 'tonegate:hello' }, '${gateway()}')`);
    await messageOf('tonegate:ready');
  });

  test('a panel that was opened for one call shows no other', async () => {
    const other = world.desk.addCall({ agent: 'ada', caller: 'Somebody Else' });
    await give(await crm.ticket());
    await headlineIs('Ready to take a card');
    expect(await framedPanel().locator('.caller .name').textContent()).toBe('Grace Hopper');
    world.desk.endCall(callId);
    await headlineIs('The call has ended');
    expect(await framedPanel().locator('.caller .name').textContent()).toBe('Grace Hopper');
    world.desk.endCall(other);
  });
});

describe('as a component', () => {
  const panel = () => page.locator('tonegate-panel');

  test('in a page of an allowed origin: a payment, and its token as an event', async () => {
    await page.goto(`${crm.origin}/component`);
    await press(panel(), 'start');
    await row(panel(), 'cardNumber').waitFor();
    await captureAll(world.desk, ADA, callId);
    await press(panel(), 'complete');
    await panel().getByText('Vaulting the card', { exact: true }).waitFor();
    world.desk.finishTokenization(callId, 'tgt_in_a_page');
    await panel().getByText('Card securely vaulted', { exact: true }).waitFor();
    expect((await heard()).filter(({ type }) => type === 'tonegate:token').map(({ detail }) => detail.token)).toEqual([
      'tgt_in_a_page',
    ]);
  });

  test('the recording stays away where the page has it itself', async () => {
    await page.goto(`${crm.origin}/component`);
    const recording = panel().locator('.recording');
    await recording.waitFor();
    await page.evaluate(`document.querySelector('tonegate-panel').setAttribute('hide-recording', '')`);
    await recording.waitFor({ state: 'hidden' });
    await page.evaluate(`document.querySelector('tonegate-panel').removeAttribute('hide-recording')`);
    await recording.waitFor();
  });

  test('in a page of any other origin it loads, and comes by nothing, right token or not', async () => {
    const requests = world.desk.requests.length;
    await page.goto(`${foreign.origin}/component`);
    await panel().getByText('Connecting to the gateway.', { exact: true }).first().waitFor();
    const refused = await page.evaluate(`Promise.all(['GET', 'POST'].map((method) =>
      fetch('${gateway()}/v1/calls', { method, headers: { Authorization: 'Bearer ${TOKEN}' } })
        .then(() => 'answered', () => 'refused')))`);
    expect(refused).toEqual(['refused', 'refused']);
    const socket = await page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket('${gateway().replace('http', 'ws')}/v1/events');
      socket.onopen = () => resolve('open');
      socket.onclose = () => resolve('closed');
    })`);
    expect(socket).toBe('closed');
    expect(await panel().locator('.caller').isVisible()).toBe(false);
    expect(world.desk.requests).toHaveLength(requests);
  });
});

describe('clicks that somebody else steers', () => {
  beforeEach(async () => {
    await page.goto(`${crm.origin}/by-hand`);
    await messageOf('tonegate:ready');
    await give(await crm.ticket());
    await startInFrame();
    await settled(framedPanel(), 'cancel').waitFor();
  });

  const canceled = () => world.desk.requests.filter(({ operation }) => operation === 'cancel').length;
  const captures = () => world.desk.requests.filter(({ operation }) => operation.startsWith('capture ')).length;
  const canceledIsSaid = () => framedPanel().locator('.headline strong').getByText('Payment canceled', { exact: true });

  async function clickWhereCancelIs(): Promise<void> {
    const box = await button(framedPanel(), 'cancel').boundingBox();
    if (box === null) throw new Error('Cancel is not there');
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  }

  test.each([
    [
      'something of the page lies over the panel',
      `position: fixed; inset: 0; background: white; pointer-events: none`,
      '',
    ],
    ['the frame cannot be seen', '', 'opacity: 0.01'],
  ])('%s: Cancel does nothing, and the panel says why; then it works again', async (_, cover, veil) => {
    const before = canceled();
    await page.evaluate(`(() => {
      const cover = document.createElement('div');
      cover.id = 'cover';
      cover.style = '${cover}';
      document.body.append(cover);
      document.querySelector('#panel').style.cssText += '${veil}';
    })()`);
    await settled(framedPanel(), 'cancel').waitFor({ state: 'detached' });
    await clickWhereCancelIs();
    await framedPanel()
      .getByText(/^Something covers this button/)
      .waitFor();
    expect(canceled()).toBe(before);
    await page.evaluate(`(() => {
      document.querySelector('#cover').remove();
      document.querySelector('#panel').style.opacity = '';
    })()`);
    await clickUntil('cancel', canceledIsSaid());
    expect(canceled()).toBe(before + 1);
  });

  test('a script that clicks is not a person', async () => {
    const [before, capturesBefore] = [canceled(), captures()];
    await row(framedPanel(), 'cardNumber').locator('button[data-settled]').waitFor();
    for (const scripted of [row(framedPanel(), 'cardNumber').locator('button'), button(framedPanel(), 'cancel')]) {
      await scripted.evaluate((node) => (node as unknown as { click(): void }).click());
    }
    await clickUntil('cancel', canceledIsSaid(), clickWhereCancelIs);
    expect(canceled()).toBe(before + 1);
    expect(captures()).toBe(capturesBefore);
  });
});

test('a click counts only on a button that has stood there for 300 ms', async () => {
  await page.clock.install();
  await page.goto(`${crm.origin}/component`);
  const panel = page.locator('tonegate-panel');
  await press(panel, 'start');
  await row(panel, 'cardNumber').waitFor();
  await page.clock.pauseAt(Date.now() + 60_000);
  world.desk.setCallState(callId, 'active');
  const session = world.desk.call(ADA, callId);
  if (!session.ok || session.value.session === undefined) throw new Error('there is no session');
  await captureAll(world.desk, ADA, callId);
  await panel.getByText('All details captured', { exact: true }).waitFor();
  const completes = () => world.desk.requests.filter(({ operation }) => operation === 'complete').length;
  const before = completes();
  await button(panel, 'complete').click();
  await page.clock.runFor(250);
  await button(panel, 'complete').click();
  expect(await settled(panel, 'complete').count()).toBe(0);
  await page.clock.runFor(100);
  await settled(panel, 'complete').click();
  await panel.getByText('Vaulting the card', { exact: true }).waitFor();
  expect(completes()).toBe(before + 1);
});
