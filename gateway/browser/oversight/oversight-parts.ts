/** The pieces that sections are built of. Every text becomes a text node: names come from strangers. */
import { element, setAttribute, setText, show, showText } from '../element-builder.js';
import { icon, setIcon } from '../icons.js';
import { type IconName, pageTexts, type Tone } from './oversight-texts.js';

/** One page of this page: made when somebody signs in, opened and closed as the address says. */
export type Section = {
  readonly root: HTMLElement;
  /** Takes the focus when the section is opened by hand. */
  readonly title: HTMLElement;
  /** @param sequence of the one record to show; the list of all when undefined */
  open(sequence: number | undefined): void;
  close(): void;
};

export type Sign = { readonly tone: Tone; readonly icon: IconName; readonly text: string };

/** A state with its colour, its icon and its word. */
export class BadgeElement {
  readonly root: HTMLElement;
  readonly #icon = icon('empty');
  readonly #text = element('span');

  constructor(className = 'badge') {
    this.root = element('span', { class: className }, this.#icon, this.#text);
  }

  patch(sign: Sign): void {
    setAttribute(this.root, 'data-tone', sign.tone);
    setAttribute(this.root, 'data-icon', sign.icon);
    setIcon(this.#icon, sign.icon);
    setText(this.#text, sign.text);
  }
}

export function badge(sign: Sign): HTMLElement {
  const made = new BadgeElement();
  made.patch(sign);
  return made.root;
}

/**
 * Text with a direction of its own, which does not turn around what stands beside it: names of strangers, and spans of
 * time on a page that is read from right to left.
 */
export function isolated(text: string): HTMLElement {
  return element('bdi', {}, text);
}

export function sectionTitle(text: string): HTMLElement {
  return element('h2', { class: 'section-title', tabindex: '-1' }, text);
}

export type Cell = Node | string;

function contained(cell: Cell): Node {
  return typeof cell === 'string' ? isolated(cell) : cell;
}

/** A table whose rows become cards where it is narrow; the roles keep it a table for those who do not see it. */
export class DataTable {
  readonly root: HTMLElement;
  readonly #labels: readonly string[];
  readonly #body = element('tbody', { role: 'rowgroup' });

  constructor(caption: string, labels: readonly string[]) {
    this.#labels = labels;
    const heads = labels.map((label) => element('th', { role: 'columnheader', scope: 'col' }, label));
    this.root = element(
      'table',
      { class: 'data', role: 'table' },
      element('caption', { class: 'said' }, caption),
      element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...heads)),
      this.#body,
    );
  }

  show(rows: readonly HTMLElement[]): void {
    this.#body.replaceChildren(...rows);
  }

  row(cells: readonly Cell[], attributes: Readonly<Record<string, string>> = {}): HTMLElement {
    const made = cells.map((cell, index) =>
      element('td', { role: 'cell', 'data-label': this.#labels[index] ?? '' }, element('div', {}, contained(cell))),
    );
    return element('tr', { role: 'row', ...attributes }, ...made);
  }
}

/** Loading, a refusal with a button to try again, or nothing. */
export class Notice {
  readonly root: HTMLElement;
  readonly #text = element('span');
  readonly #spinner = element('span', { class: 'spinner', 'aria-hidden': 'true' });
  readonly #icon = icon('alert');
  readonly #retry = element('button', { type: 'button', class: 'button quiet' }, pageTexts.retry);
  #onRetry: (() => void) | undefined;

  constructor() {
    this.root = element(
      'div',
      { class: 'notice', role: 'status', 'aria-live': 'polite' },
      this.#spinner,
      this.#icon,
      this.#text,
      this.#retry,
    );
    this.#retry.addEventListener('click', () => this.#onRetry?.());
    this.clear();
  }

  loading(text: string = pageTexts.loading): void {
    this.#show({ tone: 'neutral', text, onRetry: undefined });
  }

  say(text: string): void {
    this.#show({ tone: 'plain', text, onRetry: undefined });
  }

  problem(text: string, onRetry?: () => void): void {
    this.#show({ tone: 'red', text, onRetry });
  }

  clear(): void {
    showText(this.#text, undefined);
    show(this.root, false);
  }

  #show({ tone, text, onRetry }: { tone: string; text: string; onRetry: (() => void) | undefined }): void {
    this.#onRetry = onRetry;
    setAttribute(this.root, 'data-tone', tone);
    show(this.#spinner, tone === 'neutral');
    this.#icon.toggleAttribute('hidden', tone !== 'red');
    show(this.#retry, onRetry !== undefined);
    showText(this.#text, text);
    show(this.root, true);
  }
}

/** Names and values, one beside the other. */
export function facts(rows: readonly (readonly [string, Cell])[]): HTMLElement {
  const parts = rows.map(([name, value]) =>
    element('div', {}, element('dt', {}, name), element('dd', {}, contained(value))),
  );
  return element('dl', { class: 'facts' }, ...parts);
}

export function button(label: string, onClick: () => void, className = 'button quiet'): HTMLButtonElement {
  const made = element('button', { type: 'button', class: className }, label);
  made.addEventListener('click', onClick);
  return made;
}

export function backLink(label: string, href: string): HTMLElement {
  return element('a', { class: 'back', href }, icon('back'), label);
}

/** Hands a file to the browser's downloads. */
export function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  element('a', { href: url, download: name }).click();
  // The browser has taken it by then; keeping it would keep the file in memory.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
