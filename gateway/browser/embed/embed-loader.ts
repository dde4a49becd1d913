/**
 * `/panel/embed.js`, for the page of a CRM: shows the panel in a frame, gives it its tickets, and hands its messages on
 * as DOM events of the element. One file, no module:
 *
 * ```html
 * <div id="payment"></div>
 * <script src="https://gateway.example/panel/embed.js"></script>
 * <script>
 *   TonegatePanel.mount(document.querySelector('#payment'), { ticket: () => fetch('/ticket').then((r) => r.text()) });
 * </script>
 * ```
 *
 * Events on the element, bubbling: `tonegate:state`, `tonegate:token`, `tonegate:error`.
 */
import type { MessageChanges } from '../panel/panel-messages.js';
import type { FrameMessage, NoTicketReason, ParentMessage, Theme } from './embed-protocol.js';
import type { PanelStyle } from './frame-look.js';

export type MountOptions = {
  /**
   * A new ticket at each call: one when the panel is shown, another when its session is over. Nothing when the gateway
   * knows no such call (any more); it throws when there is none for any other reason.
   */
  readonly ticket: () => MaybeTicket | Promise<MaybeTicket>;
  /** Where the gateway is; the origin this script came from, unless told otherwise. */
  readonly origin?: string;
  readonly lang?: string;
  readonly theme?: Theme;
  /** Custom properties by name (`--tonegate-accent`): plain colours, a length, names of fonts. */
  readonly style?: PanelStyle;
  /** Texts of the page's own, any part of the panel's catalogue. */
  readonly messages?: MessageChanges;
  /** Name of the frame for screen readers. */
  readonly title?: string;
};

export type MaybeTicket = string | undefined | null;

export type MountedPanel = {
  readonly frame: HTMLIFrameElement;
  readonly unmount: () => void;
};

const OWN_ORIGIN =
  document.currentScript instanceof HTMLScriptElement ? new URL(document.currentScript.src).origin : '';
/** Until the panel has said how high it is. */
const FIRST_HEIGHT_PX = 320;

export function mount(element: HTMLElement, options: MountOptions): MountedPanel {
  const { origin = OWN_ORIGIN, ticket, lang, theme, style, messages, title = 'Card payment' } = options;
  const frame = document.createElement('iframe');
  frame.src = new URL('/panel/embed/', origin).href;
  frame.title = title;
  // For the button that copies the token.
  frame.allow = 'clipboard-write';
  // The frame is as transparent as the scheme of its document lets it be, whatever the page around it has chosen.
  Object.assign(frame.style, { border: '0', width: '100%', height: `${FIRST_HEIGHT_PX}px`, colorScheme: 'normal' });

  const post = (message: ParentMessage): void => frame.contentWindow?.postMessage(message, origin);
  const tell = (type: string, detail: unknown): void => {
    element.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  };
  const hasNone = (reason: NoTicketReason): void => {
    post({ type: 'tonegate:no-ticket', reason });
    tell('tonegate:error', { level: 'ticket', code: 'no-ticket', message: 'The page has no ticket for the panel.' });
  };
  let asked = false;
  let fetching = false;
  const giveTicket = async (): Promise<void> => {
    asked = true;
    if (fetching) return;
    fetching = true;
    try {
      const given = await ticket();
      if (typeof given === 'string') {
        post({
          type: 'tonegate:ticket',
          ticket: given,
          ...(lang === undefined ? {} : { lang }),
          ...(theme === undefined ? {} : { theme }),
          ...(style === undefined ? {} : { style }),
          ...(messages === undefined ? {} : { messages }),
        });
      } else hasNone('not-found');
    } catch {
      hasNone('failed');
    } finally {
      fetching = false;
    }
  };
  const hear = (event: MessageEvent<FrameMessage>): void => {
    if (event.source !== frame.contentWindow || event.origin !== origin) return;
    const message = event.data;
    switch (message.type) {
      case 'tonegate:ready':
        void giveTicket();
        return;
      case 'tonegate:size':
        frame.style.height = `${message.heightPx}px`;
        return;
      case 'tonegate:state':
      case 'tonegate:token':
      case 'tonegate:error':
        tell(message.type, message.detail);
    }
  };
  addEventListener('message', hear);
  // A panel that could not find out whose frame it is in waits to be spoken to.
  frame.addEventListener('load', () => {
    if (!asked) post({ type: 'tonegate:hello' });
  });
  element.append(frame);
  return {
    frame,
    unmount: () => {
      removeEventListener('message', hear);
      frame.remove();
    },
  };
}
