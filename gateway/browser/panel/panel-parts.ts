/** The pieces of the panel: each builds its elements once and patches them to a view, so that focus is never lost. */
import type { FieldName } from '../../../vault-client/wire.js';
import type { RecordingAction } from '../../media/control-wire.js';
import { element, setAttribute, setText, show, showText } from '../element-builder.js';
import { type IconName, icon, setIcon } from '../icons.js';
import { ClickGuard } from './click-guard.js';
import { type Catalogue, counted, type PanelMessages } from './panel-messages.js';
import type { ButtonView, FieldRowView, PanelView, RecordingView, Tone } from './panel-view-model.js';

/** No card number has more digits; a stuck key must not fill the panel. */
const MAX_DOTS = 24;

export function patchButton(button: HTMLButtonElement, label: HTMLElement, view: ButtonView): void {
  show(button, view.visible);
  setText(label, view.label);
  // A busy button keeps the focus: it is marked, not disabled.
  const busy = view.busy ? 'true' : undefined;
  setAttribute(button, 'aria-busy', busy);
  setAttribute(button, 'aria-disabled', busy);
  const disabled = !view.enabled && !view.busy;
  if (button.disabled !== disabled) button.disabled = disabled;
}

export type PanelButtonOptions = {
  readonly name: string;
  readonly className: string;
  readonly onClick: () => void;
  readonly icon?: IconName;
  /** The click changes a payment: it counts only from somebody who sees the button; or this is told. */
  readonly onCovered?: () => void;
};

export class PanelButton {
  readonly root: HTMLButtonElement;
  readonly guard: ClickGuard | undefined;
  readonly #label = element('span');

  constructor(options: PanelButtonOptions) {
    this.root = element('button', { type: 'button', class: options.className, part: `button ${options.name}` });
    this.root.dataset.action = options.name;
    if (options.icon !== undefined) this.root.append(icon(options.icon));
    this.root.append(this.#label);
    if (options.onCovered !== undefined) this.guard = new ClickGuard(this.root);
    this.root.addEventListener('click', (click) => {
      if (this.root.getAttribute('aria-disabled') === 'true') return;
      const verdict = this.guard?.verdict(click) ?? 'take';
      if (verdict === 'take') options.onClick();
      else if (verdict === 'covered') options.onCovered?.();
    });
  }

  patch(view: ButtonView): void {
    patchButton(this.root, this.#label, view);
    this.guard?.patch(view.visible && view.enabled);
  }
}

export type FieldRowOptions = { readonly onCapture: () => void; readonly onCovered: () => void };

export class FieldRow {
  readonly root: HTMLLIElement;
  readonly button: PanelButton;
  readonly #icon = icon('empty');
  readonly #label: HTMLElement;
  readonly #text = element('span', { class: 'text' });
  readonly #dots = element('span', { class: 'dots', 'aria-hidden': 'true' });
  readonly #detail = element('span', { class: 'detail' });
  readonly #timeLeft = element('span', { class: 'time-left', part: 'time-left' });

  constructor(field: FieldName, { onCapture, onCovered }: FieldRowOptions) {
    const labelId = `label-${field}`;
    this.#label = element('div', { class: 'label', id: labelId });
    this.button = new PanelButton({ name: 'capture', className: 'capture', onClick: onCapture, onCovered });
    this.button.root.id = `capture-${field}`;
    // "Capture Card Number": three buttons of one name would be a riddle in a list of buttons.
    this.button.root.setAttribute('aria-labelledby', `capture-${field} ${labelId}`);
    this.root = element(
      'li',
      { class: 'field', part: 'field', 'data-field': field },
      element('span', { class: 'indicator', part: 'indicator' }, this.#icon),
      element(
        'div',
        {},
        this.#label,
        element('div', { class: 'value' }, this.#text, this.#dots, this.#detail, this.#timeLeft),
      ),
      this.button.root,
    );
  }

  patch(view: FieldRowView, { texts, language }: Catalogue): void {
    setAttribute(this.root, 'data-state', view.state);
    setAttribute(this.root, 'data-tone', view.tone);
    setIcon(this.#icon, FIELD_ICONS[view.state]);
    setText(this.#label, view.label);
    setText(this.#text, view.text);
    // Stars and digits run from left to right in every script.
    setAttribute(this.#text, 'dir', view.state === 'captured' ? 'ltr' : undefined);
    showText(this.#detail, view.detail);
    const { secondsLeft } = view;
    showText(this.#timeLeft, secondsLeft === undefined ? undefined : counted(texts.secondsLeft, secondsLeft, language));
    this.#patchDots(Math.min(view.keyCount, MAX_DOTS));
    this.button.patch(view.button);
  }

  #patchDots(count: number): void {
    show(this.#dots, count > 0);
    while (this.#dots.childElementCount > count) this.#dots.lastElementChild?.remove();
    while (this.#dots.childElementCount < count) this.#dots.append(element('i'));
  }
}

const FIELD_ICONS: Readonly<Record<FieldRowView['state'], IconName>> = {
  empty: 'empty',
  awaiting: 'keypad',
  captured: 'check',
  error: 'alert',
};

export class Headline {
  readonly root: HTMLElement;
  readonly #icon = icon('phone');
  readonly #text = element('strong');
  readonly #note = element('p');

  constructor() {
    this.root = element(
      'div',
      { class: 'headline', part: 'headline' },
      element('span', { class: 'indicator' }, this.#icon),
      element('div', {}, this.#text, this.#note),
    );
  }

  patch(view: PanelView): void {
    setAttribute(this.root, 'data-tone', view.headline.tone);
    setAttribute(this.root, 'data-phase', view.phase);
    setIcon(this.#icon, headlineIcon(view.headline.tone, view.phase));
    setText(this.#text, view.headline.text);
    showText(this.#note, view.headline.note);
  }
}

function headlineIcon(tone: Tone, phase: PanelView['phase']): IconName {
  switch (tone) {
    case 'green':
      return 'check';
    case 'red':
      return 'alert';
    case 'yellow':
      return 'lock';
    case 'neutral':
      return phase === 'collecting' ? 'lock' : 'phone';
  }
}

export class RecordingStrip {
  readonly root: HTMLElement;
  readonly #icon = icon('record');
  readonly #label = element('span');
  readonly #pill: HTMLElement;
  readonly #locked = element('span');
  readonly #lockedLine: HTMLElement;
  readonly #buttons: Readonly<Record<RecordingAction, PanelButton>>;

  constructor(onAction: (action: RecordingAction) => void) {
    const button = (action: RecordingAction) =>
      new PanelButton({ name: `recording-${action}`, className: 'small', onClick: () => onAction(action) });
    this.#buttons = {
      start: button('start'),
      pause: button('pause'),
      resume: button('resume'),
      stop: button('stop'),
    };
    this.#pill = element('span', { class: 'pill', part: 'recording-state' }, this.#icon, this.#label);
    this.#lockedLine = element('p', { class: 'locked', id: 'recording-locked' }, icon('lock'), this.#locked);
    const controls = Object.values(this.#buttons).map(({ root }) => root);
    for (const control of controls) control.setAttribute('aria-describedby', 'recording-locked');
    this.root = element(
      'div',
      { class: 'recording', part: 'recording', role: 'group' },
      element('div', { class: 'recording-line' }, this.#pill, ...controls),
      this.#lockedLine,
    );
  }

  patch(view: RecordingView | undefined, { recording }: PanelMessages): void {
    setAttribute(this.root, 'aria-label', recording.group);
    show(this.root, view !== undefined);
    if (view === undefined) return;
    setAttribute(this.#pill, 'data-state', view.state);
    setIcon(this.#icon, RECORDING_ICONS[view.state]);
    setText(this.#label, view.label);
    show(this.#lockedLine, view.explanation !== undefined);
    setText(this.#locked, view.explanation ?? '');
    this.#buttons.start.patch(view.buttons.start);
    this.#buttons.pause.patch(view.buttons.pause);
    this.#buttons.resume.patch(view.buttons.resume);
    this.#buttons.stop.patch(view.buttons.stop);
  }
}

const RECORDING_ICONS: Readonly<Record<RecordingView['state'], IconName>> = {
  off: 'record',
  recording: 'record',
  paused: 'pause',
  stopped: 'stop',
};

export class TokenBox {
  readonly root: HTMLElement;
  readonly copyButton: PanelButton;
  readonly #label = element('small');
  readonly #value = element('code', { class: 'token-value', part: 'token', dir: 'ltr', tabindex: '-1' });
  readonly #note = element('small');
  #outcome: 'none' | 'copied' | 'selected' = 'none';
  readonly #onChange: () => void;

  /** `onChange`: something else is to be shown than at the last patch. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    const copyButton = new PanelButton({
      name: 'copy-token',
      className: '',
      icon: 'copy',
      onClick: () => void this.#copy(),
    });
    this.copyButton = copyButton;
    this.root = element(
      'div',
      { class: 'token' },
      this.#label,
      element('div', { class: 'token-line' }, this.#value, copyButton.root),
      this.#note,
    );
  }

  patch(view: PanelView['token'], texts: PanelMessages): void {
    show(this.root, view !== undefined);
    if (view === undefined || this.#value.textContent !== view.value) this.#outcome = 'none';
    setText(this.#label, texts.tokenLabel);
    setText(this.#value, view?.value ?? '');
    setText(this.#note, this.#outcome === 'selected' ? texts.tokenSelected : (view?.note ?? ''));
    const label = this.#outcome === 'copied' ? texts.buttons.copied : texts.buttons.copy;
    this.copyButton.patch({ visible: true, enabled: true, busy: false, label });
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.#value.textContent ?? '');
      this.#outcome = 'copied';
    } catch {
      // Without a secure context or the permission: leave the last step to the agent.
      getSelection()?.selectAllChildren(this.#value);
      this.#outcome = 'selected';
    }
    this.#onChange();
  }
}
