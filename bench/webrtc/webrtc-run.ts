/**
 * One media process, some calls at a time with a packet each way every 20 ms, and what that costs: CPU and memory of the
 * process, and the time a packet takes from the caller's socket to the agent's peer, which share this process' clock.
 */
import type { LegMedia } from '../../gateway/media/control-wire.js';
import { type MediaProcessUnderTest, UdpPeer } from '../../test/media/media-process-under-test.js';
import { legMedia, rtpPacket } from '../../test/media/simulated-call.js';
import { LibraryPeer } from '../../test/webrtc/library-peer.js';
import { cpuMsOf, residentMibOf } from '../media-usage.js';

export type Transport = 'rtp' | 'webrtc';
export type RunFigures = {
  /** Of one core, by the whole process. */
  readonly cpuPercent: number;
  readonly residentMib: number;
  /** Ascending. */
  readonly delaysMs: readonly number[];
  readonly sentPackets: number;
};

const ADDRESS = '127.0.0.1';
const PACKET_TIME_MS = 20;
const STAMP_SIZE_BYTES = 8;
const PAYLOAD_SIZE_BYTES = 160;

type Call = {
  readonly fromCaller: (packet: Buffer) => void;
  readonly fromAgent: (packet: Buffer) => void;
  close(): void;
};

/** Opens `calls` calls, lets them talk for `durationMs`, and closes them. */
export async function runCalls(
  media: MediaProcessUnderTest,
  {
    transport,
    calls,
    durationMs,
  }: { readonly transport: Transport; readonly calls: number; readonly durationMs: number },
): Promise<RunFigures> {
  const delaysMs: number[] = [];
  const hear = (packet: Buffer): void => {
    if (packet.length === PAYLOAD_SIZE_BYTES + 12 && (packet[1] & 0x7f) === 0) {
      delaysMs.push(performance.now() - packet.readDoubleBE(12));
    }
  };
  const open: Call[] = [];
  for (let handle = 1; handle <= calls; handle += 1) open.push(await openCall(media, handle, transport, hear));
  const cpuBeforeMs = cpuMsOf(media.pid) ?? Number.NaN;
  const startMs = performance.now();
  const sentPackets = await talk(open, durationMs);
  const tookMs = performance.now() - startMs;
  const cpuPercent = (((cpuMsOf(media.pid) ?? Number.NaN) - cpuBeforeMs) / tookMs) * 100;
  const residentMib = residentMibOf(media.pid) ?? Number.NaN;
  for (let handle = 1; handle <= calls; handle += 1) await media.request({ kind: 'close-call', callHandle: handle });
  for (const call of open) call.close();
  return { cpuPercent, residentMib, delaysMs: delaysMs.sort((left, right) => left - right), sentPackets };
}

/** Resolves to the number of packets that callers have sent. */
function talk(calls: readonly Call[], durationMs: number): Promise<number> {
  const startMs = performance.now();
  let sequence = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - startMs;
      for (; sequence * PACKET_TIME_MS < Math.min(elapsedMs, durationMs); sequence += 1) {
        for (const call of calls) {
          call.fromCaller(stamped(sequence, 1));
          call.fromAgent(stamped(sequence, 2));
        }
      }
      if (elapsedMs < durationMs + PACKET_TIME_MS) return;
      clearInterval(timer);
      resolve(sequence * calls.length);
    }, PACKET_TIME_MS / 4);
  });
}

async function openCall(
  media: MediaProcessUnderTest,
  callHandle: number,
  transport: Transport,
  hear: (packet: Buffer) => void,
): Promise<Call> {
  const created = await media.request({
    kind: 'create-call',
    callHandle,
    callId: `bench-${callHandle}`,
    mask: 'window',
    replacement: 'comfort-noise',
    suppression: 'tones',
    agentTransport: transport,
    recording: { start: 'off', mode: 'pause' },
  });
  if (created.kind !== 'call-created') throw new Error(`no call: ${JSON.stringify(created)}`);
  const caller = new UdpPeer();
  const callerPort = await caller.bind();
  await media.request({ kind: 'set-leg', callHandle, leg: 'caller', media: legMedia(ADDRESS, callerPort) });
  const setAgent = (agent: LegMedia) => media.request({ kind: 'set-leg', callHandle, leg: 'agent', media: agent });
  const { rtpPort: port, webRtc } = created.agent;
  const fromCaller = (packet: Buffer): void => caller.udp.send(packet, created.caller.rtpPort, ADDRESS);
  if (webRtc === undefined) {
    const agent = new UdpPeer();
    await setAgent(legMedia(ADDRESS, await agent.bind()));
    agent.udp.on('message', hear);
    return {
      fromCaller,
      fromAgent: (packet) => agent.udp.send(packet, port, ADDRESS),
      close: () => {
        agent.udp.close();
        caller.udp.close();
      },
    };
  }
  const candidate = { foundation: '1', priority: 1, address: ADDRESS, port, type: 'host' } as const;
  const peer = await LibraryPeer.answering({ ...webRtc, candidates: [candidate] });
  peer.onPacket = hear;
  await setAgent({ ...legMedia('100::', 5004), rtcpMux: true, webRtc: peer.end });
  await peer.connected();
  return {
    fromCaller,
    fromAgent: (packet) => peer.send(packet),
    close: () => {
      peer.close();
      caller.udp.close();
    },
  };
}

function stamped(sequence: number, ssrc: number): Buffer {
  const payload = Buffer.alloc(PAYLOAD_SIZE_BYTES);
  payload.writeDoubleBE(performance.now(), 0);
  payload.fill(0xd5, STAMP_SIZE_BYTES);
  return rtpPacket({ sequence, timestamp: sequence * PAYLOAD_SIZE_BYTES, ssrc }, payload);
}
