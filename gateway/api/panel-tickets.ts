/**
 * How the panel gets into a page of another origin without that page ever holding an agent's token:
 *
 * ```
 *   CRM's backend          page of the CRM            panel in its frame           gateway
 *     | -- POST /v1/panel-tickets {agent, callId?, origin} --------------------------> |
 *     | <------------------------------------------------ {ticket}, for a minute ----- |
 *     | -- ticket ------------> | -- postMessage(ticket) --> |                          |
 *     |                         |                            | -- POST /v1/panel-sessions {ticket, origin} -> |
 *     |                         |                            | <- {token}, for a shift ---------------------- |
 * ```
 *
 * `origin` in the exchange is the one that the browser told the panel of the message's sender: a ticket that is handed
 * on to another page is worth nothing there. Tickets and tokens are kept as SHA-256 digests, in memory only: they are
 * gone with a restart. A machine without I/O; randomness is an argument as time is.
 */
import { createHash } from 'node:crypto';
import type { Account } from './roles.js';

export const TICKET_LIFETIME_MS = 60_000;
/** So long a ticket that is no good any more is told from one that never was. */
const MEMORY_MS = 600_000;
/** Tickets remembered at a time; the oldest makes room. A busy floor asks for some hundred in the ten minutes. */
export const MAX_TICKETS = 4096;
/** A panel for each call of a shift, and again for each reload; the oldest makes room. */
export const MAX_SESSIONS_PER_AGENT = 256;

export type PanelTicketsOptions = {
  readonly sessionLifetimeMs: number;
  /** Origins that may frame the panel. */
  readonly frameAncestors: readonly string[];
  /** A new secret of 128 bits or more at each call, in characters that HTTP can carry. */
  readonly newSecret: () => string;
};

export type TicketOrder = { readonly agent: string; readonly callId?: string; readonly origin: string };

export type IssueResult =
  | { readonly kind: 'issued'; readonly ticket: string; readonly expiresAtMs: number }
  | { readonly kind: 'refused'; readonly code: 'ticket-origin' };

export type TicketRefusal = 'ticket-unknown' | 'ticket-expired' | 'ticket-used' | 'ticket-origin';

export type ExchangeResult =
  | {
      readonly kind: 'opened';
      readonly token: string;
      readonly expiresAtMs: number;
      readonly agent: string;
      readonly callId?: string;
    }
  | { readonly kind: 'refused'; readonly code: TicketRefusal };

type Ticket = TicketOrder & { readonly expiresAtMs: number; used: boolean };

export class PanelTickets {
  readonly #options: PanelTicketsOptions;
  /** By digest, oldest first. */
  readonly #tickets = new Map<string, Ticket>();
  readonly #sessions = new Map<string, Account & { readonly panel: NonNullable<Account['panel']> }>();

  constructor(options: PanelTicketsOptions) {
    this.#options = options;
  }

  get ticketsRemembered(): number {
    return this.#tickets.size;
  }

  get sessionsOpen(): number {
    return this.#sessions.size;
  }

  issue({ agent, callId, origin }: TicketOrder, nowMs: number): IssueResult {
    if (!this.#options.frameAncestors.includes(origin)) return { kind: 'refused', code: 'ticket-origin' };
    this.#forgetTickets(nowMs);
    const ticket = this.#options.newSecret();
    const expiresAtMs = nowMs + TICKET_LIFETIME_MS;
    const bound = callId === undefined ? {} : { callId };
    this.#tickets.set(digestOf(ticket), { agent, ...bound, origin, expiresAtMs, used: false });
    return { kind: 'issued', ticket, expiresAtMs };
  }

  exchange(offered: { readonly ticket: string; readonly origin: string }, nowMs: number): ExchangeResult {
    this.#forgetTickets(nowMs);
    const ticket = this.#tickets.get(digestOf(offered.ticket));
    if (ticket === undefined) return { kind: 'refused', code: 'ticket-unknown' };
    if (ticket.used) return { kind: 'refused', code: 'ticket-used' };
    if (nowMs >= ticket.expiresAtMs) return { kind: 'refused', code: 'ticket-expired' };
    // Used up whoever offers it: somewhere it has got into wrong hands.
    ticket.used = true;
    if (ticket.origin !== offered.origin) return { kind: 'refused', code: 'ticket-origin' };
    return this.#open(ticket, nowMs);
  }

  /** Whose panel it is that has this bearer. */
  accountOf(token: string, nowMs: number): Account | undefined {
    const digest = digestOf(token);
    const account = this.#sessions.get(digest);
    if (account === undefined || nowMs < account.panel.expiresAtMs) return account;
    this.#sessions.delete(digest);
    return undefined;
  }

  #open({ agent, callId }: Ticket, nowMs: number): ExchangeResult {
    const token = this.#options.newSecret();
    const expiresAtMs = nowMs + this.#options.sessionLifetimeMs;
    const bound = callId === undefined ? {} : { callId };
    this.#makeRoom(agent, nowMs);
    this.#sessions.set(digestOf(token), { name: agent, role: 'agent', panel: { ...bound, expiresAtMs } });
    return { kind: 'opened', token, expiresAtMs, agent, ...bound };
  }

  #forgetTickets(nowMs: number): void {
    for (const [digest, { expiresAtMs }] of this.#tickets) {
      if (nowMs < expiresAtMs + MEMORY_MS && this.#tickets.size < MAX_TICKETS) return;
      this.#tickets.delete(digest);
    }
  }

  #makeRoom(agent: string, nowMs: number): void {
    let oldest: string | undefined;
    let held = 0;
    for (const [digest, { name, panel }] of this.#sessions) {
      if (nowMs >= panel.expiresAtMs) this.#sessions.delete(digest);
      else if (name === agent) {
        oldest ??= digest;
        held += 1;
      }
    }
    if (held >= MAX_SESSIONS_PER_AGENT && oldest !== undefined) this.#sessions.delete(oldest);
  }
}

/** What is looked up is a digest, so that the time it takes tells nothing of the secrets. */
function digestOf(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('base64');
}
