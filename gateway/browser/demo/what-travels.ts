/** The third column: the two lanes side by side, what the strongest listener finds in them, and what the panel is told. */
import type { KeyCounts } from '../../demo/key-counts.js';
import type { Lane, PageCommand, PageMessage } from '../../demo/page-messages.js';
import { element, setAttribute, setText } from '../element-builder.js';
import { choice } from './choice.js';
import { type LaneColours, LevelPlot } from './level-plot.js';
import { FRAME_MS, type Mark, marksAfter, PlotClock } from './plot-model.js';
import type { Told } from './told-words.js';

const KEYPAD = '0123456789*#';
const REDRAW_MS = 33;
/** For those whom movement disturbs, the plot stands still and turns over once a second. */
const CALM_REDRAW_MS = 1000;
const MAX_TOLD = 60;

const COLOURS: Readonly<Record<'light' | 'dark', Readonly<Record<Lane, LaneColours>>>> = {
  light: {
    caller: { level: '#b45309', mark: 'rgb(250 204 21 / 45%)', markText: '#6b4a05', grid: '#dde4e8' },
    agent: { level: '#0f6b62', mark: 'rgb(15 107 98 / 10%)', markText: '#0f6b62', grid: '#dde4e8' },
  },
  dark: {
    caller: { level: '#f59e0b', mark: 'rgb(250 204 21 / 30%)', markText: '#fde68a', grid: '#2d3a43' },
    agent: { level: '#2dd4bf', mark: 'rgb(45 212 191 / 13%)', markText: '#2dd4bf', grid: '#2d3a43' },
  },
};

export class WhatTravels {
  readonly root: HTMLElement;
  readonly #plots: Readonly<Record<Lane, LevelPlot>>;
  readonly #badge = element('span', { class: 'badge' });
  readonly #clock = new PlotClock();
  readonly #cells = new Map<string, HTMLElement>();
  readonly #log = element('ol');
  readonly #dark = matchMedia('(prefers-color-scheme: dark)');
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)');
  #marks: readonly Mark[] = [];
  #drawnAtMs = 0;
  #lastSubject: string | undefined;

  constructor(send: (command: PageCommand) => void, onListen: (to: Lane | 'nobody') => void) {
    this.#plots = {
      caller: new LevelPlot({
        label: 'Level and spectrum of what the caller sends, with a mark for every key',
        spectrumRgb: [217, 119, 6],
        namesKeys: true,
      }),
      agent: new LevelPlot({
        label: 'Level and spectrum of what the agent hears',
        spectrumRgb: [13, 148, 136],
        namesKeys: false,
      }),
    };
    const listen = choice<Lane | 'nobody'>({
      legend: 'You hear',
      options: [
        { value: 'nobody', label: 'the keypad' },
        { value: 'caller', label: 'what the caller sends' },
        { value: 'agent', label: 'what the agent hears' },
      ],
      value: 'nobody',
      onChoose: (to) => {
        onListen(to);
        send({ kind: 'listen', to });
      },
    });
    const lane = (name: Lane, title: string, ...more: readonly Node[]) =>
      element('div', { class: 'lane', 'data-lane': name }, element('h3', {}, title, ...more), this.#plots[name].root);
    this.root = element(
      'div',
      { class: 'travels' },
      lane('caller', 'What the caller sends'),
      lane('agent', 'What the agent hears', this.#badge),
      listen,
      this.#table(),
      element('h3', { id: 'told' }, 'What the gateway tells the panel'),
      element('div', { class: 'log', role: 'region', 'aria-labelledby': 'told', tabindex: '0' }, this.#log),
    );
    requestAnimationFrame((nowMs) => this.#frame(nowMs));
  }

  levels({ lane, atMs, levelsDbm0, spectra }: Extract<PageMessage, { kind: 'levels' }>): void {
    const bytes = Uint8Array.from(atob(spectra), (character) => character.charCodeAt(0));
    this.#plots[lane].add(atMs, levelsDbm0, bytes);
    if (lane === 'caller') this.#clock.heard(atMs + levelsDbm0.length * FRAME_MS, performance.now());
  }

  /** @returns the name of the key */
  press({ key, atMs, inPayment }: Extract<PageMessage, { kind: 'press' }>): string {
    const name = KEYPAD[key] ?? '';
    this.#marks = marksAfter(this.#marks, { key: name, atMs, inPayment });
    return name;
  }

  callBegan(): void {
    this.#marks = [];
    for (const plot of Object.values(this.#plots)) plot.clear();
  }

  callEnded(): void {
    this.#clock.stop();
  }

  secured(isSecured: boolean, isOnCall: boolean): void {
    setText(this.#badge, !isOnCall ? '' : isSecured ? 'keys hidden' : 'keys pass');
    setAttribute(this.#badge, 'data-secured', isSecured && isOnCall ? '' : undefined);
  }

  counts(counts: KeyCounts): void {
    for (const where of ['outside', 'inPayment'] as const) {
      for (const what of ['pressed', 'caller', 'agent'] as const) {
        const cell = this.#cells.get(`${where} ${what}`);
        if (cell) setText(cell, String(counts[where][what]));
      }
    }
  }

  tell({ text, tone, subject }: Told): void {
    if (subject !== undefined && subject === this.#lastSubject) this.#log.firstElementChild?.remove();
    this.#lastSubject = subject;
    const time = new Date().toTimeString().slice(0, 'hh:mm:ss'.length);
    this.#log.prepend(element('li', { 'data-tone': tone }, element('time', {}, time), element('span', {}, text)));
    while (this.#log.childElementCount > MAX_TOLD) this.#log.lastElementChild?.remove();
  }

  #table(): HTMLElement {
    const row = (where: keyof KeyCounts, title: string) => {
      const cells = (['pressed', 'caller', 'agent'] as const).map((what) => {
        const cell = element('td', { 'data-count': `${where}-${what}` }, '0');
        this.#cells.set(`${where} ${what}`, cell);
        return cell;
      });
      return element('tr', {}, element('th', { scope: 'row' }, title), ...cells);
    };
    const head = ['Keys', 'pressed', 'found at the caller', 'found at the agent'].map((title) =>
      element('th', { scope: 'col' }, title),
    );
    return element(
      'table',
      { class: 'counts' },
      element('caption', {}, 'What the strongest listener finds, told when to listen'),
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, row('outside', 'outside a payment'), row('inPayment', 'in a payment')),
    );
  }

  #frame(nowMs: number): void {
    if (nowMs - this.#drawnAtMs >= (this.#calm.matches ? CALM_REDRAW_MS : REDRAW_MS)) {
      this.#drawnAtMs = nowMs;
      const shownMs = this.#clock.shownMs(performance.now());
      const colours = COLOURS[this.#dark.matches ? 'dark' : 'light'];
      for (const lane of ['caller', 'agent'] as const) this.#plots[lane].draw(shownMs, this.#marks, colours[lane]);
    }
    requestAnimationFrame((next) => this.#frame(next));
  }
}
