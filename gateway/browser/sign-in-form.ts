/**
 * The form for an access token, the same on every page of ours. The token is kept for this tab only, once the gateway has
 * taken it, and forgotten when its owner signs out or it is refused.
 */
import { element, setAttribute, show, showText } from './element-builder.js';

/** Of this tab only, and gone with it. */
const TOKEN_KEY = 'tonegate-access-token';

const formTexts = {
  title: 'Sign in',
  tokenLabel: 'Access token',
  signIn: 'Sign in',
} as const;

export type SignInFormOptions = {
  /** Whose token is asked for. */
  readonly note: string;
  /** Shown instead of the form once somebody is signed in. */
  readonly content: HTMLElement;
  readonly onToken: (token: string) => void;
};

export class SignInForm {
  readonly root: HTMLElement;
  readonly #options: SignInFormOptions;
  readonly #input = element('input', {
    type: 'password',
    name: 'token',
    required: '',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': 'refused',
  });
  readonly #refused = element('p', { class: 'refused', id: 'refused', role: 'alert' });

  constructor(options: SignInFormOptions) {
    this.#options = options;
    this.root = this.#build();
    show(options.content, false);
  }

  /** What this tab has kept. */
  get keptToken(): string | undefined {
    return sessionStorage.getItem(TOKEN_KEY) ?? undefined;
  }

  keep(token: string): void {
    sessionStorage.setItem(TOKEN_KEY, token);
  }

  /** Forgets the token and asks for one. */
  ask(problem?: string): void {
    sessionStorage.removeItem(TOKEN_KEY);
    show(this.#options.content, false);
    show(this.root, true);
    showText(this.#refused, problem);
    setAttribute(this.#input, 'aria-invalid', problem === undefined ? undefined : 'true');
    this.#input.value = '';
    this.#input.focus();
  }

  /** Gives way to the content. */
  give(): void {
    this.#input.value = '';
    show(this.root, false);
    show(this.#options.content, true);
  }

  #build(): HTMLElement {
    const form = element(
      'form',
      { class: 'sign-in' },
      element('img', { class: 'mark', src: '/icon.svg', alt: '' }),
      element('h1', {}, formTexts.title),
      element('p', {}, this.#options.note),
      element('label', {}, formTexts.tokenLabel, this.#input),
      this.#refused,
      element('button', { class: 'button', type: 'submit' }, formTexts.signIn),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const token = this.#input.value.trim();
      if (token !== '') this.#options.onToken(token);
    });
    return element('main', {}, form);
  }
}
