/** Says whatever a test likes to a SIP listener, byte for byte, and reads the status that comes back. */
import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import { eventually, within } from './deadline.js';

const ADDRESS = '127.0.0.1';
const CONNECT_LIMIT_MS = 5_000;
const MAX_KEPT_ANSWERS = 100_000;

export type Answer = { readonly status: number; readonly callId: string };

export class SipStranger {
  readonly answers: Answer[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (datagram) => {
      const answer = readAnswer(datagram.toString('latin1'));
      if (answer !== undefined && this.answers.length < MAX_KEPT_ANSWERS) this.answers.push(answer);
    });
  }

  static open(): Promise<SipStranger> {
    return new Promise((resolve, reject) => {
      const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
      socket.once('error', reject);
      socket.bind(0, ADDRESS, () => resolve(new SipStranger(socket)));
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Resolves when the system has taken the datagram. */
  say(port: number, bytes: Buffer): Promise<void> {
    return new Promise((resolve) => this.#socket.send(bytes, port, ADDRESS, () => resolve()));
  }

  /** Says a request and answers the first final status that comes for its Call-ID. */
  async ask(port: number, request: Buffer, limitMs: number): Promise<number> {
    const callId = /^Call-ID: (\S+)\r$/m.exec(request.toString('latin1'))?.[1] ?? '';
    await this.say(port, request);
    const fits = (answer: Answer): boolean => answer.callId === callId && answer.status >= 200;
    return eventually(limitMs, `an answer for ${callId}`, () => this.answers.find(fits)?.status);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

/** Says `pieces` over one TCP connection and answers all that came until it was closed or `limitMs` had passed. */
export async function sayOverTcp(port: number, pieces: readonly Buffer[], limitMs: number): Promise<string> {
  const socket = connect(port, ADDRESS);
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  // The gateway may close before everything has been said.
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const opened = new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  await within(CONNECT_LIMIT_MS, `a connection to port ${port}`, Promise.race([opened, closed]));
  for (const piece of pieces) if (!socket.destroyed) socket.write(piece);
  await within(limitMs, 'the end of the connection', closed).catch(() => {});
  socket.destroy();
  return text;
}

function readAnswer(text: string): Answer | undefined {
  const status = /^SIP\/2\.0 (\d{3}) /.exec(text)?.[1];
  const callId = /^(?:Call-ID|i)\s*:\s*(\S+)\r$/im.exec(text)?.[1];
  return status === undefined ? undefined : { status: Number(status), callId: callId ?? '' };
}
