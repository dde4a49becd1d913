/** Somebody else's web server: pages of another origin, and a backend that gets tickets for them. */
import { createServer, type Server } from 'node:http';
import { INTEGRATION_TOKEN } from './panel-world.js';

export type TicketOrder = { readonly agent: string; readonly callId?: string };

export class CrmServer {
  readonly origin: string;
  /** HTML by path. */
  readonly pages = new Map<string, string>();
  /** Port of the gateway whose tickets `GET /ticket` hands out. */
  gatewayPort = 0;
  /** Of the CRM's account at that gateway. */
  gatewayToken = INTEGRATION_TOKEN;
  order: TicketOrder = { agent: 'ada' };
  ticketsGiven = 0;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${port}`;
  }

  static async open(): Promise<CrmServer> {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the CRM has no port');
    const crm = new CrmServer(server, address.port);
    server.on('request', (request, response) => {
      const path = request.url?.split('?')[0] ?? '/';
      const html = crm.pages.get(path);
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      if (path === '/ticket') {
        void crm.#order(crm.origin).then(({ status, ticket = '' }) => response.writeHead(status).end(ticket));
      } else response.writeHead(html === undefined ? 404 : 200).end(html ?? '');
    });
    return crm;
  }

  /** As the CRM's backend asks the gateway for it, for pages of `origin`. */
  async ticket(origin = this.origin): Promise<string> {
    const { status, ticket } = await this.#order(origin);
    if (ticket === undefined) throw new Error(`no ticket: ${status}`);
    return ticket;
  }

  async #order(origin: string): Promise<{ readonly status: number; readonly ticket?: string }> {
    this.ticketsGiven += 1;
    const response = await fetch(`http://127.0.0.1:${this.gatewayPort}/v1/panel-tickets`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${this.gatewayToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...this.order, origin }),
    });
    const body: unknown = await response.json();
    const isTicket = typeof body === 'object' && body !== null && 'ticket' in body;
    return { status: response.ok ? 200 : response.status, ...(isTicket && { ticket: String(body.ticket) }) };
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
