import { describe, expect, test } from '@jest/globals';
import { parseMessages, parseStyle } from './frame-look.js';

describe('custom properties of the page around the panel', () => {
  test.each([
    ['--tonegate-accent', '#0f6b62'],
    ['--tonegate-accent', 'rebeccapurple'],
    ['--tonegate-green-tint', 'rgb(16 32 44 / 7%)'],
    ['--tonegate-red-text', 'light-dark(#991b1b, oklch(0.7 0.1 20))'],
    ['--tonegate-line', 'color-mix(in srgb, red 40%, white)'],
    ['--tonegate-radius', '4px'],
    ['--tonegate-radius', '0'],
    ['--tonegate-radius', '0.5rem'],
    ['--tonegate-font', `'Source Sans 3', "Noto Sans", sans-serif`],
  ])('%s may be %s', (name, value) => {
    expect(parseStyle({ [name]: ` ${value} ` })).toEqual({ [name]: value });
  });

  test.each([
    ['--tonegate-accent', 'url(https://evil.example/x)'],
    ['--tonegate-surface', 'URL("//evil.example")'],
    ['--tonegate-surface', 'image-set("x.png" 1x)'],
    ['--tonegate-surface', 'var(--other)'],
    ['--tonegate-surface', 'env(x)'],
    ['--tonegate-surface', 'rgb(url(x))'],
    ['--tonegate-surface', 'xyzlab(0 0 0)'],
    ['--tonegate-surface', `${'oklab('.repeat(33)}!`],
    ['--tonegate-surface', 'red; background: blue'],
    ['--tonegate-surface', 'red}*{color:red'],
    ['--tonegate-surface', 'u\\72l(x)'],
    ['--tonegate-surface', '/**/red'],
    ['--tonegate-surface', ''],
    ['--tonegate-surface', 7],
    ['--tonegate-surface', `#${'0'.repeat(300)}`],
    ['--tonegate-radius', 'calc(1px + 2px)'],
    ['--tonegate-radius', '-4px'],
    ['--tonegate-font', 'url(x)'],
    ['--tonegate-font', 'a; b'],
    ['--accent', 'red'],
    ['--tonegate-else', 'red'],
    ['color', 'red'],
  ])('%s may not be %j', (name, value) => {
    expect(parseStyle({ [name]: value })).toEqual({});
  });

  test.each([undefined, null, 7, 'red'])('%j is no style', (data) => {
    expect(parseStyle(data)).toBeUndefined();
  });
});

describe('texts of the page around the panel', () => {
  test('pass, with plural forms and whatever else lies below a name', () => {
    const messages = {
      title: 'Betaling',
      keys: { one: '{count} toets', other: '{count} toetsen' },
      redemption: { used: 'x', refused: { token_expired: 'verlopen' } },
    };
    expect(parseMessages(messages)).toEqual(messages);
  });

  test('what is no text is left out', () => {
    const data = {
      title: 7,
      keys: ['x'],
      say: { idle: null, ready: 'Klaar' },
      vaulted: () => 'x',
      long: 'x'.repeat(1_001),
    };
    expect(parseMessages(data)).toEqual({ say: { ready: 'Klaar' } });
  });

  test('none is too deep, and too many are none', () => {
    expect(parseMessages({ a: { b: { c: { d: { e: 'x' } } } } })).toEqual({ a: { b: { c: {} } } });
    const many = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`text${index}`, 'x']));
    expect(parseMessages(many)).toBeUndefined();
    expect(parseMessages({ a: many })).toBeUndefined();
  });

  test('of a name with a meaning in JavaScript nothing is inherited', () => {
    const parsed = parseMessages(JSON.parse('{"__proto__": {"title": "x"}}'));
    expect(parsed?.title).toBeUndefined();
  });

  test.each([undefined, null, 7, 'text', []])('%j is no catalogue', (data) => {
    expect(parseMessages(data)).toBeUndefined();
  });
});
