import { describe, expect, test } from '@jest/globals';
import { MAX_SESSIONS_PER_AGENT, MAX_TICKETS, PanelTickets, TICKET_LIFETIME_MS } from './panel-tickets.js';

const CRM = 'https://crm.example';
const SHOP = 'https://shop.example';
const SHIFT_MS = 3_600_000;

function make(): PanelTickets {
  let secrets = 0;
  return new PanelTickets({
    sessionLifetimeMs: SHIFT_MS,
    frameAncestors: [CRM, SHOP],
    newSecret: () => `secret-${secrets++}`,
  });
}

function issued(tickets: PanelTickets, nowMs: number, callId?: string): string {
  const order = { agent: 'ada', origin: CRM, ...(callId === undefined ? {} : { callId }) };
  const result = tickets.issue(order, nowMs);
  if (result.kind !== 'issued') throw new Error(result.code);
  expect(result.expiresAtMs).toBe(nowMs + TICKET_LIFETIME_MS);
  return result.ticket;
}

describe('a ticket', () => {
  test('opens one panel of its agent, for its call', () => {
    const tickets = make();
    const opened = tickets.exchange({ ticket: issued(tickets, 1000, 'call'), origin: CRM }, 1500);
    if (opened.kind !== 'opened') throw new Error(opened.code);
    expect(opened).toMatchObject({ agent: 'ada', callId: 'call', expiresAtMs: 1500 + SHIFT_MS });
    expect(tickets.accountOf(opened.token, 1500)).toEqual({
      name: 'ada',
      role: 'agent',
      panel: { callId: 'call', expiresAtMs: 1500 + SHIFT_MS },
    });
  });

  test.each([
    ['is unknown', 0, CRM, 'nothing', 'ticket-unknown'],
    ['is good to the last millisecond', TICKET_LIFETIME_MS - 1, CRM, undefined, undefined],
    ['expires', TICKET_LIFETIME_MS, CRM, undefined, 'ticket-expired'],
    ['is still known ten minutes later', TICKET_LIFETIME_MS + 599_999, CRM, undefined, 'ticket-expired'],
    ['and then is not', TICKET_LIFETIME_MS + 600_000, CRM, undefined, 'ticket-unknown'],
    ['is worth nothing in another page, though that may frame us too', 0, SHOP, undefined, 'ticket-origin'],
  ])('%s', (_, laterMs, origin, ticket, code) => {
    const tickets = make();
    const good = issued(tickets, 0);
    const result = tickets.exchange({ ticket: ticket ?? good, origin }, laterMs);
    expect(result.kind === 'refused' ? result.code : undefined).toBe(code);
  });

  test('is used up with its first use, also by a wrong page', () => {
    const tickets = make();
    const [first, second] = [issued(tickets, 0), issued(tickets, 0)];
    tickets.exchange({ ticket: first, origin: CRM }, 1);
    tickets.exchange({ ticket: second, origin: SHOP }, 1);
    expect(tickets.exchange({ ticket: first, origin: CRM }, 2)).toEqual({ kind: 'refused', code: 'ticket-used' });
    expect(tickets.exchange({ ticket: second, origin: CRM }, 2)).toEqual({ kind: 'refused', code: 'ticket-used' });
  });

  test.each(['https://evil.example', 'null', '*', `${CRM}/`, `${CRM}.evil.example`])(
    'is not issued for %s',
    (origin) => {
      expect(make().issue({ agent: 'ada', origin }, 0)).toEqual({ kind: 'refused', code: 'ticket-origin' });
    },
  );

  test('however many are asked for, the table is bounded and the newest are good', () => {
    const tickets = make();
    const all = Array.from({ length: MAX_TICKETS + 10 }, () => issued(tickets, 0));
    expect(tickets.ticketsRemembered).toBe(MAX_TICKETS);
    expect(tickets.exchange({ ticket: all[0] ?? '', origin: CRM }, 1)).toMatchObject({ code: 'ticket-unknown' });
    expect(tickets.exchange({ ticket: all.at(-1) ?? '', origin: CRM }, 1).kind).toBe('opened');
  });
});

describe("a panel's bearer", () => {
  function opened(tickets: PanelTickets, nowMs: number): string {
    const result = tickets.exchange({ ticket: issued(tickets, nowMs), origin: CRM }, nowMs);
    if (result.kind !== 'opened') throw new Error(result.code);
    return result.token;
  }

  test('is good for a shift', () => {
    const tickets = make();
    const token = opened(tickets, 0);
    expect(tickets.accountOf(token, SHIFT_MS - 1)?.name).toBe('ada');
    expect(tickets.accountOf(token, SHIFT_MS)).toBeUndefined();
    expect(tickets.sessionsOpen).toBe(0);
    expect(tickets.accountOf('secret-0', 0)).toBeUndefined();
  });

  test('goes when its agent opens very many others', () => {
    const tickets = make();
    const tokens = Array.from({ length: MAX_SESSIONS_PER_AGENT + 1 }, () => opened(tickets, 0));
    expect(tickets.sessionsOpen).toBe(MAX_SESSIONS_PER_AGENT);
    expect(tickets.accountOf(tokens[0] ?? '', 1)).toBeUndefined();
    expect(tickets.accountOf(tokens[1] ?? '', 1)?.name).toBe('ada');
  });
});
