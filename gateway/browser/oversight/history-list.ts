/** A history with its filter, as a list that grows by a step at a time: sessions and recordings. */
import { element, setText, show, showText } from '../element-builder.js';
import { type HistoryFilter, HistorySearch, isFiltering, MAX_ROWS, type Past } from './history-search.js';
import type { Answer, PastPage, PastRange } from './oversight-client.js';
import { button, type Cell, DataTable, Notice } from './oversight-parts.js';
import { filterTexts, pageTexts } from './oversight-texts.js';
import { dateTimeText } from './time-texts.js';

export type HistoryListOptions<T extends Past> = {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly outcomes: readonly (readonly [string, string])[];
  readonly read: (range: PastRange, signal: AbortSignal) => Promise<Answer<PastPage<T>>>;
  readonly cells: (item: T) => readonly Cell[];
};

export class HistoryList<T extends Past> {
  readonly root: HTMLElement;
  readonly #options: HistoryListOptions<T>;
  readonly #from = element('input', { type: 'datetime-local' });
  readonly #until = element('input', { type: 'datetime-local' });
  readonly #agent = element('input', { type: 'text', autocomplete: 'off', spellcheck: 'false' });
  readonly #outcome = element('select');
  readonly #clear: HTMLButtonElement;
  readonly #table: DataTable;
  readonly #notice = new Notice();
  readonly #end = element('p', { class: 'searched' });
  readonly #older: HTMLButtonElement;
  #search: HistorySearch<T> = new HistorySearch<T>({});
  #abort: AbortController | undefined;
  #filterTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: HistoryListOptions<T>) {
    this.#options = options;
    this.#table = new DataTable(options.caption, options.columns);
    this.#older = button(pageTexts.older, () => void this.#step(), 'button outline');
    this.#clear = button(filterTexts.clear, () => this.#clearFilter());
    this.#outcome.append(
      element('option', { value: '' }, filterTexts.any),
      ...options.outcomes.map(([value, label]) => element('option', { value }, label)),
    );
    this.root = element(
      'div',
      { class: 'history' },
      this.#buildFilter(),
      this.#table.root,
      this.#notice.root,
      element('div', { class: 'more' }, this.#end, this.#older),
    );
  }

  /** Reads the newest anew. */
  open(): void {
    this.#begin();
  }

  close(): void {
    clearTimeout(this.#filterTimer);
    this.#abort?.abort();
  }

  #buildFilter(): HTMLElement {
    const labelled = (label: string, control: HTMLElement) =>
      element('label', { class: 'field-label' }, label, control);
    const form = element(
      'form',
      { class: 'filter', 'aria-label': filterTexts.legend },
      labelled(filterTexts.from, this.#from),
      labelled(filterTexts.until, this.#until),
      labelled(filterTexts.agent, this.#agent),
      labelled(filterTexts.outcome, this.#outcome),
      this.#clear,
    );
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('input', () => {
      clearTimeout(this.#filterTimer);
      this.#filterTimer = setTimeout(() => this.#begin(), FILTER_DELAY_MS);
    });
    return form;
  }

  #filter(): HistoryFilter {
    const momentOf = ({ value }: HTMLInputElement) => (value === '' ? undefined : new Date(value).getTime());
    const [fromMs, untilMs] = [momentOf(this.#from), momentOf(this.#until)];
    const agent = this.#agent.value.trim();
    return {
      ...(fromMs !== undefined && { fromMs }),
      ...(untilMs !== undefined && { untilMs }),
      ...(agent !== '' && { agent }),
      ...(this.#outcome.value !== '' && { outcome: this.#outcome.value }),
    };
  }

  #clearFilter(): void {
    for (const input of [this.#from, this.#until, this.#agent, this.#outcome]) input.value = '';
    this.#begin();
    this.#from.focus();
  }

  #begin(): void {
    clearTimeout(this.#filterTimer);
    const filter = this.#filter();
    this.#clear.disabled = !isFiltering(filter);
    this.#search = new HistorySearch<T>(filter);
    this.#table.show([]);
    show(this.#older, false);
    void this.#step();
  }

  async #step(): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    const search = this.#search;
    search.beginStep();
    this.#notice.loading();
    for (let { next } = search; next !== undefined; { next } = search) {
      const answer = await this.#options.read(next, abort.signal);
      if (abort.signal.aborted) return;
      if (!answer.ok) {
        this.#notice.problem(answer.message, () => void this.#step());
        return;
      }
      search.take(answer.value);
    }
    this.#render(search);
  }

  #render({ found, isComplete, searchedTo }: HistorySearch<T>): void {
    this.#table.show(
      found.map((item) => this.#table.row(this.#options.cells(item), { 'data-sequence': `${item.sequence}` })),
    );
    show(this.#table.root, found.length > 0);
    const isFiltered = !this.#clear.disabled;
    if (found.length === 0) this.#notice.say(isFiltered ? filterTexts.none : filterTexts.nothingYet);
    else this.#notice.clear();
    const searched = searchedTo === undefined ? '' : `${filterTexts.searchedTo} ${dateTimeText(searchedTo)}.`;
    showText(this.#end, isComplete ? filterTexts.searchedAll : searched);
    setText(this.#older, isFiltered ? filterTexts.searchOn : pageTexts.older);
    const hadFocus = document.activeElement === this.#older;
    show(this.#older, !isComplete && found.length < MAX_ROWS);
    // Whoever pressed the button for the last time stays at the end of the list.
    if (hadFocus && this.#older.hidden) this.#table.root.querySelector<HTMLElement>('tbody tr:last-child a')?.focus();
  }
}

/** Somebody who types is not asked for at every letter. */
const FILTER_DELAY_MS = 250;
