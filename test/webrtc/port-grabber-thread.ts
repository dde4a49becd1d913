/** Asks the system for one UDP port again and again, with nothing in between, until it has it. Says so at the first refusal too. */
import { createSocket } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';

let isTold = false;

function attempt(): void {
  const socket = createSocket('udp4');
  socket.once('error', () => {
    socket.close();
    if (!isTold) parentPort?.postMessage('refused');
    isTold = true;
    setImmediate(attempt);
  });
  socket.bind({ ...workerData, exclusive: true }, () => parentPort?.postMessage('has'));
}

attempt();
