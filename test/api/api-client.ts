/** Requests as a client makes them, with the answers taken apart for tests; each is held against the OpenAPI document. */
import { TOKEN } from '../panel/panel-world.js';
import { faultOf } from './answer-check.js';

export type Answer = {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
};

export class ApiClient {
  readonly #base: string;

  constructor(port: number) {
    this.#base = `http://127.0.0.1:${port}`;
  }

  /** An empty token sends none. */
  async ask(method: string, path: string, options: RequestInit & { token?: string } = {}): Promise<Answer> {
    const { token = TOKEN, ...init } = options;
    const response = await fetch(`${this.#base}${path}`, {
      method,
      redirect: 'manual',
      ...init,
      headers: { ...(token === '' ? {} : { Authorization: `Bearer ${token}` }), ...init.headers },
    });
    const text = await response.text();
    const contentType = response.headers.get('content-type') ?? '';
    const body = contentType.startsWith('application/json') ? JSON.parse(text) : { text };
    const fault = faultOf({ method, path, status: response.status, contentType, body });
    if (fault !== undefined) throw new Error(`not as documented: ${fault}`);
    return { status: response.status, body, headers: response.headers };
  }

  post(path: string, body: unknown, token = TOKEN): Promise<Answer> {
    const headers = { 'Content-Type': 'application/json' };
    return this.ask('POST', path, { token, body: JSON.stringify(body), headers });
  }
}

export function codeOf({ body }: Answer): string | undefined {
  return (body.error as { code?: string } | undefined)?.code;
}
