/** When to try again, when to ask whether anybody is there, and when to give up: numbers only, no sockets. */

/** The first three tries fall within a second and a half: an agent in a payment must not wait for a page. */
const DELAYS_MS = [150, 400, 800, 1600, 3200, 5000] as const;
/** Spreads a whole office's panels after a restart of the gateway. */
const JITTER = 0.25;
const QUIET_BEFORE_PING_MS = 5_000;
const PONG_WAIT_MS = 4_000;
/** A socket that has not opened and answered by then is given up. */
export const CONNECT_TIMEOUT_MS = 5_000;

/** `random` is in [0, 1). */
export function retryDelayMs(failures: number, random: number): number {
  const base = DELAYS_MS[Math.min(failures, DELAYS_MS.length - 1)];
  return Math.round(base * (1 + JITTER * (2 * random - 1)));
}

/** Who was refused is hardly let in a second later; the gateway limits and records such tries. */
const REFUSED_DELAYS_MS = [30_000, 60_000, 120_000, 300_000] as const;
/** However long the other side asks to wait: somebody sits before the page and cannot be called. */
const LONGEST_REFUSED_DELAY_MS = 600_000;

/** `retryAfterMs` is what the one who refused has asked for. */
export function refusedDelayMs(refusals: number, retryAfterMs: number | undefined): number {
  const own = REFUSED_DELAYS_MS[Math.min(refusals, REFUSED_DELAYS_MS.length - 1)];
  return Math.min(LONGEST_REFUSED_DELAY_MS, Math.max(own, retryAfterMs ?? 0));
}

export type Liveness = { readonly heardAtMs: number; readonly pingedAtMs: number | undefined };

/**
 * Browsers cannot see WebSocket pings, so the page asks. A timer that slept (a tab in the background) is no sign of
 * death: only a ping without an answer is.
 */
export function livenessVerdict({ heardAtMs, pingedAtMs }: Liveness, nowMs: number): 'alive' | 'ask' | 'dead' {
  if (pingedAtMs !== undefined && pingedAtMs >= heardAtMs) {
    return nowMs - pingedAtMs > PONG_WAIT_MS ? 'dead' : 'alive';
  }
  return nowMs - heardAtMs > QUIET_BEFORE_PING_MS ? 'ask' : 'alive';
}

/** Close code of a refused access token: trying again with the same one is pointless. */
const TOKEN_REFUSED = 4401;

export function isFinal(closeCode: number): boolean {
  return closeCode === TOKEN_REFUSED;
}
