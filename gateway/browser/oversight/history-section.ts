/** A history as a section: all that was, and one of it by its address. Sessions and recordings are each one of these. */
import { element, show } from '../element-builder.js';
import { HistoryList } from './history-list.js';
import type { Past } from './history-search.js';
import type { Answer, PastPage, PastRange } from './oversight-client.js';
import { backLink, badge, type Cell, Notice, type Section, type Sign, sectionTitle } from './oversight-parts.js';
import { fragmentOf, type SectionName } from './oversight-sections.js';
import { dateTimeText } from './time-texts.js';

export type HistorySectionOptions<T extends Past> = {
  readonly name: SectionName;
  readonly texts: {
    readonly title: string;
    readonly one: string;
    readonly back: string;
    readonly missing: string;
    /** Those that every history has, and then its own. */
    readonly columns: { readonly started: string; readonly agent: string; readonly outcome: string };
    readonly outcomes: Readonly<Record<T['outcome'], Sign>>;
  };
  readonly read: (range: PastRange, signal: AbortSignal) => Promise<Answer<PastPage<T>>>;
  /** Of its own columns. */
  readonly cells: (item: T) => readonly Cell[];
  /** Appends what is to be told of one; answers why it cannot, if it cannot. */
  readonly tell: (item: T, place: OnePlace) => Promise<string | undefined>;
};

export type OnePlace = {
  readonly root: HTMLElement;
  /** Aborted when the page is left. */
  readonly signal: AbortSignal;
  readonly loading: (text: string) => void;
};

export class HistorySection<T extends Past> implements Section {
  readonly title: HTMLElement;
  readonly root: HTMLElement;
  readonly #options: HistorySectionOptions<T>;
  readonly #list: HistoryList<T>;
  readonly #one = element('div', { class: 'one' });
  readonly #notice = new Notice();
  #abort: AbortController | undefined;

  constructor(options: HistorySectionOptions<T>) {
    this.#options = options;
    const { name, texts, read, cells } = options;
    this.title = sectionTitle(texts.title);
    const outcomes: Readonly<Record<string, Sign>> = texts.outcomes;
    this.#list = new HistoryList<T>({
      caption: texts.title,
      columns: Object.values(texts.columns),
      outcomes: Object.entries(outcomes).map(([outcome, { text }]) => [outcome, text]),
      read,
      cells: (item) => [
        element('a', { href: fragmentOf({ section: name, sequence: item.sequence }) }, dateTimeText(item.startedAt)),
        item.agent,
        badge(texts.outcomes[item.outcome as T['outcome']]),
        ...cells(item),
      ],
    });
    this.root = element(
      'section',
      { class: 'section' },
      element('div', { class: 'section-head' }, this.title),
      this.#list.root,
      this.#one,
      this.#notice.root,
    );
  }

  open(sequence: number | undefined): void {
    this.close();
    const { texts } = this.#options;
    show(this.#list.root, sequence === undefined);
    this.#one.replaceChildren();
    this.#notice.clear();
    this.title.textContent = sequence === undefined ? texts.title : texts.one;
    if (sequence === undefined) this.#list.open();
    else void this.#openOne(sequence);
  }

  close(): void {
    this.#list.close();
    this.#abort?.abort();
  }

  async #openOne(sequence: number): Promise<void> {
    const { name, texts } = this.#options;
    const abort = new AbortController();
    this.#abort = abort;
    this.#notice.loading();
    this.#one.replaceChildren(backLink(texts.back, fragmentOf({ section: name })));
    const problem = await this.#tell(sequence, abort.signal);
    if (abort.signal.aborted) return;
    if (problem === undefined) this.#notice.clear();
    else this.#notice.problem(problem, () => this.open(sequence));
  }

  /** Finds it and tells of it; answers why that cannot be done, if it cannot. */
  async #tell(sequence: number, signal: AbortSignal): Promise<string | undefined> {
    const { read, tell, texts } = this.#options;
    const answer = await read({ before: sequence + 1, limit: 1 }, signal);
    if (signal.aborted) return undefined;
    if (!answer.ok) return answer.message;
    const [item] = answer.value.items;
    if (item?.sequence !== sequence) return texts.missing;
    return tell(item, { root: this.#one, signal, loading: (text) => this.#notice.loading(text) });
  }
}
