/** What both client transactions take and give (RFC 3261 §17.1). */
import type { SipResponse } from '../message.js';

export type ClientFailure = 'time-out' | 'transport-error';

export type ClientInput =
  | { readonly kind: 'start' }
  /** A response that matched by branch and method. */
  | { readonly kind: 'response'; readonly response: SipResponse }
  | { readonly kind: 'transport-error' }
  | { readonly kind: 'deadline' };

export type ClientOutput =
  | { readonly kind: 'send'; readonly bytes: Buffer }
  /** For the transaction's user. */
  | { readonly kind: 'response'; readonly response: SipResponse }
  | { readonly kind: 'failed'; readonly cause: ClientFailure };

export type ClientMachine = {
  readonly state: string;
  readonly deadlineMs: number;
  handle(input: ClientInput, nowMs: number): readonly ClientOutput[];
};
