/** Sockets at ports below those that the kernel hands out itself. */
import { createSocket, type Socket } from 'node:dgram';

const ADDRESS = '127.0.0.1';

/** `count` sockets on loopback, at the first free ports of a range. Rejects when there are fewer, and leaves none open. */
export async function bindPorts(count: number, firstPort: number, lastPort: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let port = firstPort; port <= lastPort && sockets.length < count; port += 1) {
    const socket = await bind(port);
    if (socket !== undefined) sockets.push(socket);
  }
  if (sockets.length === count) return sockets;
  for (const socket of sockets) socket.close();
  throw new Error(`fewer than ${count} free ports between ${firstPort} and ${lastPort}`);
}

function bind(port: number): Promise<Socket | undefined> {
  // Destinations are IP addresses: nothing is ever looked up.
  const socket = createSocket({ type: 'udp4', lookup: (address, _options, done) => done(null, address, 4) });
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind({ address: ADDRESS, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      // Nobody may be listening yet, or any more, where we send to: such packets are lost, and counted where they lack.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}
