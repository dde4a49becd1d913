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

const FIRST_CONTROL_OPCODE = 8;
const MAX_HEADER_BYTES = 14;

export class FrameFollower {
  readonly #header = Buffer.alloc(MAX_HEADER_BYTES);
  #headerLength = 0;
  #payloadLeft = 0;
  #isInMessage = false;

  /** @returns true if the last byte ends a message, or a frame between messages */
  follow(chunk: Buffer): boolean {
    let index = 0;
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
    }
    return this.#headerLength === 0 && this.#payloadLeft === 0 && !this.#isInMessage;
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

/** The chunks that the message under way came in. */
export class ReceivedChunks {
  readonly #follower = new FrameFollower();
  #chunks: Buffer[] = [];
  #isSecret = false;

  /** A message in them may have been a key press: the copies ws made are not all there was. */
  markSecret(): void {
    this.#isSecret = true;
  }

  /** To be called behind ws, when it has handled all whole messages in the chunk. */
  take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    if (this.#follower.follow(chunk)) {
      this.release();
    }
  }

  release(): void {
    if (this.#isSecret) {
      for (const chunk of this.#chunks) {
        chunk.fill(0);
      }
    }
    this.#chunks = [];
    this.#isSecret = false;
  }
}
