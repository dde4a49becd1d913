import type { Duplex } from 'node:stream';
import { type ApiErrorCode, apiErrors, errorBody } from './api-errors.js';

/** Answers on the bare connection and ends it: during an upgrade, and of what Node's parser gave up on, there is no response. */
export function refuseRaw(socket: Duplex, code: ApiErrorCode): void {
  if (socket.destroyed || !socket.writable) return;
  const body = JSON.stringify(errorBody(code));
  socket.once('finish', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${apiErrors[code].status} ${code}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      'X-Content-Type-Options: nosniff',
      '',
      body,
    ].join('\r\n'),
  );
}
