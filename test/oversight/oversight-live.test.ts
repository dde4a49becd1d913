/** The supervisor's live board in Chromium, on a real server with calls in memory. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ADA, BOB, captureAll, hueOf, type PanelServer, SUPERVISOR_TOKEN, startServer } from '../panel/panel-world.js';
import { callCard, chip, screenshot, useOversightBench } from './oversight-world.js';

const bench = useOversightBench();
let world: PanelServer;

beforeEach(async () => {
  world = await startServer();
});
afterEach(() => world.server.close());

const open = () => bench().openSignedIn(world.port, SUPERVISOR_TOKEN);

async function start(requester: typeof ADA, callId: string): Promise<string> {
  const started = await world.desk.startSession(requester, callId);
  if (!started.ok) throw new Error(started.code);
  return started.value.id;
}

describe('the live board', () => {
  test("shows everybody's calls, and each change as it comes: colours, words, keys, masked values", async () => {
    const callId = world.desk.addCall({ agent: 'ada', caller: 'Grace Hopper' });
    const opened = await open();
    const card = callCard(opened, callId);
    await card.getByText('No payment on this call').waitFor();
    world.desk.addCall({ agent: 'bob', caller: 'Alan Turing', state: 'held' });
    world.desk.addCall({ agent: '', caller: '+49 30 5550100', state: 'ringing', recording: 'off' });
    await opened.page.getByText('Alan Turing').waitFor();
    await opened.page.getByText('No agent').waitFor();
    const sessionId = await start(ADA, callId);
    await card.getByText('Secure window open').waitFor();
    await card.getByText('Recording paused', { exact: true }).waitFor();
    await card.getByText('Locked during the payment').waitFor();

    await world.desk.capture(ADA, sessionId, 'cardNumber');
    world.desk.pressKeys(callId, 16);
    await chip(card, 'cardNumber').getByText('16 keys').waitFor();
    expect(await hueOf(chip(card, 'cardNumber').locator('.icon'))).toBe('yellow');
    world.desk.endEntry(callId, { masked: '**** **** **** 4242', brand: 'visa' });
    await chip(card, 'cardNumber').getByText('**** **** **** 4242').waitFor();
    await world.desk.capture(ADA, sessionId, 'expirationDate');
    world.desk.endEntry(callId, { error: 'invalid-date' });
    await chip(card, 'expirationDate').getByText('Invalid expiration date').waitFor();
    await world.desk.capture(ADA, sessionId, 'securityCode');
    world.desk.pressKeys(callId, 2);
    await chip(card, 'securityCode').getByText('2 keys').waitFor();
    const seen = [];
    for (const field of ['cardNumber', 'expirationDate', 'securityCode']) {
      const shape = await chip(card, field).locator('.icon path').getAttribute('d');
      seen.push({ hue: await hueOf(chip(card, field).locator('.icon')), shape });
    }
    expect(seen.map(({ hue }) => hue)).toEqual(['green', 'red', 'yellow']);
    expect(new Set(seen.map(({ shape }) => shape)).size).toBe(3);
    expect(await opened.page.locator('.tile strong').allInnerTexts()).toEqual(['3', '1', '1']);
    await screenshot(opened, 'live-light');

    world.desk.endCall(callId);
    await opened.page.locator('.ended').getByText('Grace Hopper').waitFor();
    expect(await opened.page.locator('.tile strong').allInnerTexts()).toEqual(['2', '0', '1']);
  });

  test('never holds the token, nor anything to act with', async () => {
    const callId = world.desk.addCall({ agent: 'ada', caller: 'Grace Hopper' });
    const frames: string[] = [];
    const opened = await bench().openSignedIn(world.port, SUPERVISOR_TOKEN, {
      before: (page) =>
        page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload)))),
    });
    const sessionId = await start(ADA, callId);
    await captureAll(world.desk, ADA, callId);
    await world.desk.complete(ADA, sessionId);
    world.desk.finishTokenization(callId, 'tok_secret');
    await callCard(opened, callId).getByText('Card securely vaulted').waitFor();
    expect(frames.join('')).toContain('**** **** **** 4242');
    expect(frames.join('')).not.toContain('tok_secret');
    expect(await opened.page.content()).not.toContain('tok_secret');
    expect(await opened.page.locator('.call-card :is(button, a, input, select)').count()).toBe(0);
    // The control: the agent's own view of the same session has it.
    expect(JSON.stringify(world.desk.session(ADA, sessionId))).toContain('tok_secret');
  });

  test('shows one agent alone when asked', async () => {
    world.desk.addCall({ agent: 'ada', caller: 'First' });
    const bobs = world.desk.addCall({ agent: 'bob', caller: 'Second' });
    const { page } = await open();
    await page.locator('.caller').getByText('Second').waitFor();
    await page.getByLabel('Agent').selectOption('bob');
    expect(await page.locator('.caller').allInnerTexts()).toEqual(['Second']);
    world.desk.addCall({ agent: 'ada', caller: 'Third' });
    await start(BOB, bobs);
    await page.getByText('Secure window open').waitFor();
    expect(await page.locator('.caller').allInnerTexts()).toEqual(['Second']);
    await page.getByLabel('Agent').selectOption('');
    await page.locator('.caller').getByText('Third').waitFor();
  });

  test('markup in a name stays text', async () => {
    const caller = '<img src=x onerror="document.title=1"><b>Eve</b>\u202e';
    const callId = world.desk.addCall({ agent: 'ada', caller });
    const opened = await open();
    expect(await callCard(opened, callId).locator('.caller').textContent()).toBe(caller);
    expect(await opened.page.locator('main.oversight :is(img, b)').count()).toBe(0);
    expect(await opened.page.title()).toBe('Live calls · Tonegate');
  });

  test('after a break it shows what is true, and says meanwhile that it does not', async () => {
    const callId = world.desk.addCall({ agent: 'ada', caller: 'Grace Hopper' });
    const opened = await open();
    const status = opened.page.locator('main.oversight').getByRole('status');
    await status.getByText('Connected. Everything is up to date.').waitFor();
    const { desk, port } = world;
    await world.server.close();
    await status.getByText(/^Reconnecting/).waitFor();
    expect(await opened.page.locator('.stale').isVisible()).toBe(true);
    await screenshot(opened, 'live-reconnecting');
    await start(ADA, callId);
    world = await startServer({ desk, port });
    await callCard(opened, callId).getByText('Secure window open').waitFor();
    await status.getByText('Connected. Everything is up to date.').waitFor();
    expect(await opened.page.locator('.stale').isVisible()).toBe(false);
  });
});
