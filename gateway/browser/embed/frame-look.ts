/**
 * What the page around a framed panel may change of its looks and words. A custom property is put into the panel's style
 * as it is, so that only plain colours, a length and font names pass: nothing that loads, and nothing that asks the
 * frame's document for anything. Texts are texts; which of them there are, the panel's catalogue knows.
 */
import type { MessageChanges } from '../panel/panel-messages.js';

export type PanelStyle = Readonly<Record<string, string>>;

/** By the property of CSS whose values they are. */
const STYLE_PROPERTIES = {
  color: [
    'accent',
    'on-accent',
    'surface',
    'raised',
    'text',
    'muted',
    'line',
    ...['green', 'yellow', 'red'].flatMap((colour) => [colour, `${colour}-tint`, `${colour}-text`]),
  ],
  'border-radius': ['radius'],
  'font-family': ['font'],
} as const;

type StyleProperty = keyof typeof STYLE_PROPERTIES;

const COLOUR_FUNCTIONS = new Set('rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix light-dark'.split(' '));
/** What stands before a bracket that opens. */
const FUNCTION_NAME = /([a-z0-9-]*)\(/gi;
const STYLE_VALUES: Readonly<Record<StyleProperty, RegExp>> = {
  // A name, hexadecimal digits, or functions of colours in each other.
  color: /^[a-z0-9#.,%/ +()-]+$/i,
  'border-radius': /^[0-9.]{1,6}(?:px|rem|em|%)?$/,
  'font-family': /^[\p{L}0-9 ,'"_-]+$/u,
};
const MAX_STYLE_VALUE_LENGTH = 200;

/** A catalogue has some 160 texts, the longest of them 150 characters; one lies two names deep at most. */
const MAX_MESSAGES = 500;
const MAX_MESSAGE_LENGTH = 1_000;
const MAX_MESSAGE_DEPTH = 4;

/** Names of the custom properties, with the property of CSS whose values they take. */
export const STYLE_NAMES: ReadonlyMap<string, StyleProperty> = new Map(
  (Object.keys(STYLE_PROPERTIES) as StyleProperty[]).flatMap((property) =>
    STYLE_PROPERTIES[property].map((name) => [`--tonegate-${name}`, property] as const),
  ),
);

function callsOnlyColours(value: string): boolean {
  return [...value.matchAll(FUNCTION_NAME)].every(([, name]) => COLOUR_FUNCTIONS.has(name.toLowerCase()));
}

/** What of it may be set; the rest is left out. */
export function parseStyle(data: unknown): PanelStyle | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const style: Record<string, string> = {};
  for (const [name, property] of STYLE_NAMES) {
    const value: unknown = Object.hasOwn(data, name) ? Reflect.get(data, name) : undefined;
    if (typeof value !== 'string' || value.length > MAX_STYLE_VALUE_LENGTH) continue;
    const plain = value.trim();
    if (STYLE_VALUES[property].test(plain) && callsOnlyColours(plain)) style[name] = plain;
  }
  return style;
}

/** Texts, and objects of texts, as far as they are such; undefined where there are too many to be a catalogue. */
export function parseMessages(data: unknown): MessageChanges | undefined {
  const count = { left: MAX_MESSAGES };
  const messages = textsOf(data, MAX_MESSAGE_DEPTH, count);
  return count.left < 0 ? undefined : messages;
}

function textsOf(data: unknown, depth: number, count: { left: number }): Record<string, unknown> | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data) || depth === 0) return undefined;
  const texts: [string, unknown][] = [];
  for (const [name, value] of Object.entries(data)) {
    count.left -= 1;
    if (count.left < 0) return undefined;
    const isText = typeof value === 'string' && value.length <= MAX_MESSAGE_LENGTH;
    const text = isText ? value : textsOf(value, depth - 1, count);
    if (text !== undefined) texts.push([name, text]);
  }
  return Object.fromEntries(texts);
}
