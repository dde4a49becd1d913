/** How the end of one leg is told to the other: passed through where that is safe, translated where it is not. */
import { plainText } from './characters.js';
import type { Outcome } from './leg/leg-events.js';

/** Longer Reason values are dropped. */
const MAX_REASON_LENGTH = 128;

/** More than one per protocol (SIP, Q.850) means nothing (RFC 3326 §2). */
const MAX_REASON_HEADERS = 4;

export function passedOn(outcome: Outcome): Outcome {
  const reasonHeaders = (outcome.reasonHeaders ?? []).filter(isPlainReason).slice(0, MAX_REASON_HEADERS);
  const { status } = outcome;
  if (status >= 300 && status < 400) {
    // A redirection names addresses of the other side; where calls go is the configuration's business.
    return translated(480, 'Temporarily Unavailable', status, reasonHeaders);
  }
  if (status === 401 || status === 407) {
    // The challenge was for us; nobody on this side has the password.
    return translated(502, 'Bad Gateway', status, reasonHeaders);
  }
  return { status, reason: safePhrase(outcome.reason, 'Unknown'), reasonHeaders };
}

/** A phrase fit for a status line: printable, and not empty. */
export function safePhrase(text: string, fallback: string): string {
  return plainText(text) || fallback;
}

function translated(status: number, reason: string, cause: number, reasonHeaders: readonly string[]): Outcome {
  const isNamed = reasonHeaders.some((value) => /^SIP\b/i.test(value));
  return { status, reason, reasonHeaders: isNamed ? reasonHeaders : [`SIP;cause=${cause}`, ...reasonHeaders] };
}

/** `SIP ;cause=486 ;text="Busy"` and its like (RFC 3326 §2), nothing else. */
function isPlainReason(value: string): boolean {
  return (
    value.length <= MAX_REASON_LENGTH && /^[A-Za-z0-9.]+([ \t]*;[ \t]*[a-z]+=([A-Za-z0-9.]+|"[^"\\]*"))*$/.test(value)
  );
}
