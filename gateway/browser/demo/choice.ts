/** A row of radio buttons: one of a few things. */
import { element } from '../element-builder.js';

export type ChoiceOptions<Value extends string> = {
  readonly legend: string;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly value: Value;
  readonly onChoose: (value: Value) => void;
};

export function choice<Value extends string>({
  legend,
  options,
  value,
  onChoose,
}: ChoiceOptions<Value>): HTMLFieldSetElement {
  const radios = options.map((option) => {
    const radio = element('input', { type: 'radio', name: legend, value: option.value });
    radio.checked = option.value === value;
    radio.addEventListener('change', () => onChoose(option.value));
    return element('label', {}, radio, element('span', {}, option.label));
  });
  return element(
    'fieldset',
    { class: 'choice' },
    element('legend', {}, legend),
    element('div', { class: 'options' }, ...radios),
  );
}
