/** The destination and the twelve keys: they write the destination, or, during a call, go to the caller. */
import { element, show } from '../element-builder.js';
import { icon } from '../icons.js';
import { type DialKey, Keypad, typedKey } from '../keypad.js';
import { ControlButton } from './softphone-parts.js';
import { texts } from './softphone-texts.js';
import type { SoftphoneView } from './softphone-view-model.js';

const MAX_DESTINATION_CHARACTERS = 64;

export type DialPadActions = {
  readonly onDial: (typed: string) => void;
  readonly onKey: (key: DialKey) => void;
};

export class DialPad {
  readonly root: HTMLElement;
  readonly #actions: DialPadActions;
  readonly #input = element('input', {
    id: 'destination',
    type: 'text',
    inputmode: 'tel',
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: String(MAX_DESTINATION_CHARACTERS),
  });
  readonly #pad = new Keypad({
    label: texts.padLabel,
    notes: { '0': '+' },
    onPress: (key) => this.#press(key),
  });
  readonly #call: ControlButton;
  readonly #note = element('p', { class: 'pad-note' }, texts.padInCall);
  #view: Pick<SoftphoneView, 'call' | 'keysGoToCaller'> | undefined;

  constructor(actions: DialPadActions) {
    this.#actions = actions;
    const dial = (): void => actions.onDial(this.#input.value);
    this.#call = new ControlButton({ name: 'call', className: 'go wide', icon: 'phone', onClick: dial });
    const erase = element('button', { type: 'button', class: 'erase', 'aria-label': texts.erase }, icon('erase'));
    erase.addEventListener('click', () => {
      this.#input.value = this.#input.value.slice(0, -1);
      this.#showCall();
    });
    this.#input.addEventListener('input', () => this.#showCall());
    const form = element(
      'form',
      { class: 'destination' },
      element('label', { for: 'destination' }, texts.destination),
      element('div', { class: 'destination-line' }, this.#input, erase),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      dial();
    });
    this.root = element(
      'section',
      { class: 'card dial', 'aria-labelledby': 'dial-title' },
      element('h2', { id: 'dial-title' }, texts.dialTitle),
      form,
      this.#pad.root,
      this.#note,
      this.#call.root,
    );
    addEventListener('keydown', (event) => this.#pressedOnKeyboard(event));
  }

  patch(view: Pick<SoftphoneView, 'call' | 'keysGoToCaller'>): void {
    this.#view = view;
    show(this.#note, view.keysGoToCaller);
    this.#showCall();
  }

  clear(): void {
    this.#input.value = '';
    this.#showCall();
  }

  /** Below keys that go to the caller it would seem to send them: there it waits for a destination. */
  #showCall(): void {
    if (this.#view === undefined) return;
    const { call, keysGoToCaller } = this.#view;
    this.#call.patch({ ...call, enabled: call.enabled && (!keysGoToCaller || this.#input.value !== '') });
  }

  markDestination(isWrong: boolean): void {
    this.#input.setAttribute('aria-invalid', String(isWrong));
    if (isWrong) this.#input.focus();
  }

  #pressedOnKeyboard(event: KeyboardEvent): void {
    const key = typedKey(event);
    if (key !== undefined && this.root.checkVisibility()) this.#press(key);
  }

  #press(key: DialKey): void {
    this.#pad.light(key);
    if (this.#view?.keysGoToCaller) this.#actions.onKey(key);
    else if (this.#input.value.length < MAX_DESTINATION_CHARACTERS) this.#input.value += key;
  }
}
