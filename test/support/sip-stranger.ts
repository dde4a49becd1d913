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
  readonly #name = `stranger-${process.pid}-${Math.floor(Math.random() * 2 ** 31)}`;
  #requests = 0;

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

  /** A sound request outside of any dialog, another one each time. */
  request(method: string, user: string, body = '', contentType = 'application/sdp'): Buffer {
    this.#requests += 1;
    const { port } = this;
    const lines = [
      `${method} sip:${user}@${ADDRESS} SIP/2.0`,
      `Via: SIP/2.0/UDP ${ADDRESS}:${port};rport;branch=z9hG4bK-${this.#name}-${this.#requests}`,
      'Max-Forwards: 70',
      `From: "Stranger" <sip:stranger@${ADDRESS}:${port}>;tag=${this.#requests}`,
      `To: <sip:${user}@${ADDRESS}>`,
      `Call-ID: ${this.#name}-${this.#requests}`,
      `CSeq: 1 ${method}`,
      `Contact: <sip:stranger@${ADDRESS}:${port}>`,
      ...(body === '' ? [] : [`Content-Type: ${contentType}`]),
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
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

export function description(...media: readonly string[]): string {
  return ['v=0', `o=- 1 1 IN IP4 ${ADDRESS}`, 's=-', `c=IN IP4 ${ADDRESS}`, 't=0 0', ...media, ''].join('\r\n');
}

/**
 * Says `pieces` over one TCP connection and answers all that came until it was closed, until it was `enough`, or until
 * `limitMs` had passed.
 */
export async function sayOverTcp(
  port: number,
  pieces: readonly Buffer[],
  limitMs: number,
  enough?: RegExp,
): Promise<string> {
  const socket = connect(port, ADDRESS);
  let text = '';
  const said = new Promise<void>((resolve) => {
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      if (enough?.test(text)) resolve();
    });
  });
  // The gateway may close before everything has been said.
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const opened = new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  await within(CONNECT_LIMIT_MS, `a connection to port ${port}`, Promise.race([opened, closed]));
  for (const piece of pieces) if (!socket.destroyed) socket.write(piece);
  await within(limitMs, 'the end of the connection', Promise.race([closed, said])).catch(() => {});
  socket.destroy();
  return text;
}

function readAnswer(text: string): Answer | undefined {
  const status = /^SIP\/2\.0 (\d{3}) /.exec(text)?.[1];
  const callId = /^(?:Call-ID|i)\s*:\s*(\S+)\r$/im.exec(text)?.[1];
  return status === undefined ? undefined : { status: Number(status), callId: callId ?? '' };
}
