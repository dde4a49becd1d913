/**
 * A merchant's order system, small: it takes a token as the payment method of an order and redeems it at the vault's
 * redeem endpoint, with its own credential. It never sees a card number.
 */
export type Order = { readonly orderId: string; readonly token: string };

export type OrderResult =
  | { readonly kind: 'paid'; readonly orderId: string; readonly masked: string; readonly brand: string }
  | { readonly kind: 'refused'; readonly orderId: string; readonly status: number; readonly code: string };

export class OrderEntry {
  readonly #port: number;
  readonly #credential: string;

  /** @param port of the redeem endpoint on loopback */
  constructor(port: number, credential: string) {
    this.#port = port;
    this.#credential = credential;
  }

  async place({ orderId, token }: Order): Promise<OrderResult> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/v1/redeem`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#credential}`, 'content-type': 'application/json' },
      body: JSON.stringify({ token, orderId }),
    });
    const body = await bodyOf(response);
    if (response.ok) return { kind: 'paid', orderId, masked: String(body.masked), brand: String(body.brand) };
    return { kind: 'refused', orderId, status: response.status, code: codeOf(body) };
  }
}

type Body = Readonly<Record<string, unknown>>;

/** @throws when an order was paid, and with what cannot be read */
async function bodyOf(response: Response): Promise<Body> {
  try {
    const body: unknown = await response.json();
    if (isObject(body)) return body;
  } catch {
    // Whoever stands in between may refuse in a language of its own; the status says enough.
  }
  if (response.ok) throw new Error('the vault’s answer cannot be read');
  return {};
}

function codeOf({ error }: Body): string {
  return isObject(error) && typeof error.code === 'string' ? error.code : 'unknown';
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null;
}
