/**
 * Signing in with an access token, the same on every page of ours: a form until the gateway has taken a token, then the
 * page's own content; the token is kept for this tab only, and forgotten when the agent signs out or it is refused.
 */
import { DeskClient, type DeskSnapshot } from './desk-client.js';
import { element, setAttribute, show, showText } from './element-builder.js';

/** Of this tab only, and gone with it. */
const TOKEN_KEY = 'tonegate-access-token';

const signInTexts = {
  title: 'Sign in',
  note: 'Enter the access token of your agent account. It is kept in this tab only.',
  tokenLabel: 'Access token',
  signIn: 'Sign in',
  refused: 'This access token was not accepted.',
} as const;

export type SignInOptions = {
  /** Shown instead of the form once an agent is signed in. */
  readonly content: HTMLElement;
  /** The gateway has taken the token, or this tab has kept one that it took before. */
  readonly onSignedIn: (client: DeskClient) => void;
  readonly onSignedOut: () => void;
  /** Every change of what the gateway says, while signed in. */
  readonly onChanged: (snapshot: DeskSnapshot) => void;
};

export class SignIn {
  readonly root: HTMLElement;
  readonly #options: SignInOptions;
  readonly #input = element('input', {
    type: 'password',
    name: 'token',
    required: '',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': 'refused',
  });
  readonly #refused = element('p', { class: 'refused', id: 'refused', role: 'alert' });
  #client: DeskClient | undefined;
  #isSignedIn = false;

  constructor(options: SignInOptions) {
    this.#options = options;
    this.root = this.#build();
    show(options.content, false);
  }

  /** Goes on with the token of this tab, or asks for one. */
  begin(): void {
    const token = sessionStorage.getItem(TOKEN_KEY);
    if (token === null) this.signOut();
    else this.#open(token);
  }

  signOut(problem?: string): void {
    sessionStorage.removeItem(TOKEN_KEY);
    this.#client?.close();
    this.#client = undefined;
    if (this.#isSignedIn) this.#options.onSignedOut();
    this.#isSignedIn = false;
    show(this.#options.content, false);
    show(this.root, true);
    showText(this.#refused, problem);
    setAttribute(this.#input, 'aria-invalid', problem === undefined ? undefined : 'true');
    this.#input.value = '';
    this.#input.focus();
  }

  #build(): HTMLElement {
    const form = element(
      'form',
      { class: 'sign-in' },
      element('img', { class: 'mark', src: '/icon.svg', alt: '' }),
      element('h1', {}, signInTexts.title),
      element('p', {}, signInTexts.note),
      element('label', {}, signInTexts.tokenLabel, this.#input),
      this.#refused,
      element('button', { class: 'button', type: 'submit' }, signInTexts.signIn),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const token = this.#input.value.trim();
      if (token !== '') this.#open(token);
    });
    return element('main', {}, form);
  }

  #open(token: string): void {
    this.#client?.close();
    const client = new DeskClient({ baseUrl: location.origin, token });
    this.#client = client;
    client.subscribe(() => this.#heard(client, token));
    client.open();
  }

  #heard(client: DeskClient, token: string): void {
    if (client !== this.#client) return;
    const { connection } = client.snapshot;
    if (connection === 'refused') {
      this.signOut(signInTexts.refused);
      return;
    }
    // Kept only once the gateway has taken it.
    if (connection === 'open') sessionStorage.setItem(TOKEN_KEY, token);
    if (!this.#isSignedIn && sessionStorage.getItem(TOKEN_KEY) !== null) {
      this.#isSignedIn = true;
      this.#input.value = '';
      show(this.root, false);
      show(this.#options.content, true);
      this.#options.onSignedIn(client);
    }
    if (this.#isSignedIn) this.#options.onChanged(client.snapshot);
  }
}
