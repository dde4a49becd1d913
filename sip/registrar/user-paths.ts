/**
 * By which paths the users' dialogs go, and what waits for a user whose connection broke. The call's media goes on without
 * it, so that the phone is given some time to come back on another connection (RFC 5626 §4.2 calls these flows): only then
 * is the call over. A BYE that has no way meanwhile is sent when the phone is back. Pure.
 */
import type { Dialog } from '../dialog.js';
import type { Flow, SipRequest } from '../message.js';
import type { Registrar } from './registrar.js';

/** A page that is reloaded is back in two seconds, one that changes networks in ten. */
export const CONNECTION_GRACE_MS = 30_000;

/** As many users as lose their connection in one and the same half minute, and whose callers hang up in it. */
const MAX_FAREWELLS = 1_000;

export type Farewell = { readonly dialog: Dialog; readonly bye: SipRequest };

type Waiting = { readonly connectionId: number | undefined; readonly dueMs: number };

export class UserPaths<Leg extends { readonly dialog: Dialog | undefined }> {
  readonly #registrar: Registrar | undefined;
  /** In the order in which they fall due, as all wait equally long. */
  readonly #legs = new Map<Leg, Waiting>();
  readonly #farewells = new Map<Farewell, number>();

  constructor(registrar: Registrar | undefined) {
    this.#registrar = registrar;
  }

  get deadlineMs(): number {
    const [leg] = this.#legs.values();
    const [farewellMs = Infinity] = this.#farewells.values();
    return Math.min(leg?.dueMs ?? Infinity, farewellMs);
  }

  get size(): number {
    return this.#legs.size + this.#farewells.size;
  }

  /** `undefined` while the user cannot be reached. */
  of(dialog: Dialog): Flow | undefined {
    return this.#registrar === undefined ? dialog.flow : this.#registrar.pathOf(dialog.flow, dialog.remoteTarget);
  }

  /** Every request that is tried on it meanwhile tells once more that the connection is gone: the first time counts. */
  lose(leg: Leg, connectionId: number | undefined, nowMs: number): void {
    if (this.#legs.get(leg)?.connectionId !== connectionId) {
      this.#legs.delete(leg);
      this.#legs.set(leg, { connectionId, dueMs: nowMs + CONNECTION_GRACE_MS });
    }
  }

  forget(leg: Leg): void {
    this.#legs.delete(leg);
  }

  /** @returns false where it can be sent at once. */
  postpone(farewell: Farewell, nowMs: number): boolean {
    if (this.of(farewell.dialog) !== undefined) {
      return false;
    }
    if (this.#farewells.size < MAX_FAREWELLS) {
      this.#farewells.set(farewell, nowMs + CONNECTION_GRACE_MS);
    }
    return true;
  }

  /** What can be sent now that this user has registered. */
  takeFarewells(user: string): readonly Farewell[] {
    const ready = [...this.#farewells.keys()].filter(
      ({ dialog }) => dialog.flow.user === user && this.of(dialog) !== undefined,
    );
    for (const farewell of ready) {
      this.#farewells.delete(farewell);
    }
    return ready;
  }

  /** The legs whose users have not come back in time. */
  takeLost(nowMs: number): readonly Leg[] {
    const due = [...this.#legs].filter(([, { dueMs }]) => dueMs <= nowMs).map(([leg]) => leg);
    for (const leg of due) {
      this.#legs.delete(leg);
    }
    for (const [farewell, dueMs] of this.#farewells) {
      if (dueMs <= nowMs) {
        this.#farewells.delete(farewell);
      }
    }
    return due.filter(({ dialog }) => dialog === undefined || this.of(dialog) === undefined);
  }
}
