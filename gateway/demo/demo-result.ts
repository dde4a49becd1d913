/** What a run of the demo has to show for itself: the keys found where, what became of the token, and whether it held. Pure. */
import { eventsBeyond, type HeardStream, keysFound } from './isolation.js';
import type { KeyTransport } from './key-transport.js';
import type { OrderResult } from './order-entry.js';
import type { SentPress } from './phone-talker.js';

/** Keys that the strongest listener found, by where it listened. */
export type Found = { readonly caller: number; readonly agent: number; readonly recording: number };

export type Streams = Readonly<Record<keyof Found, HeardStream>>;

export type KeysHeard = {
  /** Of the payment's keys. An event too many at the agent counts as found, whenever it came. */
  readonly found: Found;
  readonly pressed: number;
  /** The control: keys outside a payment pass, so the same listener has to find them at the agent's too. */
  readonly beforePayment: Found & { readonly pressed: number };
};

export type DemoResult = KeysHeard & {
  readonly keys: KeyTransport;
  readonly token: string;
  readonly redeemed: boolean;
  /** `refused` for the one reason there may be; for any other, what came. */
  readonly secondRedemption: string;
};

/** What the vault's redeem endpoint says to who comes second. */
const SECOND = { status: 409, code: 'token_already_redeemed' };

/** @param presses of the whole call, of which so many were before the payment */
export function hear(streams: Streams, presses: readonly SentPress[], pressedBefore: number): KeysHeard {
  const before = presses.slice(0, pressedBefore);
  const inPayment = presses.slice(pressedBefore);
  const found = countKeys(streams, inPayment);
  return {
    found: { ...found, agent: Math.max(found.agent, eventsBeyond(streams.agent, before)) },
    pressed: inPayment.length,
    beforePayment: { ...countKeys(streams, before), pressed: before.length },
  };
}

export function secondRedemption(order: OrderResult): string {
  if (order.kind === 'paid') return 'accepted';
  return order.status === SECOND.status && order.code === SECOND.code ? 'refused' : `${order.status} ${order.code}`;
}

export function promiseKept({ keys, redeemed, found, pressed, beforePayment, ...result }: DemoResult): boolean {
  const tokenGoodOnce = redeemed && result.secondRedemption === 'refused';
  const hidden = found.agent === 0 && found.recording === 0;
  // An event is no sound, so only tones can stand in the recording.
  const heardBefore =
    beforePayment.pressed > 0 &&
    beforePayment.caller === beforePayment.pressed &&
    beforePayment.agent === beforePayment.pressed &&
    beforePayment.recording === (keys === 'in-band' ? beforePayment.pressed : 0);
  return tokenGoodOnce && hidden && heardBefore && pressed > 0 && found.caller === pressed;
}

/** What `--json` writes. The control is for people to read, in what is printed. */
export function dataOf(results: readonly DemoResult[]): object {
  return { runs: results.map(({ beforePayment: _control, ...run }) => run) };
}

function countKeys(streams: Streams, presses: readonly SentPress[]): Found {
  return {
    caller: keysFound(streams.caller, presses),
    agent: keysFound(streams.agent, presses),
    recording: keysFound(streams.recording, presses),
  };
}
