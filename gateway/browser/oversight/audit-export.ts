/** The whole audit log as a file of JSON lines, read page by page and handed to the browser's downloads. */
import { element, setText, show } from '../element-builder.js';
import { icon } from '../icons.js';
import { jsonLineOf } from './audit-rows.js';
import { MAX_PAGE_RECORDS, type OversightClient } from './oversight-client.js';
import { button, download } from './oversight-parts.js';
import { auditTexts } from './oversight-texts.js';
import { counted } from './time-texts.js';

/** About 100 MB. A longer log is printed on the gateway's own machine. */
const MAX_RECORDS = 300_000;
/** Of the gateway's 50 requests a second, so that the page itself is not held up. */
const PAGE_INTERVAL_MS = 50;

export class AuditExport {
  readonly root: HTMLElement;
  readonly #client: OversightClient;
  readonly #start = button('', () => void this.#run(), 'button outline');
  readonly #stop = button(auditTexts.stopExport, () => this.stop(), 'button quiet');
  readonly #status = element('span', { class: 'export-status', role: 'status', 'aria-live': 'polite' });
  #abort: AbortController | undefined;

  constructor(client: OversightClient) {
    this.#client = client;
    this.#start.append(icon('download'), auditTexts.exportLines);
    this.root = element('div', { class: 'export' }, this.#status, this.#stop, this.#start);
    show(this.#stop, false);
  }

  stop(): void {
    this.#abort?.abort();
    this.#end('');
  }

  async #run(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.#start.disabled = true;
    show(this.#stop, true);
    const lines: string[] = [];
    let after: number | undefined = 0;
    while (after !== undefined && lines.length < MAX_RECORDS) {
      const page = await this.#client.auditRecords({ after, limit: MAX_PAGE_RECORDS }, abort.signal);
      if (abort.signal.aborted) return;
      if (!page.ok) return this.#end(page.message);
      lines.push(...page.value.records.map(jsonLineOf));
      setText(this.#status, counted(lines.length, 'record'));
      after = page.value.nextAfter;
      await new Promise((resolve) => setTimeout(resolve, PAGE_INTERVAL_MS));
      if (abort.signal.aborted) return;
    }
    if (lines.length === 0) return this.#end(auditTexts.exportEmpty);
    download(new Blob(lines, { type: 'application/jsonl' }), 'tonegate-audit.jsonl');
    this.#end(after === undefined ? counted(lines.length, 'record') : auditTexts.exportLimit);
  }

  #end(status: string): void {
    setText(this.#status, status);
    this.#start.disabled = false;
    show(this.#stop, false);
  }
}
