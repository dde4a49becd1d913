/** For administrators: whether each part is up, what runs, and who may ask. No secret is told to a page. */
import type { ConfigurationSummary } from '../../api/administration-desk.js';
import { element, setAttribute, setText } from '../element-builder.js';
import { icon, setIcon } from '../icons.js';
import type { Answer, Health, OversightClient } from './oversight-client.js';
import { badge, DataTable, facts, Notice, type Section, sectionTitle } from './oversight-parts.js';
import { administrationTexts, pageTexts } from './oversight-texts.js';

const HEALTH_INTERVAL_MS = 5_000;

export class HealthSection implements Section {
  readonly title = sectionTitle(administrationTexts.health);
  readonly root: HTMLElement;
  readonly #client: OversightClient;
  readonly #icon = icon('wait');
  readonly #headline = element('strong');
  readonly #box: HTMLElement;
  readonly #parts = element('ul', { class: 'parts' });
  readonly #configuration = element('div', { class: 'one' });
  readonly #notice = new Notice();
  #timer: ReturnType<typeof setInterval> | undefined;
  #abort: AbortController | undefined;

  constructor(client: OversightClient) {
    this.#client = client;
    this.#box = element(
      'div',
      { class: 'verdict', role: 'status', 'aria-live': 'polite' },
      element('span', { class: 'indicator' }, this.#icon),
      element('div', { class: 'verdict-text' }, this.#headline),
    );
    this.root = element(
      'section',
      { class: 'section' },
      element('div', { class: 'section-head' }, this.title),
      this.#box,
      this.#parts,
      this.#configuration,
      this.#notice.root,
    );
  }

  open(): void {
    this.close();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#timer = setInterval(() => void this.#check(signal), HEALTH_INTERVAL_MS);
    void this.#check(signal);
    void this.#readConfiguration(signal);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#abort?.abort();
  }

  async #check(signal: AbortSignal): Promise<void> {
    const answer = await this.#client.health(signal);
    if (!signal.aborted) this.#show(answer);
  }

  #show(answer: Answer<Health>): void {
    const isWell = answer.ok && answer.value.ok;
    const { allWell, notWell, unknownHealth, up, down } = administrationTexts;
    setAttribute(this.#box, 'data-tone', isWell ? 'green' : 'red');
    setIcon(this.#icon, isWell ? 'check' : 'alert');
    setText(this.#headline, answer.ok ? (isWell ? allWell : notWell) : unknownHealth);
    const parts = answer.ok ? Object.entries(answer.value.parts) : [];
    this.#parts.replaceChildren(
      ...parts.map(([name, isUp]) =>
        element(
          'li',
          { class: 'part' },
          element('span', {}, name),
          badge(isUp ? { tone: 'green', icon: 'check', text: up } : { tone: 'red', icon: 'alert', text: down }),
        ),
      ),
    );
  }

  async #readConfiguration(signal: AbortSignal): Promise<void> {
    this.#notice.loading();
    const answer = await this.#client.configuration(signal);
    if (signal.aborted) return;
    if (!answer.ok) return this.#notice.problem(answer.message, () => void this.#readConfiguration(signal));
    this.#notice.clear();
    this.#configuration.replaceChildren(configurationOf(answer.value));
  }
}

function configurationOf({ sha256, api, redeem, listeners, payment, routes }: ConfigurationSummary): HTMLElement {
  const { configuration, configurationNote, hash, routeColumns } = administrationTexts;
  const table = new DataTable(administrationTexts.routes, Object.values(routeColumns));
  table.show(routes.map(({ name, from, to, recording, mask }) => table.row([name, from, to, recording, mask])));
  const addresses = listeners.map(({ name, address, port }) => `${name}: ${address}:${port}`);
  return element(
    'div',
    { class: 'card' },
    element('h3', {}, configuration),
    element('p', { class: 'searched' }, configurationNote),
    facts([
      [hash, element('code', {}, sha256)],
      [administrationTexts.api, `${api.address}:${api.port}`],
      [administrationTexts.redeem, `${redeem.address}:${redeem.port}`],
      [administrationTexts.listeners, addresses.join(', ')],
      [administrationTexts.payment, `${payment.acceptedBrands.join(', ')} · ${payment.timeZone}`],
    ]),
    table.root,
  );
}

export class AccountsSection implements Section {
  readonly title = sectionTitle(administrationTexts.accounts);
  readonly root: HTMLElement;
  readonly #client: OversightClient;
  readonly #table = new DataTable(administrationTexts.accounts, Object.values(administrationTexts.accountColumns));
  readonly #notice = new Notice();
  #abort: AbortController | undefined;

  constructor(client: OversightClient) {
    this.#client = client;
    this.root = element(
      'section',
      { class: 'section' },
      element('div', { class: 'section-head' }, this.title),
      this.#table.root,
      this.#notice.root,
    );
  }

  open(): void {
    this.close();
    this.#abort = new AbortController();
    void this.#read(this.#abort.signal);
  }

  close(): void {
    this.#abort?.abort();
  }

  async #read(signal: AbortSignal): Promise<void> {
    this.#notice.loading();
    const answer = await this.#client.accounts(signal);
    if (signal.aborted) return;
    if (!answer.ok) return this.#notice.problem(answer.message, () => void this.#read(signal));
    this.#notice.clear();
    this.#table.show(
      answer.value.map(({ name, role, users = [] }) =>
        this.#table.row([name, pageTexts.roles[role], users.join(', ')]),
      ),
    );
  }
}
