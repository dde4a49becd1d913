/**
 * The least that relaying costs in Node: whatever comes in on one socket goes out on the other, through node:dgram and
 * nothing else. A yardstick for the media process. Started with an IPC channel, ends with it.
 */
import type { Socket } from 'node:dgram';
import type { CallPorts } from '../media-load.js';
import { bindPorts } from '../port-sockets.js';

export type DgramRelayCommand = {
  readonly phones: readonly CallPorts[];
  readonly firstPort: number;
  readonly lastPort: number;
};

export type DgramRelayReply =
  | { readonly ok: true; readonly ports: readonly CallPorts[] }
  | { readonly ok: false; readonly reason: string };

const ADDRESS = '127.0.0.1';
const ignore = (): void => {};

process.on('disconnect', () => process.exit(0));
process.on('message', (command: DgramRelayCommand) => {
  start(command).then(reply, (error: unknown) =>
    reply({ ok: false, reason: error instanceof Error ? error.message : String(error) }),
  );
});

function reply(message: DgramRelayReply): void {
  process.send?.(message);
}

async function start({ phones, firstPort, lastPort }: DgramRelayCommand): Promise<DgramRelayReply> {
  const sockets = await bindPorts(phones.length * 2, firstPort, lastPort);
  const ports = phones.map((phone, call) => {
    const [caller, agent] = [sockets[call * 2], sockets[call * 2 + 1]];
    pass(caller, agent, phone.agent);
    pass(agent, caller, phone.caller);
    return { caller: caller.address().port, agent: agent.address().port };
  });
  return { ok: true, ports };
}

function pass(from: Socket, to: Socket, port: number): void {
  // With offset and length, as whoever keeps packets in a slab has to send: node:dgram makes an object of it.
  from.on('message', (datagram) => to.send(datagram, 0, datagram.length, port, ADDRESS, ignore));
}
