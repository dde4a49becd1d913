/**
 * `<tonegate-panel>`: the payment panel as a custom element. It shows one call of a `DeskClient` and asks for what the
 * agent clicks; what it shows is decided in `panel-view-model.ts`.
 *
 * - property `client`: the connection to the gateway, see `desk-client.ts`;
 * - attribute `call-id`: the call to show; without it, the newest call that goes on;
 * - attribute `theme`: `light` or `dark`; without it, the system's. Colours: custom properties, see `panel-styles.ts`.
 *
 * Events, all bubbling and composed: `tonegate:state`, `tonegate:token` (once a session), `tonegate:error`; their
 * details are `PanelStateDetail`, `PanelTokenDetail` and `PanelErrorDetail`.
 */
import type { FieldName } from '../../../vault-client/wire.js';
import type { CallView } from '../../api/call-desk.js';
import type { FieldView, SessionState } from '../../payment/session-view.js';
import type { CommandOutcome, DeskClient } from '../desk-client.js';
import { callToShow } from '../desk-state.js';
import { element, setText, show, showText } from '../element-builder.js';
import { icon } from '../icons.js';
import { announcementBetween } from './panel-announcements.js';
import { FieldRow, Headline, PanelButton, RecordingStrip, TokenBox } from './panel-parts.js';
import { panelCss } from './panel-styles.js';
import { texts } from './panel-texts.js';
import {
  type ButtonName,
  FIELD_ORDER,
  type FocusTarget,
  type PanelCommand,
  type PanelView,
  panelViewOf,
} from './panel-view-model.js';

export type PanelStateDetail = {
  readonly callId: string;
  readonly callState: CallView['state'];
  readonly sessionId: string | undefined;
  readonly state: SessionState | 'none';
  readonly fields: Readonly<Partial<Record<FieldName, FieldView['state']>>>;
};

export type PanelTokenDetail = {
  readonly callId: string;
  readonly sessionId: string;
  readonly token: string;
  readonly expiresAt: string | undefined;
  readonly masked: string | undefined;
  readonly brand: string | undefined;
};

export type PanelErrorDetail = {
  readonly callId: string | undefined;
  readonly level: 'field' | 'session' | 'request';
  readonly code: string;
  readonly message: string;
  readonly field?: FieldName;
};

export class TonegatePanel extends HTMLElement {
  static readonly observedAttributes = ['call-id'];

  readonly #root = this.attachShadow({ mode: 'open' });
  readonly #title = element('h2', { id: 'title', class: 'title', tabindex: '-1' }, texts.title);
  readonly #callerName = element('span', { class: 'name' });
  readonly #callState = element('span');
  readonly #caller = element('p', { class: 'caller' }, this.#callerName, ' · ', this.#callState);
  readonly #recording = new RecordingStrip((action) => void this.#do({ kind: 'record', action }));
  readonly #connectionText = element('span');
  readonly #connection = element(
    'p',
    { class: 'connection' },
    element('span', { class: 'spinner' }),
    this.#connectionText,
  );
  readonly #headline = new Headline();
  readonly #sayText = element('q');
  readonly #say = element(
    'div',
    { class: 'say' },
    icon('speech'),
    element('small', {}, texts.sayToCaller),
    this.#sayText,
  );
  readonly #hint = element('p', { class: 'hint' });
  readonly #rows: Readonly<Record<FieldName, FieldRow>>;
  readonly #list: HTMLElement;
  readonly #token = new TokenBox();
  readonly #problemLine = element('p', { class: 'problem', role: 'alert' });
  readonly #buttons: Readonly<Record<ButtonName, PanelButton>>;
  readonly #said = element('p', { class: 'said', role: 'status', 'aria-live': 'polite' });

  #client: DeskClient | undefined;
  #unsubscribe: (() => void) | undefined;
  #shownCallId: string | undefined;
  #busy: PanelCommand | undefined;
  /** Why the last request was refused; of no interest once the session has moved on. */
  #problem: { readonly text: string; readonly situation: string } | undefined;
  #view: PanelView | undefined;
  #told = '';
  #toldErrors = new Set<string>();
  /** The last session whose token was dispatched; a call's sessions come one after the other. */
  #tokenOf: string | undefined;

  constructor() {
    super();
    const row = (field: FieldName) => new FieldRow(field, () => void this.#do({ kind: 'capture', field }));
    this.#rows = {
      cardNumber: row('cardNumber'),
      expirationDate: row('expirationDate'),
      securityCode: row('securityCode'),
    };
    this.#list = element('ol', { class: 'fields' }, ...FIELD_ORDER.map((field) => this.#rows[field].root));
    const button = (name: ButtonName, className: string, command: PanelCommand) =>
      new PanelButton({ name, className, onClick: () => void this.#do(command) });
    this.#buttons = {
      start: button('start', 'primary', { kind: 'start' }),
      complete: button('complete', 'primary', { kind: 'complete' }),
      tryAgain: button('tryAgain', 'primary', { kind: 'start' }),
      startNew: button('startNew', 'primary', { kind: 'start' }),
      cancel: button('cancel', 'quiet', { kind: 'cancel' }),
    };
    this.#build();
  }

  get client(): DeskClient | undefined {
    return this.#client;
  }

  set client(client: DeskClient | undefined) {
    this.#unsubscribe?.();
    this.#client = client;
    this.#unsubscribe = this.isConnected ? client?.subscribe(() => this.#render()) : undefined;
    this.#render();
  }

  connectedCallback(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = this.#client?.subscribe(() => this.#render());
    this.#render();
  }

  disconnectedCallback(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  attributeChangedCallback(): void {
    this.#problem = undefined;
    this.#render();
  }

  #build(): void {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(panelCss);
    this.#root.adoptedStyleSheets = [sheet];
    const { start, complete, tryAgain, startNew, cancel } = this.#buttons;
    this.#root.append(
      element(
        'section',
        { class: 'panel', part: 'panel', 'aria-labelledby': 'title' },
        element(
          'header',
          { class: 'head' },
          element('div', { class: 'who' }, this.#title, this.#caller),
          this.#recording.root,
        ),
        this.#connection,
        this.#headline.root,
        this.#token.root,
        this.#say,
        this.#hint,
        this.#list,
        this.#problemLine,
        element(
          'div',
          { class: 'actions' },
          ...[start, complete, tryAgain, startNew].map(({ root }) => root),
          element('span', { class: 'spring' }),
          cancel.root,
        ),
        this.#said,
      ),
    );
  }

  /** The call that is shown, now. */
  #call(): CallView | undefined {
    const calls = this.#client?.snapshot.calls ?? [];
    const wanted = this.getAttribute('call-id');
    if (wanted !== null) return calls.find(({ id }) => id === wanted);
    return callToShow(calls, this.#shownCallId);
  }

  #render(): void {
    const call = this.#call();
    if (call?.id !== this.#shownCallId) {
      this.#shownCallId = call?.id;
      this.#problem = undefined;
    }
    if (this.#problem !== undefined && situationOf(call) !== this.#problem.situation) this.#problem = undefined;
    const before = this.#view;
    const view = panelViewOf({
      connection: this.#client?.snapshot.connection ?? 'signed-out',
      call,
      busy: this.#busy,
      problem: this.#problem?.text,
    });
    this.#view = view;
    const focused = this.#root.activeElement;
    this.#patch(view);
    // The title keeps the focus only for as long as there is nothing better.
    const waits = focused === this.#title && before?.phase !== view.phase;
    if (focused instanceof HTMLElement && (waits || !canHoldFocus(focused))) this.#elementOf(view.focus).focus();
    const said = announcementBetween(before, view);
    if (said !== '') setText(this.#said, said);
    this.#tell(call);
  }

  #patch(view: PanelView): void {
    show(this.#caller, view.caller !== undefined);
    setText(this.#callerName, view.caller ?? '');
    setText(this.#callState, view.callState ?? '');
    this.#recording.patch(view.recording);
    show(this.#connection, view.connectionNote !== undefined);
    setText(this.#connectionText, view.connectionNote ?? '');
    this.#headline.patch(view);
    show(this.#say, view.say !== undefined);
    setText(this.#sayText, view.say ?? '');
    showText(this.#hint, view.hint);
    show(this.#list, view.fields.length > 0);
    for (const row of view.fields) this.#rows[row.field].patch(row);
    this.#token.patch(view.token);
    showText(this.#problemLine, view.problem);
    for (const name of Object.keys(view.buttons) as ButtonName[]) this.#buttons[name].patch(view.buttons[name]);
  }

  #elementOf(target: FocusTarget): HTMLElement {
    switch (target) {
      case 'title':
        return this.#title;
      case 'copy':
        return this.#token.copyButton.root;
      case 'cardNumber':
      case 'expirationDate':
      case 'securityCode':
        return this.#rows[target].button.root;
      default:
        return this.#buttons[target].root;
    }
  }

  /** One request at a time, but Cancel never waits behind another. */
  async #do(command: PanelCommand): Promise<void> {
    const call = this.#call();
    if (this.#client === undefined || call === undefined) return;
    if (this.#busy !== undefined && command.kind !== 'cancel') return;
    this.#busy = command;
    this.#problem = undefined;
    this.#render();
    const outcome = await this.#send(this.#client, call, command);
    if (this.#busy === command) this.#busy = undefined;
    if (!outcome.ok) this.#refused(call, outcome);
    this.#render();
  }

  #send(client: DeskClient, call: CallView, command: PanelCommand): Promise<CommandOutcome> {
    const sessionId = call.session?.id ?? '';
    switch (command.kind) {
      case 'start':
        return client.start(call.id);
      case 'capture':
        return client.capture(sessionId, command.field);
      case 'complete':
        return client.complete(sessionId);
      case 'cancel':
        return client.cancel(sessionId);
      case 'record':
        return client.record(call.id, command.action);
    }
  }

  #refused(call: CallView, { code, message }: Extract<CommandOutcome, { ok: false }>): void {
    // A failed session says itself why; saying it twice would be noise.
    const shown = this.#call();
    if (shown?.id === call.id && shown.session?.error?.code === code) return;
    if (shown?.id === call.id) this.#problem = { text: message, situation: situationOf(shown) };
    this.#dispatch<PanelErrorDetail>('tonegate:error', { callId: call.id, level: 'request', code, message });
  }

  #tell(call: CallView | undefined): void {
    if (call === undefined) return;
    const { session } = call;
    const detail: PanelStateDetail = {
      callId: call.id,
      callState: call.state,
      sessionId: session?.id,
      state: session?.state ?? 'none',
      fields: Object.fromEntries(FIELD_ORDER.map((field) => [field, session?.fields[field].state ?? 'empty'])),
    };
    const told = JSON.stringify(detail);
    if (told !== this.#told) {
      this.#told = told;
      this.#dispatch('tonegate:state', detail);
    }
    this.#tellErrors(call);
    if (session?.token !== undefined && this.#tokenOf !== session.id) {
      this.#tokenOf = session.id;
      const { masked, brand } = session.fields.cardNumber;
      const { token, tokenExpiresAt: expiresAt } = session;
      this.#dispatch<PanelTokenDetail>('tonegate:token', {
        callId: call.id,
        sessionId: session.id,
        token,
        expiresAt,
        masked,
        brand,
      });
    }
  }

  /** Each error once, when it appears; the set holds only those that are on show now. */
  #tellErrors({ id: callId, session }: CallView): void {
    const now = new Set<string>();
    const tell = (key: string, detail: PanelErrorDetail): void => {
      now.add(key);
      if (!this.#toldErrors.has(key)) this.#dispatch('tonegate:error', detail);
    };
    if (session?.error !== undefined) {
      tell(`${session.id} ${session.error.code}`, { callId, level: 'session', ...session.error });
    }
    for (const field of FIELD_ORDER) {
      const view = session?.fields[field];
      if (session === undefined || view?.error === undefined) continue;
      const key = `${session.id} ${field} ${view.error.code} ${view.failedAttempts}`;
      tell(key, { callId, level: 'field', field, ...view.error });
    }
    this.#toldErrors = now;
  }

  #dispatch<T>(type: `tonegate:${string}`, detail: T): void {
    this.dispatchEvent(new CustomEvent<T>(type, { detail, bubbles: true, composed: true }));
  }
}

function situationOf(call: CallView | undefined): string {
  return `${call?.state} ${call?.session?.id} ${call?.session?.state}`;
}

function canHoldFocus(node: HTMLElement): boolean {
  const visible = node.isConnected && node.checkVisibility();
  return visible && !(node instanceof HTMLButtonElement && node.disabled);
}

customElements.define('tonegate-panel', TonegatePanel);
