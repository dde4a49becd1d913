/** The panel's own page: sign in with a bearer token, choose a call, take the payment. */
import type { CallView } from '../../api/call-desk.js';
import { DeskClient } from '../desk-client.js';
import { callToShow } from '../desk-state.js';
import { element, setAttribute, setText, show, showText } from '../element-builder.js';
import { pageCss } from '../page-styles.js';
import { texts } from './panel-texts.js';
import { TonegatePanel } from './tonegate-panel.js';

/** Of this tab only, and gone with it. */
const TOKEN_KEY = 'tonegate-access-token';

const pageTexts = {
  name: 'Tonegate',
  signInTitle: 'Sign in',
  signInNote: 'Enter the access token of your agent account. It is kept in this tab only.',
  tokenLabel: 'Access token',
  signIn: 'Sign in',
  signOut: 'Sign out',
  refused: 'This access token was not accepted.',
  calls: 'Your calls',
  noCalls: 'No calls yet. A call appears here as soon as it rings.',
} as const;

class PanelPage {
  readonly #panel = new TonegatePanel();
  readonly #input = element('input', {
    type: 'password',
    name: 'token',
    required: '',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': 'refused',
  });
  readonly #refused = element('p', { class: 'refused', id: 'refused', role: 'alert' });
  readonly #signIn: HTMLElement;
  readonly #desk: HTMLElement;
  readonly #list = element('ul');
  readonly #none = element('p', { class: 'none' }, pageTexts.noCalls);
  readonly #items = new Map<string, CallItem>();
  #client: DeskClient | undefined;
  #chosenId: string | undefined;

  constructor(root: HTMLElement) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(pageCss);
    document.adoptedStyleSheets = [sheet];
    this.#signIn = this.#buildSignIn();
    this.#desk = this.#buildDesk();
    root.replaceChildren(this.#signIn, this.#desk);
    const token = sessionStorage.getItem(TOKEN_KEY);
    if (token === null) this.#askForToken(undefined);
    else this.#open(token);
  }

  #buildSignIn(): HTMLElement {
    const form = element(
      'form',
      { class: 'sign-in' },
      element('img', { class: 'mark', src: '/icon.svg', alt: '' }),
      element('h1', {}, pageTexts.signInTitle),
      element('p', {}, pageTexts.signInNote),
      element('label', {}, pageTexts.tokenLabel, this.#input),
      this.#refused,
      element('button', { class: 'button', type: 'submit' }, pageTexts.signIn),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const token = this.#input.value.trim();
      if (token !== '') this.#open(token);
    });
    return element('main', {}, form);
  }

  #buildDesk(): HTMLElement {
    const signOut = element('button', { class: 'button quiet', type: 'button' }, pageTexts.signOut);
    signOut.addEventListener('click', () => this.#askForToken(undefined));
    return element(
      'div',
      {},
      element(
        'header',
        { class: 'bar' },
        element('img', { class: 'mark', src: '/icon.svg', alt: '' }),
        element('h1', {}, pageTexts.name),
        signOut,
      ),
      element(
        'main',
        { class: 'desk' },
        element(
          'nav',
          { class: 'calls', 'aria-labelledby': 'calls' },
          element('h2', { id: 'calls' }, pageTexts.calls),
          this.#list,
          this.#none,
        ),
        this.#panel,
      ),
    );
  }

  #open(token: string): void {
    this.#client?.close();
    const client = new DeskClient({ baseUrl: location.origin, token });
    this.#client = client;
    this.#panel.client = client;
    client.subscribe(() => this.#render(token));
    client.open();
  }

  #askForToken(problem: string | undefined): void {
    sessionStorage.removeItem(TOKEN_KEY);
    this.#client?.close();
    this.#client = undefined;
    this.#panel.client = undefined;
    show(this.#desk, false);
    show(this.#signIn, true);
    showText(this.#refused, problem);
    setAttribute(this.#input, 'aria-invalid', problem === undefined ? undefined : 'true');
    this.#input.value = '';
    this.#input.focus();
  }

  #render(token: string): void {
    const snapshot = this.#client?.snapshot;
    if (snapshot === undefined) return;
    if (snapshot.connection === 'refused') {
      this.#askForToken(pageTexts.refused);
      return;
    }
    if (snapshot.connection === 'open') {
      // Kept only once the gateway has taken it.
      sessionStorage.setItem(TOKEN_KEY, token);
      this.#input.value = '';
      show(this.#signIn, false);
      show(this.#desk, true);
    } else if (this.#desk.hidden && sessionStorage.getItem(TOKEN_KEY) !== null) {
      show(this.#signIn, false);
      show(this.#desk, true);
    }
    this.#renderCalls(snapshot.calls);
  }

  #renderCalls(calls: readonly CallView[]): void {
    const shown = callToShow(calls, this.#chosenId);
    this.#chosenId = shown?.id;
    setAttribute(this.#panel, 'call-id', shown?.id);
    show(this.#none, calls.length === 0);
    for (const [id, item] of this.#items) {
      if (calls.some((call) => call.id === id)) continue;
      item.root.remove();
      this.#items.delete(id);
    }
    calls.forEach((call, index) => {
      const item = this.#itemOf(call.id);
      item.patch(call, call.id === shown?.id);
      if (this.#list.children[index] !== item.root)
        this.#list.insertBefore(item.root, this.#list.children[index] ?? null);
    });
  }

  #itemOf(callId: string): CallItem {
    const known = this.#items.get(callId);
    if (known !== undefined) return known;
    const item = new CallItem(() => {
      this.#chosenId = callId;
      this.#renderCalls(this.#client?.snapshot.calls ?? []);
    });
    this.#items.set(callId, item);
    return item;
  }
}

class CallItem {
  readonly root = element('li');
  readonly #name = element('span', { class: 'name' });
  readonly #time = element('time');
  readonly #state = element('small');
  readonly #button: HTMLButtonElement;

  constructor(onChoose: () => void) {
    this.#button = element(
      'button',
      { type: 'button', class: 'call' },
      element('span', { class: 'lamp' }),
      this.#name,
      this.#time,
      this.#state,
    );
    this.#button.addEventListener('click', onChoose);
    this.root.append(this.#button);
  }

  patch(call: CallView, shown: boolean): void {
    setAttribute(this.#button, 'data-state', call.state);
    setAttribute(this.#button, 'aria-current', shown ? 'true' : undefined);
    setText(this.#name, call.caller);
    setAttribute(this.#time, 'datetime', call.startedAt);
    const started = new Date(call.startedAt);
    setText(this.#time, started.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
    setText(this.#state, texts.callStates[call.state]);
  }
}

const root = document.querySelector<HTMLElement>('#page');
if (root !== null) new PanelPage(root);
