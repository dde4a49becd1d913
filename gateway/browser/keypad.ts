/** The twelve keys of a telephone, as buttons and on the keyboard. */
import { element } from './element-builder.js';

export type DialKey = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '*' | '#';

/** The letters are those of ITU-T E.161. */
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
  ['0', ''],
  ['#', ''],
];
const KEY_NAMES: Readonly<Partial<Record<DialKey, string>>> = { '*': 'Star', '#': 'Hash' };
/** Long enough to be seen. */
const LIT_MS = 140;

export type KeypadOptions = {
  readonly label: string;
  /** What stands below keys that have no letters. */
  readonly notes?: Readonly<Partial<Record<DialKey, string>>>;
  readonly onPress: (key: DialKey) => void;
};

export class Keypad {
  readonly root: HTMLElement;
  readonly #keys = new Map<DialKey, HTMLButtonElement>();

  constructor({ label, notes = {}, onPress }: KeypadOptions) {
    this.root = element('div', { class: 'keypad', role: 'group', 'aria-label': label });
    for (const [key, letters] of KEYS) {
      // The letters are the style sheet's: to a screen reader a key is its digit.
      const attributes = { type: 'button', class: 'key', 'data-key': key, 'data-letters': notes[key] ?? letters };
      const button = element('button', attributes, key);
      const name = KEY_NAMES[key];
      if (name !== undefined) button.setAttribute('aria-label', name);
      button.addEventListener('click', () => onPress(key));
      this.#keys.set(key, button);
      this.root.append(button);
    }
  }

  set isEnabled(isEnabled: boolean) {
    for (const key of this.#keys.values()) key.disabled = !isEnabled;
  }

  /** Shows that a key is down, for as long as a short press. */
  light(key: DialKey): void {
    const button = this.#keys.get(key);
    button?.classList.add('pressed');
    setTimeout(() => button?.classList.remove('pressed'), LIT_MS);
  }
}

/** @returns the key that was typed, if it was typed anywhere but into a field */
export function typedKey(event: KeyboardEvent): DialKey | undefined {
  const { target } = event;
  const isText = target instanceof HTMLInputElement && target.type !== 'radio' && target.type !== 'checkbox';
  const isTyping = isText || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
  if (isTyping || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return undefined;
  return dialKeyOf(event.key);
}

export function dialKeyOf(name: string | undefined): DialKey | undefined {
  return KEYS.find(([key]) => key === name)?.[0];
}
