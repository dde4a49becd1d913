/**
 * Signing in as an agent: the form until the gateway's event socket has taken the token and the account is known to be an
 * agent's, then the page's own content. Another account is shown where to go instead.
 */
import { DeskClient, type DeskSnapshot } from './desk-client.js';
import { element, show } from './element-builder.js';
import { SignInForm } from './sign-in-form.js';

const NOTE = 'Enter the access token of your agent account. It is kept in this tab only.';
export const TOKEN_REFUSED = 'This access token was not accepted.';
const CROWDED =
  'Too many connections of this account, or too many failed tries. Close other windows, then sign in again.';

const elsewhereTexts = {
  title: 'This page is for agents',
  note: 'There is nothing here for this account: agents take their calls and payments here. Live calls, history, recordings and health are on the oversight page.',
  open: 'Open the oversight page',
  signOut: 'Sign out',
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
  readonly #options: SignInOptions;
  readonly root: HTMLElement;
  readonly #form: SignInForm;
  readonly #elsewhere: HTMLElement;
  #client: DeskClient | undefined;
  #isSignedIn = false;
  /** Whose token this is has been asked, once for each. */
  #hasAsked = false;

  constructor(options: SignInOptions) {
    this.#options = options;
    this.#form = new SignInForm({ note: NOTE, content: options.content, onToken: (token) => this.#open(token) });
    this.#elsewhere = this.#buildElsewhere();
    this.root = element('div', {}, this.#form.root, this.#elsewhere);
    show(this.#elsewhere, false);
  }

  /** Goes on with the token of this tab, or asks for one. */
  begin(): void {
    const token = this.#form.keptToken;
    if (token === undefined) {
      this.signOut();
      return;
    }
    // Nobody is asked for a token who need not enter one.
    show(this.#form.root, false);
    this.#open(token);
  }

  signOut(problem?: string): void {
    this.#leave();
    show(this.#elsewhere, false);
    this.#form.ask(problem);
  }

  #leave(): void {
    this.#client?.close();
    this.#client = undefined;
    if (this.#isSignedIn) this.#options.onSignedOut();
    this.#isSignedIn = false;
  }

  #open(token: string): void {
    this.#client?.close();
    const client = new DeskClient({ baseUrl: location.origin, token });
    this.#client = client;
    this.#hasAsked = false;
    client.subscribe(() => this.#heard(client, token));
    client.open();
  }

  #heard(client: DeskClient, token: string): void {
    if (client !== this.#client) return;
    const { connection } = client.snapshot;
    if (connection === 'refused') {
      this.signOut(TOKEN_REFUSED);
      return;
    }
    if (connection === 'crowded' && !this.#isSignedIn) {
      this.#leave();
      this.#form.ask(CROWDED);
      return;
    }
    if (connection === 'open') {
      // Kept only once the gateway has taken it.
      this.#form.keep(token);
      if (!this.#hasAsked) void this.#askWhose(client);
    }
    // A token that was kept is an agent's until the gateway is there again to say otherwise.
    if (connection === 'reconnecting' && this.#form.keptToken !== undefined) this.#enter(client);
    if (this.#isSignedIn) this.#options.onChanged(client.snapshot);
  }

  /** Where the gateway does not say, the page is shown: what an account may not do is refused to it in any case. */
  async #askWhose(client: DeskClient): Promise<void> {
    this.#hasAsked = true;
    const role = await client.role();
    if (client !== this.#client) return;
    if (role === undefined || role === 'agent') {
      this.#enter(client);
      this.#options.onChanged(client.snapshot);
      return;
    }
    this.#leave();
    this.#form.give();
    show(this.#options.content, false);
    show(this.#elsewhere, true);
    this.#elsewhere.querySelector('h1')?.focus();
  }

  #enter(client: DeskClient): void {
    if (this.#isSignedIn) return;
    this.#isSignedIn = true;
    this.#form.give();
    this.#options.onSignedIn(client);
  }

  #buildElsewhere(): HTMLElement {
    const { title, note, open, signOut } = elsewhereTexts;
    const leave = element('button', { class: 'button quiet', type: 'button' }, signOut);
    leave.addEventListener('click', () => this.signOut());
    return element(
      'main',
      {},
      element(
        'section',
        { class: 'sign-in' },
        element('img', { class: 'mark', src: '/icon.svg', alt: '' }),
        element('h1', { tabindex: '-1' }, title),
        element('p', {}, note),
        element('a', { class: 'button', href: '/oversight/' }, open),
        leave,
      ),
    );
  }
}
