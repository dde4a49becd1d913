/**
 * Calls of which a WebRTC leg's transport has ended. It does not come back, but is no fault by itself: a browser ends it
 * just before it hangs up. So a payment fails when the call is still there a moment later, and the call ends when nobody has
 * ended it after as long as a phone has to come back with its WebSocket.
 */
import type { AuditEntry } from '../audit/audit-trail.js';
import type { LegName } from '../media/control-wire.js';
import type { PaymentDesk } from '../payment/payment-desk.js';
import type { Call } from './call.js';

/** Longer than a BYE is under way, its first repetitions included (RFC 3261 §17.1.2.2: after 0.5 and 1.5 s). */
export const PAYMENT_GRACE_MS = 2000;
/** As long as a registered phone that has lost its connection may take to come back. */
export const CALL_GRACE_MS = 30_000;

export type LostLegsOptions = {
  readonly payments: Pick<PaymentDesk, 'mediaFault'>;
  readonly hangUp: (callId: string) => void;
  readonly onAudit: (entry: AuditEntry) => void;
  readonly onLog: (level: 'info' | 'warn', fields: object, message: string) => void;
  /** Calls `act` once, in `delayMs`. */
  readonly after: (delayMs: number, act: () => void) => void;
};

export class LostLegs {
  readonly #options: LostLegsOptions;

  constructor(options: LostLegsOptions) {
    this.#options = options;
  }

  lost(call: Call, leg: LegName): void {
    const { onLog, after } = this.#options;
    onLog('info', { callId: call.id, leg }, 'the WebRTC transport of a leg is gone');
    if (call.isLegLost) return;
    // From here on no payment begins, and no capture.
    call.isLegLost = true;
    after(PAYMENT_GRACE_MS, () => this.#failPayment(call, leg));
    after(CALL_GRACE_MS, () => this.#endCall(call, leg));
  }

  #failPayment(call: Call, leg: LegName): void {
    if (call.endedAt !== undefined) return;
    const { payments, hangUp, onAudit, onLog } = this.#options;
    try {
      payments.mediaFault(call.id, 'media-unreachable');
      onAudit({
        actor: 'gateway',
        origin: 'gateway',
        action: 'media-fault',
        outcome: 'failure',
        resource: { callId: call.id },
        detail: { leg, reason: 'transport-lost' },
      });
      onLog('warn', { callId: call.id, leg }, 'a call goes on without one of its legs');
    } catch {
      // What cannot be recorded must not go on.
      hangUp(call.id);
    }
  }

  #endCall(call: Call, leg: LegName): void {
    if (call.endedAt !== undefined) return;
    this.#options.onLog('warn', { callId: call.id, leg }, 'a call is ended for its lost leg');
    this.#options.hangUp(call.id);
  }
}
