/** Where each user can be reached: the location service of RFC 3261 §10, for the users of the configuration. Pure. */
import type { Flow } from '../message.js';
import { parseUri } from '../uri.js';

/** A desk phone and two browser tabs, one of them just reloaded. Of more the one refreshed longest ago goes. */
export const MAX_BINDINGS_PER_USER = 4;

export type Binding = {
  /** The URI in the phone's Contact: where requests to it are addressed (RFC 3261 §16.6). */
  readonly contact: string;
  /** `+sip.instance` and `reg-id` (RFC 5626 §4.2): the same phone on another path. */
  readonly instance: string | undefined;
  readonly callId: string;
  readonly sequence: number;
  /** The path on which it registered; requests to it go there and nowhere else (RFC 5626 §5.3). */
  readonly flow: Flow;
  readonly expiresAtMs: number;
};

export class Bindings {
  /** Those of a user in the order of their last refresh. */
  readonly #byUser = new Map<string, readonly Binding[]>();

  of(user: string, nowMs: number): readonly Binding[] {
    return (this.#byUser.get(user) ?? []).filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  }

  /** The newest with that contact, expired or not: whether its path still stands is another question. */
  pathOf(user: string, contact: string): Flow | undefined {
    return this.#byUser.get(user)?.findLast((binding) => isSameContact(binding.contact, contact))?.flow;
  }

  /** The one with the same contact, or of the same phone. */
  find(user: string, sought: Pick<Binding, 'contact' | 'instance'>, nowMs: number): Binding | undefined {
    return this.of(user, nowMs).find((binding) => isSamePlace(binding, sought));
  }

  put(user: string, binding: Binding, nowMs: number): void {
    const others = this.of(user, nowMs).filter((other) => !isSamePlace(other, binding));
    this.#byUser.set(user, [...others, binding].slice(-MAX_BINDINGS_PER_USER));
  }

  remove(user: string, gone: Pick<Binding, 'contact' | 'instance'>, nowMs: number): void {
    const left = this.of(user, nowMs).filter((binding) => !isSamePlace(binding, gone));
    this.#byUser.set(user, left);
  }

  /** RFC 5626 §5.3: what was bound to a connection is gone with it. */
  dropConnection(connectionId: number): void {
    for (const [user, bindings] of this.#byUser) {
      const left = bindings.filter(({ flow }) => flow.connectionId !== connectionId);
      this.#byUser.set(user, left);
    }
  }
}

/** User and host of two contacts are the same: a phone may write other parameters into a dialog than it registers with. */
function isSameContact(one: string, other: string): boolean {
  if (one === other) {
    return true;
  }
  const [first, second] = [parseUri(one), parseUri(other)];
  return (
    first?.host !== undefined &&
    first.user === second?.user &&
    first.host.toLowerCase() === second?.host?.toLowerCase() &&
    first.port === second.port
  );
}

function isSamePlace(
  one: Pick<Binding, 'contact' | 'instance'>,
  other: Pick<Binding, 'contact' | 'instance'>,
): boolean {
  return (one.instance !== undefined && one.instance === other.instance) || isSameContact(one.contact, other.contact);
}
