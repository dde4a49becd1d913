/** The demo's page: the caller, the agent and what travels between them, side by side; order entry below. */
import type { AgentPhone, PageMessage, PhoneState } from '../../demo/page-messages.js';
import type { SessionView } from '../../payment/session-view.js';
import { type Calls, callsAfter, callToShow } from '../desk-state.js';
import { element, setAttribute, setText, show } from '../element-builder.js';
import { pageCss } from '../page-styles.js';
import { AgentEar } from './agent-ear.js';
import { AgentScreen } from './agent-screen.js';
import { CallerPhone } from './caller-phone.js';
import { choice } from './choice.js';
import { DemoLink } from './demo-link.js';
import { demoCss } from './demo-styles.js';
import { OrderForm } from './order-form.js';
import { PageSound } from './page-sound.js';
import { toldBetween } from './told-words.js';
import { TOUR_STEPS, tourOf } from './tour.js';
import { WhatTravels } from './what-travels.js';

class DemoPage {
  readonly #sound = new PageSound();
  readonly #link: DemoLink;
  readonly #phone: CallerPhone;
  readonly #screen: AgentScreen;
  readonly #agentPhones: HTMLFieldSetElement;
  readonly #travels: WhatTravels;
  readonly #orders: OrderForm;
  readonly #steps = TOUR_STEPS.map((name) => element('li', {}, name));
  readonly #caption = element('p', { class: 'caption', role: 'status' });
  readonly #lost = element('p', { class: 'lost', role: 'alert' });
  #state: PhoneState = 'idle';
  #talking = true;
  #problem: string | undefined;
  #calls: Calls = [];
  #hearsKeypad = true;
  #agentPhone: AgentPhone;
  #agentToken: string | undefined;

  constructor(root: HTMLElement, agentPhone: AgentPhone) {
    this.#agentPhone = agentPhone;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(pageCss + demoCss);
    document.adoptedStyleSheets = [sheet];
    this.#link = new DemoLink({
      onMessage: (message) => this.#take(message),
      onAudio: (samples) => this.#sound.play(samples),
      onOpen: (isOpen) => {
        setText(this.#lost, isOpen ? '' : 'The demo has ended. Start it again, and open the address it prints.');
        show(this.#lost, !isOpen);
      },
    });
    this.#phone = new CallerPhone(
      (command) => this.#link.send(command),
      () => this.#link.send({ kind: 'call', agentPhone: this.#agentPhone }),
    );
    this.#screen = new AgentScreen(({ token, masked }) => {
      this.#orders.take(token, masked);
    });
    new AgentEar(
      () => this.#screen.root.contentDocument,
      (samples) => this.#link.sendHeard(samples),
    );
    this.#agentPhones = choice<AgentPhone>({
      legend: 'The agent’s phone',
      options: [
        { value: 'softphone', label: 'softphone in the browser' },
        { value: 'desk-phone', label: 'desk phone, answers by itself' },
      ],
      value: this.#agentPhone,
      onChoose: (agentPhone) => {
        this.#agentPhone = agentPhone;
        this.#showScreen();
        this.#render();
      },
    });
    this.#travels = new WhatTravels(
      (command) => this.#link.send(command),
      (to) => {
        this.#hearsKeypad = to === 'nobody';
      },
    );
    this.#orders = new OrderForm(
      (order) => this.#link.order(order),
      () => this.#render(),
    );
    // Browsers keep a page silent until something on it was clicked or typed.
    for (const type of ['click', 'keydown']) document.addEventListener(type, () => this.#sound.unlock());
    root.replaceChildren(this.#build());
    this.#render();
  }

  #build(): HTMLElement {
    const column = (name: string, title: string, note: string, ...parts: readonly Node[]) =>
      element(
        'section',
        { class: `column ${name}`, 'aria-labelledby': `title-${name}` },
        element('header', {}, element('h2', { id: `title-${name}` }, title), element('p', {}, note)),
        ...parts,
      );
    return element(
      'div',
      { class: 'demo' },
      element(
        'header',
        { class: 'bar' },
        element('img', { class: 'mark', src: '/icon.svg', alt: '' }),
        element('h1', {}, 'Tonegate demo'),
        element('p', {}, 'A real gateway and two phones on this machine: SIP, RTP, and a card that nobody hears.'),
      ),
      this.#lost,
      element(
        'main',
        {},
        element('nav', { class: 'tour', 'aria-label': 'Tour' }, element('ol', {}, ...this.#steps), this.#caption),
        element(
          'div',
          { class: 'columns' },
          column('caller', 'The caller', 'Casey’s phone. Click the keys, or type 0–9 * #.', this.#phone.root),
          column(
            'agent',
            'The agent',
            'Alex’s screen: a page of the gateway itself.',
            element('div', { class: 'answers' }, this.#agentPhones),
            this.#screen.root,
          ),
          column('lanes', 'What travels', 'The last ten seconds on both sides of the gateway.', this.#travels.root),
        ),
        column(
          'order-entry',
          'Order entry',
          'The merchant’s own system: it never sees a card number.',
          this.#orders.root,
        ),
      ),
    );
  }

  #take(message: PageMessage): void {
    switch (message.kind) {
      case 'welcome':
        this.#agentToken = message.agentToken;
        this.#showScreen();
        return;
      case 'phone':
        this.#phoneIs(message);
        return;
      case 'told': {
        const before = this.#calls;
        this.#calls = callsAfter(before, message.message);
        for (const told of toldBetween(before, this.#calls)) this.#travels.tell(told);
        break;
      }
      case 'levels':
        this.#travels.levels(message);
        return;
      case 'press': {
        const name = this.#travels.press(message);
        this.#phone.light(name);
        if (this.#hearsKeypad) this.#sound.beep(name);
        return;
      }
      case 'counts':
        this.#travels.counts(message.counts);
        return;
    }
    this.#render();
  }

  #showScreen(): void {
    if (this.#agentToken !== undefined) this.#screen.show(this.#agentPhone, this.#agentToken);
  }

  #phoneIs({ state, talking, problem }: Extract<PageMessage, { kind: 'phone' }>): void {
    if (state === 'calling' && this.#state !== 'calling') this.#travels.callBegan();
    if (state === 'idle') this.#travels.callEnded();
    this.#state = state;
    this.#talking = talking;
    this.#problem = problem;
    this.#render();
  }

  #render(): void {
    const session = this.#session();
    this.#phone.patch({ state: this.#state, talking: this.#talking, problem: this.#problem, session });
    this.#agentPhones.disabled = this.#state !== 'idle';
    this.#travels.secured(isOpen(session), this.#state === 'on-call');
    const { step, caption } = tourOf({
      phone: this.#state,
      agentPhone: this.#agentPhone,
      session,
      ...this.#orders.tally,
    });
    setText(this.#caption, caption);
    this.#steps.forEach((item, index) => {
      setAttribute(item, 'aria-current', index + 1 === step ? 'step' : undefined);
      setAttribute(item, 'data-done', index + 1 < step ? '' : undefined);
    });
  }

  #session(): SessionView | undefined {
    const call = callToShow(this.#calls, undefined);
    return call?.state === 'ended' && this.#state !== 'idle' ? undefined : call?.session;
  }
}

/** Without a microphone a softphone can take no call. */
async function usableAgentPhone(): Promise<AgentPhone> {
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return devices.some(({ kind }) => kind === 'audioinput') ? 'softphone' : 'desk-phone';
}

function isOpen(session: SessionView | undefined): boolean {
  return session !== undefined && !['vaulted', 'canceled', 'ended'].includes(session.state);
}

const root = document.querySelector<HTMLElement>('#page');
if (root !== null) new DemoPage(root, await usableAgentPhone());
