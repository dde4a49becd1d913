/** The panel's own page: sign in with a bearer token, choose a call, take the payment. */
import type { CallView } from '../../api/call-desk.js';
import type { DeskClient } from '../desk-client.js';
import { callToShow } from '../desk-state.js';
import { element, setAttribute, setText, show } from '../element-builder.js';
import { pageCss } from '../page-styles.js';
import { SignIn } from '../sign-in.js';
import { texts } from './panel-texts.js';
import { TonegatePanel } from './tonegate-panel.js';

const pageTexts = {
  name: 'Tonegate',
  signOut: 'Sign out',
  calls: 'Your calls',
  noCalls: 'No calls yet. A call appears here as soon as it rings.',
} as const;

class PanelPage {
  readonly #panel = new TonegatePanel();
  readonly #list = element('ul');
  readonly #none = element('p', { class: 'none' }, pageTexts.noCalls);
  readonly #items = new Map<string, CallItem>();
  readonly #signIn: SignIn;
  #client: DeskClient | undefined;
  #chosenId: string | undefined;

  constructor(root: HTMLElement) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(pageCss);
    document.adoptedStyleSheets = [sheet];
    const desk = this.#buildDesk();
    this.#signIn = new SignIn({
      content: desk,
      onSignedIn: (client) => this.#become(client),
      onSignedOut: () => this.#become(undefined),
      onChanged: ({ calls }) => this.#renderCalls(calls),
    });
    root.replaceChildren(this.#signIn.root, desk);
    this.#signIn.begin();
  }

  #buildDesk(): HTMLElement {
    const signOut = element('button', { class: 'button quiet', type: 'button' }, pageTexts.signOut);
    signOut.addEventListener('click', () => this.#signIn.signOut());
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

  #become(client: DeskClient | undefined): void {
    this.#client = client;
    this.#panel.client = client;
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
