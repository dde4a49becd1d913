/** rtpengine as a peer: its userspace relay with one media thread, driven by its ng protocol (bencode over UDP). */
import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { promisify } from 'node:util';
import { within } from '../../test/support/deadline.js';
import { PeerProcess } from '../../test/support/peer-process.js';
import { ADDRESS, type PortSpan, type RunningContender } from '../media-contender.js';
import type { CallPorts } from '../media-load.js';
import { type BencodeValue, decodeBencode, encodeBencode } from './bencode.js';

const run = promisify(execFile);

const START_LIMIT_MS = 10_000;
const REPLY_LIMIT_MS = 10_000;
/** UDP on loopback is not lost, but nobody listens before the daemon is up. */
const RETRY_MS = 100;
/** The bench ends it long before. */
const LIFE_LIMIT_MS = 600_000;
/** Milliseconds: the least with which its `silence` hides in-band tones nearly whole; with less it leaks their onsets. */
const DELAY_BUFFER_MS = 40;

/** `silence`: in-band keys of the caller's leg are found and silenced, as the gateway does in a secure window. */
export type RtpengineDuty = 'plain' | 'silence';

/** What `rtpengine --version` says; undefined when it is not installed. */
export async function rtpengineVersion(): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run('rtpengine', ['--version'], { timeout: START_LIMIT_MS });
    return /Version: (\S+)/.exec(stdout + stderr)?.[1] ?? 'of unknown version';
  } catch {
    return undefined;
  }
}

export async function startRtpengine(
  duty: RtpengineDuty,
  phones: readonly CallPorts[],
  { firstPort, lastPort }: PortSpan,
): Promise<RunningContender> {
  // The first port is for commands, the others for media.
  const daemon = new PeerProcess({
    command: 'rtpengine',
    args: [
      '--config-file=none',
      // No kernel module, and nothing that needs one.
      '--table=-1',
      '--no-fallback',
      '--foreground',
      '--log-stderr',
      '--log-level=3',
      `--interface=${ADDRESS}`,
      `--listen-ng=${ADDRESS}:${firstPort}`,
      `--port-min=${firstPort + 1}`,
      `--port-max=${lastPort}`,
      '--num-threads=1',
      // With none, packets that have to be transcoded are silently thrown away.
      '--media-num-threads=1',
    ],
    limitMs: LIFE_LIMIT_MS,
  });
  const client = new NgClient(firstPort);
  const stop = async (): Promise<undefined> => {
    client.close();
    await daemon.stop();
  };
  try {
    const ended = daemon.exited.then(() => {
      throw new Error(`rtpengine ended: ${daemon.tail(3)}`);
    });
    ended.catch(() => {});
    await Promise.race([client.answering(), ended]);
    const targets: CallPorts[] = [];
    for (const [index, phone] of phones.entries()) targets.push(await startCall(client, `bench-${index}`, phone, duty));
    return { pid: daemon.pid, targets, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startCall(client: NgClient, callId: string, phone: CallPorts, duty: RtpengineDuty): Promise<CallPorts> {
  const common = { 'call-id': callId, 'from-tag': 'caller', ICE: 'remove', replace: ['origin'] };
  const offer = await client.request({ ...common, command: 'offer', sdp: sdpOf(phone.caller) });
  const answer = await client.request({ ...common, command: 'answer', 'to-tag': 'agent', sdp: sdpOf(phone.agent) });
  if (duty === 'silence') {
    await client.request({
      command: 'block DTMF',
      'call-id': callId,
      'from-tag': 'caller',
      'DTMF-security': 'silence',
      flags: ['directional'],
      'delay-buffer': DELAY_BUFFER_MS,
    });
  }
  // Each description that comes back is for the other side, and holds the port that side sends to.
  return { caller: audioPortOf(answer), agent: audioPortOf(offer) };
}

/** Without telephone-event: with it negotiated, rtpengine does not look for tones. */
function sdpOf(port: number): string {
  return [
    'v=0',
    `o=- 1 1 IN IP4 ${ADDRESS}`,
    's=-',
    `c=IN IP4 ${ADDRESS}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 0`,
    'a=rtpmap:0 PCMU/8000',
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\r\n');
}

function audioPortOf(reply: NgReply): number {
  const port = typeof reply.sdp === 'string' ? /^m=audio (\d+) /m.exec(reply.sdp)?.[1] : undefined;
  if (port === undefined) throw new Error('rtpengine answered without an audio port');
  return Number(port);
}

type NgReply = { readonly [key: string]: BencodeValue };

/** Requests and replies are a cookie, a space and a dictionary; the reply has the request's cookie. */
class NgClient {
  readonly #socket: Socket = createSocket('udp4');
  readonly #port: number;
  readonly #waiting = new Map<string, (reply: NgReply) => void>();
  #nextCookie = 1;

  constructor(port: number) {
    this.#port = port;
    this.#socket.on('error', () => {});
    this.#socket.on('message', (datagram) => this.#take(datagram));
  }

  /** Resolves when the daemon is up. */
  async answering(): Promise<void> {
    const cookie = this.#takeCookie();
    const pong = this.#reply(cookie);
    const timer = setInterval(() => this.#send(cookie, { command: 'ping' }), RETRY_MS);
    try {
      await within(START_LIMIT_MS, "rtpengine's pong", pong);
    } finally {
      clearInterval(timer);
    }
  }

  /** Rejects when the daemon refuses. */
  async request(command: { readonly [key: string]: BencodeValue }): Promise<NgReply> {
    const cookie = this.#takeCookie();
    const coming = this.#reply(cookie);
    this.#send(cookie, command);
    const reply = await within(REPLY_LIMIT_MS, `rtpengine's answer to ${command.command}`, coming);
    if (reply.result !== 'ok') throw new Error(`rtpengine refused ${command.command}: ${reply['error-reason']}`);
    return reply;
  }

  close(): void {
    this.#socket.close();
  }

  #takeCookie(): string {
    const cookie = `bench${this.#nextCookie}`;
    this.#nextCookie += 1;
    return cookie;
  }

  #reply(cookie: string): Promise<NgReply> {
    return new Promise((resolve) => this.#waiting.set(cookie, resolve));
  }

  #send(cookie: string, command: { readonly [key: string]: BencodeValue }): void {
    this.#socket.send(Buffer.concat([Buffer.from(`${cookie} `), encodeBencode(command)]), this.#port, ADDRESS);
  }

  #take(datagram: Buffer): void {
    const space = datagram.indexOf(' ');
    const cookie = datagram.toString('latin1', 0, Math.max(space, 0));
    const decoded = decodeBencode(datagram.subarray(space + 1));
    if (!decoded.ok || !isDictionary(decoded.value)) return;
    this.#waiting.get(cookie)?.(decoded.value);
    this.#waiting.delete(cookie);
  }
}

function isDictionary(value: BencodeValue): value is NgReply {
  return typeof value === 'object' && !Array.isArray(value);
}
