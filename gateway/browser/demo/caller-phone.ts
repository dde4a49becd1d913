/** The caller's telephone: display, keypad, Call and Hang up, how keys are sent, and test cards that key themselves. */
import type { FieldName } from '../../../vault-client/wire.js';
import type { KeyTransport } from '../../demo/key-transport.js';
import type { PageCommand, PhoneState } from '../../demo/page-messages.js';
import type { SessionView } from '../../payment/session-view.js';
import { element, setAttribute, setText, show, showText } from '../element-builder.js';
import { icon } from '../icons.js';
import { dialKeyOf, Keypad, typedKey } from '../keypad.js';
import { choice } from './choice.js';
import { FIELDS, keysOf, testCards } from './test-cards.js';

const TRANSPORTS: readonly { readonly value: KeyTransport; readonly label: string }[] = [
  { value: 'in-band', label: 'tones in the voice' },
  { value: 'telephone-event', label: 'telephone events' },
  { value: 'both', label: 'both' },
];

export type CallerPhoneView = {
  readonly state: PhoneState;
  readonly talking: boolean;
  readonly problem: string | undefined;
  readonly session: SessionView | undefined;
};

export class CallerPhone {
  readonly root: HTMLElement;
  readonly #send: (command: PageCommand) => void;
  readonly #state = element('strong');
  readonly #hint = element('p', { class: 'hint' });
  readonly #problem = element('p', { class: 'problem', role: 'alert' });
  readonly #keypad = new Keypad({
    label: 'Keypad',
    notes: { '*': 'clear', '#': 'confirm' },
    onPress: (key) => this.#press(key),
  });
  readonly #call = element('button', { type: 'button', class: 'dial call-button' }, icon('phone'), 'Call');
  readonly #hangUp = element('button', { type: 'button', class: 'dial hang-up' }, icon('phone'), 'Hang up');
  readonly #talk = element('input', { type: 'checkbox', role: 'switch' });
  readonly #chips = new Map<FieldName, HTMLButtonElement[]>();
  #transport: KeyTransport = 'in-band';
  #isDown = true;

  constructor(send: (command: PageCommand) => void, onCall: () => void) {
    this.#send = send;
    this.#call.addEventListener('click', onCall);
    this.#hangUp.addEventListener('click', () => send({ kind: 'hang-up' }));
    this.#talk.addEventListener('change', () => send({ kind: 'talk', talking: this.#talk.checked }));
    document.addEventListener('keydown', (event) => this.#typed(event));
    const transports = choice({
      legend: 'Send keys as',
      options: TRANSPORTS,
      value: this.#transport,
      onChoose: (transport) => {
        this.#transport = transport;
      },
    });
    this.root = element(
      'div',
      { class: 'phone' },
      element('div', { class: 'display', role: 'status' }, this.#state, this.#hint),
      this.#problem,
      this.#keypad.root,
      element('div', { class: 'dials' }, this.#call, this.#hangUp),
      transports,
      element('label', { class: 'switch' }, this.#talk, element('span', {}, 'The caller talks (a synthetic voice)')),
      this.#cards(),
    );
  }

  patch({ state, talking, problem, session }: CallerPhoneView): void {
    setText(this.#state, STATE_TEXTS[state]);
    setText(this.#hint, hintOf(state, session));
    showText(this.#problem, problem);
    setAttribute(this.root, 'data-state', state);
    show(this.#call, state === 'idle');
    show(this.#hangUp, state !== 'idle');
    const isDown = state !== 'on-call';
    this.#keypad.isEnabled = !isDown;
    this.#isDown = isDown;
    this.#talk.checked = talking;
    for (const { field } of FIELDS) {
      const isAwaited = session?.fields[field].state === 'awaiting';
      for (const chip of this.#chips.get(field) ?? []) {
        chip.disabled = isDown;
        setAttribute(chip, 'data-awaited', isAwaited ? '' : undefined);
      }
    }
  }

  /** The key that is down, as the phone itself tells. */
  light(name: string): void {
    const key = dialKeyOf(name);
    if (key !== undefined) this.#keypad.light(key);
  }

  #press(keys: string): void {
    this.#send({ kind: 'key', keys, transport: this.#transport });
  }

  #typed(event: KeyboardEvent): void {
    const key = typedKey(event);
    if (key !== undefined && !this.#isDown) this.#press(key);
  }

  #cards(): HTMLElement {
    const cards = testCards(new Date().getFullYear()).map(({ name, note, values }) => {
      const chips = FIELDS.map(({ field, label }) => {
        const chip = element('button', { type: 'button', class: 'chip' }, values[field]);
        chip.setAttribute('aria-label', `Key ${values[field]}, the ${label} of ${name}`);
        chip.addEventListener('click', () => this.#press(keysOf(values[field])));
        this.#chips.set(field, [...(this.#chips.get(field) ?? []), chip]);
        return chip;
      });
      const title = element('span', { class: 'card-name' }, name, element('small', {}, note));
      return element('li', { class: 'card' }, title, element('span', { class: 'chips' }, ...chips));
    });
    return element(
      'div',
      { class: 'cards' },
      element('h3', {}, 'Test cards: click a value and it keys itself'),
      element('ul', {}, ...cards),
    );
  }
}

const STATE_TEXTS: Readonly<Record<PhoneState, string>> = {
  idle: 'Not on a call',
  calling: 'Calling …',
  'on-call': 'On the call',
};

function hintOf(state: PhoneState, session: SessionView | undefined): string {
  if (state === 'idle') return 'Casey Caller, +1 555 0100';
  if (state === 'calling') return 'The agent’s phone rings';
  switch (session?.state) {
    case undefined:
    case 'vaulted':
    case 'canceled':
    case 'ended':
      return 'No payment is open: the agent hears every key';
    case 'ready':
    case 'capturing': {
      const awaiting = FIELDS.find(({ field }) => session.fields[field].state === 'awaiting');
      return awaiting === undefined
        ? 'The keys are hidden; no field waits for one'
        : `The panel waits for the ${awaiting.label}, then #`;
    }
    case 'starting':
    case 'tokenizing':
    case 'failed':
      return 'The keys are hidden; no field waits for one';
  }
}
