/** What a listener can say of an RTP stream: its audio in time order, its events, and every break in its numbering. */
import type { RtpPacket } from './rtp.js';
import { encodingOfType, VoiceDecoder } from './voice-codec.js';

export type HeardEvent = {
  readonly key: number;
  readonly timestamp: number;
  readonly durationSamples: number;
  readonly packets: number;
  readonly endPackets: number;
};

export type TimestampBreak = {
  readonly sequenceNumber: number;
  readonly expectedTimestamp: number;
  readonly timestamp: number;
};

export type RtpReport = {
  readonly packets: number;
  readonly ssrcs: readonly number[];
  /** Every payload type seen, with its number of packets. */
  readonly payloadTypes: ReadonlyMap<number, number>;
  /** Sequence numbers that never came, between the first and the last that did. */
  readonly missing: number;
  readonly duplicates: number;
  /** Packets that came after one with a later sequence number. */
  readonly reordered: number;
  /** Audio packets whose timestamp is not their predecessor's plus that one's samples. */
  readonly timestampBreaks: readonly TimestampBreak[];
  /** Packets with the event payload type. */
  readonly eventPackets: number;
  /** One for each (SSRC, timestamp, event): RFC 4733 §2.5.1.5. */
  readonly events: readonly HeardEvent[];
  /** 8 kHz, in timestamp order, silence where nothing came. */
  readonly audio: Int16Array;
};

/** A stream whose timestamps jump must not make us lay out hours of silence: one hour at 8 kHz. */
const MAX_AUDIO_SAMPLES = 3600 * 8000;

/** `packets` in the order of their arrival. Audio is that of the first SSRC; a change of SSRC shows in `ssrcs`. */
export function reportRtp(packets: readonly RtpPacket[], eventPayloadType = 101): RtpReport {
  const payloadTypes = new Map<number, number>();
  for (const packet of packets) payloadTypes.set(packet.payloadType, (payloadTypes.get(packet.payloadType) ?? 0) + 1);
  const ssrcs = [...new Set(packets.map((packet) => packet.ssrc))];
  const ordered = inOrder(packets.filter((packet) => packet.ssrc === ssrcs[0]));
  const audioPackets = ordered.packets.filter((packet) => encodingOfType[packet.payloadType] !== undefined);
  const events = packets.filter((packet) => packet.payloadType === eventPayloadType);
  return {
    packets: packets.length,
    ssrcs,
    payloadTypes,
    missing: ordered.missing,
    duplicates: ordered.duplicates,
    reordered: ordered.reordered,
    timestampBreaks: timestampBreaks(audioPackets),
    eventPackets: events.length,
    events: heardEvents(events),
    audio: layOut(audioPackets),
  };
}

type Ordered = {
  readonly packets: readonly RtpPacket[];
  readonly missing: number;
  readonly duplicates: number;
  readonly reordered: number;
};

/** By extended sequence number: the 16 bits are unrolled from packet to packet (RFC 3550 appendix A.1). */
function inOrder(packets: readonly RtpPacket[]): Ordered {
  const byNumber = new Map<number, RtpPacket>();
  let last: number | undefined;
  let highest = Number.NEGATIVE_INFINITY;
  let duplicates = 0;
  let reordered = 0;
  for (const packet of packets) {
    const number = last === undefined ? packet.sequenceNumber : last + signed16(packet.sequenceNumber - last);
    last = number;
    if (byNumber.has(number)) duplicates += 1;
    else if (number < highest) reordered += 1;
    highest = Math.max(highest, number);
    if (!byNumber.has(number)) byNumber.set(number, packet);
  }
  const numbers = [...byNumber.keys()].sort((a, b) => a - b);
  const lowest = numbers[0];
  const missing = lowest === undefined ? 0 : highest - lowest + 1 - numbers.length;
  const sorted = numbers.flatMap((number) => byNumber.get(number) ?? []);
  return { packets: sorted, missing, duplicates, reordered };
}

function signed16(difference: number): number {
  return (difference << 16) >> 16;
}

function timestampBreaks(audio: readonly RtpPacket[]): readonly TimestampBreak[] {
  const breaks: TimestampBreak[] = [];
  for (let index = 1; index < audio.length; index += 1) {
    const before = audio[index - 1];
    const packet = audio[index];
    const expectedTimestamp = (before.timestamp + before.payload.length) >>> 0;
    if (packet.timestamp !== expectedTimestamp) {
      breaks.push({ sequenceNumber: packet.sequenceNumber, expectedTimestamp, timestamp: packet.timestamp });
    }
  }
  return breaks;
}

function heardEvents(packets: readonly RtpPacket[]): readonly HeardEvent[] {
  const events = new Map<string, HeardEvent>();
  for (const packet of packets) {
    if (packet.payload.length < 4) continue;
    const key = packet.payload.readUInt8(0);
    const identity = `${packet.ssrc}/${packet.timestamp}/${key}`;
    const known = events.get(identity);
    events.set(identity, {
      key,
      timestamp: packet.timestamp,
      durationSamples: Math.max(known?.durationSamples ?? 0, packet.payload.readUInt16BE(2)),
      packets: (known?.packets ?? 0) + 1,
      endPackets: (known?.endPackets ?? 0) + (packet.payload.readUInt8(1) & 0x80 ? 1 : 0),
    });
  }
  return [...events.values()];
}

function layOut(packets: readonly RtpPacket[]): Int16Array {
  const first = packets[0];
  if (first === undefined) return new Int16Array(0);
  const places = packets.map((packet) => ({ packet, start: (packet.timestamp - first.timestamp) | 0 }));
  const shift = places.reduce((least, place) => Math.min(least, place.start), 0);
  const length = places.reduce((most, place) => Math.max(most, place.start - shift + place.packet.payload.length), 0);
  if (length > MAX_AUDIO_SAMPLES) throw new Error(`timestamps span ${length} samples`);
  const audio = new Int16Array(length);
  const decoder = new VoiceDecoder();
  for (const { packet, start } of places) {
    const encoding = encodingOfType[packet.payloadType];
    if (encoding !== undefined) audio.set(decoder.decode(packet.payload, encoding), start - shift);
  }
  return audio;
}
