/** What is asked of the gateway over HTTP here: reading only. The event socket is `desk-client.ts`. */
import type { AccountRecord, ConfigurationSummary } from '../../api/administration-desk.js';
import type { AuditLine, AuditVerdict, RecordingRecord, SessionRecord } from '../../api/evidence-desk.js';
import { NETWORK_PROBLEM, type Refusal, refusalOf } from '../desk-client.js';
import type { AccountView } from './oversight-sections.js';

export type Answer<T> = { readonly ok: true; readonly value: T } | Refusal;

export type Health = { readonly ok: boolean; readonly parts: Readonly<Record<string, boolean>> };

/** Newest first, older than `before`. */
export type PastRange = { readonly before?: number; readonly limit: number };
/** Oldest first, behind `after`. */
export type LogRange = { readonly after: number; readonly limit: number };

export type PastPage<T> = { readonly items: readonly T[]; readonly nextBefore?: number };
export type LogPage = { readonly records: readonly AuditLine[]; readonly nextAfter?: number };

export type OversightClientOptions = {
  readonly baseUrl: string;
  readonly token: string;
  /** The gateway does not take the token any more. */
  readonly onRefused: () => void;
};

/** As many as the gateway gives at once. */
export const MAX_PAGE_RECORDS = 200;
/** The chain of a long log takes its time. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Hours of sound over a slow line. */
const SOUND_TIMEOUT_MS = 600_000;
/** Four hours of call. What is longer is not for a browser's memory. */
export const MAX_SOUND_SIZE_BYTES = 4 * 3600 * 32_000;

export class OversightClient {
  readonly #options: OversightClientOptions;

  constructor(options: OversightClientOptions) {
    this.#options = options;
  }

  account(): Promise<Answer<AccountView>> {
    return this.#read('/v1/me');
  }

  sessions(range: PastRange, signal?: AbortSignal): Promise<Answer<PastPage<SessionRecord>>> {
    return this.#page('/v1/history/sessions', 'sessions', range, signal);
  }

  recordings(range: PastRange, signal?: AbortSignal): Promise<Answer<PastPage<RecordingRecord>>> {
    return this.#page('/v1/recordings', 'recordings', range, signal);
  }

  /** The WAV file. A `Blob` may lie on the disk: a recording of hours need not fit into memory. */
  async sound(recordingId: string, signal: AbortSignal): Promise<Answer<Blob>> {
    const path = `/v1/recordings/${encodeURIComponent(recordingId)}`;
    const answer = await this.#ask(path, signal, SOUND_TIMEOUT_MS);
    if (!answer.ok) return answer;
    if (Number(answer.value.headers.get('Content-Length')) > MAX_SOUND_SIZE_BYTES) {
      await answer.value.body?.cancel();
      return { ok: false, code: 'too-long', message: TOO_LONG };
    }
    return this.#network(async () => ({ ok: true, value: await answer.value.blob() }));
  }

  auditRecords({ after, limit }: LogRange, signal?: AbortSignal): Promise<Answer<LogPage>> {
    return this.#read(`/v1/audit?after=${after}&limit=${limit}`, signal);
  }

  verification(signal?: AbortSignal): Promise<Answer<AuditVerdict>> {
    return this.#read('/v1/audit/verification', signal);
  }

  /** Refused with 503 when a part is down: that is an answer too. */
  health(signal?: AbortSignal): Promise<Answer<Health>> {
    return this.#network(async () => {
      const response = await this.#fetch('/healthz', signal);
      const body: unknown = await response.json();
      const isHealth = typeof body === 'object' && body !== null && 'parts' in body;
      return isHealth ? { ok: true, value: body as Health } : refusalOf(body);
    });
  }

  configuration(signal?: AbortSignal): Promise<Answer<ConfigurationSummary>> {
    return this.#read('/v1/configuration', signal);
  }

  async accounts(signal?: AbortSignal): Promise<Answer<readonly AccountRecord[]>> {
    const answer = await this.#read<{ readonly accounts: readonly AccountRecord[] }>('/v1/accounts', signal);
    return answer.ok ? { ok: true, value: answer.value.accounts } : answer;
  }

  async #page<T, Name extends string>(
    path: string,
    name: Name,
    { before, limit }: PastRange,
    signal: AbortSignal | undefined,
  ): Promise<Answer<PastPage<T>>> {
    const query = `limit=${limit}${before === undefined ? '' : `&before=${before}`}`;
    const answer = await this.#read<Readonly<Record<Name, readonly T[]>> & { readonly nextBefore?: number }>(
      `${path}?${query}`,
      signal,
    );
    if (!answer.ok) return answer;
    const { nextBefore } = answer.value;
    return { ok: true, value: { items: answer.value[name], ...(nextBefore !== undefined && { nextBefore }) } };
  }

  /** The gateway's own answers are typed where they are made. */
  async #read<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
    const answer = await this.#ask(path, signal);
    if (!answer.ok) return answer;
    return this.#network(async () => ({ ok: true, value: (await answer.value.json()) as T }));
  }

  #ask(path: string, signal?: AbortSignal, timeoutMs = REQUEST_TIMEOUT_MS): Promise<Answer<Response>> {
    return this.#network(async () => {
      const response = await this.#fetch(path, signal, timeoutMs);
      if (response.ok) return { ok: true, value: response };
      if (response.status === 401) this.#options.onRefused();
      return refusalOf(await response.json());
    });
  }

  async #network<T>(ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
    try {
      return await ask();
    } catch {
      return { ok: false, code: 'network', message: NETWORK_PROBLEM };
    }
  }

  #fetch(path: string, signal?: AbortSignal, timeoutMs = REQUEST_TIMEOUT_MS): Promise<Response> {
    const timeout = AbortSignal.timeout(timeoutMs);
    return fetch(new URL(path, this.#options.baseUrl), {
      headers: { Authorization: `Bearer ${this.#options.token}` },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  }
}

const TOO_LONG = 'This recording is too long to be played here.';
