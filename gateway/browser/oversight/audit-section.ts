/** The audit log: whether its chain holds, its records page by page, and all of it as a file. */
import { element, setAttribute, setText, show, showText } from '../element-builder.js';
import { icon, setIcon } from '../icons.js';
import { AuditExport } from './audit-export.js';
import { type AuditRow, actionText, auditRowOf, outcomeBadge, verdictViewOf } from './audit-rows.js';
import { MAX_PAGE_RECORDS, type OversightClient } from './oversight-client.js';
import { badge, button, DataTable, isolated, Notice, type Section, sectionTitle } from './oversight-parts.js';
import { fragmentOf } from './oversight-sections.js';
import { auditTexts } from './oversight-texts.js';
import { dateTimeText } from './time-texts.js';

const PAGE_RECORDS = 50;
/** Ten thousand records since the log was last looked at; what is behind them is a click further. */
const MAX_PAGES_TO_THE_END = 50;

export class AuditSection implements Section {
  readonly title = sectionTitle(auditTexts.title);
  readonly root: HTMLElement;
  readonly #client: OversightClient;
  readonly #verdict: VerdictBox;
  readonly #export: AuditExport;
  readonly #table = new DataTable(auditTexts.title, Object.values(auditTexts.columns));
  readonly #notice = new Notice();
  readonly #number = element('input', { type: 'number', min: '1', inputmode: 'numeric', autocomplete: 'off' });
  readonly #first = button(auditTexts.first, () => this.#goTo(1), 'button outline');
  readonly #previous = button(auditTexts.previous, () => this.#goTo(this.#start - PAGE_RECORDS), 'button outline');
  readonly #next = button(auditTexts.next, () => this.#goTo(this.#start + PAGE_RECORDS), 'button outline');
  readonly #last = button(auditTexts.last, () => void this.#latest(), 'button outline');
  #abort: AbortController | undefined;
  /** Sequence number of the first record shown; the log counts from 1 without a hole. */
  #start = 1;
  /** As far as is known. */
  #records = 0;
  #isVerified = false;
  #brokenSequence: number | undefined;
  #wanted: number | undefined;

  constructor(client: OversightClient) {
    this.#client = client;
    this.#export = new AuditExport(client);
    this.#verdict = new VerdictBox(() => void this.#verify());
    const form = element(
      'form',
      { class: 'go-to' },
      element('label', { class: 'field-label inline' }, auditTexts.goTo, this.#number),
      element('button', { type: 'submit', class: 'button outline' }, auditTexts.go),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const sequence = Number(this.#number.value);
      if (sequence >= 1) location.hash = fragmentOf({ section: 'audit', sequence });
    });
    this.root = element(
      'section',
      { class: 'section' },
      element('div', { class: 'section-head' }, this.title, element('span', { class: 'spring' }), this.#export.root),
      this.#verdict.root,
      element('div', { class: 'pager' }, this.#first, this.#previous, this.#next, this.#last, form),
      this.#table.root,
      this.#notice.root,
      element('p', { class: 'searched' }, auditTexts.readNote),
    );
  }

  open(sequence: number | undefined): void {
    this.close();
    this.#abort = new AbortController();
    this.#wanted = sequence;
    void this.#begin(sequence, this.#abort.signal);
  }

  close(): void {
    this.#abort?.abort();
    this.#export.stop();
  }

  /** The whole chain is read once, and again when asked: its length tells where the latest records are. */
  async #begin(sequence: number | undefined, signal: AbortSignal): Promise<void> {
    if (sequence !== undefined) this.#goTo(sequence - Math.floor(PAGE_RECORDS / 2));
    if (!this.#isVerified) await this.#verify();
    if (sequence === undefined && !signal.aborted) await this.#latest();
  }

  async #verify(): Promise<void> {
    const signal = this.#abort?.signal;
    this.#verdict.verifying();
    const answer = await this.#client.verification(signal);
    if (signal === undefined || signal.aborted) return;
    if (!answer.ok) return this.#verdict.problem(answer.message);
    this.#isVerified = true;
    const { records, sequence = 0 } = answer.value;
    this.#records = Math.max(this.#records, records ?? sequence);
    this.#brokenSequence = this.#verdict.show(answer.value);
    this.#mark();
  }

  /** The log grows, at least by each reading of it: so its end is looked for from where it was last seen. */
  async #latest(): Promise<void> {
    const signal = this.#abort?.signal;
    let after: number | undefined = this.#records;
    for (let pages = 0; after !== undefined && pages < MAX_PAGES_TO_THE_END; pages += 1) {
      const answer = await this.#client.auditRecords({ after, limit: MAX_PAGE_RECORDS }, signal);
      if (signal === undefined || signal.aborted) return;
      if (!answer.ok) return this.#notice.problem(answer.message, () => void this.#latest());
      this.#records = answer.value.records.at(-1)?.sequence ?? this.#records;
      after = answer.value.nextAfter;
    }
    this.#goTo(this.#records - PAGE_RECORDS + 1);
  }

  #goTo(start: number): void {
    this.#start = Math.max(1, start);
    void this.#read(this.#abort?.signal);
  }

  async #read(signal: AbortSignal | undefined): Promise<void> {
    const start = this.#start;
    this.#notice.loading();
    const answer = await this.#client.auditRecords({ after: start - 1, limit: PAGE_RECORDS }, signal);
    if (signal === undefined || signal.aborted || start !== this.#start) return;
    if (!answer.ok) return this.#notice.problem(answer.message, () => void this.#read(signal));
    const rows = answer.value.records.map(auditRowOf);
    this.#records = Math.max(this.#records, rows.at(-1)?.sequence ?? 0);
    this.#table.show(rows.map((row) => this.#rowOf(row)));
    show(this.#table.root, rows.length > 0);
    if (rows.length === 0) this.#notice.say(auditTexts.empty);
    else this.#notice.clear();
    this.#first.disabled = start === 1;
    this.#previous.disabled = start === 1;
    this.#next.disabled = answer.value.nextAfter === undefined;
    this.#mark();
  }

  #rowOf(row: AuditRow): HTMLElement {
    return this.#table.row(
      [
        element('a', { href: fragmentOf({ section: 'audit', sequence: row.sequence }) }, String(row.sequence)),
        Number.isNaN(Date.parse(row.atIso)) ? row.atIso : dateTimeText(row.atIso),
        element('span', {}, isolated(row.actor), element('small', {}, isolated(row.origin))),
        actionText(row.action),
        badge(outcomeBadge(row.outcome)),
        element('ul', { class: 'about' }, ...row.about.map((part) => element('li', {}, isolated(part)))),
      ],
      { 'data-sequence': String(row.sequence) },
    );
  }

  /** The record of the address, and the broken one. */
  #mark(): void {
    for (const row of this.#table.root.querySelectorAll('tbody tr')) {
      const sequence = Number(row.getAttribute('data-sequence'));
      setAttribute(row, 'data-broken', sequence === this.#brokenSequence ? 'true' : undefined);
      setAttribute(row, 'aria-current', sequence === this.#wanted ? 'true' : undefined);
      if (sequence === this.#wanted) row.scrollIntoView({ block: 'nearest' });
    }
  }
}

class VerdictBox {
  readonly root: HTMLElement;
  readonly #icon = icon('wait');
  readonly #title = element('strong');
  readonly #note = element('p');
  readonly #hash = element('code');
  readonly #hashLine = element('p', { class: 'hash' });
  readonly #link = element('a', { class: 'button outline' });
  readonly #again: HTMLButtonElement;

  constructor(onVerify: () => void) {
    this.#again = button(auditTexts.verify, onVerify, 'button outline');
    this.#hashLine.append(
      element('span', {}, `${auditTexts.headHash}: `),
      this.#hash,
      element('small', {}, auditTexts.headNote),
    );
    this.root = element(
      'div',
      { class: 'verdict', role: 'status', 'aria-live': 'polite', 'aria-label': auditTexts.verification },
      element('span', { class: 'indicator' }, this.#icon),
      element('div', { class: 'verdict-text' }, this.#title, this.#note, this.#hashLine),
      element('div', { class: 'verdict-buttons' }, this.#link, this.#again),
    );
  }

  verifying(): void {
    this.#patch({ tone: 'neutral', icon: 'wait', title: auditTexts.verification, note: auditTexts.verifying });
    this.#again.disabled = true;
  }

  problem(text: string): void {
    this.#patch({ tone: 'red', icon: 'alert', title: auditTexts.verification, note: text });
  }

  /** Answers the broken record. */
  show(verdict: Parameters<typeof verdictViewOf>[0]): number | undefined {
    const view = verdictViewOf(verdict);
    this.#patch(view);
    return view.brokenSequence;
  }

  #patch(
    view: Pick<ReturnType<typeof verdictViewOf>, 'tone' | 'icon' | 'title' | 'note'> & {
      hash?: string | undefined;
      brokenSequence?: number | undefined;
    },
  ): void {
    const { tone, icon: name, title, note, hash, brokenSequence } = view;
    this.#again.disabled = false;
    setAttribute(this.root, 'data-tone', tone);
    setIcon(this.#icon, name);
    setText(this.#title, title);
    showText(this.#note, note);
    show(this.#hashLine, hash !== undefined);
    setText(this.#hash, hash ?? '');
    show(this.#link, brokenSequence !== undefined);
    setText(this.#link, `${auditTexts.showBroken} ${brokenSequence ?? ''}`);
    const href = brokenSequence === undefined ? undefined : fragmentOf({ section: 'audit', sequence: brokenSequence });
    setAttribute(this.#link, 'href', href);
  }
}
