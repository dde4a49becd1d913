/** Our own addresses, as peers are told them in Via and Contact. */
import { bracketed } from './ip-address.js';
import type { Flow, Transport } from './message.js';

export type LocalAddress = {
  /** Name of the listener in the configuration. */
  readonly listener: string;
  readonly transport: Transport;
  readonly host: string;
  readonly port: number;
};

export class LocalAddresses {
  readonly #addresses: readonly LocalAddress[];

  constructor(addresses: readonly LocalAddress[]) {
    this.#addresses = addresses;
  }

  /** @throws Error for a flow of a listener that there is not. */
  of(flow: Flow): { readonly host: string; readonly port: number } {
    const found = this.#addresses.find(
      ({ listener, transport }) => listener === flow.listener && transport === flow.transport,
    );
    if (found === undefined) {
      throw new Error(`no address is known for listener ${flow.listener} on ${flow.transport}`);
    }
    return { host: bracketed(found.host), port: found.port };
  }

  /** Our Contact on that flow, in angle brackets. */
  contact(flow: Flow): string {
    const { host, port } = this.of(flow);
    // RFC 7118 §5.2: `ws` over TLS as well.
    const transport = flow.transport === 'wss' ? 'ws' : flow.transport;
    return transport === 'udp' ? `<sip:${host}:${port}>` : `<sip:${host}:${port};transport=${transport}>`;
  }
}
