/** What arrives at a media port: heard on a socket of ours, or seen on the wire when the port belongs to another program. */
import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause } from './deadline.js';
import { type CapturedDatagram, readPcap } from './pcap.js';
import { PeerProcess } from './peer-process.js';
import { type RtpPacket, readRtp, type TimedPacket } from './rtp.js';
import { type RtpReport, reportRtp } from './rtp-report.js';

/** An hour of packets of 20 ms; later ones are not kept. */
const MAX_PACKETS = 180_000;

/** A UDP socket that keeps every RTP packet it gets; also the mouth of a leg, for it sends from the same port. */
export class AgentEar {
  readonly socket: Socket;
  readonly port: number;
  readonly packets: TimedPacket[] = [];
  /** Datagrams that were no RTP, RTCP among them. */
  otherDatagrams = 0;

  private constructor(socket: Socket, port: number) {
    this.socket = socket;
    this.port = port;
    socket.on('message', (datagram) => {
      const packet = readRtp(datagram);
      if (packet === undefined) this.otherDatagrams += 1;
      else if (this.packets.length < MAX_PACKETS) this.packets.push({ ...packet, atMs: performance.now() });
    });
  }

  static listen(port: number, address = '127.0.0.1'): Promise<AgentEar> {
    return new Promise((resolve, reject) => {
      const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
      socket.once('error', reject);
      socket.bind({ port, address, exclusive: true }, () => resolve(new AgentEar(socket, socket.address().port)));
    });
  }

  report(eventPayloadType = 101): RtpReport {
    return reportRtp(this.packets, eventPayloadType);
  }

  /** Forgets what it heard; the next report starts from here. */
  clear(): void {
    this.packets.length = 0;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }
}

const CAPTURE_START_LIMIT_MS = 10_000;
/** dumpcap reads the kernel's ring in blocks; what is in the ring when it is told to stop would be lost. */
const RING_DRAIN_MS = 400;

/** dumpcap on the loopback interface, for some UDP ports. Needs the right to capture: tests run as root. */
export class WireCapture {
  readonly #process: PeerProcess;
  readonly #directory: string;

  private constructor(process: PeerProcess, directory: string) {
    this.#process = process;
    this.#directory = directory;
  }

  /** Resolves when the capture is on. */
  static async start(options: { readonly ports: readonly number[]; readonly limitMs: number }): Promise<WireCapture> {
    const directory = mkdtempSync(join(tmpdir(), 'tonegate-capture-'));
    const filter = options.ports.map((port) => `udp port ${port}`).join(' or ');
    const args = ['-i', 'lo', '-P', '-f', filter, '-w', join(directory, 'wire.pcap')];
    const capture = new WireCapture(new PeerProcess({ command: 'dumpcap', args, limitMs: options.limitMs }), directory);
    try {
      await capture.#process.line(/^File: /, CAPTURE_START_LIMIT_MS);
    } catch (error) {
      await capture.discard();
      throw error;
    }
    return capture;
  }

  /** Ends the capture and gives every UDP datagram it saw. */
  async stop(): Promise<readonly CapturedDatagram[]> {
    await pause(RING_DRAIN_MS);
    await this.#process.stop(5_000, 'SIGINT');
    const datagrams = readPcap(readFileSync(join(this.#directory, 'wire.pcap')));
    await this.discard();
    return datagrams;
  }

  /** Ends the capture without looking at it; harmless when it has ended. */
  async discard(): Promise<void> {
    await this.#process.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** RTP among captured datagrams that went to `port`, in the order seen. */
export function rtpTo(port: number, datagrams: readonly CapturedDatagram[]): readonly RtpPacket[] {
  return datagrams.flatMap((datagram) => (datagram.destinationPort === port ? (readRtp(datagram.payload) ?? []) : []));
}
