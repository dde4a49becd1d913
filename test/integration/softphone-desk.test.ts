/**
 * What an agent does at the softphone beside talking, in Chromium on real calls: chooses microphone and loudspeaker, declines,
 * misses a call, and records where recording is started by hand.
 */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { press, row } from '../panel/panel-world.js';
import { eventually } from '../support/deadline.js';
import { KeypadPhone } from '../support/keypad-phone.js';
import { type PortRange, reservePorts } from '../support/ports.js';
import { AGENT_USER, type SoftphonePage, SoftphoneScene } from '../support/softphone-scene.js';
import { speechFor } from '../support/speech.js';

const PORTS = 50;
const LIMIT_MS = 20_000;
const TEST_LIMIT_MS = 60_000;
/** Two seconds of packets. */
const PACKETS = 100;
const LOUD = 1_000;

let ports: PortRange;
let scene: SoftphoneScene;
let customer: KeypadPhone;
let page: SoftphonePage;

beforeAll(async () => {
  ports = await reservePorts(PORTS);
  customer = await KeypadPhone.start(ports, 'customer', { displayName: 'Customer' });
  scene = await SoftphoneScene.open({
    microphone: await speechFor(4_000, 'This is the agent. How may I help you today?'),
    ports,
    trunkPort: customer.sipPort,
    configure: (configuration) => ({
      ...configuration,
      routes: configuration.routes?.map((route) => ({ ...route, recording: 'manual' })),
    }),
  });
  page = await scene.openPage();
}, TEST_LIMIT_MS);

afterEach(async () => {
  customer.hangUp();
  await page.clear();
}, TEST_LIMIT_MS);

afterAll(async () => {
  await customer.close();
  expect(await scene.close()).toEqual({ left: [], complaints: [] });
  ports.release();
}, TEST_LIMIT_MS);

/** The customer calls, and the page rings; what comes of it is the promise's to tell. */
async function ring(): Promise<{ readonly answered: Promise<void> }> {
  const answered = customer.call(AGENT_USER, scene.gateway.callerSidePort);
  // Whoever waits for it does so later.
  answered.catch(() => {});
  await page.line(1, 'ringing-in');
  return { answered };
}

async function answer(): Promise<void> {
  const { answered } = await ring();
  await page.press('answer');
  await answered;
  await page.line(1, 'active');
}

async function customerHears(): Promise<void> {
  customer.ear.clear();
  await eventually(LIMIT_MS, 'the agent at the customer', () => {
    if (customer.ear.packets.length < PACKETS) return undefined;
    const isLoud = customer.heard().audio.some((sample) => Math.abs(sample) > LOUD);
    if (!isLoud) customer.ear.clear();
    return isLoud ? true : undefined;
  });
}

test(
  'another microphone and loudspeaker are used at once, in the middle of a call, and kept',
  async () => {
    await answer();
    await customerHears();
    const first = await page.openMicrophone();
    const microphone = await page.chooseLast('Microphone');
    expect(microphone.name).not.toBe(first);
    await page.light('microphone', 'Ready');
    expect(await page.openMicrophone()).toBe(microphone.name);
    await customerHears();
    const loudspeaker = await page.chooseLast('Loudspeaker');
    await page.playsOn(loudspeaker.id);
    await page.press('hangUp');
    await customer.hungUp();

    await page.page.reload();
    await page.light('signalling', 'Registered');
    await page.light('microphone', 'Ready');
    expect(await page.openMicrophone()).toBe(microphone.name);
    // Before there is any call: what rings is heard there as well.
    await page.playsOn(loudspeaker.id);
    expect([await page.chosen('Microphone'), await page.chosen('Loudspeaker')]).toEqual([
      microphone.id,
      loudspeaker.id,
    ]);
    await answer();
    await page.playsOn(loudspeaker.id);
    await customerHears();
  },
  TEST_LIMIT_MS,
);

test(
  'Decline: the caller is told, and the line says so',
  async () => {
    const { answered } = await ring();
    await page.press('decline');
    await expect(answered).rejects.toThrow(/an answer did not come: (?:480|486|603)/);
    await page.banner.getByText('You declined the call').waitFor();
    expect(await scene.gateway.agent().calls()).toEqual([]);
  },
  TEST_LIMIT_MS,
);

test(
  'a caller who gives up while it rings: it rings no more, and the line says that a call was missed',
  async () => {
    await ring();
    customer.hangUp();
    await page.banner.getByText('Missed call').waitFor();
    await page.line(1, 'ended');
    // And the next one comes through.
    await page.press('dismiss');
    await answer();
  },
  TEST_LIMIT_MS,
);

test(
  'recording is started, paused and resumed by hand, and locked during a payment, with the reason',
  async () => {
    await answer();
    const pill = page.banner.locator('.pill');
    const record = page.banner.locator('[data-action="record"]');
    const panel = page.page.locator('tonegate-panel');
    const shows = (text: string) => pill.getByText(text, { exact: true }).waitFor();
    const payment = async (state: string, reason: string) => {
      await press(panel, 'start');
      await row(panel, 'cardNumber').waitFor();
      await shows(state);
      await page.banner.getByText(reason).waitFor();
      expect(await record.isDisabled()).toBe(true);
      await press(panel, 'cancel');
      await panel.locator('.headline strong').getByText('Payment canceled', { exact: true }).waitFor();
      await page.banner.getByText(reason).waitFor({ state: 'hidden' });
      expect(await record.isEnabled()).toBe(true);
    };
    await shows('Not recording');
    await page.press('payment');
    await payment('Not recording', 'Recording cannot be changed until the payment is over.');
    await shows('Not recording');
    for (const state of ['Recording', 'Recording paused', 'Recording']) {
      await page.press('record');
      await shows(state);
    }
    await payment('Recording paused', 'Recording is paused for the payment and goes on when it is over.');
    await shows('Recording');
  },
  TEST_LIMIT_MS,
);
