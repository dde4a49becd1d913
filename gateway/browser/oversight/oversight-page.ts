/**
 * The page for those who watch and check: sign in with the token of an account, and see what its role lets one see. What
 * that is follows from `GET /v1/me`, and the gateway refuses all else by itself.
 */
import { element, setAttribute, show } from '../element-builder.js';
import { icon } from '../icons.js';
import { pageCss } from '../page-styles.js';
import { TOKEN_REFUSED } from '../sign-in.js';
import { SignInForm } from '../sign-in-form.js';
import { AccountsSection, HealthSection } from './administration-sections.js';
import { AuditSection } from './audit-section.js';
import { LiveSection } from './live-section.js';
import { OversightClient } from './oversight-client.js';
import { button, type Section, sectionTitle } from './oversight-parts.js';
import { type AccountView, fragmentOf, routeOf, type SectionName, sectionsOf } from './oversight-sections.js';
import { oversightCss } from './oversight-styles.js';
import { pageTexts } from './oversight-texts.js';
import { recordingSection } from './recording-section.js';
import { sessionSection } from './session-section.js';

type Desk = {
  readonly account: AccountView;
  readonly sections: ReadonlyMap<SectionName, Section>;
};

class OversightPage {
  readonly #form: SignInForm;
  readonly #who = element('span', { class: 'account' });
  readonly #navigation = element('nav', { class: 'sections', 'aria-label': pageTexts.navigation });
  readonly #main = element('main', { class: 'oversight' });
  #desk: Desk | undefined;
  #open: Section | undefined;
  /** Counts the tries, so that the answer to an older one changes nothing. */
  #tries = 0;

  constructor(root: HTMLElement) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(pageCss + oversightCss);
    document.adoptedStyleSheets = [sheet];
    const content = this.#build();
    this.#form = new SignInForm({
      note: pageTexts.signInNote,
      content,
      onToken: (token) => void this.#signIn(token),
    });
    root.replaceChildren(this.#form.root, content);
    addEventListener('hashchange', () => this.#follow('by-hand'));
    const token = this.#form.keptToken;
    if (token === undefined) this.#form.ask();
    else void this.#signIn(token);
  }

  #build(): HTMLElement {
    return element(
      'div',
      {},
      element(
        'header',
        { class: 'bar' },
        element('img', { class: 'mark', src: '/icon.svg', alt: '' }),
        element('h1', {}, pageTexts.name, element('span', { class: 'part-name' }, pageTexts.part)),
        this.#who,
        button(pageTexts.signOut, () => this.#signOut()),
      ),
      this.#navigation,
      this.#main,
    );
  }

  async #signIn(token: string): Promise<void> {
    this.#tries += 1;
    const own = this.#tries;
    const refused = () => this.#signOut(TOKEN_REFUSED);
    const client = new OversightClient({ baseUrl: location.origin, token, onRefused: refused });
    const answer = await client.account();
    if (own !== this.#tries) return;
    if (!answer.ok) {
      if (answer.code === 'unauthorized') refused();
      else this.#askAgain(token, answer.message);
      return;
    }
    this.#form.keep(token);
    const account = answer.value;
    const make: Readonly<Record<SectionName, () => Section>> = {
      live: () => new LiveSection({ baseUrl: location.origin, token, onRefused: refused }),
      sessions: () => sessionSection(client),
      recordings: () => recordingSection(client),
      audit: () => new AuditSection(client),
      health: () => new HealthSection(client),
      accounts: () => new AccountsSection(client),
    };
    this.#desk = { account, sections: new Map(sectionsOf(account).map((name) => [name, make[name]()])) };
    this.#who.replaceChildren(
      icon('person'),
      element('bdi', {}, account.name),
      element('span', { class: 'role' }, pageTexts.roles[account.role]),
    );
    this.#form.give();
    this.#follow('first');
  }

  /** Nothing is wrong with the token: one that was kept is tried again when the page is loaded again. */
  #askAgain(token: string, problem: string): void {
    const wasKept = this.#form.keptToken === token;
    this.#form.ask(problem);
    if (wasKept) this.#form.keep(token);
  }

  #signOut(problem?: string): void {
    this.#tries += 1;
    this.#open?.close();
    this.#open = undefined;
    this.#desk = undefined;
    this.#main.replaceChildren();
    this.#form.ask(problem);
  }

  /** Goes where the address says. Who went there by hand is taken to the title, as on a page that is loaded. */
  #follow(how: 'first' | 'by-hand'): void {
    if (this.#desk === undefined) return;
    const { account, sections } = this.#desk;
    const route = routeOf(location.hash, [...sections.keys()]);
    this.#open?.close();
    this.#open = undefined;
    this.#renderNavigation([...sections.keys()], route.kind === 'place' ? route.place.section : undefined);
    if (route.kind !== 'place') {
      this.#main.replaceChildren(route.kind === 'nothing' ? nothingFor(account) : forbidden());
      return;
    }
    const { section, sequence } = route.place;
    const opened = sections.get(section);
    if (opened === undefined) return;
    this.#open = opened;
    this.#main.replaceChildren(opened.root);
    document.title = `${pageTexts.sections[section]} · ${pageTexts.name}`;
    opened.open(sequence);
    if (how === 'by-hand') opened.title.focus();
  }

  #renderNavigation(names: readonly SectionName[], current: SectionName | undefined): void {
    show(this.#navigation, names.length > 0);
    const links = names.map((name) => {
      const link = element('a', { href: fragmentOf({ section: name }) }, pageTexts.sections[name]);
      setAttribute(link, 'aria-current', name === current ? 'page' : undefined);
      return link;
    });
    const focused = this.#navigation.contains(document.activeElement);
    this.#navigation.replaceChildren(...links);
    if (focused) links.find((link) => link.getAttribute('aria-current') === 'page')?.focus();
  }
}

function nothingFor({ role }: AccountView): HTMLElement {
  const { title, note, agent, agentLink } = pageTexts.nothing;
  const panel = [element('p', {}, agent), element('a', { class: 'button', href: '/panel/' }, agentLink)];
  return element(
    'section',
    { class: 'empty-page' },
    sectionTitle(title),
    element('p', {}, note),
    ...(role === 'agent' ? panel : []),
  );
}

function forbidden(): HTMLElement {
  const { title, note } = pageTexts.forbidden;
  return element('section', { class: 'empty-page' }, sectionTitle(title), element('p', {}, note));
}

const root = document.querySelector<HTMLElement>('#page');
if (root !== null) new OversightPage(root);
