/**
 * Renders what a caller's phone sends: audio packets and key presses as telephone-events (RFC 4733 §2.5), as a list
 * of packets with their times. Tones in the audio are the caller's business (`addTones`).
 */
import { encodeG711, type G711Encoding, g711PayloadType } from './g711.js';
import { type Press, samplesOf } from './keys.js';
import type { TimedPacket } from './rtp.js';

export type CallerStream = {
  /** 8 kHz. */
  readonly audio: Int16Array;
  readonly encoding: G711Encoding;
  /** Presses sent as telephone-events; none by default. */
  readonly eventPresses?: readonly Press[];
  /** Whether audio packets go on between event packets, as some phones do, or wait until the press is over. */
  readonly audioDuringEvents?: 'goes-on' | 'waits';
  readonly eventPayloadType?: number;
  readonly ptimeMs?: number;
  readonly ssrc?: number;
  readonly firstSequenceNumber?: number;
  readonly firstTimestamp?: number;
};

const UPDATE_INTERVAL_MS = 50;
/** RFC 4733 §2.5.1.4: the final packet is sent three times. */
const END_PACKETS = 3;
const END_PACKET_SPACING_MS = 20;
const EVENT_VOLUME_DBM0 = 10;

type Unnumbered = Omit<TimedPacket, 'sequenceNumber'>;

export function renderCallerStream(stream: CallerStream): readonly TimedPacket[] {
  const ssrc = stream.ssrc ?? 0x1badcafe;
  const firstTimestamp = stream.firstTimestamp ?? 160_000;
  const firstSequenceNumber = stream.firstSequenceNumber ?? 7_000;
  const ptimeMs = stream.ptimeMs ?? 20;
  const presses = stream.eventPresses ?? [];
  const packets: Unnumbered[] = presses.flatMap((press) =>
    eventPackets(press, { payloadType: stream.eventPayloadType ?? 101, ssrc, firstTimestamp }),
  );
  const encoded = encodeG711(stream.audio, stream.encoding);
  const waits = stream.audioDuringEvents === 'waits';
  for (let startMs = 0; samplesOf(startMs + ptimeMs) <= encoded.length; startMs += ptimeMs) {
    if (waits && presses.some((press) => overlaps(press, startMs, ptimeMs))) continue;
    packets.push({
      atMs: startMs + ptimeMs,
      payloadType: g711PayloadType[stream.encoding],
      marker: startMs === 0,
      timestamp: (firstTimestamp + samplesOf(startMs)) >>> 0,
      ssrc,
      payload: encoded.subarray(samplesOf(startMs), samplesOf(startMs + ptimeMs)),
    });
  }
  // A stable sort: at equal times the events, which were put in first, go first.
  packets.sort((a, b) => a.atMs - b.atMs);
  return packets.map((packet, index) => ({ ...packet, sequenceNumber: (firstSequenceNumber + index) & 0xffff }));
}

function overlaps(press: Press, startMs: number, ptimeMs: number): boolean {
  return press.startMs < startMs + ptimeMs && startMs < press.startMs + press.durationMs;
}

type EventHeader = { readonly payloadType: number; readonly ssrc: number; readonly firstTimestamp: number };

function eventPackets(press: Press, header: EventHeader): readonly Unnumbered[] {
  // The timestamp is the press's start in all its packets; the marker is on the first (RFC 4733 §2.3, §2.5.1.2).
  const timestamp = (header.firstTimestamp + samplesOf(press.startMs)) >>> 0;
  const packet = (offsetMs: number, elapsedMs: number, end: boolean, first: boolean): Unnumbered => ({
    atMs: press.startMs + offsetMs,
    payloadType: header.payloadType,
    marker: first,
    timestamp,
    ssrc: header.ssrc,
    payload: eventPayload(press.key, end, samplesOf(elapsedMs)),
  });
  const packets: Unnumbered[] = [];
  for (let elapsedMs = UPDATE_INTERVAL_MS; elapsedMs < press.durationMs; elapsedMs += UPDATE_INTERVAL_MS) {
    packets.push(packet(elapsedMs, elapsedMs, false, packets.length === 0));
  }
  for (let copy = 0; copy < END_PACKETS; copy += 1) {
    const offsetMs = press.durationMs + copy * END_PACKET_SPACING_MS;
    packets.push(packet(offsetMs, press.durationMs, true, packets.length === 0));
  }
  return packets;
}

/**
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     event     |E|R| volume    |          duration             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 * @see RFC 4733 §2.3
 */
export function eventPayload(key: number, end: boolean, durationSamples: number): Buffer {
  const payload = Buffer.alloc(4);
  payload[0] = key;
  payload[1] = (end ? 0x80 : 0) | EVENT_VOLUME_DBM0;
  payload.writeUInt16BE(Math.min(durationSamples, 0xffff), 2);
  return payload;
}
