/** The agent's softphone in Chromium, registered over WSS: real calls, real sound, and a payment in which it hears no key. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { FIELD_NAMES, type FieldName } from '../../vault-client/wire.js';
import { press, pressCapture, row } from '../panel/panel-world.js';
import type { AgentClient } from '../support/agent-client.js';
import { BARESIP_MEDIA_PORTS, BARESIP_SIP_PORTS, Baresip } from '../support/baresip.js';
import { eventually, pause } from '../support/deadline.js';
import { KeypadPhone } from '../support/keypad-phone.js';
import { addTones, keyNames, keysOf, pressesOf, samplesOf } from '../support/keys.js';
import { listenFor } from '../support/listeners.js';
import { type PortRange, reservePorts } from '../support/ports.js';
import { mostFound, type Said, saidKeys, tonesOf } from '../support/said-keys.js';
import { AGENT_USER, type SoftphonePage, SoftphoneScene } from '../support/softphone-scene.js';
import { decodeWithSpandsp } from '../support/spandsp.js';
import { speechFor } from '../support/speech.js';

const LIMIT_MS = 20_000;
const MAX_ENTRIES = 3;
const POLL_INTERVAL_MS = 50;
const PORTS = 100;
/** In the agent's own words, so that a listener can tell them from any others: pressed near the microphone. */
const AGENT_KEYS = '1590';
/** Until the browser's buffer has found its length. */
const SETTLING_MS = 2_000;
const CARD: Readonly<Record<FieldName, string>> = {
  cardNumber: '5555555555554444#',
  expirationDate: '1129#',
  securityCode: '639#',
};

let ports: PortRange;
let scene: SoftphoneScene;
let desk: AgentClient;
/** Behind the trunk: calls the agent, and answers at once when it is called. */
let customer: KeypadPhone;
let page: SoftphonePage;

beforeAll(async () => {
  ports = await reservePorts(PORTS);
  customer = await KeypadPhone.start(ports, 'customer', { displayName: '<img src=x onerror="document.title=1">' });
  const microphone = await speechFor(4_000, 'This is the agent. How may I help you today?');
  addTones(microphone, pressesOf(keysOf(AGENT_KEYS), { startMs: 2_500, onMs: 100, offMs: 100 }));
  scene = await SoftphoneScene.open({ microphone, ports, trunkPort: customer.sipPort });
  desk = scene.gateway.agent();
  page = await scene.openPage();
}, 60_000);

afterEach(async () => {
  customer.hangUp();
  await page.clear();
}, 30_000);

afterAll(async () => {
  await customer.close();
  // No script error, no breach of the content security policy, nothing that axe-core finds, and no process left.
  expect(await scene.close()).toEqual({ left: [], complaints: [] });
  ports.release();
}, 60_000);

/** The customer calls, and the page rings. */
async function ring(): Promise<{ readonly answered: Promise<void> }> {
  const answered = customer.call(AGENT_USER, scene.gateway.callerSidePort);
  await page.banner.and(page.page.locator('[data-kind="ringing-in"]')).waitFor();
  return { answered };
}

async function answer(): Promise<void> {
  const { answered } = await ring();
  await page.press('answer');
  await answered;
  await page.banner.and(page.page.locator('[data-kind="active"]')).waitFor();
}

async function hangUp(): Promise<void> {
  await page.press('hangUp');
  await customer.hungUp();
}

/** What the customer hears from now on, until there is this much of it. */
async function customerHears(durationMs: number): Promise<Int16Array> {
  customer.ear.clear();
  await eventually(LIMIT_MS, 'sound at the customer', () =>
    customer.ear.packets.length >= durationMs / 20 ? true : undefined,
  );
  return customer.heard().audio;
}

function loudest(audio: Int16Array): number {
  return audio.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

describe('a payment', () => {
  let caller: Baresip;

  beforeAll(async () => {
    caller = await Baresip.start({
      user: 'caller',
      sipPort: await ports.consecutive(BARESIP_SIP_PORTS),
      controlPort: await ports.next(),
      mediaPort: await ports.consecutive(BARESIP_MEDIA_PORTS),
      answers: 'automatically',
      audio: await speechFor(20_000),
      limitMs: 90_000,
    });
  }, 30_000);

  afterAll(() => caller.discard());

  /** Says a sentence and presses the keys in its sound; answers where in the agent's ear it has to be looked for. */
  async function sayKeys(names: string): Promise<Said> {
    const keys = await saidKeys(names);
    const said = { ...keys, from: await page.heardSamples() };
    await caller.say(said.audio);
    return said;
  }

  test('called by baresip the agent hears speech and the keys before, none during it, and the token arrives', async () => {
    const dialling = caller.dial(`sip:${AGENT_USER}@127.0.0.1:${scene.gateway.callerSidePort}`, LIMIT_MS);
    await page.line(1, 'ringing-in');
    await page.look('01-ringing');
    await page.press('answer');
    await dialling;
    await page.line(1, 'active');
    await page.listen(1);
    await heardMs(SETTLING_MS);
    // The control: what is keyed outside a payment is heard, by tone and by event.
    const before = await sayKeys('7082');
    await heardFor(before);
    await caller.sendKeys('36');
    await heardMs(1_500);
    const windowStart = await page.heardSamples();

    await page.press('payment');
    const panel = page.page.locator('tonegate-panel');
    await press(panel, 'start');
    const stateOf = (field: FieldName) => row(panel, field).getAttribute('data-state');
    const told: Said[] = [];
    for (const field of FIELD_NAMES) {
      // On a machine that does much else the line may be disturbed: then the agent captures once more.
      for (let entry = 1; entry <= MAX_ENTRIES && (await stateOf(field)) !== 'captured'; entry += 1) {
        await pressCapture(panel, field);
        await row(panel, field).getByText('Awaiting Input', { exact: true }).waitFor();
        if (field === 'securityCode') await caller.sendKeys(CARD[field]);
        else told.push(await sayKeys(CARD[field]));
        await panel.locator(`[data-field="${field}"]:not([data-state="awaiting"])`).waitFor();
      }
      expect(await stateOf(field)).toBe('captured');
      await page.look(`02-${field}`);
    }
    for (const said of told) await heardFor(said);
    const windowEnd = await page.heardSamples();
    await press(panel, 'complete');
    await panel.getByText('Card securely vaulted', { exact: true }).waitFor();
    const [token] = await page.tokens();
    await page.look('03-vaulted');
    await page.press('hangUp');
    await caller.event('CALL_CLOSED', LIMIT_MS);

    // What the caller sent holds every key, for either listener.
    for (const { audio, presses } of [before, ...told]) {
      expect(await listenFor(tonesOf(presses, 0), audio, 0)).toMatchObject({
        likelihood: presses.length,
        spandsp: keyNames(presses.map(({ key }) => key)),
      });
    }
    const heard = await page.heard();
    expect(mostFound(before, heard)).toBe(before.presses.length);
    expect(await decodeWithSpandsp(heard.subarray(0, windowStart))).toBe('708236');
    expect(await decodeWithSpandsp(heard.subarray(windowStart, windowEnd))).toBe('');
    for (const said of told) expect(mostFound(said, heard)).toBe(0);
    expect(await scene.gateway.redeem({ token, orderId: 'softphone-1' })).toMatchObject({
      status: 200,
      body: { brand: 'mastercard' },
    });
  }, 90_000);

  async function heardMs(durationMs: number): Promise<void> {
    const wanted = (await page.heardSamples()) + samplesOf(durationMs);
    const endMs = performance.now() + LIMIT_MS;
    while ((await page.heardSamples()) < wanted) {
      if (performance.now() > endMs) throw new Error('no sound comes to the page');
      await pause(POLL_INTERVAL_MS);
    }
  }

  /** Until all that was said has been heard. */
  async function heardFor({ audio, from }: Said): Promise<void> {
    const wanted = from + audio.length + samplesOf(1_500);
    await heardMs(Math.max(0, wanted - (await page.heardSamples())) / 8);
  }
});

describe('in a call', () => {
  test('the agent is heard; not when muted, not on hold; and again after either', async () => {
    await answer();
    expect(await decodeWithSpandsp(await customerHears(6_000))).toContain(AGENT_KEYS);
    await page.press('mute');
    await page.notice(/You are muted/);
    expect(loudest((await customerHears(1_500)).subarray(samplesOf(500)))).toBeLessThan(50);
    await page.press('mute');
    expect(loudest(await customerHears(4_000))).toBeGreaterThan(1_000);

    await page.press('hold');
    await page.line(1, 'held');
    expect((await desk.call('held')).state).toBe('held');
    await page.look('04-held');
    await page.press('resume');
    await page.line(1, 'active');
    expect((await desk.call('active')).state).toBe('active');
    expect(loudest(await customerHears(4_000))).toBeGreaterThan(1_000);
    await hangUp();
  }, 60_000);

  test("markup in a caller's name stays text", async () => {
    const name = '<img src=x onerror="document.title=1">';
    await answer();
    expect(await page.banner.locator('.who').textContent()).toBe(name);
    expect(await page.page.locator('.line[data-line="1"] .line-name').textContent()).toBe(name);
    expect(await page.page.locator('.softphone img').count()).toBe(0);
    expect(await page.page.title()).toBe(`On call: ${name}`);
    await hangUp();
  }, 30_000);

  test('a second call waits on the second line; answering it holds the first', async () => {
    const second = await KeypadPhone.start(ports, 'second', { displayName: 'Second caller' });
    try {
      await answer();
      const calling = second.call(AGENT_USER, scene.gateway.callerSidePort);
      await page.line(2, 'ringing-in');
      await page.look('05-second-line');
      await page.pressOnLine(2, 'answer');
      await calling;
      await page.line(1, 'held');
      await page.line(2, 'active');
      expect(loudest((await customerHears(1_500)).subarray(samplesOf(500)))).toBeLessThan(50);
      await page.pressOnLine(1, 'resume');
      await page.line(2, 'held');
      await page.line(1, 'active');
      expect(loudest(await customerHears(4_000))).toBeGreaterThan(1_000);
      second.hangUp();
      await page.line(2, 'ended');
      await hangUp();
    } finally {
      await second.close();
    }
  }, 60_000);

  test('by keyboard alone: Take payment leads to Start in the panel, and on from there', async () => {
    await answer();
    const panel = page.page.locator('tonegate-panel');
    await page.banner.locator('[data-action="payment"]').focus();
    await page.page.keyboard.press('Enter');
    await panel.locator('button[data-action="start"]:focus[data-settled]').waitFor();
    await page.page.keyboard.press('Enter');
    await panel.locator('[data-field="cardNumber"] button:focus').waitFor();
    await press(panel, 'cancel');
    await panel.locator('.headline').getByText('Payment canceled', { exact: true }).waitFor();
    await hangUp();
  }, 30_000);

  test('recording is paused and resumed by one button', async () => {
    await answer();
    const pill = page.banner.locator('.pill');
    await pill.getByText('Recording', { exact: true }).waitFor();
    await page.press('record');
    await pill.getByText('Recording paused', { exact: true }).waitFor();
    await page.press('record');
    await pill.getByText('Recording', { exact: true }).waitFor();
    await hangUp();
  }, 30_000);
});

describe('dialling', () => {
  test('the agent calls out, is heard, and presses keys on the pad and on the keyboard', async () => {
    await page.dial('customer');
    await page.banner.and(page.page.locator('[data-kind="active"]')).waitFor();
    expect(loudest(await customerHears(4_000))).toBeGreaterThan(1_000);
    await page.page.locator('.key[data-key="7"]').click();
    await page.page.keyboard.press('#');
    await eventually(LIMIT_MS, 'two keys', () =>
      keyNames(customer.heard().events.map(({ key }) => key)) === '7#' ? true : undefined,
    );
    // The API knows it as the same call: a payment can be taken.
    expect(await page.banner.locator('[data-action="payment"]').isEnabled()).toBe(true);
    await hangUp();
  }, 30_000);

  test('a destination that is not allowed is refused, and that is said', async () => {
    await page.dial('premium-rate');
    await page.banner.getByText('This number is not known').waitFor();
    await page.look('06-not-allowed');
    await page.dial('not a number');
    await page.notice(/^Enter a number/);
  }, 30_000);
});

describe('a page that is left in a call', () => {
  const NO_API = 'globalThis.fetch = () => new Promise(() => {})';

  async function anotherPage(): Promise<void> {
    await page.context.close();
    page = await scene.openPage();
  }

  test('its tab is closed: the caller is rid of the call by the telephone alone', async () => {
    await answer();
    await page.page.evaluate(NO_API);
    await page.closeTab();
    await customer.hungUp();
    await anotherPage();
  }, 60_000);

  test('its tab is closed while signalling is cut: the caller is rid of the call by the API', async () => {
    await answer();
    scene.network.cut();
    await page.light('signalling', 'Reconnecting');
    await page.closeTab();
    await customer.hungUp();
    scene.network.mend();
    await anotherPage();
  }, 60_000);

  test('its tab is closed while it rings: the caller is refused at once', async () => {
    const { answered } = await ring();
    const refused = answered.catch((error: unknown) => error);
    await page.page.evaluate(NO_API);
    await page.closeTab();
    expect(String(await refused)).toContain('480');
    await anotherPage();
  }, 60_000);

  test('it is loaded anew in a payment: the call and the payment are over, and that is said', async () => {
    await desk.openEvents();
    await answer();
    const call = await desk.call();
    await page.press('payment');
    const panel = page.page.locator('tonegate-panel');
    await press(panel, 'start');
    await pressCapture(panel, 'cardNumber');
    await row(panel, 'cardNumber').getByText('Awaiting Input', { exact: true }).waitFor();
    await customer.key(keysOf('4242'), 'telephone-event');
    await row(panel, 'cardNumber').getByText('4 keys', { exact: true }).waitFor();
    await page.reload();
    await customer.hungUp();
    await page.light('signalling', 'Registered');
    const ofCall = ({ callId }: { readonly callId: string }) => callId === call.id;
    const ended = await desk.sessionEvent('ended', (session) => ofCall(session) && session.state === 'ended');
    expect(ended).toMatchObject({ actions: [], fields: { cardNumber: { state: 'empty', keyCount: 0 } } });
    await desk.event('the end', (event) => event.call?.id === call.id && event.call.state === 'ended');
    desk.close();
    // The new page is free for the next call.
    await answer();
    await hangUp();
  }, 60_000);
});

describe('when something breaks', () => {
  test('signalling cut in a call: the call goes on, signalling comes back, and all works as before', async () => {
    await answer();
    scene.network.cut();
    await page.light('signalling', 'Reconnecting');
    await page.notice(/Your call goes on/);
    expect(loudest(await customerHears(4_000))).toBeGreaterThan(1_000);
    await page.look('07-cut');
    scene.network.mend();
    await page.light('signalling', 'Registered');
    expect(await page.page.locator('.notice').count()).toBe(0);
    await page.press('hold');
    await page.line(1, 'held');
    await page.press('resume');
    await page.line(1, 'active');
    customer.hangUp();
    await page.line(1, 'ended');
  }, 60_000);

  test('hung up while signalling is cut: the caller is rid of the call too', async () => {
    await answer();
    scene.network.cut();
    await page.light('signalling', 'Reconnecting');
    await page.press('hangUp');
    await customer.hungUp();
    scene.network.mend();
    await page.light('signalling', 'Registered');
  }, 30_000);

  test('a microphone that is refused is said, the call rings on, and is answered once it is allowed', async () => {
    await page.context.close();
    page = await scene.openPage({ microphone: 'refused' });
    await page.light('microphone', 'Blocked');
    const { answered } = await ring();
    await page.press('answer');
    await page.notice(/could not be answered without a microphone/);
    await page.line(1, 'ringing-in');
    await page.look('08-no-microphone');
    await page.context.grantPermissions(['microphone']);
    await page.page.getByRole('button', { name: 'Try again' }).click();
    await page.light('microphone', 'Ready');
    await page.press('answer');
    await answered;
    await page.line(1, 'active');

    // Taken back in the middle of the call.
    await page.context.clearPermissions();
    await page.notice(/microphone/);
    await page.line(1, 'active');
    await page.look('09-microphone-gone');
    await hangUp();
  }, 60_000);
});
