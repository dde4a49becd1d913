/**
 * The page of the panel in a frame: nothing but the panel, opened with a ticket of the page around it, see
 * `embed-protocol.ts`. The token is in this page's memory only; no cookie, no storage, nothing in the address.
 */
import { DeskClient } from '../desk-client.js';
import { element, setAttribute } from '../element-builder.js';
import { TonegatePanel } from '../panel/tonegate-panel.js';
import {
  type FrameMessage,
  type NoTicketReason,
  type ParentMessage,
  parentOriginOf,
  parseParentMessage,
} from './embed-protocol.js';
import { STYLE_NAMES } from './frame-look.js';
import { openPanelSession, type PanelSession } from './panel-session.js';

/**
 * No background of its own: the page around it shows through. That takes a document of the same colour scheme as the
 * frame element (CSS Color Adjustment §2.3, an opaque canvas otherwise): `normal` on both sides, and the theme is the
 * panel's alone. Room for the outline of what has the focus.
 */
const EMBED_CSS = `
:root { color-scheme: normal; }
body { margin: 0; padding: 4px; }
`;

class EmbeddedPanel {
  readonly #allowed: readonly string[];
  readonly #panel = new TonegatePanel();
  #client: DeskClient | undefined;
  #session: Extract<PanelSession, { ok: true }> | undefined;
  /** Where the last ticket came from: all that is said after it goes there. */
  #origin: string | undefined;
  /** Tickets so far; what an earlier one still leads to is of no interest. */
  #tickets = 0;

  constructor(root: HTMLElement, allowed: readonly string[]) {
    this.#allowed = allowed;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(EMBED_CSS);
    document.adoptedStyleSheets = [sheet];
    root.append(this.#panel);
    for (const type of ['tonegate:state', 'tonegate:token', 'tonegate:error'] as const) {
      this.#panel.addEventListener(type, (event) => {
        // The panel's own events: it makes them with these types and details.
        if (event instanceof CustomEvent) this.#post({ type, detail: event.detail });
      });
    }
    addEventListener('message', (event) => this.#hear(event));
    new ResizeObserver(() => this.#tellSize()).observe(root);
    const ancestor = location.ancestorOrigins?.[0];
    this.#askForTicket(parentOriginOf({ ancestor, referrer: document.referrer }, allowed));
  }

  #hear(event: MessageEvent<unknown>): void {
    if (event.source !== parent || parent === window || !this.#allowed.includes(event.origin)) return;
    const message = parseParentMessage(event.data);
    if (message?.type === 'tonegate:hello' && this.#tickets === 0) this.#askForTicket(event.origin);
    if (message?.type === 'tonegate:ticket') void this.#open(message, event.origin);
    if (message?.type === 'tonegate:no-ticket') this.#hasNoTicket(message.reason);
  }

  #askForTicket(origin: string | undefined): void {
    const message: FrameMessage = { type: 'tonegate:ready' };
    if (origin !== undefined && parent !== window) parent.postMessage(message, origin);
  }

  async #open(message: Extract<ParentMessage, { type: 'tonegate:ticket' }>, origin: string): Promise<void> {
    this.#tickets += 1;
    const ticket = this.#tickets;
    this.#origin = origin;
    this.#dress(message);
    const session = await openPanelSession(location.origin, { ticket: message.ticket, origin });
    if (ticket !== this.#tickets) return;
    if (!session.ok) {
      const { code, message: reason } = session;
      this.#post({ type: 'tonegate:error', detail: { callId: undefined, level: 'ticket', code, message: reason } });
      if (this.#gatewayIsAnother()) this.#client?.endCalls();
      else this.#leave();
      return;
    }
    // Of the same agent's calls those that the gateway knows no more have ended; what was shown goes on being shown.
    const calls = session.agent === this.#session?.agent ? this.#client?.snapshot.calls : undefined;
    this.#leave();
    setAttribute(this.#panel, 'call-id', session.callId);
    const client = new DeskClient({ baseUrl: location.origin, token: session.token, ...(calls && { calls }) });
    this.#client = client;
    this.#session = session;
    this.#panel.client = client;
    this.#followConnection(client);
    client.open();
    this.#tellSize();
  }

  #hasNoTicket(reason: NoTicketReason): void {
    const isRefused = this.#client?.snapshot.connection === 'refused';
    if ((isRefused && reason === 'not-found') || this.#gatewayIsAnother()) this.#client?.endCalls();
  }

  /**
   * A token that is refused before its time was another gateway's: this one has been started anew since, and no call
   * outlives its gateway.
   */
  #gatewayIsAnother(): boolean {
    const isRefused = this.#client?.snapshot.connection === 'refused';
    return isRefused && this.#session !== undefined && Date.now() < this.#session.expiresAtMs;
  }

  #leave(): void {
    this.#client?.close();
    this.#client = undefined;
    this.#session = undefined;
    this.#panel.client = undefined;
  }

  /** A token that worked and does so no more is over: another ticket brings another. One that never did is not asked about. */
  #followConnection(client: DeskClient): void {
    let worked = false;
    client.subscribe(() => {
      const { connection } = client.snapshot;
      if (connection === 'open') worked = true;
      if (connection !== 'refused' || !worked) return;
      worked = false;
      this.#askForTicket(this.#origin);
    });
  }

  #dress({ lang, theme, style = {}, messages }: Extract<ParentMessage, { type: 'tonegate:ticket' }>): void {
    setAttribute(this.#panel, 'lang', lang);
    setAttribute(document.documentElement, 'lang', lang ?? 'en');
    setAttribute(this.#panel, 'theme', theme);
    this.#panel.messages = messages;
    for (const [name, property] of STYLE_NAMES) {
      const value = style[name];
      if (value !== undefined && CSS.supports(property, value)) this.#panel.style.setProperty(name, value);
      else this.#panel.style.removeProperty(name);
    }
  }

  #tellSize(): void {
    this.#post({ type: 'tonegate:size', heightPx: Math.ceil(document.body.getBoundingClientRect().height) });
  }

  #post(message: FrameMessage): void {
    if (this.#origin !== undefined) parent.postMessage(message, this.#origin);
  }
}

const main = document.querySelector('main') ?? document.body.appendChild(element('main'));
const listed = document.querySelector<HTMLMetaElement>('meta[name="tonegate-frame-ancestors"]')?.content ?? '';
new EmbeddedPanel(
  main,
  listed.split(' ').filter((origin) => origin !== ''),
);
