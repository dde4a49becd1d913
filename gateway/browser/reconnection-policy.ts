/** When to try again, when to ask whether anybody is there, and when to give up: numbers only, no sockets. */

/**
 * However long it was away, who can be reached again is reached within a second: an agent in a payment must not wait for
 * a page. A try that finds nobody costs next to nothing, and one that is let in ends them.
 */
const DELAYS_MS = [150, 400, 700] as const;
/** Who is let in and thrown out at once, again and again, is no use to anybody: a telephone's registration grows slow. */
const REGISTRATION_DELAYS_MS = [150, 400, 800, 1600, 3200, 5000] as const;
/** Whom the gateway turned away for being too many is not let in a second later either. */
const CROWDED_DELAY_MS = 10_000;
/** Spreads a whole office's panels after a restart of the gateway. */
const JITTER = 0.25;
const QUIET_BEFORE_PING_MS = 2_500;
const PONG_WAIT_MS = 2_500;
/** A socket that has not opened and answered by then is given up. */
export const CONNECT_TIMEOUT_MS = 5_000;

/** `random` is in [0, 1). */
export function retryDelayMs(failures: number, random: number): number {
  return spread(DELAYS_MS[Math.min(failures, DELAYS_MS.length - 1)], random);
}

/** Of a telephone's connection, until it is registered; `random` is in [0, 1). */
export function registrationDelayMs(failures: number, random: number): number {
  return spread(REGISTRATION_DELAYS_MS[Math.min(failures, REGISTRATION_DELAYS_MS.length - 1)], random);
}

/** After a close code that `isCrowded`; `random` is in [0, 1). */
export function crowdedDelayMs(random: number): number {
  return spread(CROWDED_DELAY_MS, random);
}

function spread(delayMs: number, random: number): number {
  return Math.round(delayMs * (1 + JITTER * (2 * random - 1)));
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

/** Close codes of a refused access token, and of an account without events: trying again with the same is pointless. */
const FINAL_CODES: readonly number[] = [4401, 4403];
/** Close codes of too many failed tries from here, and of too many connections of one account. */
const CROWDED_CODES: readonly number[] = [4429, 4430];

export function isFinal(closeCode: number): boolean {
  return FINAL_CODES.includes(closeCode);
}

export function isCrowded(closeCode: number): boolean {
  return CROWDED_CODES.includes(closeCode);
}
