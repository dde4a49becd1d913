/** How a telephone sends its keys. `both`: the same press as a tone and as events, as it comes from some adapters. */
export const KEY_TRANSPORTS = ['telephone-event', 'in-band', 'both'] as const;
export type KeyTransport = (typeof KEY_TRANSPORTS)[number];
