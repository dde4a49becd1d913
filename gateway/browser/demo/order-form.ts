/** The merchant's order entry, small: two orders, and the token as their payment method. */
import type { PageOrderResult } from '../../demo/page-messages.js';
import { element, setAttribute, setText, show } from '../element-builder.js';
import { icon, setIcon } from '../icons.js';

const ORDERS = [
  { orderId: '1001', what: 'Garden chair', amount: '49.00' },
  { orderId: '1002', what: 'Cushion', amount: '19.90' },
] as const;

/** @returns undefined if the order system could not be reached */
export type PlaceOrder = (order: {
  readonly orderId: string;
  readonly token: string;
}) => Promise<PageOrderResult | undefined>;

export type OrderTally = {
  readonly hasFreshToken: boolean;
  readonly paidOrders: number;
  readonly refusedOrders: number;
};

const BRANDS: Readonly<Record<string, string>> = { visa: 'Visa', amex: 'American Express', mastercard: 'Mastercard' };

export class OrderForm {
  readonly root: HTMLElement;
  readonly #place: PlaceOrder;
  readonly #onChange: () => void;
  readonly #token = element('code', { class: 'token' });
  readonly #tokenNote = element('small');
  readonly #rows: readonly OrderRow[];
  #current: { readonly token: string; readonly masked: string | undefined } | undefined;
  #usedFor: string | undefined;
  #refusedOrders = 0;

  constructor(place: PlaceOrder, onChange: () => void) {
    this.#place = place;
    this.#onChange = onChange;
    this.#rows = ORDERS.map((order) => new OrderRow(order, (row) => void this.#pay(row)));
    this.root = element(
      'div',
      { class: 'orders' },
      element('div', { class: 'method' }, element('small', {}, 'Payment method'), this.#token, this.#tokenNote),
      element('ul', {}, ...this.#rows.map(({ root }) => root)),
    );
    this.#patch();
  }

  get tally(): OrderTally {
    return {
      hasFreshToken: this.#current !== undefined && this.#usedFor === undefined,
      paidOrders: this.#rows.filter(({ isPaid }) => isPaid).length,
      refusedOrders: this.#refusedOrders,
    };
  }

  /** A token has come from the panel. */
  take(token: string, masked: string | undefined): void {
    if (this.#current?.token === token) return;
    this.#current = { token, masked };
    this.#usedFor = undefined;
    this.#patch();
    this.#onChange();
  }

  async #pay(row: OrderRow): Promise<void> {
    const { orderId } = row.order;
    if (this.#current === undefined || row.isBusy) return;
    row.busy();
    const result = await this.#place({ orderId: `order-${orderId}`, token: this.#current.token });
    if (result?.kind === 'paid') {
      this.#usedFor = orderId;
      row.paid(`Paid with ${BRANDS[result.brand] ?? result.brand} ${result.masked}`);
    } else {
      if (result !== undefined) this.#refusedOrders += 1;
      row.refused(refusalText(result), result?.code);
    }
    this.#patch();
    this.#onChange();
  }

  #patch(): void {
    setText(this.#token, this.#current?.token ?? 'no token yet');
    setAttribute(this.#token, 'data-used', this.#usedFor === undefined ? undefined : '');
    setText(this.#tokenNote, this.#note());
    for (const row of this.#rows) row.patch(this.#current !== undefined);
  }

  #note(): string {
    if (this.#current === undefined) return 'It arrives from the panel when the card is vaulted.';
    if (this.#usedFor !== undefined) return `Used: it has paid order ${this.#usedFor}.`;
    return this.#current.masked === undefined ? 'Not used yet.' : `For ${this.#current.masked}. Not used yet.`;
  }
}

function refusalText(result: Extract<PageOrderResult, { kind: 'refused' }> | undefined): string {
  switch (result?.code) {
    case undefined:
      return 'The order system could not be reached. Nothing was paid.';
    case 'token_already_redeemed':
      return 'Refused: this token has already paid an order. It can be used once; take a new one with Start New Capture.';
    case 'internal_error':
      return 'Not answered yet: the vault could not record it. Pay this order once more.';
    default:
      return 'Refused: the vault does not take this token.';
  }
}

class OrderRow {
  readonly root: HTMLElement;
  readonly order: (typeof ORDERS)[number];
  readonly #button: HTMLButtonElement;
  readonly #icon = icon('check');
  readonly #text = element('span');
  readonly #code = element('code');
  readonly #outcome: HTMLElement;
  #state: 'open' | 'busy' | 'paid' | 'refused' = 'open';

  constructor(order: (typeof ORDERS)[number], onPay: (row: OrderRow) => void) {
    this.order = order;
    const titleId = `order-${order.orderId}`;
    const payId = `pay-${order.orderId}`;
    const title = element('strong', { id: titleId }, `Order ${order.orderId}`);
    this.#button = element('button', { type: 'button', class: 'button', id: payId }, 'Pay with token');
    this.#button.setAttribute('aria-labelledby', `${payId} ${titleId}`);
    this.#button.addEventListener('click', () => onPay(this));
    this.#outcome = element('p', { class: 'outcome', role: 'status' }, this.#icon, this.#text, this.#code);
    this.root = element(
      'li',
      { class: 'order', 'data-order': order.orderId },
      element('div', { class: 'what' }, title, element('span', {}, order.what)),
      element('span', { class: 'amount' }, order.amount),
      this.#button,
      this.#outcome,
    );
    show(this.#outcome, false);
  }

  get isPaid(): boolean {
    return this.#state === 'paid';
  }

  get isBusy(): boolean {
    return this.#state === 'busy';
  }

  busy(): void {
    this.#state = 'busy';
    show(this.#outcome, false);
    setAttribute(this.#button, 'aria-busy', 'true');
  }

  paid(text: string): void {
    this.#tell('paid', text, undefined);
  }

  refused(text: string, code: string | undefined): void {
    this.#tell('refused', text, code);
  }

  patch(hasToken: boolean): void {
    setAttribute(this.root, 'data-state', this.#state);
    show(this.#button, !this.isPaid);
    this.#button.disabled = !hasToken;
  }

  #tell(state: 'paid' | 'refused', text: string, code: string | undefined): void {
    this.#state = state;
    setAttribute(this.#button, 'aria-busy', undefined);
    setIcon(this.#icon, state === 'paid' ? 'check' : 'alert');
    setText(this.#text, text);
    setText(this.#code, code ?? '');
    show(this.#code, code !== undefined);
    show(this.#outcome, true);
  }
}
