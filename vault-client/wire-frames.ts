/**
 * Length-prefixed frames over a byte stream, pure: used on the control ⇄ media, control ⇄ vault and media → vault
 * sockets.
 *
 * ```
 *  0       3 4    5 ...
 * +---------+------+---------------------+
 * | size u32| type |  payload (size - 1) |
 * +---------+------+---------------------+
 * ```
 */

/** Type of a frame whose payload is UTF-8 JSON; every other type is the protocol's own. */
export const JSON_FRAME = 1;

/** No message of ours comes near it; a larger one means a peer that speaks something else. */
export const MAX_FRAME_SIZE_BYTES = 256 * 1024;

const HEADER_SIZE_BYTES = 5;

export type Frame = { readonly type: number; readonly payload: Buffer };

/** Our own mistake or a foreign peer: the connection that carried it ends. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly code = 'frame-too-large';
}

/** Returns one frame's bytes. The payload is copied; wiping it later is the caller's business, and so is the frame. */
export function encodeFrame(type: number, payload: Uint8Array): Buffer {
  if (payload.length + 1 > MAX_FRAME_SIZE_BYTES) throw new FrameError('a frame of our own is too large');
  const frame = wipeableBuffer(HEADER_SIZE_BYTES + payload.length);
  frame.writeUInt32BE(payload.length + 1, 0);
  frame[4] = type;
  frame.set(payload, HEADER_SIZE_BYTES);
  return frame;
}

/**
 * A buffer of which no copy is ever made behind our back. `Buffer.alloc` puts up to 64 bytes into V8's heap; writing
 * such a buffer to a socket moves it out and leaves the old bytes behind, where no `fill(0)` reaches them.
 */
export function wipeableBuffer(sizeBytes: number): Buffer {
  return Buffer.from(new ArrayBuffer(sizeBytes));
}

export function encodeJsonFrame(message: object): Buffer {
  return encodeFrame(JSON_FRAME, Buffer.from(JSON.stringify(message), 'utf8'));
}

/**
 * Cuts a byte stream into frames. `push` hands each whole frame to `take`; the payload is a view that is only good
 * until `take` returns, and is wiped then, as key and INFO frames hold card data.
 */
export class FrameDecoder {
  readonly #held = Buffer.alloc(HEADER_SIZE_BYTES + MAX_FRAME_SIZE_BYTES);
  #heldSizeBytes = 0;

  /** Consumes and wipes `chunk`. @throws FrameError when the stream announces a frame over the limit. */
  push(chunk: Buffer, take: (frame: Frame) => void): void {
    try {
      let read = 0;
      while (read < chunk.length) {
        const wanted = this.#wantedSizeBytes();
        const copied = chunk.copy(this.#held, this.#heldSizeBytes, read, Math.min(chunk.length, read + wanted));
        read += copied;
        this.#heldSizeBytes += copied;
        if (this.#heldSizeBytes >= HEADER_SIZE_BYTES && this.#wantedSizeBytes() === 0) this.#release(take);
      }
    } finally {
      chunk.fill(0);
    }
  }

  #wantedSizeBytes(): number {
    if (this.#heldSizeBytes < HEADER_SIZE_BYTES) return HEADER_SIZE_BYTES - this.#heldSizeBytes;
    const sizeBytes = this.#held.readUInt32BE(0);
    if (sizeBytes < 1 || sizeBytes > MAX_FRAME_SIZE_BYTES) throw new FrameError('a peer announced an impossible frame');
    return 4 + sizeBytes - this.#heldSizeBytes;
  }

  #release(take: (frame: Frame) => void): void {
    const end = this.#heldSizeBytes;
    this.#heldSizeBytes = 0;
    const type = this.#held.readUInt8(4);
    try {
      take({ type, payload: this.#held.subarray(HEADER_SIZE_BYTES, end) });
    } finally {
      this.#held.fill(0, 0, end);
    }
  }
}
