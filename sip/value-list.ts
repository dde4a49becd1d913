/** Comma lists of header values (RFC 3261 §7.3.1). */
import { endOfQuotedString } from './characters.js';

/** All elements, trimmed; empty ones are kept for the reader to refuse. */
export function splitList(text: string): readonly string[] {
  const values: string[] = [];
  let rest = text;
  while (rest !== '') {
    const [first, others] = splitFirst(rest);
    values.push(first);
    rest = others;
  }
  return values;
}

/** Cuts the first element off. A comma in quotes or in angle brackets is text. */
export function splitFirst(text: string): readonly [first: string, others: string] {
  if (text.indexOf(',') < 0) {
    return [text, ''];
  }
  let isBracketed = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x22) {
      const end = endOfQuotedString(text, index);
      index = end < 0 ? text.length : end;
    } else if (code === 0x3c) {
      isBracketed = true;
    } else if (code === 0x3e) {
      isBracketed = false;
    } else if (code === 0x2c && !isBracketed) {
      return [text.slice(0, index).trim(), text.slice(index + 1).trim()];
    }
  }
  return [text, ''];
}
