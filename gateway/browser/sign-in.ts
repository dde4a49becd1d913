/** Signing in as an agent: the form until the gateway's event socket has taken the token, then the page's own content. */
import { DeskClient, type DeskSnapshot } from './desk-client.js';
import { SignInForm } from './sign-in-form.js';

const NOTE = 'Enter the access token of your agent account. It is kept in this tab only.';
export const TOKEN_REFUSED = 'This access token was not accepted.';

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
  readonly #form: SignInForm;
  #client: DeskClient | undefined;
  #isSignedIn = false;

  constructor(options: SignInOptions) {
    this.#options = options;
    this.#form = new SignInForm({ note: NOTE, content: options.content, onToken: (token) => this.#open(token) });
  }

  get root(): HTMLElement {
    return this.#form.root;
  }

  /** Goes on with the token of this tab, or asks for one. */
  begin(): void {
    const token = this.#form.keptToken;
    if (token === undefined) this.signOut();
    else this.#open(token);
  }

  signOut(problem?: string): void {
    this.#client?.close();
    this.#client = undefined;
    if (this.#isSignedIn) this.#options.onSignedOut();
    this.#isSignedIn = false;
    this.#form.ask(problem);
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
      this.signOut(TOKEN_REFUSED);
      return;
    }
    // Kept only once the gateway has taken it.
    if (connection === 'open') this.#form.keep(token);
    if (!this.#isSignedIn && this.#form.keptToken !== undefined) {
      this.#isSignedIn = true;
      this.#form.give();
      this.#options.onSignedIn(client);
    }
    if (this.#isSignedIn) this.#options.onChanged(client.snapshot);
  }
}
