/**
 * What the rows of a payment are played on: a gateway, a page and one call after another, on each of which a caller really
 * keys. When a call is over, what the agent got of it is searched for the keys.
 */
import { existsSync } from 'node:fs';
import { expect } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { CallView } from '../../gateway/api/call-desk.js';
import type { FieldName } from '../../vault-client/wire.js';
import { BreakableRelay } from '../support/breakable-relay.js';
import { eventually } from '../support/deadline.js';
import type { KeypadTalker, KeypadWay, Rhythm } from '../support/keypad-talker.js';
import { keyNames, keysOf } from '../support/keys.js';
import { scanBytes } from '../support/memory-scan.js';
import { type KeyedCard, PaymentScene, type SceneOptions, VISA } from '../support/payment-scene.js';
import { type PortRange, reservePorts } from '../support/ports.js';
import { decodeWithSpandsp } from '../support/spandsp.js';
import { type EntryOutcome, GREEN, PanelAgent } from './panel-agent.js';
import { captureButton, fieldText, headline, visibleActions } from './panel-bench.js';
import { button, launchBrowser, openPage, type PanelPage, signIn } from './panel-world.js';

/** The two kinds of real keys: as events beside the audio, and as tones in it. */
export const WAYS = ['telephone-event', 'in-band'] as const satisfies readonly KeypadWay[];
export type Way = (typeof WAYS)[number];

/** Quick: three packets of tone and as long a pause. Q.24 wants 40 ms of each heard. */
const RHYTHM: Rhythm = { onMs: 60, offMs: 60 };
const GATEWAY_LIMIT_MS = 600_000;
const LIMIT_MS = 20_000;

/** What the agent may have got of a call's keys. */
export type Passed = { readonly tones: string; readonly events: string };
const NOTHING: Passed = { tones: '', events: '' };

export class PanelStage {
  scene: PaymentScene;
  readonly page: PanelPage;
  /** Between the page and the gateway. */
  readonly network: BreakableRelay;
  readonly #browser: Browser;
  readonly #ports: PortRange;
  readonly #options: SceneOptions;
  readonly #frames: string[] = [];
  readonly #cards: KeyedCard[] = [];
  #call: CallView | undefined;
  /** Whose call has been searched. */
  #searched: KeypadTalker | undefined;

  private constructor(
    parts: Pick<PanelStage, 'scene' | 'page' | 'network'>,
    inner: { readonly browser: Browser; readonly ports: PortRange; readonly options: SceneOptions },
  ) {
    this.scene = parts.scene;
    this.page = parts.page;
    this.network = parts.network;
    this.#browser = inner.browser;
    this.#ports = inner.ports;
    this.#options = inner.options;
    this.page.page.on('websocket', (socket) => {
      const keep = ({ payload }: { readonly payload: string | Buffer }) => this.#frames.push(String(payload));
      socket.on('framereceived', keep);
      socket.on('framesent', keep);
    });
  }

  static async open(chosen: SceneOptions = {}): Promise<PanelStage> {
    const options = { limitMs: GATEWAY_LIMIT_MS, ...chosen };
    const ports = await reservePorts(2);
    const scene = await PaymentScene.open(options);
    const network = await BreakableRelay.start(await ports.next(), scene.gateway.apiPort);
    const browser = await launchBrowser();
    const page = await openPage(browser, network.port);
    const stage = new PanelStage({ scene, page, network }, { browser, ports, options });
    await signIn(page, scene.gateway.apiToken());
    await page.panel.waitFor();
    return stage;
  }

  async close(): Promise<void> {
    await this.leaveCall();
    await this.#browser.close();
    this.network.close();
    const left = await this.scene.close();
    this.#ports.release();
    expect(left).toEqual([]);
    // No script error and no breach of the content security policy, whatever happened.
    expect(this.page.complaints).toEqual([]);
    // Nor a card number in what the page was told, in any message.
    expect(this.#frames.length).toBeGreaterThan(10);
    const secrets = this.#cards.map(({ cardNumber }) => ({ name: 'card number', digits: keysOf(cardNumber) }));
    expect(scanBytes(Buffer.from(this.#frames.join('\n')), secrets, 'frames').hits).toEqual([]);
  }

  /** Another page of the same agent. */
  async openOther(): Promise<PanelPage> {
    const other = await openPage(this.#browser, this.network.port);
    await signIn(other, this.scene.gateway.apiToken());
    await other.panel.waitFor();
    return other;
  }

  /** All processes of the gateway are gone without a word, and so is the call. */
  async crash(): Promise<void> {
    const pids = Object.values(this.scene.gateway.pids());
    await this.scene.gateway.kill();
    await eventually(LIMIT_MS, 'the end of the gateway’s other processes', () =>
      pids.some((pid) => existsSync(`/proc/${pid}`)) ? undefined : true,
    );
    this.scene.caller.hangUp();
    this.scene.agent.hangUp();
    await this.searched();
  }

  /** The gateway is started anew with the data that it had, and the page finds it where it was. */
  async comeBack(): Promise<void> {
    const { directory } = this.scene.gateway;
    await this.scene.close('keep');
    this.scene = await PaymentScene.open({ ...this.#options, directory });
    this.network.leadTo(this.scene.gateway.apiPort);
  }

  get agent(): PanelAgent {
    return new PanelAgent(this.scene, this.page);
  }

  get call(): CallView {
    if (this.#call === undefined) throw new Error('there has been no call yet');
    return this.#call;
  }

  /** A call that goes on, with no payment under way. */
  async idle(): Promise<void> {
    if (!this.scene.caller.isInCall) {
      this.#call = await this.scene.dial();
      // A call that is over and left a token stays in view until the agent chooses another.
      await this.page.page.locator('.call[data-state="active"]').click();
      await headline(this.page).getByText('Ready to take a card', { exact: true }).waitFor();
    }
    if (await button(this.page.panel, 'cancel').isVisible()) await this.agent.cancel();
  }

  /** A call that goes on, with a payment that has just been started. */
  async ready(): Promise<void> {
    await this.idle();
    await this.agent.start(await this.startAction());
  }

  /** Which of its names the button that starts a payment has now. */
  async startAction(): Promise<'start' | 'startNew'> {
    return (await button(this.page.panel, 'startNew').isVisible()) ? 'startNew' : 'start';
  }

  key(names: string, way: Way, rhythm: Rhythm = RHYTHM): Promise<void> {
    return this.scene.caller.key(keysOf(names), way, rhythm);
  }

  /** Capture, yellow, the value and `#`, and what comes of it. */
  async enter(field: FieldName, names: string, way: Way, outcome: EntryOutcome = GREEN[field]): Promise<void> {
    const { agent } = this;
    await agent.capture(field);
    const keying = this.key(`${names}#`, way);
    await agent.sees(field, outcome);
    await keying;
    expect(await captureButton(this.page, field).textContent()).toBe('Re-capture');
  }

  async enterCard(way: Way, card: KeyedCard = VISA): Promise<void> {
    this.#cards.push(card);
    for (const field of ['cardNumber', 'expirationDate', 'securityCode'] as const) {
      await this.enter(field, card[field], way);
    }
  }

  /** Of cards that were entered otherwise: no message may hold their number either. */
  keeps(card: KeyedCard): void {
    this.#cards.push(card);
  }

  async tokensTold(): Promise<readonly unknown[]> {
    return (await this.page.events()).filter(({ type }) => type === 'tonegate:token').map(({ detail }) => detail.token);
  }

  async errorsTold(): Promise<readonly unknown[]> {
    return (await this.page.events()).filter(({ type }) => type === 'tonegate:error').map(({ detail }) => detail.code);
  }

  async texts(): Promise<Readonly<Record<FieldName, string | null>>> {
    return {
      cardNumber: await fieldText(this.page, 'cardNumber').textContent(),
      expirationDate: await fieldText(this.page, 'expirationDate').textContent(),
      securityCode: await fieldText(this.page, 'securityCode').textContent(),
    };
  }

  /** The call has ended in the middle of a payment: said so, nothing offered, nothing kept. */
  async seesTheEnd(): Promise<void> {
    await headline(this.page).getByText('The call has ended', { exact: true }).waitFor();
    expect(await this.page.panel.locator('.headline p').textContent()).toMatch(/discarded and no token was made/);
    expect(await visibleActions(this.page)).toEqual([]);
    expect(await this.page.panel.locator('.field:visible').count()).toBe(0);
  }

  async leaveCall(passed: Passed = NOTHING): Promise<void> {
    if (this.scene.caller.isInCall) await this.scene.hangUp(this.call);
    await this.searched(passed);
  }

  /** Of a call that is over, all keys were sent and none but these came to the agent. */
  async searched(passed: Passed = NOTHING): Promise<void> {
    const { caller, agent } = this.scene;
    if (caller.isInCall || this.#call === undefined || this.#searched === caller.talker) return;
    this.#searched = caller.talker;
    await agent.hungUp();
    const toned = caller.presses.filter(({ tone }) => tone !== undefined);
    expect(await decodeWithSpandsp(caller.talker.sentAudio)).toBe(keyNames(toned.map(({ key }) => key)));
    const heard = agent.heard();
    expect(heard.audio.length).toBeGreaterThan(0);
    expect({
      tones: await decodeWithSpandsp(heard.audio),
      events: keyNames(heard.events.map(({ key }) => key)),
    }).toEqual(passed);
  }
}
