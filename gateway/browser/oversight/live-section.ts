/** The live board in the page: cards that are patched as events come, and a clock that moves their durations. */
import type { FieldName } from '../../../vault-client/wire.js';
import { DeskClient } from '../desk-client.js';
import { element, setAttribute, setText, show, showText } from '../element-builder.js';
import { icon } from '../icons.js';
import { type CallCard, type FieldChip, type LiveBoard, liveBoardOf } from './live-board-view-model.js';
import { BadgeElement, badge, type Section, sectionTitle } from './oversight-parts.js';
import { liveTexts } from './oversight-texts.js';

const CLOCK_MS = 1_000;

export type LiveSectionOptions = {
  readonly baseUrl: string;
  readonly token: string;
  readonly onRefused: () => void;
};

export class LiveSection implements Section {
  readonly title = sectionTitle(liveTexts.title);
  readonly root: HTMLElement;
  readonly #options: LiveSectionOptions;
  readonly #live = badge({ tone: 'green', icon: 'check', text: liveTexts.live });
  readonly #note = element('span');
  readonly #noteLine = element('p', { class: 'stale' }, element('span', { class: 'spinner' }), this.#note);
  readonly #said = element('p', { class: 'said', role: 'status', 'aria-live': 'polite' });
  readonly #filter = element('select', { id: 'live-agent' });
  readonly #tiles = element('ul', { class: 'tiles' });
  readonly #none = element('p', { class: 'none' });
  readonly #running = new CardList();
  readonly #ended = new CardList();
  readonly #endedBlock: HTMLElement;
  #client: DeskClient | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;
  #agent: string | undefined;
  #agents: readonly string[] | undefined;

  constructor(options: LiveSectionOptions) {
    this.#options = options;
    this.#endedBlock = element('section', { class: 'ended' }, element('h3', {}, liveTexts.ended), this.#ended.root);
    this.#filter.addEventListener('change', () => {
      this.#agent = this.#filter.value === '' ? undefined : this.#filter.value;
      this.#render();
    });
    const filter = element('label', { class: 'field-label inline' }, liveTexts.agentLabel, this.#filter);
    this.root = element(
      'section',
      { class: 'section' },
      element('div', { class: 'section-head' }, this.title, this.#live, element('span', { class: 'spring' }), filter),
      this.#noteLine,
      this.#tiles,
      this.#none,
      this.#running.root,
      this.#endedBlock,
      this.#said,
    );
  }

  open(): void {
    const { baseUrl, token } = this.#options;
    const client = new DeskClient({ baseUrl, token });
    this.#client = client;
    client.subscribe(() => {
      if (client.snapshot.connection === 'refused') this.#options.onRefused();
      else this.#render();
    });
    client.open();
    this.#clock = setInterval(() => this.#render(), CLOCK_MS);
    this.#render();
  }

  close(): void {
    clearInterval(this.#clock);
    this.#client?.close();
    this.#client = undefined;
  }

  #render(): void {
    if (this.#client === undefined) return;
    const { connection, calls } = this.#client.snapshot;
    const board = liveBoardOf({ connection, calls, agent: this.#agent, nowMs: Date.now() });
    const isOpen = connection === 'open';
    show(this.#live, isOpen);
    show(this.#noteLine, !isOpen);
    setText(this.#note, board.connectionNote ?? '');
    setText(this.#said, board.connectionNote ?? liveTexts.connected);
    this.#renderTiles(board);
    this.#renderAgents(board.agents);
    // Before the first snapshot there is nothing to say of calls.
    showText(this.#none, isOpen ? board.none : undefined);
    this.#running.patch(board.running);
    this.#ended.patch(board.ended);
    show(this.#endedBlock, board.ended.length > 0);
    setAttribute(this.root, 'data-stale', isOpen ? undefined : 'true');
  }

  #renderTiles({ tiles }: LiveBoard): void {
    tiles.forEach(({ name, label, count }, index) => {
      const known = this.#tiles.children[index];
      const tile =
        known ?? this.#tiles.appendChild(element('li', { class: 'tile', 'data-tile': name }, element('strong'), label));
      const strong = tile.firstElementChild;
      if (strong instanceof HTMLElement) setText(strong, String(count));
    });
  }

  #renderAgents(agents: readonly string[]): void {
    if (this.#agents?.join('\n') === agents.join('\n')) return;
    this.#agents = agents;
    const all = element('option', { value: '' }, liveTexts.allAgents);
    this.#filter.replaceChildren(all, ...agents.map((name) => element('option', { value: name }, name)));
    this.#filter.value = this.#agent ?? '';
  }
}

class CardList {
  readonly root = element('ul', { class: 'cards' });
  readonly #cards = new Map<string, CallElement>();

  patch(views: readonly CallCard[]): void {
    for (const [id, card] of this.#cards) {
      if (views.some((view) => view.id === id)) continue;
      card.root.remove();
      this.#cards.delete(id);
    }
    views.forEach((view, index) => {
      const card = this.#cards.get(view.id) ?? new CallElement();
      this.#cards.set(view.id, card);
      card.patch(view);
      const place = this.root.children[index];
      if (place !== card.root) this.root.insertBefore(card.root, place ?? null);
    });
  }
}

class CallElement {
  readonly root: HTMLElement;
  readonly #caller = element('bdi', { class: 'caller' });
  readonly #agent = element('bdi', { class: 'agent' });
  readonly #direction = element('span');
  readonly #state = new BadgeElement();
  readonly #duration = element('span', { class: 'duration', 'aria-hidden': 'true' });
  readonly #spoken = element('span', { class: 'said' });
  readonly #recording = new BadgeElement();
  readonly #recordingNote = element('small');
  readonly #noPayment = element('p', { class: 'no-payment' }, liveTexts.noPayment);
  readonly #payment = new BadgeElement('payment-state');
  readonly #paymentNote = element('small');
  readonly #paymentBlock: HTMLElement;
  readonly #chips: Readonly<Record<FieldName, ChipElement>> = {
    cardNumber: new ChipElement(),
    expirationDate: new ChipElement(),
    securityCode: new ChipElement(),
  };

  constructor() {
    const { cardNumber, expirationDate, securityCode } = this.#chips;
    this.#paymentBlock = element(
      'div',
      { class: 'payment' },
      element('div', { class: 'payment-line' }, this.#payment.root, this.#paymentNote),
      element('ul', { class: 'chips' }, cardNumber.root, expirationDate.root, securityCode.root),
    );
    this.root = element(
      'li',
      { class: 'call-card' },
      element(
        'div',
        { class: 'call-head' },
        element(
          'div',
          { class: 'who' },
          this.#caller,
          element('small', {}, icon('person'), this.#agent, ' · ', this.#direction),
        ),
        element('div', { class: 'call-state' }, this.#state.root, this.#duration, this.#spoken),
        element('div', { class: 'call-recording' }, this.#recording.root, this.#recordingNote),
      ),
      this.#noPayment,
      this.#paymentBlock,
    );
  }

  patch(view: CallCard): void {
    setAttribute(this.root, 'data-call', view.id);
    setText(this.#caller, view.caller);
    setText(this.#agent, view.agent);
    setText(this.#direction, view.direction);
    this.#state.patch(view.state);
    setText(this.#duration, view.duration);
    setText(this.#spoken, view.spokenDuration);
    this.#recording.patch(view.recording);
    showText(this.#recordingNote, view.recording.note);
    show(this.#noPayment, view.payment === undefined);
    show(this.#paymentBlock, view.payment !== undefined);
    if (view.payment === undefined) return;
    this.#payment.patch(view.payment);
    showText(this.#paymentNote, view.payment.note);
    for (const chip of view.payment.fields) this.#chips[chip.field].patch(chip);
  }
}

class ChipElement {
  readonly root: HTMLElement;
  readonly #label = element('span', { class: 'chip-label' });
  readonly #state = new BadgeElement('chip-state');
  readonly #detail = element('small');

  constructor() {
    this.root = element('li', { class: 'chip' }, this.#label, this.#state.root, this.#detail);
  }

  patch(view: FieldChip): void {
    setAttribute(this.root, 'data-field', view.field);
    setAttribute(this.root, 'data-tone', view.tone);
    setText(this.#label, view.label);
    this.#state.patch(view);
    showText(this.#detail, view.detail);
  }
}
