/**
 * The demo with a person in it: one page with the caller's phone, the agent's screen and what travels between them. This
 * is its clock and its wiring; the telephones, the listener and the page's server are beside it.
 */
import { fileURLToPath } from 'node:url';
import { AgentDesktop } from './agent-desktop.js';
import { BrowserEar } from './browser-ear.js';
import { CallListening } from './call-listening.js';
import { DemoGateway, SOFTPHONE_USER } from './demo-gateway-process.js';
import { DemoPageSocket } from './demo-page-socket.js';
import { KEYPAD, type KeyCodes, type KeyTransport } from './key-transport.js';
import { OrderEntry } from './order-entry.js';
import type { AgentPhone, PageCommand, PageMessage, PhoneState } from './page-messages.js';
import { MAX_KEPT_SAMPLES } from './phone-listener.js';
import type { Phone } from './phone-socket.js';
import { TerminalSocket } from './terminal-socket.js';

const USERS: Readonly<Record<AgentPhone, string>> = { softphone: SOFTPHONE_USER, 'desk-phone': '200' };
/** A person who finds the button. */
const ANSWER_LIMIT_MS = 60_000;
/** Often enough that a key lights up while it is down. */
const TURN_MS = 20;
const TURNS_BETWEEN_LEVELS = 5;
const SAMPLES_PER_MS = 8;
/** The listeners keep so much; a call that went on would be plotted no more. */
const LAST_SAMPLE = MAX_KEPT_SAMPLES - 10_000;

export type InteractiveOptions = {
  readonly caller: Phone;
  /** The agent's telephone on the desk, beside the one in the browser. */
  readonly deskPhone: Phone;
  readonly say: (line: string) => void;
};

/** Goes on until the process is told to end. @returns the exit code */
export async function runInteractive(options: InteractiveOptions): Promise<number> {
  const end = new EndOfDemo();
  let demo: InteractiveDemo | undefined;
  // Before all else: what is typed while the gateway starts is not echoed either.
  const terminal = TerminalSocket.open({ onKeys: (keys) => demo?.typed(keys), onEnd: () => end.ask() });
  try {
    await withWorld(options, end, async (world) => {
      demo = await InteractiveDemo.start(world, options.say);
      if (!end.isAsked) tellHow(world, options.say, terminal !== undefined);
      await end.asked;
      // An end that takes its time can be cut short from the terminal.
      terminal?.close();
      demo.close();
    });
    return 0;
  } finally {
    terminal?.close();
  }
}

async function withWorld(
  { caller, deskPhone }: InteractiveOptions,
  end: EndOfDemo,
  use: (world: World) => Promise<void>,
): Promise<void> {
  const page = await DemoPageSocket.open(fileURLToPath(new URL('./page', import.meta.url)));
  try {
    const gateway = await DemoGateway.start({
      callerPort: caller.sipPort,
      agentPort: deskPhone.sipPort,
      page: { origin: page.origin, sipServer: page.sipServer },
    }).catch((error: unknown) => {
      // Ctrl-C reaches a gateway that is still starting, too: its end is no failure then.
      if (!end.isAsked) throw error;
    });
    try {
      if (gateway) await use({ caller, deskPhone, gateway, page });
    } finally {
      await gateway?.stop();
    }
  } finally {
    await page.close();
  }
}

function tellHow({ gateway, page }: World, say: (line: string) => void, hasTerminal: boolean): void {
  say(`open    ${page.address}   (Ctrl-C ends the demo)`);
  say(`panel   http://127.0.0.1:${gateway.apiPort}/panel/   access token ${agentToken(gateway)}`);
  if (hasTerminal) say('keys    0 to 9, * and # typed here are keyed on the caller’s phone too; they are not shown');
}

type World = {
  readonly caller: Phone;
  readonly deskPhone: Phone;
  readonly gateway: DemoGateway;
  readonly page: DemoPageSocket;
};

class InteractiveDemo {
  readonly #world: World;
  readonly #desktop: AgentDesktop;
  readonly #say: (line: string) => void;
  readonly #timer: NodeJS.Timeout;
  #turns = 0;
  #state: PhoneState = 'idle';
  /** Of the page's last key; tones where there was none, as the page has it. */
  #transport: KeyTransport = 'in-band';
  #hasSaidNoCall = false;
  #browserEar = new BrowserEar();
  #listening: CallListening;

  private constructor(world: World, desktop: AgentDesktop, say: (line: string) => void) {
    this.#world = world;
    this.#say = say;
    this.#desktop = desktop;
    this.#listening = new CallListening({ caller: world.caller.sent, agent: this.#browserEar });
    this.#timer = setInterval(() => this.#turn(), TURN_MS);
  }

  static async start(world: World, say: (line: string) => void): Promise<InteractiveDemo> {
    const { gateway, page } = world;
    const orders = new OrderEntry(gateway.redeemPort, gateway.secret('redeem.token'));
    const desktop = await AgentDesktop.connect({
      port: gateway.apiPort,
      token: agentToken(gateway),
      onMessage: (message) => page.tell({ kind: 'told', message }),
    });
    const demo = new InteractiveDemo(world, desktop, say);
    page.serve({
      gatewayPort: gateway.apiPort,
      softphonePort: gateway.softphonePort,
      greeting: () => demo.#greeting(),
      onCommand: (command) => demo.#obey(command),
      onHeard: (samples) => demo.#browserEar.hear(samples),
      placeOrder: (order) => orders.place(order),
    });
    return demo;
  }

  #greeting(): readonly PageMessage[] {
    return [
      { kind: 'welcome', agentToken: agentToken(this.#world.gateway) },
      this.#phoneMessage(),
      { kind: 'told', message: this.#desktop.snapshot },
      { kind: 'counts', counts: this.#listening.counts },
    ];
  }

  #obey(command: PageCommand): void {
    const { caller } = this.#world;
    switch (command.kind) {
      case 'call':
        void this.#call(command.agentPhone);
        return;
      case 'hang-up':
        // A call that is not answered yet fails by it, as the caller wants.
        if (this.#state === 'calling') this.#become('idle');
        caller.hangUp();
        return;
      case 'key':
        this.#transport = command.transport;
        this.#press([...command.keys].map((key) => KEYPAD.indexOf(key)));
        return;
      case 'talk':
        caller.talking = command.talking;
        this.#world.page.tell(this.#phoneMessage());
        return;
      case 'listen':
        return;
    }
  }

  /** @param keys typed at the terminal, which go the way that the page's keypad went last */
  typed(keys: Uint8Array): void {
    if (this.#state === 'on-call') this.#press(keys);
    else if (!this.#hasSaidNoCall) {
      this.#hasSaidNoCall = true;
      this.#say('keys    there is no call to key in: select Call on the page');
    }
  }

  #press(keys: KeyCodes): void {
    void this.#world.caller.key(keys, this.#transport);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#world.caller.hangUp();
    this.#desktop.close();
  }

  async #call(agentPhone: AgentPhone): Promise<void> {
    const { caller, deskPhone, gateway } = this.#world;
    if (this.#state !== 'idle') return;
    this.#become('calling');
    try {
      await caller.call(USERS[agentPhone], gateway.callerSidePort, ANSWER_LIMIT_MS);
      this.#browserEar = new BrowserEar();
      const agent = agentPhone === 'softphone' ? this.#browserEar : deskPhone.listener;
      this.#listening = new CallListening({ caller: caller.sent, agent });
      this.#tellCounts();
      this.#become('on-call');
    } catch (error) {
      caller.hangUp();
      this.#callFailed(error instanceof Error ? error.message : String(error));
    }
  }

  #callFailed(problem: string): void {
    // The caller who has hung up meanwhile knows why.
    if (this.#state === 'calling') this.#become('idle', problem);
  }

  #become(state: PhoneState, problem?: string): void {
    this.#state = state;
    this.#world.page.tell(this.#phoneMessage(problem));
  }

  #phoneMessage(problem?: string): PageMessage {
    const { talking } = this.#world.caller;
    return { kind: 'phone', state: this.#state, talking, ...(problem === undefined ? {} : { problem }) };
  }

  #turn(): void {
    if (this.#state !== 'on-call') return;
    const { caller } = this.#world;
    const listening = this.#listening;
    const inPayment = this.#desktop.isPaymentOpen;
    for (const press of listening.newPresses(caller.talker.presses, inPayment ? 'inPayment' : 'outside')) {
      const { key, transport, onsetSample } = press;
      this.#world.page.tell({ kind: 'press', key, atMs: onsetSample / SAMPLES_PER_MS, transport, inPayment });
    }
    if (listening.listen()) this.#tellCounts();
    this.#turns += 1;
    if (this.#turns % TURNS_BETWEEN_LEVELS === 0) this.#tellLevels();
    if (!caller.onCall) this.#ended();
    else if (caller.talker.sentSamples > LAST_SAMPLE) {
      caller.hangUp();
      this.#ended('a call of the demo lasts ten minutes at most');
    }
  }

  #ended(problem?: string): void {
    this.#listening.finish();
    this.#tellCounts();
    this.#become('idle', problem);
  }

  #tellCounts(): void {
    this.#world.page.tell({ kind: 'counts', counts: this.#listening.counts });
  }

  #tellLevels(): void {
    for (const { lane, levels, atSample, audio } of this.#listening.news()) {
      if (levels.levelsDbm0.length > 0) {
        const spectra = Buffer.from(levels.spectra).toString('base64');
        const { levelsDbm0 } = levels;
        this.#world.page.tell({ kind: 'levels', lane, atMs: atSample / SAMPLES_PER_MS, levelsDbm0, spectra });
      }
      this.#world.page.play(lane, audio);
    }
  }
}

function agentToken(gateway: DemoGateway): string {
  return gateway.secret('agent-agent.token');
}

/** Whoever asks first for the end: a signal, or the terminal. */
class EndOfDemo {
  #ask: () => void = () => {};
  #isAsked = false;
  readonly asked = new Promise<void>((resolve) => {
    this.#ask = resolve;
  });

  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => this.ask());
  }

  get isAsked(): boolean {
    return this.#isAsked;
  }

  ask(): void {
    this.#isAsked = true;
    this.#ask();
  }
}
