/** One UDP listener. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { withMapping, withoutMapping } from '../ip-address.js';
import { overwriteReceiveBlock } from './receive-block.js';

/** Bursts of calls come in while a garbage collection runs; the kernel's default holds about 200 messages. */
const RECEIVE_BUFFER_BYTES = 1_048_576;

export type UdpSocketOptions = {
  readonly address: string;
  readonly port: number;
  /** `bytes` is a Buffer of its own: whoever gets it may wipe it. */
  readonly onDatagram: (bytes: Buffer, remote: { readonly address: string; readonly port: number }) => void;
  /** The operating system refused to send to there. */
  readonly onSendFailed: (remote: { readonly address: string; readonly port: number }) => void;
};

export class UdpSocket {
  readonly #options: UdpSocketOptions;
  readonly #socket: Socket;
  #isOpen = false;

  constructor(options: UdpSocketOptions) {
    this.#options = options;
    this.#socket = createSocket({ type: isIPv6(options.address) ? 'udp6' : 'udp4' });
  }

  /** @returns the bound port. */
  open(): Promise<number> {
    const { address, port, onDatagram } = this.#options;
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        this.#socket.close();
        reject(error);
      };
      this.#socket.once('error', fail);
      this.#socket.bind({ address, port, exclusive: true }, () => {
        this.#socket.off('error', fail);
        // An error on an open socket concerns one datagram, which SIP will send again.
        this.#socket.on('error', () => undefined);
        this.#socket.on('message', (bytes, remote) => {
          overwriteReceiveBlock(bytes);
          onDatagram(bytes, { address: withoutMapping(remote.address), port: remote.port });
        });
        try {
          this.#socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
        } catch {
          // The system's limit is lower: its default stays.
        }
        this.#isOpen = true;
        resolve(this.#socket.address().port);
      });
    });
  }

  send(remote: { readonly address: string; readonly port: number }, bytes: Buffer): void {
    if (!this.#isOpen) {
      return;
    }
    const address = isIPv6(this.#options.address) ? withMapping(remote.address) : remote.address;
    this.#socket.send(bytes, remote.port, address, (error) => {
      if (error !== null) {
        this.#options.onSendFailed(remote);
      }
    });
  }

  close(): Promise<void> {
    if (!this.#isOpen) {
      return Promise.resolve();
    }
    this.#isOpen = false;
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}
