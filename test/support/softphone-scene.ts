/**
 * The agent's softphone as agents use it: the page in Chromium, registered over WSS at a gateway of its own, with a
 * microphone that speaks from a file, and a trunk behind which the test's telephones are.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { AxeAudit } from '../panel/axe.js';
import { BreakableRelay } from './breakable-relay.js';
import { type ConfigurationInput, GatewayUnderTest } from './gateway-under-test.js';
import type { PortRange } from './ports.js';
import { TlsCertificate } from './tls-certificate.js';
import { writeWav } from './wav.js';

const CHROMIUM = '/usr/bin/chromium';
/** Start fails after a second by default; a test machine that does other things besides may take longer. */
const START_TIMEOUT_MS = 3_000;
const STEP_LIMIT_MS = 20_000;
const SCREENSHOT_DIRECTORY = join(process.cwd(), 'test-output/softphone');
/** Of the softphone's SIP user, as the trunk dials it. */
export const AGENT_USER = 'agent';
/** What agents may dial. */
const NATIONAL = '\\+?[0-9]{3,15}|customer';

export type SoftphoneSceneOptions = {
  /** 8 kHz; what the agent says, over and over. */
  readonly microphone: Int16Array;
  /** SIP port of the telephone that agents call. */
  readonly trunkPort: number;
  readonly ports: PortRange;
  /** Changes the configuration once more, with softphones in it. */
  readonly configure?: (configuration: ConfigurationInput) => ConfigurationInput;
};

export class SoftphoneScene {
  readonly gateway: GatewayUnderTest;
  readonly browser: Browser;
  /** On the way from the page to the gateway's SIP, and to nothing else. */
  readonly network: BreakableRelay;
  readonly #certificate: TlsCertificate;
  readonly #pages: SoftphonePage[] = [];

  private constructor(parts: Pick<SoftphoneScene, 'gateway' | 'browser' | 'network'>, certificate: TlsCertificate) {
    this.gateway = parts.gateway;
    this.browser = parts.browser;
    this.network = parts.network;
    this.#certificate = certificate;
  }

  static async open(options: SoftphoneSceneOptions): Promise<SoftphoneScene> {
    const { microphone, ports, trunkPort, configure = (configuration) => configuration } = options;
    const certificate = new TlsCertificate();
    const relayPort = await ports.next();
    const gateway = await GatewayUnderTest.start({
      trunkPort,
      pbxPort: await ports.next(),
      configure: (base) => configure(withSoftphones(base, { certificate, server: `wss://127.0.0.1:${relayPort}` })),
    });
    const network = await BreakableRelay.start(relayPort, gateway.agentSidePort);
    const browser = await launchWithMicrophone(gateway.directory, microphone);
    return new SoftphoneScene({ gateway, browser, network }, certificate);
  }

  /** Answers the processes of the gateway that did not end by themselves, and what the pages complained about. */
  async close(): Promise<{ readonly left: readonly string[]; readonly complaints: readonly string[] }> {
    const complaints = this.#pages.flatMap((page) => page.complaints);
    await this.browser.close();
    this.network.close();
    const left = await this.gateway.stop();
    this.#certificate.remove();
    return { left, complaints };
  }

  /** A page that is signed in; registered too, where the microphone has been allowed. */
  async openPage(options: PageOptions = {}): Promise<SoftphonePage> {
    const page = await SoftphonePage.open(this.browser, this.gateway, options);
    this.#pages.push(page);
    return page;
  }
}

export type PageOptions = { readonly microphone?: 'allowed' | 'refused'; readonly widthPx?: number };

export class SoftphonePage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the page, refusals by its security policy, and what axe-core found: all of it must stay empty. */
  readonly complaints: string[] = [];
  readonly banner: Locator;
  #axe: AxeAudit | undefined;

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    this.banner = page.locator('.banner');
    page.setDefaultTimeout(STEP_LIMIT_MS);
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      // The browser itself reports connections that fail; the page is meant to live with that.
      if (message.type() === 'error' && !/WebSocket|ERR_|status of \d+/.test(message.text())) {
        this.complaints.push(message.text());
      }
    });
  }

  static async open(browser: Browser, gateway: GatewayUnderTest, options: PageOptions): Promise<SoftphonePage> {
    const { microphone = 'allowed', widthPx = 1180 } = options;
    const context = await browser.newContext({
      viewport: { width: widthPx, height: 900 },
      permissions: microphone === 'allowed' ? ['microphone'] : [],
    });
    const opened = new SoftphonePage(context, await context.newPage());
    await opened.page.addInitScript({ content: COLLECT_TOKENS });
    await opened.page.addInitScript({ content: COLLECT_DEVICES });
    await opened.page.goto(`http://127.0.0.1:${gateway.apiPort}/softphone/`);
    await opened.page.getByLabel('Access token').fill(gateway.apiToken());
    await opened.page.getByRole('button', { name: 'Sign in' }).click();
    await opened.light('signalling', 'Registered');
    return opened;
  }

  /** Resolves when this light says so. */
  async light(name: 'gateway' | 'signalling' | 'microphone', text: string): Promise<void> {
    await this.page.locator(`[data-light="${name}"]`).getByText(text, { exact: true }).waitFor();
  }

  /** Resolves when the line is in that state. */
  async line(number: 1 | 2, kind: string): Promise<void> {
    await this.page.locator(`.line[data-line="${number}"][data-kind="${kind}"]`).waitFor();
  }

  /** A button of the call in front. */
  async press(action: string): Promise<void> {
    await this.banner.locator(`[data-action="${action}"]`).click();
  }

  /** A button of a line that is not in front. */
  async pressOnLine(number: 1 | 2, action: string): Promise<void> {
    await this.page.locator(`.line[data-line="${number}"] [data-action="${action}"]`).click();
  }

  /** As a person does it who, asked by the browser whether to leave, says yes. */
  async closeTab(): Promise<void> {
    this.#sayYes();
    const closed = this.page.waitForEvent('close');
    await this.page.close({ runBeforeUnload: true });
    await closed;
  }

  async reload(): Promise<void> {
    this.#sayYes();
    await this.page.reload();
  }

  #sayYes(): void {
    this.page.once('dialog', (dialog) => void dialog.accept());
  }

  async dial(destination: string): Promise<void> {
    await this.page.getByLabel('Number or name').fill(destination);
    await this.page.keyboard.press('Enter');
  }

  /** Ends what goes on, and clears what has ended: both lines are free. */
  async clear(): Promise<void> {
    for (const line of [1, 2] as const) {
      const current = this.page.locator(`.line[data-line="${line}"]`);
      while ((await current.getAttribute('data-kind')) !== 'idle') {
        const kind = await current.getAttribute('data-kind');
        const isInFront = (await current.getAttribute('aria-current')) === 'true';
        const place = isInFront ? this.banner : current;
        const action = kind === 'ended' ? 'dismiss' : kind === 'ringing-in' ? 'decline' : 'hangUp';
        await place.locator(`[data-action="${action}"]`).click();
      }
    }
  }

  async notice(text: string | RegExp): Promise<void> {
    await this.page.locator('.notice').getByText(text).waitFor();
  }

  /** Chooses the last one that is offered; answers its name and its id. */
  async chooseLast(device: 'Microphone' | 'Loudspeaker'): Promise<{ readonly name: string; readonly id: string }> {
    const choice = this.page.getByLabel(device, { exact: true });
    const option = choice.locator('option').last();
    const name = (await option.textContent()) ?? '';
    const id = (await option.getAttribute('value')) ?? '';
    await choice.selectOption(id);
    return { name, id };
  }

  /** What is chosen. */
  chosen(device: 'Microphone' | 'Loudspeaker'): Promise<string> {
    return this.page.getByLabel(device, { exact: true }).inputValue();
  }

  /** The name of the microphone that was opened last. */
  openMicrophone(): Promise<string> {
    return this.page.evaluate('tonegateDevices.microphones.at(-1)');
  }

  /** Resolves when ringing, and what there is of calls, plays there. */
  async playsOn(loudspeakerId: string): Promise<void> {
    await this.page.waitForFunction((id) => {
      const { document, tonegateDevices } = globalThis as unknown as SoundOfPage;
      const players = [...document.querySelectorAll('audio')];
      return tonegateDevices.ringers.at(-1) === id && players.every((player) => player.sinkId === id);
    }, loudspeakerId);
  }

  tokens(): Promise<readonly string[]> {
    return this.page.evaluate('globalThis.tonegateTokens');
  }

  /** Keeps what the agent hears of the call on this line from now on. */
  async listen(line: 1 | 2): Promise<void> {
    await this.page.evaluate(LISTEN.replace('LINE', String(line)));
  }

  /** How much has been heard so far, in samples of 8 kHz. */
  heardSamples(): Promise<number> {
    return this.page.evaluate('Math.round(hearing.frames * 8000 / (hearing.rateHz || 48000))');
  }

  /** All that was heard, at 8 kHz. */
  async heard(): Promise<Int16Array> {
    const bytes = Buffer.from(await this.page.evaluate<string>(HEARD), 'base64');
    return Int16Array.from({ length: bytes.length / 2 }, (_unused, at) => bytes.readInt16LE(2 * at));
  }

  /** Keeps a picture of the page as it is, and what axe-core finds wrong in it. */
  async look(name: string): Promise<void> {
    mkdirSync(SCREENSHOT_DIRECTORY, { recursive: true });
    await this.page.evaluate('scrollTo(0, 0)');
    await this.page.screenshot({ path: join(SCREENSHOT_DIRECTORY, `${name}.png`), fullPage: true });
    this.#axe ??= await AxeAudit.of(this.page);
    this.complaints.push(...(await this.#axe.violations('body')).map((violation) => `${name}: ${violation}`));
  }
}

/** What of a page is looked at there; this project's types know no DOM outside of it. */
type SoundOfPage = {
  readonly document: { querySelectorAll(name: 'audio'): Iterable<{ readonly sinkId: string }> };
  readonly tonegateDevices: { readonly ringers: readonly string[] };
};

/** Runs in the page, before the page's own scripts. */
const COLLECT_TOKENS = `
  globalThis.tonegateTokens = [];
  addEventListener('tonegate:token', ({ detail }) => tonegateTokens.push(detail.token));`;

/** Which microphones were opened, by name, and where ringing and meters were led to. */
const COLLECT_DEVICES = `
  globalThis.tonegateDevices = { microphones: [], ringers: [] };
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    tonegateDevices.microphones.push(...stream.getAudioTracks().map(({ label }) => label));
    return stream;
  };
  const lead = AudioContext.prototype.setSinkId;
  AudioContext.prototype.setSinkId = async function (id) {
    await lead.call(this, id);
    tonegateDevices.ringers.push(id);
  };`;

/** The sound of the call itself, before any loudspeaker. */
const LISTEN = `(() => {
  const players = [...document.querySelectorAll('audio')];
  const player = players[LINE - 1] ?? players[0];
  const [track] = player.srcObject.getAudioTracks();
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  globalThis.hearing = { pieces: [], frames: 0, rateHz: 0 };
  (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const piece = new Float32Array(value.numberOfFrames);
      value.copyTo(piece, { planeIndex: 0, format: 'f32-planar' });
      hearing.rateHz = value.sampleRate;
      hearing.pieces.push(piece);
      hearing.frames += piece.length;
      value.close();
    }
  })();
})()`;

const HEARD = `(async () => {
  const { pieces, frames, rateHz } = hearing;
  const length = Math.max(1, Math.round(frames * 8000 / rateHz));
  const context = new OfflineAudioContext(1, length, 8000);
  const buffer = context.createBuffer(1, frames, rateHz);
  let at = 0;
  for (const piece of pieces) {
    buffer.copyToChannel(piece, 0, at);
    at += piece.length;
  }
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(context.destination);
  source.start();
  const samples = (await context.startRendering()).getChannelData(0);
  const bytes = new Uint8Array(new Int16Array(samples.map((sample) => Math.max(-1, Math.min(1, sample)) * 32767)).buffer);
  let text = '';
  for (let from = 0; from < bytes.length; from += 8192) text += String.fromCharCode(...bytes.subarray(from, from + 8192));
  return btoa(text);
})()`;

/** A gateway whose agent's side is browsers, registered over WSS. */
export function withSoftphones(
  base: ConfigurationInput,
  { certificate, server }: { readonly certificate: TlsCertificate; readonly server: string },
): ConfigurationInput {
  const { certificateFile, keyFile } = certificate;
  const [callerSide, agentSide] = base.sip?.listeners ?? [];
  const trunk = base.peers?.find(({ name }) => name === 'trunk');
  if (callerSide === undefined || agentSide === undefined || trunk === undefined) throw new Error('no usual gateway');
  return {
    ...base,
    sip: {
      ...base.sip,
      listeners: [callerSide, { ...agentSide, transports: ['wss'], tls: { certificateFile, keyFile } }],
      users: [{ name: AGENT_USER }],
    },
    peers: [trunk, { kind: 'registered', name: 'softphones', listener: agentSide.name }],
    routes: [
      { name: 'inbound', from: 'trunk', to: 'softphones', callerSide: 'from' },
      { name: 'outbound', from: 'softphones', to: 'trunk', callerSide: 'to', users: NATIONAL },
    ],
    payment: { startTimeoutMs: START_TIMEOUT_MS },
    api: { ...base.api, agents: [{ name: 'agent', users: [AGENT_USER] }], softphone: { server } },
  };
}

async function launchWithMicrophone(directory: string, microphone: Int16Array): Promise<Browser> {
  const file = join(directory, 'microphone.wav');
  writeFileSync(file, writeWav({ sampleRateHz: 8000, channels: [microphone] }));
  try {
    return await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--ignore-certificate-errors',
        // Without it Chromium offers no candidate on 127.0.0.1, the only place where the gateway is.
        '--allow-loopback-in-peer-connection',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-audio-capture=${file}`,
      ],
    });
  } catch (error) {
    rmSync(file);
    throw error;
  }
}
