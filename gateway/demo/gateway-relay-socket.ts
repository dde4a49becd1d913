/**
 * Hands requests on to the gateway as they are, so that its pages stand inside the demo's: the gateway lets only its own
 * origin put a frame around them.
 */
import { type IncomingMessage, request as requestOf, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

const ADDRESS = '127.0.0.1';

export function relayRequest(port: number, request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request;
  const onward = requestOf({ host: ADDRESS, port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => {
    if (!response.headersSent) response.writeHead(502);
    response.end();
  });
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}

/** RFC 6455 §4.1: an upgrade is a request, and what follows are bytes. */
export function relayUpgrade(port: number, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const onward = connect({ host: ADDRESS, port }, () => {
    const lines = [`${request.method} ${request.url} HTTP/1.1`];
    for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
      lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`);
    }
    onward.write(`${lines.join('\r\n')}\r\n\r\n`);
    onward.write(head);
    onward.pipe(socket).pipe(onward);
  });
  onward.on('error', () => socket.destroy());
  onward.on('close', () => socket.destroy());
  socket.on('error', () => onward.destroy());
  socket.on('close', () => onward.destroy());
}
