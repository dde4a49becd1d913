/** What both server transactions take and give (RFC 3261 §17.2). */

export type ServerInput =
  /** The request of this transaction once more. */
  | { readonly kind: 'request-again' }
  /** An ACK that matched (INVITE only). */
  | { readonly kind: 'ack' }
  | { readonly kind: 'respond'; readonly status: number; readonly bytes: Buffer }
  | { readonly kind: 'deadline' };

export type ServerOutput =
  | { readonly kind: 'send'; readonly bytes: Buffer }
  /** RFC 6026 §7.1: an ACK in Accepted is the user's. */
  | { readonly kind: 'ack-for-user' }
  /** Timer H: nobody acknowledged the failure answer. */
  | { readonly kind: 'ack-missing' };

export type ServerMachine = {
  readonly state: string;
  readonly deadlineMs: number;
  handle(input: ServerInput, nowMs: number): readonly ServerOutput[];
};
