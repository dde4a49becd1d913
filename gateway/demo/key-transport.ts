/** How a telephone sends its keys. `both`: the same press as a tone and as events, as it comes from some adapters. */
export const KEY_TRANSPORTS = ['telephone-event', 'in-band', 'both'] as const;
export type KeyTransport = (typeof KEY_TRANSPORTS)[number];

/** A telephone's keys by their codes (RFC 4733 §3.2). */
export const KEYPAD = '0123456789*#';
/** As bytes where they are typed: those can be wiped. */
export type KeyCodes = readonly number[] | Uint8Array;
