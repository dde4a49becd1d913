/**
 * Cuts a TCP stream into SIP messages (RFC 3261 §18.3) and answers keep-alives (RFC 5626 §3.5.1). No I/O: bytes and time
 * in, whole messages out.
 *
 * Once it has failed it stays failed: where one message ends wrongly, nothing behind it can be believed.
 */
import { MAX_MESSAGE_BYTES, type ParseFailure, streamBodyLengthBytes } from '../message-parser.js';

/** From the first byte of a message to its last: a sender that takes longer holds memory hostage. */
export const MESSAGE_TIMEOUT_MS = 5_000;

const INITIAL_CAPACITY_BYTES = 2_048;
/** What is kept between messages at most; a connection that sent one large message must not cost as much for ever. */
const LASTING_CAPACITY_BYTES = 16_384;
/** Taken at once while the length is unknown, so that of many small messages in one chunk none is copied often. */
const STEP_BYTES = 1_024;
const CR = 0x0d;
const LF = 0x0a;

export type FramerInput = { readonly kind: 'received'; readonly bytes: Buffer } | { readonly kind: 'deadline' };

export type FramerOutput =
  /** A Buffer of its own that shares memory with nothing; its owner may wipe it. */
  | { readonly kind: 'message'; readonly bytes: Buffer }
  /** To be answered with one CRLF. Pings that come together are reported as one. */
  | { readonly kind: 'ping' }
  /** The connection has to be closed, after `failure.reply` has been answered if there is one. */
  | { readonly kind: 'failed'; readonly reason: 'timeout' }
  | { readonly kind: 'failed'; readonly reason: 'malformed'; readonly failure: ParseFailure };

export class StreamFramer {
  #buffer = Buffer.allocUnsafeSlow(INITIAL_CAPACITY_BYTES);
  #length = 0;
  /** No blank line begins before this index. */
  #scanned = 0;
  /** Known once the head is complete. */
  #messageBytes: number | undefined;
  #deadlineMs: number;
  #hasFailed = false;
  /** How many bytes of the four of a ping have been seen between messages. */
  #pingBytes = 0;

  /** @param firstByMs - when the first message or ping must have come; whoever opens the connection does not ask. */
  constructor(firstByMs = Number.POSITIVE_INFINITY) {
    this.#deadlineMs = firstByMs;
  }

  /** When a message that has begun must be complete; infinite between messages. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** The bytes of the input are copied: the caller may wipe them. */
  handle(input: FramerInput, nowMs: number): readonly FramerOutput[] {
    if (this.#hasFailed) {
      return [];
    }
    if (input.kind === 'deadline') {
      return nowMs < this.#deadlineMs ? [] : [this.#fail({ kind: 'failed', reason: 'timeout' })];
    }
    const outputs: FramerOutput[] = [];
    let position = 0;
    while (position < input.bytes.length && !this.#hasFailed) {
      if (this.#length === 0) {
        position = this.#skipLineEnds(input.bytes, position, outputs);
      }
      position = this.#take(input.bytes, position, outputs, nowMs);
    }
    return outputs;
  }

  /** RFC 3261 §7.5: line ends before a start line are skipped; two pairs of them in a row ask for an answer. */
  #skipLineEnds(bytes: Buffer, start: number, outputs: FramerOutput[]): number {
    let position = start;
    while (position < bytes.length && (bytes[position] === CR || bytes[position] === LF)) {
      const expected = this.#pingBytes % 2 === 0 ? CR : LF;
      this.#pingBytes = bytes[position] === expected ? this.#pingBytes + 1 : 0;
      if (this.#pingBytes === 4) {
        this.#pingBytes = 0;
        this.#deadlineMs = Number.POSITIVE_INFINITY;
        if (outputs.at(-1)?.kind !== 'ping') {
          outputs.push({ kind: 'ping' });
        }
      }
      position += 1;
    }
    return position;
  }

  /** Takes bytes up to the end of the message they belong to, so far as it is known. */
  #take(bytes: Buffer, start: number, outputs: FramerOutput[], nowMs: number): number {
    const wantedBytes = this.#messageBytes === undefined ? STEP_BYTES : this.#messageBytes - this.#length;
    const end = Math.min(bytes.length, start + wantedBytes);
    if (end === start) {
      return end;
    }
    if (this.#length === 0) {
      this.#deadlineMs = nowMs + MESSAGE_TIMEOUT_MS;
      this.#pingBytes = 0;
    }
    this.#append(bytes, start, end);
    const before = this.#length - (end - start);
    const messageBytes = this.#messageBytes ?? this.#readHead(outputs);
    if (messageBytes === undefined || this.#length < messageBytes) {
      return end;
    }
    outputs.push({ kind: 'message', bytes: Buffer.from(this.#buffer.subarray(0, messageBytes)) });
    this.#reset();
    // Of what was taken before the length was known, the rest belongs to the next message.
    return start + (messageBytes - before);
  }

  /** @returns the length of the message, once its head is there. */
  #readHead(outputs: FramerOutput[]): number | undefined {
    const text = this.#buffer.subarray(0, this.#length);
    const blankLine = text.indexOf('\r\n\r\n', this.#scanned, 'latin1');
    if (blankLine < 0 && this.#length < MAX_MESSAGE_BYTES) {
      this.#scanned = Math.max(0, this.#length - 3);
      return undefined;
    }
    const headBytes = blankLine < 0 ? this.#length : blankLine + 4;
    const body = streamBodyLengthBytes(text.subarray(0, headBytes));
    if (typeof body !== 'number') {
      outputs.push(this.#fail({ kind: 'failed', reason: 'malformed', failure: body }));
      return undefined;
    }
    this.#messageBytes = headBytes + body;
    return this.#messageBytes;
  }

  #append(bytes: Buffer, start: number, end: number): void {
    const neededBytes = this.#length + end - start;
    if (neededBytes > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(neededBytes, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer.fill(0, 0, this.#length);
      this.#buffer = larger;
    }
    bytes.copy(this.#buffer, this.#length, start, end);
    this.#length = neededBytes;
  }

  /** A body may be somebody's key presses (INFO): nothing of a message stays behind it. */
  #reset(): void {
    this.#buffer.fill(0, 0, this.#length);
    if (this.#buffer.length > LASTING_CAPACITY_BYTES) {
      this.#buffer = Buffer.allocUnsafeSlow(INITIAL_CAPACITY_BYTES);
    }
    this.#length = 0;
    this.#scanned = 0;
    this.#messageBytes = undefined;
    this.#deadlineMs = Number.POSITIVE_INFINITY;
  }

  #fail<Failed extends FramerOutput>(output: Failed): Failed {
    this.#reset();
    this.#hasFailed = true;
    return output;
  }
}
