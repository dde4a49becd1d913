/** How the typed client makes its requests: `fetch`, a bearer, JSON, and refusals as one class of error. */
export type RequestOptions = {
  /** New for each request, and the same when it is repeated: it is then carried out once. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
};

export type ApiRequest = RequestOptions & {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
};

export type ApiTransport = {
  /** The answer's JSON. @throws ApiRefusal */
  ask<Answer>(request: ApiRequest): Promise<Answer>;
  /** The answer itself, for what is no JSON. @throws ApiRefusal */
  send(request: ApiRequest): Promise<Response>;
};

/** The gateway said no: programs go by `code`. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly status: number;
  readonly code: string;
  /** When it may be asked again, if it said so. */
  readonly retryAfterS: number | undefined;

  constructor(response: Response, error: { readonly code: string; readonly message: string }) {
    super(error.message);
    this.status = response.status;
    this.code = error.code;
    const retryAfter = response.headers.get('retry-after');
    this.retryAfterS = retryAfter === null ? undefined : Number(retryAfter);
  }
}

/** @param token none for what is open to anybody */
export function fetchTransport({
  baseUrl,
  token,
}: {
  readonly baseUrl: string;
  readonly token?: string;
}): ApiTransport {
  const send = async ({ method, path, query = {}, body, idempotencyKey, signal }: ApiRequest): Promise<Response> => {
    const address = new URL(path, baseUrl);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    const response = await fetch(address, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw new ApiRefusal(response, errorIn(await response.text()));
    return response;
  };
  return {
    send,
    // The gateway's own tests hold its answers to the document that these types are made of.
    ask: async <Answer>(request: ApiRequest) => (await send(request)).json() as Promise<Answer>,
  };
}

/** Something between us and the gateway may answer in its own way. */
function errorIn(text: string): { readonly code: string; readonly message: string } {
  try {
    const { error } = JSON.parse(text);
    if (typeof error?.code === 'string') return { code: error.code, message: String(error.message) };
  } catch {
    // No JSON: told below.
  }
  return { code: 'unknown', message: 'the answer is not one of the gateway' };
}
