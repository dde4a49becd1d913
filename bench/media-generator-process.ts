/**
 * The load generator, a process of its own: both phones of every call. Started by the bench with an IPC channel; ends
 * with it. One load after the other, so that it is warm from the second one on.
 */
import type { Socket } from 'node:dgram';
import { FRAME_SAMPLES, SentAudio, speechRound, UNKNOWN } from './media-audio.js';
import type { CallPorts, GeneratorCommand, GeneratorReply, LoadResult } from './media-load.js';
import { LoadSchedule } from './media-schedule.js';
import { spreadOf } from './media-statistics.js';
import { cpuMsOf, residentMibOf } from './media-usage.js';
import { bindPorts } from './port-sockets.js';

const ADDRESS = '127.0.0.1';
const HEADER_SIZE_BYTES = 12;
const PAYLOAD_TYPE_PCMU = 0;
const RTP_VERSION_2 = 0x80;
const MARKER = 0x80;
/** More than any contender's delay line. */
const TAIL_MS = 200;
/** After the last packet: what is still on its way, also on a busy machine. */
const DRAIN_MS = 300;
const TIMER_MS = 1;
/** Then what has come in is looked at, however much is due: about half a millisecond. */
const MAX_BURST_PACKETS = 64;
/** Whoever is so much behind does not catch up any more: the machine is too slow for so many calls, or too busy. */
const HOPELESS_LATENESS_MS = 3_000;

/** Stream 2c goes from the caller of call c, and comes out at its agent; stream 2c + 1 the other way. */
class Load {
  readonly #command: Extract<GeneratorCommand, { kind: 'run' }>;
  readonly #sockets: readonly Socket[];
  readonly #schedule: LoadSchedule;
  readonly #audio: SentAudio;
  readonly #packets: readonly Buffer[];
  readonly #latenessMs: Float64Array;
  readonly #delaysMs: readonly [Float64Array, Float64Array];
  readonly #delayCounts = [0, 0];
  readonly #onSent = (): void => {};
  #startMs = 0;
  #sent = 0;
  #received = 0;
  #receivedMeasured = 0;
  #unknownMeasured = 0;
  #isMeasuring = false;

  constructor(command: Extract<GeneratorCommand, { kind: 'run' }>, sockets: readonly Socket[]) {
    const streams = sockets.length;
    this.#command = command;
    this.#sockets = sockets;
    const { warmUpMs, measureMs } = command;
    this.#schedule = new LoadSchedule({ streams, warmUpMs, measureMs, tailMs: TAIL_MS });
    this.#audio = new SentAudio(streams, speechRound(command.seed));
    this.#packets = sockets.map((_, stream) => newPacket(stream));
    this.#latenessMs = new Float64Array(this.#schedule.packetCount);
    const measuredPackets = (streams / 2) * (this.#schedule.endMeasuredFrame - this.#schedule.firstMeasuredFrame);
    // A relay that sends everything twice is counted, but does not write beyond the end.
    this.#delaysMs = [new Float64Array(measuredPackets), new Float64Array(measuredPackets)];
  }

  async run(): Promise<LoadResult> {
    this.#sockets.forEach((socket, leg) => {
      // What a phone hears is the other phone's stream.
      socket.on('message', (datagram) => this.#receive(leg ^ 1, datagram));
    });
    this.#startMs = performance.now();
    const whileMeasuring = this.#measureUse();
    await this.#sendAll();
    await pause(DRAIN_MS);
    for (const socket of this.#sockets) socket.removeAllListeners('message');
    const [toAgent, toCaller] = this.#delaysMs.map((delays, way) => spreadOf(delays.slice(0, this.#delayCounts[way])));
    const lateness = spreadOf(this.#latenessMs);
    if (lateness === undefined) throw new Error('no packet was to be sent');
    return {
      sent: this.#sent,
      received: this.#received,
      receivedMeasured: this.#receivedMeasured,
      unknownMeasured: this.#unknownMeasured,
      delay: { ...(toAgent && { toAgent }), ...(toCaller && { toCaller }) },
      lateness,
      ...(await whileMeasuring),
    };
  }

  /** What relay and generator use between the beginning and the end of the measuring. */
  async #measureUse(): Promise<
    Pick<
      LoadResult,
      'relayCpuMs' | 'relayResidentMib' | 'generatorCpuShare' | 'measuredFromEpochMs' | 'measuredToEpochMs'
    >
  > {
    const { relayPid } = this.#command;
    await pause(this.#startMs + this.#schedule.measureFromMs - performance.now());
    this.#isMeasuring = true;
    const measuredFromEpochMs = Date.now();
    const cpuBeforeMs = relayPid === null ? undefined : cpuMsOf(relayPid);
    const ownBefore = process.cpuUsage();
    await pause(this.#startMs + this.#schedule.measureToMs - performance.now());
    this.#isMeasuring = false;
    const own = process.cpuUsage(ownBefore);
    const cpuAfterMs = relayPid === null ? undefined : cpuMsOf(relayPid);
    const relayResidentMib = relayPid === null ? undefined : residentMibOf(relayPid);
    const measuredToEpochMs = Date.now();
    const generatorCpuShare = (own.user + own.system) / 1000 / (measuredToEpochMs - measuredFromEpochMs);
    return {
      ...(cpuBeforeMs !== undefined && cpuAfterMs !== undefined && { relayCpuMs: cpuAfterMs - cpuBeforeMs }),
      ...(relayResidentMib !== undefined && { relayResidentMib }),
      generatorCpuShare,
      measuredFromEpochMs,
      measuredToEpochMs,
    };
  }

  /** Rejects when the generator cannot keep up. */
  #sendAll(): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        const due = this.#sendDue();
        if (this.#sent === this.#schedule.packetCount) resolve();
        else if (this.#lateMs() > HOPELESS_LATENESS_MS)
          reject(new Error('the generator cannot keep up with so many calls'));
        else if (due === 'more') setImmediate(turn);
        else setTimeout(turn, TIMER_MS);
      };
      turn();
    });
  }

  /** Sends what is due, or some of it. */
  #sendDue(): 'more' | 'none' {
    const schedule = this.#schedule;
    for (let burst = 0; burst < MAX_BURST_PACKETS; burst += 1) {
      if (this.#sent === schedule.packetCount) return 'none';
      const lateMs = this.#lateMs();
      if (lateMs < 0) return 'none';
      this.#latenessMs[this.#sent] = lateMs;
      this.#sendNext(schedule.streamOf(this.#sent));
      this.#sent += 1;
    }
    return 'more';
  }

  /** How late the next packet is by now; negative when it is not due yet. */
  #lateMs(): number {
    return performance.now() - this.#startMs - this.#schedule.dueMs(this.#sent);
  }

  #sendNext(stream: number): void {
    const packet = this.#packets[stream];
    const frame = this.#audio.write(stream, packet, HEADER_SIZE_BYTES, performance.now());
    packet[1] = frame === 0 ? MARKER | PAYLOAD_TYPE_PCMU : PAYLOAD_TYPE_PCMU;
    packet.writeUInt16BE(frame & 0xffff, 2);
    packet.writeUInt32BE(frame * FRAME_SAMPLES, 4);
    this.#sockets[stream].send(packet, this.#onSent);
  }

  #receive(stream: number, datagram: Buffer): void {
    const nowMs = performance.now();
    // The relay's own RTCP comes here too, and is no packet relayed.
    if (datagram.length < HEADER_SIZE_BYTES || (datagram[1] & 0x7f) !== PAYLOAD_TYPE_PCMU) return;
    this.#received += 1;
    if (this.#isMeasuring) this.#receivedMeasured += 1;
    const frame = this.#audio.hear(stream, datagram.readUInt32BE(4), datagram, HEADER_SIZE_BYTES);
    if (this.#isMeasuring && frame === UNKNOWN) this.#unknownMeasured += 1;
    if (!this.#schedule.isMeasured(frame)) return;
    const way = stream & 1;
    this.#delaysMs[way][this.#delayCounts[way]] = nowMs - this.#audio.sentMs(stream, frame);
    this.#delayCounts[way] = Math.min(this.#delayCounts[way] + 1, this.#delaysMs[way].length);
  }
}

let sockets: Socket[] = [];

process.on('disconnect', () => process.exit(0));
process.on('message', (command: GeneratorCommand) => {
  carryOut(command).then(reply, (error: unknown) =>
    reply({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) }),
  );
});

function reply(message: GeneratorReply): void {
  process.send?.(message);
}

async function carryOut(command: GeneratorCommand): Promise<GeneratorReply> {
  switch (command.kind) {
    case 'bind': {
      closeAll();
      sockets = await bindPorts(command.calls * 2, command.firstPort, command.lastPort);
      const ports = Array.from({ length: command.calls }, (_, call) => ({
        caller: sockets[call * 2].address().port,
        agent: sockets[call * 2 + 1].address().port,
      }));
      return { kind: 'bound', ports };
    }
    case 'run': {
      try {
        await Promise.all(targetPorts(command.targets).map((port, leg) => connect(sockets[leg], port)));
        return { kind: 'measured', result: await new Load(command, sockets).run() };
      } finally {
        closeAll();
      }
    }
  }
}

function closeAll(): void {
  for (const socket of sockets) socket.close();
  sockets = [];
}

function targetPorts(targets: readonly CallPorts[]): number[] {
  return targets.flatMap(({ caller, agent }) => [caller, agent]);
}

/** A connected socket hears nobody but the relay, and costs the generator least. */
function connect(socket: Socket, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(port, ADDRESS, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

function newPacket(stream: number): Buffer {
  const packet = Buffer.alloc(HEADER_SIZE_BYTES + FRAME_SAMPLES);
  packet[0] = RTP_VERSION_2;
  packet.writeUInt32BE(stream + 1, 8);
  return packet;
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, durationMs)));
}
