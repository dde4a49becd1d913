/** Trades a ticket for the token of an embedded panel. */
import { NETWORK_PROBLEM, type Refusal, refusalOf } from '../desk-client.js';

export type PanelSession =
  | {
      readonly ok: true;
      readonly token: string;
      readonly agent: string | undefined;
      readonly callId: string | undefined;
      /** Until when the token is good, as `Date` counts; NaN where the gateway has not said so. */
      readonly expiresAtMs: number;
    }
  | Refusal;

const REQUEST_TIMEOUT_MS = 10_000;

/** `origin` is the one from which the browser says that the ticket came. */
export async function openPanelSession(
  baseUrl: string,
  offer: { readonly ticket: string; readonly origin: string },
): Promise<PanelSession> {
  try {
    const response = await fetch(new URL('/v1/panel-sessions', baseUrl), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(offer),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    return sessionOf(await response.json());
  } catch {
    return { ok: false, code: 'network', message: NETWORK_PROBLEM };
  }
}

function sessionOf(body: unknown): PanelSession {
  if (typeof body !== 'object' || body === null || !('token' in body)) return refusalOf(body);
  if (typeof body.token !== 'string') return refusalOf(undefined);
  return {
    ok: true,
    token: body.token,
    agent: textIn(body, 'agent'),
    callId: textIn(body, 'callId'),
    expiresAtMs: Date.parse(textIn(body, 'expiresAt') ?? ''),
  };
}

function textIn(body: object, key: string): string | undefined {
  const value: unknown = Reflect.get(body, key);
  return typeof value === 'string' ? value : undefined;
}
