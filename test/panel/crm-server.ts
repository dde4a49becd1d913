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
      if (path === '/ticket') void crm.ticket().then((ticket) => response.end(ticket));
      else response.writeHead(html === undefined ? 404 : 200).end(html ?? '');
    });
    return crm;
  }

  /** As the CRM's backend asks the gateway for it, for pages of `origin`. */
  async ticket(origin = this.origin): Promise<string> {
    this.ticketsGiven += 1;
    const response = await fetch(`http://127.0.0.1:${this.gatewayPort}/v1/panel-tickets`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${INTEGRATION_TOKEN}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...this.order, origin }),
    });
    const body: unknown = await response.json();
    if (typeof body === 'object' && body !== null && 'ticket' in body) return String(body.ticket);
    throw new Error(`no ticket: ${response.status} ${JSON.stringify(body)}`);
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
