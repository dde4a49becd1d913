/**
 * Follows the frames in what a WebSocket receives (RFC 6455 §5.2), so that it can be told when nothing of a message is
 * under way, and the bytes it came in can be wiped: ws keeps views of them until then. It judges nothing, ws does.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-------+-+-------------+-------------------------------+
 *   |F|R|R|R| opcode|M| Payload len |    Extended payload length    |
 *   |I|S|S|S|  (4)  |A|     (7)     |    (0, 16 or 64 bits)         |
 *   |N|V|V|V|       |S|             |    Masking-key (0 or 32 bits) |
 *   | |1|2|3|       |K|             |    Payload                    |
 *   +-+-+-+-+-------+-+-------------+-------------------------------+
 */
import { MAX_MESSAGE_BYTES } from '../message-parser.js';

/** A whole message in the smallest packets that are met on real paths, twice. */
export const MAX_BUFFERED_CHUNKS = 256;
/** The largest message with the headers of all its fragments, under 1 KiB, and some pings between them. */
export const MAX_KEPT_BYTES = MAX_MESSAGE_BYTES + 4_096;

const FIRST_CONTROL_OPCODE = 8;
const MAX_HEADER_BYTES = 14;

export class FrameFollower {
  readonly #header = Buffer.alloc(MAX_HEADER_BYTES);
  #headerLength = 0;
  #payloadLeft = 0;
  #isInMessage = false;

  /** @returns how many bytes at the end of the chunk belong to a message, or a frame, that is still under way */
  follow(chunk: Buffer): number {
    let index = 0;
    let settledBytes = 0;
    while (index < chunk.length) {
      if (this.#payloadLeft > 0) {
        const taken = Math.min(this.#payloadLeft, chunk.length - index);
        this.#payloadLeft -= taken;
        index += taken;
      } else {
        this.#header[this.#headerLength] = chunk[index];
        this.#headerLength += 1;
        index += 1;
        this.#readHeader();
      }
      if (this.#headerLength === 0 && this.#payloadLeft === 0 && !this.#isInMessage) {
        settledBytes = index;
      }
    }
    return chunk.length - settledBytes;
  }

  #readHeader(): void {
    if (this.#headerLength < 2 || this.#headerLength < headerBytes(this.#header[1])) {
      return;
    }
    const length = this.#header[1] & 0x7f;
    if (length === 127) {
      this.#payloadLeft = Number(this.#header.readBigUInt64BE(2));
    } else {
      this.#payloadLeft = length === 126 ? this.#header.readUInt16BE(2) : length;
    }
    if ((this.#header[0] & 0x0f) < FIRST_CONTROL_OPCODE) {
      this.#isInMessage = (this.#header[0] & 0x80) === 0;
    }
    this.#headerLength = 0;
  }
}

function headerBytes(second: number): number {
  const length = second & 0x7f;
  const extended = length === 127 ? 8 : length === 126 ? 2 : 0;
  return 2 + extended + ((second & 0x80) === 0 ? 0 : 4);
}

/** `begun`: the message that is under way now was not before this chunk. */
export type Progress = 'whole' | 'begun' | 'under-way' | 'too-much';

/**
 * The chunks that the message under way came in. Control frames may come between its fragments for ever, and ws counts
 * none of them: what is kept has an end of its own.
 */
export class ReceivedChunks {
  readonly #follower = new FrameFollower();
  #chunks: Buffer[] = [];
  /** Of the message under way; the first chunk may hold others before it. */
  #keptBytes = 0;
  #isSecret = false;
  #isTooMuch = false;

  /** A message in them may have been a key press: the copies ws made are not all there was. */
  markSecret(): void {
    this.#isSecret = true;
  }

  /** To be called behind ws, when it has handled all whole messages in the chunk. After `too-much` nothing is kept. */
  take(chunk: Buffer): Progress {
    if (this.#isTooMuch) {
      chunk.fill(0);
      return 'too-much';
    }
    const unfinishedBytes = this.#follower.follow(chunk);
    const hasBegun = this.#chunks.length === 0 || unfinishedBytes < chunk.length;
    if (unfinishedBytes === 0) {
      this.#chunks.push(chunk);
      this.release();
      return 'whole';
    }
    if (hasBegun) {
      this.#dropSettled();
    }
    this.#chunks.push(chunk);
    this.#keptBytes += unfinishedBytes;
    if (this.#keptBytes > MAX_KEPT_BYTES || this.#chunks.length > MAX_BUFFERED_CHUNKS) {
      this.#isTooMuch = true;
      this.release();
      return 'too-much';
    }
    return hasBegun ? 'begun' : 'under-way';
  }

  release(): void {
    this.#dropSettled();
    this.#isSecret = false;
  }

  /** The end of a secret message may be in the chunk that comes next: what it leaves behind is wiped with that. */
  #dropSettled(): void {
    if (this.#isSecret) {
      for (const chunk of this.#chunks) {
        chunk.fill(0);
      }
    }
    this.#chunks = [];
    this.#keptBytes = 0;
  }
}
