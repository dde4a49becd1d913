/** RTP and RTCP that no sound program sends, each broken in a way of its own; and sound RTP that is none of the call's. */
import { eventPayload } from './caller-stream.js';
import { writeRtp } from './rtp.js';

export const brokenRtp: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from([0x80]),
  Buffer.alloc(11, 0x80),
  // Version 0 and version 3.
  Buffer.concat([Buffer.from([0x00, 0x00]), Buffer.alloc(170)]),
  Buffer.concat([Buffer.from([0xc0, 0x00]), Buffer.alloc(170)]),
  // Fifteen contributing sources, and room for none.
  Buffer.concat([Buffer.from([0x8f, 0x00]), Buffer.alloc(14)]),
  // A header extension longer than the packet.
  Buffer.concat([Buffer.from([0x90, 0x00]), Buffer.alloc(10), Buffer.from([0xbe, 0xde, 0xff, 0xff])]),
  // More padding than packet.
  Buffer.concat([Buffer.from([0xa0, 0x00]), Buffer.alloc(20), Buffer.from([0xff])]),
  // No padding in a packet that says it is padded.
  Buffer.concat([Buffer.from([0xa0, 0x00]), Buffer.alloc(21)]),
];
export const brokenRtcp: readonly Buffer[] = [
  Buffer.from([0x80, 200]),
  // A sender report that ends before its end, one of length 0, one with 31 blocks and none there.
  Buffer.from([0x80, 200, 0x00, 0x06, 0, 0, 0, 1]),
  Buffer.from([0x80, 200, 0x00, 0x00]),
  Buffer.concat([Buffer.from([0x9f, 201, 0x00, 0x01]), Buffer.alloc(4)]),
  // BYE of 31 sources, source description without an end, an unknown type.
  Buffer.from([0x9f, 203, 0x00, 0x00]),
  Buffer.concat([Buffer.from([0x81, 202, 0x00, 0x02]), Buffer.alloc(4), Buffer.from([0x01, 0xff, 0x41, 0x41])]),
  Buffer.from([0x80, 255, 0xff, 0xff]),
];

/** A press of 5 as a telephone would send it, from a stream of its own. */
export function foreignPress(): readonly Buffer[] {
  return Array.from({ length: 12 }, (_unused, index) =>
    writeRtp({
      payloadType: 101,
      marker: index === 0,
      sequenceNumber: 500 + index,
      timestamp: 777_000,
      ssrc: 0x0badf00d,
      payload: eventPayload(5, index > 8, 160 * (index + 1)),
    }),
  );
}
