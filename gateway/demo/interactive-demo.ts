/**
 * The demo with a person in it: one page with the caller's phone, the agent's screen and what travels between them. This
 * is its clock and its wiring; the telephones, the listener and the page's server are beside it.
 */
import { fileURLToPath } from 'node:url';
import { AgentDesktop } from './agent-desktop.js';
import { CallListening } from './call-listening.js';
import type { DemoGateway } from './demo-gateway-process.js';
import { DemoPageSocket } from './demo-page-socket.js';
import { OrderEntry } from './order-entry.js';
import type { PageCommand, PageMessage, PhoneState } from './page-messages.js';
import { MAX_KEPT_SAMPLES } from './phone-listener.js';
import type { Phone } from './phone-socket.js';

const KEYPAD = '0123456789*#';
const AGENT = '200';
/** Often enough that a key lights up while it is down. */
const TURN_MS = 20;
const TURNS_BETWEEN_LEVELS = 5;
const SAMPLES_PER_MS = 8;
/** The listeners keep so much; a call that went on would be plotted no more. */
const LAST_SAMPLE = MAX_KEPT_SAMPLES - 10_000;

export type InteractiveOptions = {
  readonly gateway: DemoGateway;
  readonly caller: Phone;
  readonly agent: Phone;
  readonly say: (line: string) => void;
};

/** Goes on until the process is told to end. @returns the exit code */
export async function runInteractive(options: InteractiveOptions): Promise<number> {
  const { gateway, say } = options;
  const demo = await InteractiveDemo.start(options);
  try {
    say(`open    ${demo.address}   (Ctrl-C ends the demo)`);
    say(`panel   http://127.0.0.1:${gateway.apiPort}/panel/   access token ${agentToken(gateway)}`);
    await endSignal();
    return 0;
  } finally {
    await demo.close();
  }
}

class InteractiveDemo {
  readonly #options: InteractiveOptions;
  readonly #desktop: AgentDesktop;
  readonly #page: DemoPageSocket;
  readonly #timer: NodeJS.Timeout;
  #turns = 0;
  #state: PhoneState = 'idle';
  #listening: CallListening;

  private constructor(options: InteractiveOptions, desktop: AgentDesktop, page: DemoPageSocket) {
    this.#options = options;
    this.#desktop = desktop;
    this.#page = page;
    this.#listening = this.#newListening();
    this.#timer = setInterval(() => this.#turn(), TURN_MS);
  }

  static async start(options: InteractiveOptions): Promise<InteractiveDemo> {
    const { gateway } = options;
    const orders = new OrderEntry(gateway.redeemPort, gateway.secret('redeem.token'));
    let demo: InteractiveDemo | undefined;
    const desktop = await AgentDesktop.connect({
      port: gateway.apiPort,
      token: agentToken(gateway),
      onMessage: (message) => demo?.tell({ kind: 'told', message }),
    });
    const page = await DemoPageSocket.start({
      directory: fileURLToPath(new URL('./page', import.meta.url)),
      gatewayPort: gateway.apiPort,
      greeting: () => demo?.greeting() ?? [],
      onCommand: (command) => demo?.obey(command),
      placeOrder: (order) => orders.place(order),
    });
    demo = new InteractiveDemo(options, desktop, page);
    return demo;
  }

  get address(): string {
    return this.#page.address;
  }

  tell(message: PageMessage): void {
    this.#page.tell(message);
  }

  greeting(): readonly PageMessage[] {
    return [
      { kind: 'welcome', agentToken: agentToken(this.#options.gateway), agentPath: '/panel/' },
      this.#phoneMessage(),
      { kind: 'told', message: this.#desktop.snapshot },
      { kind: 'counts', counts: this.#listening.counts },
    ];
  }

  obey(command: PageCommand): void {
    const { caller } = this.#options;
    switch (command.kind) {
      case 'call':
        void this.#call();
        return;
      case 'hang-up':
        caller.hangUp();
        return;
      case 'key':
        void caller.key(
          [...command.keys].map((key) => KEYPAD.indexOf(key)),
          command.transport,
        );
        return;
      case 'talk':
        caller.talking = command.talking;
        this.#page.tell(this.#phoneMessage());
        return;
      case 'listen':
        return;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#options.caller.hangUp();
    this.#desktop.close();
    await this.#page.close();
  }

  async #call(): Promise<void> {
    const { caller, gateway } = this.#options;
    if (this.#state !== 'idle') return;
    this.#become('calling');
    try {
      await caller.call(AGENT, gateway.callerSidePort);
      this.#listening = this.#newListening();
      this.#tellCounts();
      this.#become('on-call');
    } catch (error) {
      caller.hangUp();
      this.#become('idle', error instanceof Error ? error.message : String(error));
    }
  }

  #newListening(): CallListening {
    const { caller, agent } = this.#options;
    return new CallListening({ caller: caller.sent, agent: agent.listener });
  }

  #become(state: PhoneState, problem?: string): void {
    this.#state = state;
    this.#page.tell(this.#phoneMessage(problem));
  }

  #phoneMessage(problem?: string): PageMessage {
    const { talking } = this.#options.caller;
    return { kind: 'phone', state: this.#state, talking, ...(problem === undefined ? {} : { problem }) };
  }

  #turn(): void {
    if (this.#state !== 'on-call') return;
    const { caller } = this.#options;
    const listening = this.#listening;
    const inPayment = this.#desktop.isPaymentOpen;
    for (const press of listening.newPresses(caller.talker.presses, inPayment ? 'inPayment' : 'outside')) {
      const { key, transport, onsetSample } = press;
      this.#page.tell({ kind: 'press', key, atMs: onsetSample / SAMPLES_PER_MS, transport, inPayment });
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
    this.#page.tell({ kind: 'counts', counts: this.#listening.counts });
  }

  #tellLevels(): void {
    for (const { lane, levels, atSample, audio } of this.#listening.news()) {
      if (levels.levelsDbm0.length > 0) {
        const spectra = Buffer.from(levels.spectra).toString('base64');
        const { levelsDbm0 } = levels;
        this.#page.tell({ kind: 'levels', lane, atMs: atSample / SAMPLES_PER_MS, levelsDbm0, spectra });
      }
      this.#page.play(lane, audio);
    }
  }
}

function agentToken(gateway: DemoGateway): string {
  return gateway.secret('agent-agent.token');
}

function endSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}
