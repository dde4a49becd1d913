/**
 * Keeps clicks from counting that a foreign page could lead an agent to make without seeing what is clicked: the page
 * around a frame can cover the panel, make it transparent, slide it under the pointer, or close a window that lay over
 * it between two clicks of a double click. A click counts when a person made it, on a button that has stood there,
 * usable and uncovered, for SETTLE_MS.
 *
 * What is not kept away: browsers without Intersection Observer v2 (Firefox, Safari) do not tell what is covered or
 * transparent, so there only the time holds, and whether the button is in view. Who may put the panel into a frame at all
 * is decided by the gateway's list of origins, not here. Keys count like clicks: Enter and Space come as one.
 */

/** Longer than the gap of a double click's two, shorter than anybody takes to read a button. */
export const SETTLE_MS = 300;
/** The least that browsers accept between two looks at what is covered. */
const LOOK_INTERVAL_MS = 100;

export type ClickVerdict = 'take' | 'ignore' | 'covered';

export class ClickGuard {
  readonly #button: HTMLButtonElement;
  readonly #observer: IntersectionObserver;
  #usable = false;
  #inView = false;
  #covered = false;
  #settled = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #begin = (): void => this.#restart();

  constructor(button: HTMLButtonElement) {
    this.#button = button;
    // Where the browser cannot tell what is covered (Intersection Observer v2), it still tells what is in view.
    const options = { trackVisibility: true, delay: LOOK_INTERVAL_MS } as IntersectionObserverInit;
    this.#observer = new IntersectionObserver((entries) => this.#look(entries.at(-1)), options);
  }

  /** The panel is in a document. */
  connect(): void {
    this.#observer.observe(this.#button);
    document.addEventListener('visibilitychange', this.#begin);
  }

  disconnect(): void {
    this.#observer.disconnect();
    document.removeEventListener('visibilitychange', this.#begin);
    this.#inView = false;
    this.#restart();
  }

  patch(usable: boolean): void {
    if (this.#usable === usable) return;
    this.#usable = usable;
    this.#restart();
  }

  verdict(click: MouseEvent): ClickVerdict {
    if (!click.isTrusted) return 'ignore';
    if (this.#covered) return 'covered';
    return this.#settled ? 'take' : 'ignore';
  }

  #look(entry: IntersectionObserverEntry | undefined): void {
    if (entry === undefined) return;
    const inView = entry.isIntersecting;
    const covered = inView && 'isVisible' in entry && entry.isVisible === false;
    if (inView === this.#inView && covered === this.#covered) return;
    this.#inView = inView;
    this.#covered = covered;
    this.#restart();
  }

  #restart(): void {
    this.#settled = false;
    delete this.#button.dataset.settled;
    clearTimeout(this.#timer);
    if (!this.#usable || !this.#inView || this.#covered || document.hidden) return;
    this.#timer = setTimeout(() => {
      this.#settled = true;
      this.#button.dataset.settled = '';
    }, SETTLE_MS);
  }
}
