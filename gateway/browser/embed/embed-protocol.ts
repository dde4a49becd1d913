/**
 * What the embedded panel and the page around it say to each other by `postMessage`.
 *
 * ```
 *   page (CRM)                              panel (/panel/embed/)
 *     |   <---- tonegate:ready ----------------- |  it wants a ticket: when it has loaded, and when its token is over
 *     | -- tonegate:hello ---------------------> |  for a page that was not heard of: answered with `ready`
 *     | -- tonegate:ticket {ticket, …} --------> |  traded for a token by POST /v1/panel-sessions
 *     | -- tonegate:no-ticket {reason} --------> |  there is none: the call is over, or it could not be had
 *     |   <---- tonegate:state, :token, :error - |  {type, detail}, details as of the component's events
 *     |   <---- tonegate:size {heightPx} ------- |  as high as the panel is now
 * ```
 *
 * The panel hears only the window that holds it, and only when its origin is one of `api.frameAncestors`. It never says
 * anything to `*`: its first `ready` goes to the origin that the browser names as its parent's, everything after a
 * ticket to the origin that the ticket came from.
 */
import type { PanelEvent } from '../panel/panel-events.js';
import type { MessageChanges } from '../panel/panel-messages.js';
import { type PanelStyle, parseMessages, parseStyle } from './frame-look.js';

export type Theme = 'light' | 'dark';

/** `not-found`: the gateway knows no such call (any more). `failed`: anything else; nobody knows what of the call. */
export type NoTicketReason = 'not-found' | 'failed';

export type ParentMessage =
  | { readonly type: 'tonegate:hello' }
  | { readonly type: 'tonegate:no-ticket'; readonly reason: NoTicketReason }
  | {
      readonly type: 'tonegate:ticket';
      readonly ticket: string;
      readonly lang?: string;
      readonly theme?: Theme;
      /** Custom properties and texts; what may not be changed is left out, see `frame-look.ts`. */
      readonly style?: PanelStyle;
      readonly messages?: MessageChanges;
    };

export type EmbedError = {
  readonly callId: undefined;
  readonly level: 'ticket';
  readonly code: string;
  readonly message: string;
};

export type FrameMessage =
  | { readonly type: 'tonegate:ready' }
  | { readonly type: 'tonegate:size'; readonly heightPx: number }
  | PanelEvent
  | { readonly type: 'tonegate:error'; readonly detail: EmbedError };

/** Tickets are shorter by far; language tags too (RFC 5646 §4.4.1 asks for 35 characters). */
const MAX_TICKET_LENGTH = 128;
const MAX_LANGUAGE_LENGTH = 35;

/** A message of the page around the panel, or undefined for what is none: other scripts post messages too. */
export function parseParentMessage(data: unknown): ParentMessage | undefined {
  if (typeof data !== 'object' || data === null || !('type' in data)) return undefined;
  if (data.type === 'tonegate:hello') return { type: 'tonegate:hello' };
  if (data.type === 'tonegate:no-ticket') {
    const isNotFound = 'reason' in data && data.reason === 'not-found';
    return { type: 'tonegate:no-ticket', reason: isNotFound ? 'not-found' : 'failed' };
  }
  if (data.type !== 'tonegate:ticket' || !('ticket' in data) || typeof data.ticket !== 'string') return undefined;
  const { ticket } = data;
  if (ticket === '' || ticket.length > MAX_TICKET_LENGTH) return undefined;
  const lang = 'lang' in data && typeof data.lang === 'string' ? data.lang.slice(0, MAX_LANGUAGE_LENGTH) : undefined;
  const theme = 'theme' in data && (data.theme === 'light' || data.theme === 'dark') ? data.theme : undefined;
  const style = 'style' in data ? parseStyle(data.style) : undefined;
  const messages = 'messages' in data ? parseMessages(data.messages) : undefined;
  return {
    type: 'tonegate:ticket',
    ticket,
    ...(lang === undefined ? {} : { lang }),
    ...(theme === undefined ? {} : { theme }),
    ...(style === undefined ? {} : { style }),
    ...(messages === undefined ? {} : { messages }),
  };
}

/**
 * The parent's origin as the browser tells it, if it may be spoken to: `ancestorOrigins` where there is such a thing, or
 * the referrer, which the parent may have withheld. Undefined leaves it to the parent to say hello.
 */
export function parentOriginOf(
  told: { readonly ancestor: string | undefined; readonly referrer: string },
  allowed: readonly string[],
): string | undefined {
  const referrer = URL.canParse(told.referrer) ? new URL(told.referrer).origin : undefined;
  const origin = told.ancestor ?? referrer;
  return origin !== undefined && allowed.includes(origin) ? origin : undefined;
}
