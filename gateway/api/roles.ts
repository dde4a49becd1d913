/** Who may ask what. The table is the `roles` of each row in `operations.ts`; this is the one place that reads it. */
export const ROLES = ['agent', 'supervisor', 'auditor', 'integration', 'administrator'] as const;

/**
 * | role            | may                                                                                         |
 * | --------------- | ------------------------------------------------------------------------------------------- |
 * | `agent`         | see and act on the own calls, take payments in them, have their tokens                      |
 * | `supervisor`    | see every call and session as it is now, masked, without tokens                             |
 * | `auditor`       | read what was: history, audit records, recordings                                           |
 * | `integration`   | let a page of its own show an agent's panel                                                 |
 * | `administrator` | see health, metrics, configuration and accounts                                             |
 */
export type Role = (typeof ROLES)[number];

/** Somebody the gateway knows, by a bearer token. */
export type Account = {
  readonly name: string;
  readonly role: Role;
  /** Set for the short-lived bearer of an embedded panel. */
  readonly panel?: {
    /** The one call it is for, if it is for one. */
    readonly callId?: string;
    /** On the clock of the API's `nowMs`. */
    readonly expiresAtMs: number;
  };
};

/** The part of an operation that says for whom it is. */
export type Permission = {
  readonly roles: readonly Role[] | 'anybody';
  /** An embedded panel may do whatever its agent may, except where this says no. */
  readonly inPanels?: false;
};

export function mayPerform(account: Account, { roles, inPanels }: Permission): boolean {
  if (roles === 'anybody') return true;
  return roles.includes(account.role) && (account.panel === undefined || inPanels !== false);
}
