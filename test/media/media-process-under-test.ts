/** A media process of its own, with a vault that opens what it is sent, as control would have started it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import sodium from 'sodium-native';
import type { MediaCommand, MediaConfiguration, MediaEvent } from '../../gateway/media/control-wire.js';
import { HELLO_FRAME, KEY_FRAME } from '../../vault-client/wire.js';
import { encodeJsonFrame, FrameDecoder, JSON_FRAME } from '../../vault-client/wire-frames.js';
import { buildDirectory } from '../support/places.js';
import type { CommandWithoutId } from './simulated-call.js';

export const LINK_SECRET = Buffer.alloc(32, 3);
const SCRIPT = join(buildDirectory, 'gateway/media/media-process.js');
const LIMIT_MS = 20_000;

/** The vault's end of the key socket, with a key pair of its own. */
export class StandInVault {
  readonly publicKey = Buffer.alloc(sodium.crypto_box_PUBLICKEYBYTES);
  readonly opened: { readonly captureId: string; readonly sequence: number; readonly key: number }[] = [];
  readonly hellos: string[] = [];
  readonly server: Server;
  readonly #secretKey = Buffer.alloc(sodium.crypto_box_SECRETKEYBYTES);

  constructor(path: string) {
    sodium.crypto_box_keypair(this.publicKey, this.#secretKey);
    this.server = createServer((socket) => {
      const decoder = new FrameDecoder();
      socket.on('data', (chunk) => decoder.push(chunk, ({ type, payload }) => this.#take(type, payload)));
      socket.on('error', () => {});
      this.server.once('close-links', () => socket.destroy());
    }).listen(path);
  }

  #take(type: number, payload: Buffer): void {
    if (type === HELLO_FRAME) this.hellos.push(payload.toString('hex'));
    if (type !== KEY_FRAME) return;
    const plain = Buffer.alloc(21);
    const isOurs = sodium.crypto_box_seal_open(plain, payload.subarray(20), this.publicKey, this.#secretKey);
    if (!isOurs || !plain.subarray(0, 20).equals(payload.subarray(0, 20))) throw new Error('a frame does not match');
    const captureId = plain.toString('hex', 0, 16);
    this.opened.push({ captureId, sequence: plain.readUInt32BE(16), key: plain[20] });
  }
}

/** A peer's UDP socket, and all that came to it. */
export class UdpPeer {
  readonly heard: Buffer[] = [];
  readonly udp: UdpSocket = createSocket('udp4');

  async bind(): Promise<number> {
    this.udp.on('message', (bytes) => this.heard.push(bytes));
    this.udp.bind(0, '127.0.0.1');
    await once(this.udp, 'listening');
    return this.udp.address().port;
  }
}

export type MediaProcessOptions = {
  readonly configuration?: Partial<MediaConfiguration>;
  /** Of the Node that runs it. */
  readonly nodeArguments?: readonly string[];
};

export class MediaProcessUnderTest {
  readonly child: ChildProcess;
  readonly channel: Duplex;
  readonly directory = mkdtempSync(join(tmpdir(), 'tonegate-media-'));
  readonly events: MediaEvent[] = [];
  vault: StandInVault;
  errorOutput = '';
  #nextRequestId = 1;

  private constructor({ nodeArguments = [] }: MediaProcessOptions) {
    this.vault = new StandInVault(this.#keySocketPath);
    const stdio = ['ignore', 'ignore', 'pipe', 'pipe'] as const;
    this.child = spawn(process.execPath, [...nodeArguments, SCRIPT], { stdio: [...stdio], env: {} });
    this.child.stderr?.on('data', (text) => {
      this.errorOutput += text;
    });
    this.channel = this.child.stdio[3] as Duplex;
    const decoder = new FrameDecoder();
    this.channel.on('data', (chunk: Buffer) =>
      decoder.push(chunk, ({ type, payload }) => {
        if (type === JSON_FRAME) this.events.push(JSON.parse(payload.toString('utf8')) as MediaEvent);
      }),
    );
    this.channel.on('error', () => {});
  }

  /** Resolves when the process is ready. */
  static async start(options: MediaProcessOptions = {}): Promise<MediaProcessUnderTest> {
    const media = new MediaProcessUnderTest(options);
    const configuration: MediaConfiguration = {
      address: '127.0.0.1',
      portMin: 21_000,
      portMax: 21_999,
      keySocketPath: media.#keySocketPath,
      linkSecret: LINK_SECRET.toString('base64'),
      recordingDirectory: join(media.directory, 'recordings'),
      silenceTimeoutMs: 60_000,
      ...options.configuration,
    };
    media.channel.write(encodeJsonFrame({ kind: 'configure', configuration }));
    await media.until(() => media.events.some(({ kind }) => kind === 'ready'));
    return media;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Turns of the event loop until `isSo`, at most twenty seconds. */
  async until(isSo: () => boolean): Promise<void> {
    const endMs = performance.now() + LIMIT_MS;
    while (!isSo()) {
      if (performance.now() > endMs) {
        throw new Error(`did not come about; ${JSON.stringify(this.events.at(-1))} ${this.errorOutput}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async request(command: CommandWithoutId): Promise<MediaEvent> {
    const requestId = this.#nextRequestId;
    this.#nextRequestId += 1;
    this.channel.write(encodeJsonFrame({ ...command, requestId } as MediaCommand));
    const isReply = (event: MediaEvent) => 'requestId' in event && event.requestId === requestId;
    await this.until(() => this.events.some(isReply));
    const reply = this.events.find(isReply);
    if (reply === undefined) throw new Error('no reply');
    return reply;
  }

  /** The vault goes away, with the links to it. */
  endVault(): void {
    this.vault.server.close();
    this.vault.server.emit('close-links');
  }

  newVault(): StandInVault {
    this.vault = new StandInVault(this.#keySocketPath);
    return this.vault;
  }

  close(): void {
    this.child.kill('SIGKILL');
    this.endVault();
    rmSync(this.directory, { recursive: true, force: true });
  }

  get #keySocketPath(): string {
    return join(this.directory, 'keys.sock');
  }
}
