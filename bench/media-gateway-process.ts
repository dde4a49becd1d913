/** The gateway's media process as a contender: driven over file descriptor 3 with the wire that control speaks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { LegMedia, MediaCommand, MediaEvent } from '../gateway/media/control-wire.js';
import { within } from '../test/support/deadline.js';
import { encodeJsonFrame, FrameDecoder, JSON_FRAME } from '../vault-client/wire-frames.js';
import { ADDRESS, type PortSpan, type RunningContender } from './media-contender.js';
import type { CallPorts } from './media-load.js';
import { TracedChild } from './traced-child-process.js';

const SCRIPT = join(import.meta.dirname, '..', 'gateway', 'media', 'media-process.js');
const READY_LIMIT_MS = 10_000;
const REPLY_LIMIT_MS = 20_000;

export type GatewayDuty = {
  /** A secure window is open on every call. */
  readonly window: 'closed' | 'open';
  readonly recording: 'off' | 'automatic';
};

export async function startGateway(
  duty: GatewayDuty,
  phones: readonly CallPorts[],
  ports: PortSpan,
): Promise<RunningContender> {
  const media = new MediaProcess();
  try {
    await media.configure(ports);
    const targets = await Promise.all(phones.map((phone, index) => media.startCall(index + 1, phone, duty)));
    return { pid: media.pid, targets, stop: () => media.stop() };
  } catch (error) {
    await media.stop();
    throw error;
  }
}

type WithoutId<Command> = Command extends { readonly requestId: number } ? Omit<Command, 'requestId'> : never;

class MediaProcess {
  readonly #directory = mkdtempSync(join(tmpdir(), 'tonegate-bench-'));
  readonly #traced = new TracedChild(SCRIPT, 'pipe');
  readonly #channel: Duplex;
  readonly #waiting = new Map<number, (reply: MediaEvent) => void>();
  readonly #ready: Promise<void>;
  /** Recordings are large; they do not stay behind when the bench is interrupted either. */
  readonly #removeFiles = (): void => rmSync(this.#directory, { recursive: true, force: true });
  #onReady = (): void => {};
  #vault: Server | undefined;
  #nextRequestId = 1;

  constructor() {
    this.#ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    process.once('exit', this.#removeFiles);
    // Asked for as a pipe above.
    this.#channel = this.#traced.child.stdio[3] as Duplex;
    // Writing to a process that has died is told by the reply that does not come.
    this.#channel.on('error', () => {});
    const decoder = new FrameDecoder();
    this.#channel.on('data', (chunk: Buffer) =>
      decoder.push(chunk, ({ type, payload }) => {
        if (type === JSON_FRAME) this.#take(JSON.parse(payload.toString('utf8')) as MediaEvent);
      }),
    );
  }

  get pid(): number {
    return this.#traced.pid;
  }

  async configure({ firstPort, lastPort }: PortSpan): Promise<void> {
    const keySocketPath = join(this.#directory, 'keys.sock');
    await this.#standInForVault(keySocketPath);
    this.#send({
      kind: 'configure',
      configuration: {
        address: ADDRESS,
        portMin: firstPort,
        portMax: lastPort,
        keySocketPath,
        linkSecret: Buffer.alloc(32, 1).toString('base64'),
        recordingDirectory: join(this.#directory, 'recordings'),
        silenceTimeoutMs: 60_000,
      },
    });
    await within(READY_LIMIT_MS, 'a ready media process', this.#ready);
  }

  async startCall(callHandle: number, phone: CallPorts, duty: GatewayDuty): Promise<CallPorts> {
    const created = await this.#request({
      kind: 'create-call',
      callHandle,
      callId: `bench-${callHandle}`,
      mask: 'window',
      replacement: 'comfort-noise',
      suppression: 'tones',
      agentTransport: 'rtp',
      recording: { start: duty.recording, mode: 'pause' },
    });
    if (created.kind !== 'call-created') throw new Error(`no call: ${describe(created)}`);
    await this.#do({ kind: 'set-leg', callHandle, leg: 'caller', media: legMedia(phone.caller) });
    await this.#do({ kind: 'set-leg', callHandle, leg: 'agent', media: legMedia(phone.agent) });
    if (duty.window === 'open') await this.#do({ kind: 'open-window', callHandle });
    return { caller: created.caller.rtpPort, agent: created.agent.rtpPort };
  }

  async stop(): ReturnType<TracedChild['stop']> {
    const log = await this.#traced.stop(() => this.#send({ kind: 'shut-down' }));
    this.#vault?.close();
    process.off('exit', this.#removeFiles);
    this.#removeFiles();
    return log;
  }

  /** Windows open only while keys could reach a vault; none is pressed here. */
  #standInForVault(path: string): Promise<void> {
    const server = createServer((socket) => socket.on('error', () => {}).resume());
    this.#vault = server;
    return new Promise((resolve, reject) => server.once('error', reject).listen(path, resolve));
  }

  async #do(command: WithoutId<MediaCommand>): Promise<void> {
    const reply = await this.#request(command);
    if (reply.kind !== 'done') throw new Error(`${command.kind} failed: ${describe(reply)}`);
  }

  #request(command: WithoutId<MediaCommand>): Promise<MediaEvent> {
    const requestId = this.#nextRequestId;
    this.#nextRequestId += 1;
    const reply = new Promise<MediaEvent>((resolve) => this.#waiting.set(requestId, resolve));
    this.#send({ ...command, requestId });
    return within(REPLY_LIMIT_MS, `an answer to ${command.kind}`, reply);
  }

  #send(command: MediaCommand): void {
    this.#channel.write(encodeJsonFrame(command));
  }

  #take(event: MediaEvent): void {
    if (event.kind === 'ready') this.#onReady();
    if (!('requestId' in event)) return;
    this.#waiting.get(event.requestId)?.(event);
    this.#waiting.delete(event.requestId);
  }
}

function describe(reply: MediaEvent): string {
  return reply.kind === 'refused' ? reply.code : reply.kind;
}

/** PCMU and telephone-event both ways. */
function legMedia(port: number): LegMedia {
  const audio = [{ payloadType: 0, encoding: 'PCMU' }] as const;
  const events = [{ payloadType: 101, clockRateHz: 8000 }] as const;
  return {
    remoteAddress: ADDRESS,
    remotePort: port,
    remoteRtcpPort: port,
    rtcpMux: true,
    receiveAudio: audio,
    receiveEvents: events,
    sendAudio: audio,
    sendEvents: events,
    ptimeMs: 20,
    direction: 'sendrecv',
  };
}
