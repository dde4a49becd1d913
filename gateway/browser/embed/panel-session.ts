/** Trades a ticket for the token of an embedded panel. */
import { NETWORK_PROBLEM, UNKNOWN_PROBLEM } from '../desk-client.js';

export type PanelSession =
  | { readonly ok: true; readonly token: string; readonly callId: string | undefined }
  | { readonly ok: false; readonly code: string; readonly message: string };

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
    return parseAnswer(await response.json());
  } catch {
    return { ok: false, code: 'network', message: NETWORK_PROBLEM };
  }
}

function parseAnswer(body: unknown): PanelSession {
  const unknown = { ok: false, code: 'unknown', message: UNKNOWN_PROBLEM } as const;
  if (typeof body !== 'object' || body === null) return unknown;
  if ('token' in body && typeof body.token === 'string') {
    const callId = 'callId' in body && typeof body.callId === 'string' ? body.callId : undefined;
    return { ok: true, token: body.token, callId };
  }
  const error = 'error' in body ? body.error : undefined;
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) return unknown;
  return { ok: false, code: String(error.code), message: String(error.message) };
}
