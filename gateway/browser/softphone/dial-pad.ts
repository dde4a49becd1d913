/** The destination and the twelve keys: they write the destination, or, during a call, go to the caller. */
import { element, setText, show } from '../element-builder.js';
import { icon } from '../icons.js';
import { ControlButton } from './softphone-parts.js';
import type { DialKey } from './softphone-state.js';
import { texts } from './softphone-texts.js';

const KEYS: readonly (readonly [DialKey, string])[] = [
  ['1', ''],
  ['2', 'ABC'],
  ['3', 'DEF'],
  ['4', 'GHI'],
  ['5', 'JKL'],
  ['6', 'MNO'],
  ['7', 'PQRS'],
  ['8', 'TUV'],
  ['9', 'WXYZ'],
  ['*', ''],
  ['0', '+'],
  ['#', ''],
];
const KEY_NAMES: Readonly<Partial<Record<DialKey, string>>> = { '*': 'Star', '#': 'Hash' };
/** Long enough to be seen. */
const FLASH_MS = 140;
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
  readonly #keys = new Map<DialKey, HTMLButtonElement>();
  readonly #call: ControlButton;
  readonly #note = element('p', { class: 'pad-note' }, texts.padInCall);
  #goesToCaller = false;

  constructor(actions: DialPadActions) {
    this.#actions = actions;
    const dial = (): void => actions.onDial(this.#input.value);
    this.#call = new ControlButton({ name: 'call', className: 'go wide', icon: 'phone', onClick: dial });
    const erase = element('button', { type: 'button', class: 'erase', 'aria-label': texts.erase }, icon('erase'));
    erase.addEventListener('click', () => {
      this.#input.value = this.#input.value.slice(0, -1);
    });
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
    const pad = element('div', { class: 'pad', role: 'group', 'aria-label': texts.padLabel });
    for (const [key, letters] of KEYS) pad.append(this.#key(key, letters));
    this.root = element(
      'section',
      { class: 'card dial', 'aria-labelledby': 'dial-title' },
      element('h2', { id: 'dial-title' }, texts.dialTitle),
      form,
      pad,
      this.#note,
      this.#call.root,
    );
    addEventListener('keydown', (event) => this.#pressedOnKeyboard(event));
  }

  patch({ canCall, keysGoToCaller }: { readonly canCall: boolean; readonly keysGoToCaller: boolean }): void {
    this.#goesToCaller = keysGoToCaller;
    show(this.#note, keysGoToCaller);
    this.#call.patch({ visible: true, enabled: canCall, label: texts.call });
  }

  clear(): void {
    this.#input.value = '';
  }

  markDestination(isWrong: boolean): void {
    this.#input.setAttribute('aria-invalid', String(isWrong));
    if (isWrong) this.#input.focus();
  }

  #key(key: DialKey, letters: string): HTMLButtonElement {
    const label = element('span', { class: 'letters' });
    setText(label, letters);
    const button = element(
      'button',
      { type: 'button', class: 'key', 'data-key': key },
      element('span', {}, key),
      label,
    );
    button.setAttribute('aria-label', KEY_NAMES[key] ?? key);
    button.addEventListener('click', () => this.#press(key));
    this.#keys.set(key, button);
    return button;
  }

  /** Digits typed anywhere but into a field are keys of the telephone. */
  #pressedOnKeyboard(event: KeyboardEvent): void {
    const { target } = event;
    const isTyping =
      target instanceof HTMLInputElement ||
      target instanceof HTMLSelectElement ||
      target instanceof HTMLTextAreaElement;
    const isShown = this.root.checkVisibility();
    if (isTyping || !isShown || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    const key = KEYS.find(([each]) => each === event.key)?.[0];
    if (key !== undefined) this.#press(key);
  }

  #press(key: DialKey): void {
    const button = this.#keys.get(key);
    button?.classList.add('pressed');
    setTimeout(() => button?.classList.remove('pressed'), FLASH_MS);
    if (this.#goesToCaller) this.#actions.onKey(key);
    else if (this.#input.value.length < MAX_DESTINATION_CHARACTERS) this.#input.value += key;
  }
}
