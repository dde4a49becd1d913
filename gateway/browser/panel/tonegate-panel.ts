/**
 * `<tonegate-panel>`: the payment panel as a custom element. It shows one call of a `DeskClient` and asks for what the
 * agent clicks; what it shows is decided in `panel-view-model.ts`.
 *
 * - property `client`: the connection to the gateway, see `desk-client.ts`;
 * - attribute `call-id`: the call to show; without it, the newest call that goes on;
 * - attribute `lang`: `en`, `de` or `ar`; without it, the page's language. It decides the direction too, unless `dir`
 *   does;
 * - attribute `hide-recording`: state and buttons of the recording stay away, for a page that has its own;
 * - property `messages`: texts of the page's own, any part of the catalogue, see `panel-messages.ts`;
 * - attribute `theme`: `light` or `dark`; without it, the system's. Colours: custom properties, see `panel-styles.ts`.
 *
 * Events, all bubbling and composed: `tonegate:state`, `tonegate:token` (once a session), `tonegate:error`; their
 * details are in `panel-events.ts`.
 */
import type { FieldName } from '../../../vault-client/wire.js';
import type { CallView } from '../../api/call-desk.js';
import type { CommandOutcome, DeskClient } from '../desk-client.js';
import { callToFollow } from '../desk-state.js';
import { element, setAttribute, setText, show, showText } from '../element-builder.js';
import { icon } from '../icons.js';
import { Announcer } from './panel-announcements.js';
import { catalogueOf } from './panel-catalogues.js';
import { PanelCountdown } from './panel-countdown.js';
import { type PanelErrorDetail, type PanelEvent, PanelNews } from './panel-events.js';
import { FIELD_ORDER } from './panel-guidance.js';
import { type Catalogue, type MessageChanges, textOfRefusal } from './panel-messages.js';
import { FieldRow, Headline, PanelButton, RecordingStrip, TokenBox } from './panel-parts.js';
import { panelCss } from './panel-styles.js';
import {
  type ButtonName,
  type FocusTarget,
  type PanelCommand,
  type PanelView,
  panelViewOf,
} from './panel-view-model.js';

export class TonegatePanel extends HTMLElement {
  static readonly observedAttributes = ['call-id', 'lang', 'dir', 'hide-recording'];

  readonly #root = this.attachShadow({ mode: 'open' });
  readonly #title = element('h2', { id: 'title', class: 'title', tabindex: '-1' });
  readonly #callerName = element('bdi', { class: 'name' });
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
  readonly #sayLabel = element('small');
  readonly #sayText = element('q');
  readonly #say = element('div', { class: 'say' }, icon('speech'), this.#sayLabel, this.#sayText);
  readonly #hint = element('p', { class: 'hint' });
  readonly #rows: Readonly<Record<FieldName, FieldRow>>;
  readonly #list: HTMLElement;
  readonly #token = new TokenBox(() => this.#render());
  readonly #problemLine = element('p', { class: 'problem', role: 'alert' });
  readonly #buttons: Readonly<Record<ButtonName, PanelButton>>;
  readonly #said = element('p', { class: 'said', role: 'status', 'aria-live': 'polite' });
  readonly #section = element('section', { class: 'panel', part: 'panel', 'aria-labelledby': 'title' });

  #client: DeskClient | undefined;
  #unsubscribe: (() => void) | undefined;
  #shownCallId: string | undefined;
  #busy: PanelCommand | undefined;
  /** Why the last request was refused; of no interest once the session has moved on. */
  #problem: { readonly code: string; readonly message: string; readonly situation: string } | undefined;
  #view: PanelView | undefined;
  #messages: MessageChanges | undefined;
  #catalogue: Catalogue = catalogueOf(undefined, undefined);
  readonly #announcer = new Announcer();
  readonly #countdown = new PanelCountdown();
  readonly #news = new PanelNews();
  #tick: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    const onCovered = () => this.#sayCovered();
    const row = (field: FieldName) =>
      new FieldRow(field, { onCapture: () => void this.#do({ kind: 'capture', field }), onCovered });
    this.#rows = {
      cardNumber: row('cardNumber'),
      expirationDate: row('expirationDate'),
      securityCode: row('securityCode'),
    };
    this.#list = element('ol', { class: 'fields' }, ...FIELD_ORDER.map((field) => this.#rows[field].root));
    const button = (name: ButtonName, className: string, command: PanelCommand) =>
      new PanelButton({ name, className, onClick: () => void this.#do(command), onCovered });
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

  get messages(): MessageChanges | undefined {
    return this.#messages;
  }

  set messages(messages: MessageChanges | undefined) {
    this.#messages = messages;
    this.#translate();
  }

  connectedCallback(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = this.#client?.subscribe(() => this.#render());
    for (const { guard } of this.#guarded()) guard?.connect();
    this.#translate();
  }

  disconnectedCallback(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    for (const { guard } of this.#guarded()) guard?.disconnect();
    clearTimeout(this.#tick);
  }

  /** Where the next step is: a button, or the title when there is nothing to do. */
  override focus(options?: FocusOptions): void {
    if (this.#view !== undefined) this.#elementOf(this.#view.focus).focus(options);
  }

  attributeChangedCallback(name: string): void {
    if (name === 'call-id') {
      this.#problem = undefined;
      this.#render();
    } else {
      this.#translate();
    }
  }

  #guarded(): readonly PanelButton[] {
    return [...Object.values(this.#buttons), ...Object.values(this.#rows).map(({ button }) => button)];
  }

  #translate(): void {
    const language = this.getAttribute('lang');
    this.#catalogue = catalogueOf(language ?? document.documentElement.lang, this.#messages);
    setAttribute(this.#section, 'lang', this.#catalogue.language);
    // Without a language of its own the panel runs as the page around it does.
    const followsPage = language === null || this.hasAttribute('dir');
    setAttribute(this.#section, 'dir', followsPage ? undefined : this.#catalogue.direction);
    this.#render();
  }

  #build(): void {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(panelCss);
    this.#root.adoptedStyleSheets = [sheet];
    const { start, complete, tryAgain, startNew, cancel } = this.#buttons;
    this.#section.append(
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
    );
    this.#root.append(this.#section);
  }

  /** The call that is shown, now. */
  #call(): CallView | undefined {
    const calls = this.#client?.snapshot.calls ?? [];
    const wanted = this.getAttribute('call-id');
    if (wanted !== null) return calls.find(({ id }) => id === wanted);
    return callToFollow(calls, this.#shownCallId);
  }

  #render(): void {
    const call = this.#call();
    if (call?.id !== this.#shownCallId) {
      this.#shownCallId = call?.id;
      this.#problem = undefined;
    }
    if (this.#problem !== undefined && situationOf(call) !== this.#problem.situation) this.#problem = undefined;
    const before = this.#view;
    const nowMs = performance.now();
    const fields = call?.session?.fields;
    this.#countdown.follow(fields && Object.values(fields).find(({ state }) => state === 'awaiting'), nowMs);
    const view = panelViewOf({
      connection: this.#client?.snapshot.connection ?? 'signed-out',
      call,
      busy: this.#busy,
      problem: this.#problem,
      timeLeftMs: this.#countdown.timeLeftMs(nowMs),
      catalogue: this.#catalogue,
    });
    this.#view = view;
    const focused = this.#root.activeElement;
    this.#patch(view);
    // The title keeps the focus only for as long as there is nothing better.
    const waits = focused === this.#title && before?.phase !== view.phase;
    if (focused instanceof HTMLElement && (waits || !canHoldFocus(focused))) this.#elementOf(view.focus).focus();
    const said = this.#announcer.heard(view, this.#catalogue);
    if (said !== '') setText(this.#said, said);
    this.#scheduleTick(nowMs);
    if (call === undefined) return;
    for (const event of this.#news.of(call, this.#catalogue.texts)) this.#dispatch(event);
  }

  #scheduleTick(nowMs: number): void {
    clearTimeout(this.#tick);
    const delayMs = this.isConnected ? this.#countdown.nextChangeMs(nowMs) : undefined;
    if (delayMs !== undefined) this.#tick = setTimeout(() => this.#render(), delayMs);
  }

  #patch(view: PanelView): void {
    const { texts } = this.#catalogue;
    setText(this.#title, texts.title);
    setText(this.#sayLabel, texts.sayToCaller);
    show(this.#caller, view.caller !== undefined);
    setText(this.#callerName, view.caller ?? '');
    setText(this.#callState, view.callState ?? '');
    this.#recording.patch(this.hasAttribute('hide-recording') ? undefined : view.recording, texts);
    show(this.#connection, view.connectionNote !== undefined);
    setText(this.#connectionText, view.connectionNote ?? '');
    this.#headline.patch(view);
    show(this.#say, view.say !== undefined);
    setText(this.#sayText, view.say ?? '');
    showText(this.#hint, view.hint);
    show(this.#list, view.fields.length > 0);
    for (const row of view.fields) this.#rows[row.field].patch(row, this.#catalogue);
    this.#token.patch(view.token, texts);
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
    if (shown?.id === call.id) this.#problem = { code, message, situation: situationOf(shown) };
    const said = textOfRefusal({ code, message }, this.#catalogue.texts);
    const detail: PanelErrorDetail = { callId: call.id, level: 'request', code, message: said };
    this.#dispatch({ type: 'tonegate:error', detail });
  }

  #sayCovered(): void {
    const { covered } = this.#catalogue.texts;
    this.#problem = { code: 'covered', message: covered, situation: situationOf(this.#call()) };
    this.#render();
  }

  #dispatch({ type, detail }: PanelEvent): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
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
