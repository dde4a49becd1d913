/**
 * The key in the body of a SIP INFO, read from bytes: no string is made of it, and the bytes are wiped.
 * `application/dtmf-relay` holds lines `Signal= 5` and `Duration= 160`, `application/dtmf` just the key.
 */
import type { InfoBodyType } from './control-wire.js';

/** The body holds no telephone key: flash, a pause, or nonsense. */
export const NO_KEY = -1;

/** Real bodies have under 40 bytes; a larger one is not searched. */
const MAX_BODY_SIZE_BYTES = 256;
const SIGNAL = [0x73, 0x69, 0x67, 0x6e, 0x61, 0x6c];
const LINE_FEED = 0x0a;
const EQUALS = 0x3d;

/** Returns the key, 0–15, or NO_KEY. `body` holds zeros afterwards. */
export function takeInfoKey(type: InfoBodyType, body: Uint8Array): number {
  const key = body.length > MAX_BODY_SIZE_BYTES ? NO_KEY : readKey(type, body);
  body.fill(0);
  return key;
}

function readKey(type: InfoBodyType, body: Uint8Array): number {
  if (type === 'application/dtmf') {
    // Some senders label the relay form with the shorter type.
    const lineKey = signalLineKey(body);
    return lineKey === NO_KEY ? wholeValueKey(body, 0) : lineKey;
  }
  return signalLineKey(body);
}

function signalLineKey(body: Uint8Array): number {
  let lineStart = 0;
  while (lineStart < body.length) {
    const equals = signalEquals(body, lineStart);
    if (equals >= 0) return wholeValueKey(body, equals + 1);
    const lineEnd = body.indexOf(LINE_FEED, lineStart);
    if (lineEnd < 0) return NO_KEY;
    lineStart = lineEnd + 1;
  }
  return NO_KEY;
}

/** Index of the `=` when the line is a Signal line, in any case, with blanks around the word; -1 when it is not. */
function signalEquals(body: Uint8Array, lineStart: number): number {
  let at = skipBlanks(body, lineStart);
  for (const letter of SIGNAL) {
    if ((body[at] | 0x20) !== letter) return -1;
    at += 1;
  }
  at = skipBlanks(body, at);
  return body[at] === EQUALS ? at : -1;
}

/** The key, if it is all that stands from `start` to the end of the line. */
function wholeValueKey(body: Uint8Array, start: number): number {
  const at = skipBlanks(body, start);
  // Some equipment writes the event codes 10 to 15 in decimal: 10 for the star, 11 for the number sign.
  const isTwoDigits = body[at] === 0x31 && body[at + 1] >= 0x30 && body[at + 1] <= 0x35;
  const next = skipBlanks(body, at + (isTwoDigits ? 2 : 1));
  if (next < body.length && body[next] !== LINE_FEED && body[next] !== 0x0d) return NO_KEY;
  return isTwoDigits ? 10 + body[at + 1] - 0x30 : keyOfCharacter(body[at]);
}

function keyOfCharacter(character: number): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  if (character === 0x2a) return 10;
  if (character === 0x23) return 11;
  const lower = character | 0x20;
  return lower >= 0x61 && lower <= 0x64 ? 12 + lower - 0x61 : NO_KEY;
}

function skipBlanks(body: Uint8Array, start: number): number {
  let at = start;
  while (body[at] === 0x20 || body[at] === 0x09) at += 1;
  return at;
}
