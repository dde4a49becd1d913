/** Which microphone and loudspeaker are used, and how loud both sides are. */
import { element, setAttribute, show } from '../element-builder.js';
import { type IconName, icon } from '../icons.js';
import type { AudioDevice, AudioDevices } from './phone-audio.js';
import { texts } from './softphone-texts.js';

export type SoundCardActions = {
  readonly onMicrophone: (id: string) => void;
  readonly onLoudspeaker: (id: string) => void;
};

export class SoundCard {
  readonly root: HTMLElement;
  readonly #microphone: DeviceChoice;
  readonly #loudspeaker: DeviceChoice;

  constructor({ onMicrophone, onLoudspeaker }: SoundCardActions) {
    const { microphone, loudspeaker, inputLevel, outputLevel } = texts;
    this.#microphone = new DeviceChoice({ id: 'microphone', label: microphone, level: inputLevel, icon: 'microphone' });
    this.#loudspeaker = new DeviceChoice({
      id: 'loudspeaker',
      label: loudspeaker,
      level: outputLevel,
      icon: 'loudspeaker',
    });
    this.#microphone.onChosen = onMicrophone;
    this.#loudspeaker.onChosen = onLoudspeaker;
    this.root = element(
      'section',
      { class: 'card sound', 'aria-labelledby': 'sound-title' },
      element('h2', { id: 'sound-title' }, texts.soundTitle),
      this.#microphone.root,
      this.#loudspeaker.root,
    );
  }

  patch(devices: AudioDevices): void {
    this.#microphone.patch(devices.microphones, devices.microphoneId);
    this.#loudspeaker.patch(devices.loudspeakers, devices.loudspeakerId);
    show(this.#loudspeaker.choice, devices.canChooseLoudspeaker);
  }

  showLevels({ input, output }: { readonly input: number; readonly output: number }): void {
    this.#microphone.showLevel(input);
    this.#loudspeaker.showLevel(output);
  }
}

class DeviceChoice {
  readonly root: HTMLElement;
  readonly choice: HTMLElement;
  onChosen: (id: string) => void = () => {};
  readonly #select: HTMLSelectElement;
  readonly #level: HTMLElement;
  #shown = '';

  constructor(options: { id: string; label: string; level: string; icon: IconName }) {
    this.#select = element('select', { id: options.id });
    this.#select.addEventListener('change', () => this.onChosen(this.#select.value));
    this.#level = element('div', {
      class: 'level',
      role: 'meter',
      'aria-label': options.level,
      'aria-valuemin': '0',
      'aria-valuemax': '100',
      'aria-valuenow': '0',
    });
    this.choice = element(
      'div',
      { class: 'choice' },
      element('label', { for: options.id }, options.label),
      this.#select,
    );
    this.root = element(
      'div',
      { class: 'device' },
      this.choice,
      element('div', { class: 'level-line' }, icon(options.icon), this.#level),
    );
  }

  patch(devices: readonly AudioDevice[], chosen: string): void {
    const isThere = devices.some(({ id }) => id === chosen);
    const shown = JSON.stringify([devices, isThere ? chosen : '']);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const option = (id: string, label: string): HTMLOptionElement => element('option', { value: id }, label);
    this.#select.replaceChildren(option('', texts.systemDefault), ...devices.map(({ id, label }) => option(id, label)));
    this.#select.value = isThere ? chosen : '';
  }

  showLevel(level: number): void {
    const percent = String(Math.round(level * 100));
    setAttribute(this.#level, 'aria-valuenow', percent);
    this.#level.style.setProperty('--level', `${percent}%`);
  }
}
