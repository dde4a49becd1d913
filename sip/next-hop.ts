/** Where the next request of a dialog with a peer goes (RFC 3261 §8.1.2), which is nowhere but to peers. */
import { isIP } from 'node:net';
import type { Dialog } from './dialog.js';
import type { Flow } from './message.js';
import { parseUri } from './uri.js';

/** @param isPeer whether requests on that listener may go to that address; only to where it was made if missing */
export function nextHopOf(dialog: Dialog, isPeer: ((address: string, listener: string) => boolean) | undefined): Flow {
  const { flow } = dialog;
  const hop = parseUri(dialog.nextHop);
  const address = hop?.host?.replace(/^\[|\]$/g, '') ?? '';
  if (hop === undefined || isIP(address) === 0) {
    return flow;
  }
  const port = hop.port ?? 5060;
  if (address === flow.remoteAddress) {
    // The same machine: a live connection is kept, and a datagram goes to the port it listens on.
    return flow.connectionId !== undefined || port === flow.remotePort ? flow : { ...flow, remotePort: port };
  }
  if (isPeer?.(address, flow.listener) !== true) {
    return flow;
  }
  return { listener: flow.listener, transport: flow.transport, remoteAddress: address, remotePort: port };
}
