/** The pieces of the softphone's page: each builds its elements once and patches them to a view, so focus stays. */
import { element, setAttribute, setText, show, showText } from '../element-builder.js';
import { type IconName, icon, setIcon } from '../icons.js';
import { texts } from './softphone-texts.js';
import type { BannerView, ControlName, ControlView, LightView, LineView, NoticeView } from './softphone-view-model.js';

export class ControlButton {
  readonly root: HTMLButtonElement;
  readonly #icon: SVGSVGElement;
  readonly #label = element('span');

  constructor(options: { name: string; className: string; icon: IconName; onClick: () => void }) {
    this.#icon = icon(options.icon);
    this.root = element('button', {
      type: 'button',
      class: `control ${options.className}`,
      'data-action': options.name,
    });
    this.root.append(this.#icon, this.#label);
    this.root.addEventListener('click', options.onClick);
  }

  patch(view: ControlView, name?: IconName): void {
    show(this.root, view.visible);
    setText(this.#label, view.label);
    if (this.root.disabled === view.enabled) this.root.disabled = !view.enabled;
    if (name !== undefined) setIcon(this.#icon, name);
  }
}

export class Lights {
  readonly root: HTMLElement;
  readonly #items: Readonly<Record<LightView['name'], Light>> = {
    gateway: new Light('gateway'),
    signalling: new Light('signalling'),
    microphone: new Light('microphone'),
  };

  constructor() {
    const items = Object.values(this.#items).map(({ root }) => root);
    this.root = element('ul', { class: 'lights', 'aria-label': texts.lightsTitle }, ...items);
  }

  patch(views: readonly LightView[]): void {
    for (const view of views) this.#items[view.name].patch(view);
  }
}

class Light {
  readonly root: HTMLElement;
  readonly #icon = icon('wait');
  readonly #label = element('span', { class: 'light-label' });
  readonly #text = element('span', { class: 'light-text' });

  constructor(name: LightView['name']) {
    this.root = element(
      'li',
      { class: 'light', 'data-light': name },
      element('span', { class: 'lamp' }, this.#icon),
      element('span', { class: 'light-words' }, this.#label, this.#text),
    );
  }

  patch(view: LightView): void {
    setAttribute(this.root, 'data-tone', view.tone);
    setIcon(this.#icon, view.icon);
    setText(this.#label, view.label);
    setText(this.#text, view.text);
  }
}

export class Notices {
  readonly root = element('div', { class: 'notices' });
  readonly #onAllowMicrophone: () => void;
  #shown = '';

  constructor(onAllowMicrophone: () => void) {
    this.#onAllowMicrophone = onAllowMicrophone;
  }

  patch(views: readonly NoticeView[]): void {
    const shown = JSON.stringify(views);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.root.replaceChildren(...views.map((view) => this.#notice(view)));
  }

  #notice({ tone, text, action }: NoticeView): HTMLElement {
    const notice = element('p', { class: 'notice', 'data-tone': tone }, icon('alert'), element('span', {}, text));
    if (action === 'allow-microphone') {
      const again = element('button', { type: 'button', class: 'control small' }, texts.buttons.allowMicrophone);
      again.addEventListener('click', this.#onAllowMicrophone);
      notice.append(again);
    }
    return notice;
  }
}

const CONTROL_LOOKS: Readonly<Record<ControlName, { readonly className: string; readonly icon: IconName }>> = {
  answer: { className: 'go', icon: 'phone' },
  decline: { className: 'stop', icon: 'hangUp' },
  resume: { className: 'primary', icon: 'play' },
  hold: { className: '', icon: 'pause' },
  hangUp: { className: 'stop', icon: 'hangUp' },
  dismiss: { className: '', icon: 'check' },
};

type Controls = Readonly<Record<ControlName, ControlButton>>;

function controlsOf(onControl: (name: ControlName) => void): Controls {
  const control = (name: ControlName) =>
    new ControlButton({ name, ...CONTROL_LOOKS[name], onClick: () => onControl(name) });
  return {
    answer: control('answer'),
    decline: control('decline'),
    resume: control('resume'),
    hold: control('hold'),
    hangUp: control('hangUp'),
    dismiss: control('dismiss'),
  };
}

function patchControls(controls: Controls, views: LineView['controls'], visible: boolean): void {
  for (const name of Object.keys(controls) as ControlName[]) {
    controls[name].patch({ ...views[name], visible: visible && views[name].visible });
  }
}

export class LineCard {
  readonly root: HTMLElement;
  readonly #icon = icon('empty');
  readonly #label = element('span', { class: 'line-label' });
  readonly #status = element('span', { class: 'line-status' });
  readonly #duration = element('span', { class: 'clock' });
  readonly #name = element('bdi', { class: 'line-name' });
  readonly #controls: Controls;

  constructor(number: number, onControl: (name: ControlName) => void) {
    this.#controls = controlsOf(onControl);
    const buttons = Object.values(this.#controls).map(({ root }) => root);
    this.root = element(
      'li',
      { class: 'line', 'data-line': String(number) },
      element('span', { class: 'lamp' }, this.#icon),
      element('div', { class: 'line-words' }, this.#label, this.#status, this.#name),
      this.#duration,
      element('div', { class: 'line-controls' }, ...buttons),
    );
  }

  patch(view: LineView): void {
    setAttribute(this.root, 'data-kind', view.kind);
    setAttribute(this.root, 'data-tone', view.tone);
    setAttribute(this.root, 'aria-current', view.isInFront ? 'true' : undefined);
    setIcon(this.#icon, view.icon);
    setText(this.#label, view.label);
    setText(this.#status, view.status);
    showText(this.#duration, view.duration);
    showText(this.#name, view.name);
    patchControls(this.#controls, view.controls, !view.isInFront);
  }
}

export type BannerActions = {
  readonly onControl: (name: ControlName) => void;
  readonly onMute: () => void;
  readonly onRecord: () => void;
  readonly onPayment: () => void;
};

export class Banner {
  readonly root: HTMLElement;
  readonly title = element('h2', { class: 'who', id: 'who', tabindex: '-1' });
  readonly #icon = icon('phone');
  readonly #name = element('bdi');
  readonly #status = element('span', { class: 'status' });
  readonly #detail = element('bdi', { class: 'detail' });
  readonly #duration = element('span', { class: 'clock', role: 'timer' });
  readonly #none = element('p', { class: 'none' }, texts.noCallNote);
  readonly #recordingPill = element('span', { class: 'pill' });
  readonly #recordingIcon = icon('record');
  readonly #recordingState = element('span');
  readonly #explanation = element('p', { class: 'explanation', id: 'explanation' });
  readonly #controls: Controls;
  readonly #mute: ControlButton;
  readonly #record: ControlButton;
  readonly #payment: ControlButton;
  readonly #buttons: HTMLElement;

  constructor(actions: BannerActions) {
    this.#controls = controlsOf(actions.onControl);
    this.#mute = new ControlButton({ name: 'mute', className: 'toggle', icon: 'microphone', onClick: actions.onMute });
    this.#record = new ControlButton({ name: 'record', className: '', icon: 'record', onClick: actions.onRecord });
    this.#payment = new ControlButton({
      name: 'payment',
      className: 'primary',
      icon: 'card',
      onClick: actions.onPayment,
    });
    for (const { root } of [this.#controls.hold, this.#record, this.#payment])
      root.setAttribute('aria-describedby', 'explanation');
    this.title.append(this.#name);
    this.#recordingPill.append(this.#recordingIcon, this.#recordingState);
    this.#buttons = this.#build();
    this.root = element(
      'section',
      { class: 'banner', 'aria-labelledby': 'who' },
      element(
        'div',
        { class: 'banner-head' },
        element('span', { class: 'lamp' }, this.#icon),
        element(
          'div',
          { class: 'banner-words' },
          this.title,
          element('p', { class: 'banner-line' }, this.#status, this.#detail, this.#recordingPill),
          this.#none,
        ),
        element('div', { class: 'banner-side' }, this.#duration, this.#controls.hangUp.root),
      ),
      this.#buttons,
      this.#explanation,
    );
  }

  #build(): HTMLElement {
    const { answer, decline, resume, hold, dismiss } = this.#controls;
    const buttons = [answer, decline, this.#payment, this.#mute, resume, hold, this.#record, dismiss];
    return element('div', { class: 'banner-controls' }, ...buttons.map(({ root }) => root));
  }

  patch(view: BannerView | undefined): void {
    setAttribute(this.root, 'data-tone', view?.tone ?? 'neutral');
    setAttribute(this.root, 'data-kind', view?.kind ?? 'idle');
    setIcon(this.#icon, view?.icon ?? 'phone');
    setText(this.#name, view?.name ?? texts.noCall);
    showText(this.#status, view && `${view.label} · ${view.status}`);
    showText(this.#detail, view?.detail);
    showText(this.#duration, view?.duration);
    show(this.#none, view === undefined);
    show(this.#buttons, view !== undefined);
    this.#patchRecording(view?.recording);
    showText(this.#explanation, view?.explanation);
    if (view === undefined) {
      show(this.#controls.hangUp.root, false);
      return;
    }
    patchControls(this.#controls, view.controls, true);
    this.#mute.patch(view.mute, view.mute.pressed ? 'microphoneOff' : 'microphone');
    setAttribute(this.#mute.root, 'aria-pressed', String(view.mute.pressed));
    this.#payment.patch(view.payment);
  }

  #patchRecording(recording: BannerView['recording']): void {
    show(this.#recordingPill, recording !== undefined);
    this.#record.patch(recording ?? { visible: false, enabled: false, label: '' }, recording?.icon);
    if (recording === undefined) return;
    setAttribute(this.#recordingPill, 'data-tone', recording.tone);
    setIcon(this.#recordingIcon, recording.tone === 'yellow' ? 'pause' : 'record');
    setText(this.#recordingState, recording.state);
    setAttribute(this.#record.root, 'data-recording', recording.action);
  }
}
