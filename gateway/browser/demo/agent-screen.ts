/** The agent's screen: a page of the running gateway in a frame, signed in as the demo's agent. */
import type { AgentPhone } from '../../demo/page-messages.js';
import { element } from '../element-builder.js';
import type { PanelTokenDetail } from '../panel/panel-events.js';

/** Where the gateway's pages keep the token of this tab. */
const TOKEN_KEY = 'tonegate-access-token';

/** With a telephone on the desk the agent needs no more than the panel. */
const PAGES: Readonly<Record<AgentPhone, string>> = { softphone: '/softphone/', 'desk-phone': '/panel/' };

const LEAST_HEIGHT_PX = 740;
/** A page that grows with its frame must not grow for ever. */
const MAX_HEIGHT_PX = 1400;

export class AgentScreen {
  readonly root = element('iframe', {
    class: 'agent-screen',
    title: 'The agent’s screen',
    allow: 'microphone; speaker-selection; autoplay',
  });

  constructor(onToken: (detail: PanelTokenDetail) => void) {
    this.root.addEventListener('load', () => {
      const page = this.root.contentDocument;
      page?.addEventListener('tonegate:token', (event) => {
        // Another window's event is no instance of this one's classes.
        if ('detail' in event) onToken(event.detail as PanelTokenDetail);
      });
      const content = page?.querySelector('#page');
      if (content) new ResizeObserver(() => this.#growTo(content.scrollHeight)).observe(content);
    });
  }

  show(agentPhone: AgentPhone, token: string): void {
    if (this.root.getAttribute('src') === PAGES[agentPhone]) return;
    sessionStorage.setItem(TOKEN_KEY, token);
    this.root.setAttribute('src', PAGES[agentPhone]);
  }

  /** As high as the page has ever been: a frame that shrank with every state would make the whole page jump. */
  #growTo(heightPx: number): void {
    const known = Number.parseFloat(this.root.style.minBlockSize) || LEAST_HEIGHT_PX;
    this.root.style.minBlockSize = `${Math.min(MAX_HEIGHT_PX, Math.max(known, heightPx))}px`;
  }
}
