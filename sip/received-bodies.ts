/** Bodies of received messages, and when they are wiped: they may be keys, or anything else that is nobody's business. */
import type { SipMessage, SipRequest } from './message.js';

export class ReceivedBodies {
  /** Bodies of INFO requests not yet answered, with all that follows them in their datagram. */
  readonly #kept = new Map<SipRequest, Buffer>();
  /** Where the body of the message being handled begins, to the end of what was received. */
  #region: Buffer | undefined;

  /** @param bytes what was received, of which the message's body is a part */
  open(message: SipMessage, bytes: Buffer): void {
    this.#region = bytes.subarray(message.body.byteOffset - bytes.byteOffset);
  }

  /** The message has been handled: all but descriptions, and what is kept, is wiped. */
  close(message: SipMessage): void {
    if (this.#region !== undefined && !mayHoldDescription(message)) {
      this.#region.fill(0);
    }
    this.#region = undefined;
  }

  /** The body of the message being handled is still needed; whoever calls this wipes it. */
  keep(request: SipRequest): void {
    if (this.#region !== undefined) {
      this.#kept.set(request, this.#region);
      this.#region = undefined;
    }
  }

  wipe(request: SipRequest): void {
    this.#kept.get(request)?.fill(0);
    this.#kept.delete(request);
  }
}

function mayHoldDescription(message: SipMessage): boolean {
  if (message.kind === 'response') {
    return message.status < 300;
  }
  return message.method === 'INVITE' || message.method === 'ACK' || message.method === 'UPDATE';
}
