import { describe, expect, it } from '@jest/globals';
import { type FramerOutput, MESSAGE_TIMEOUT_MS, StreamFramer } from './stream-framer.js';

function message(callId: string, body: string, contentLength = String(Buffer.byteLength(body))): Buffer {
  const head = [
    'MESSAGE sip:bob@example.com SIP/2.0',
    'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKa',
    'From: <sip:alice@example.com>;tag=1',
    'To: <sip:bob@example.com>',
    `Call-ID: ${callId}`,
    'CSeq: 1 MESSAGE',
    `Content-Length: ${contentLength}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function feed(chunks: readonly Buffer[], framer = new StreamFramer()): FramerOutput[] {
  return chunks.flatMap((bytes) => framer.handle({ kind: 'received', bytes }, 0));
}

function messages(outputs: readonly FramerOutput[]): string[] {
  return outputs.flatMap((output) => (output.kind === 'message' ? [output.bytes.toString()] : []));
}

const first = message('first', 'Grüße\r\n\r\nnot a head');
const second = message('second', '');
const stream = Buffer.concat([first, Buffer.from('\r\n\r\n'), second]);
const whole: readonly FramerOutput[] = [
  { kind: 'message', bytes: first },
  { kind: 'ping' },
  { kind: 'message', bytes: second },
];

describe('StreamFramer', () => {
  it('cuts out the same messages wherever the stream is split in two', () => {
    for (let split = 0; split <= stream.length; split += 1) {
      expect(feed([stream.subarray(0, split), stream.subarray(split)])).toEqual(whole);
    }
  });

  it('cuts out the same messages from single bytes', () => {
    expect(feed(Array.from(stream, (byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it('counts Content-Length in bytes, under its compact name and over a fold too', () => {
    const body = 'äöü';
    const compact = message('compact', body).toString().replace('Content-Length: 6', 'l :\r\n 6');
    expect(messages(feed([Buffer.from(compact + second)]))).toEqual([compact, second.toString()]);
  });

  it('gives each message memory of its own', () => {
    const bytes = Buffer.concat([first, second]);
    const outputs = feed([bytes]);
    bytes.fill(0);
    const [one, two] = outputs;
    if (one.kind === 'message' && two.kind === 'message') {
      one.bytes.fill(0);
      expect(two.bytes.equals(second)).toBe(true);
    }
    expect(outputs).toHaveLength(2);
  });

  it('answers no ping for a single pair of line ends, which is a pong', () => {
    expect(feed([Buffer.from('\r\n'), second, Buffer.from('\r\n'), second])).toHaveLength(2);
  });

  it('counts a ping that comes in pieces, and many at once as one', () => {
    expect(feed([Buffer.from('\r'), Buffer.from('\n\r'), Buffer.from('\n')])).toEqual([{ kind: 'ping' }]);
    expect(feed([Buffer.from('\r\n'.repeat(5_000))])).toEqual([{ kind: 'ping' }]);
  });

  it.each([
    ['is missing', message('x', '').toString().replace('Content-Length: 0\r\n', ''), 'content-length'],
    ['is negative', message('x', '', '-1').toString(), 'content-length'],
    ['is no number', message('x', '', '0x10').toString(), 'content-length'],
    ['stands there twice', message('x', '', '0\r\nl: 5').toString(), 'repeated-header'],
    ['is larger than a message may be', message('x', '', '70000').toString(), 'message-too-large'],
    ['is larger than any number', message('x', '', '9'.repeat(30)).toString(), 'content-length'],
  ])('fails for good where Content-Length %s', (_case, text, code) => {
    const framer = new StreamFramer();
    const outputs = feed([Buffer.from(text)], framer);
    expect(outputs).toMatchObject([{ kind: 'failed', reason: 'malformed', failure: { code } }]);
    expect(feed([second], framer)).toEqual([]);
  });

  it('fails on a head in which a line is broken, because nobody knows where that message ends', () => {
    const smuggled = message('x', '').toString().replace('CSeq', 'Content-Length\0: 5\r\nCSeq');
    expect(feed([Buffer.from(smuggled)])).toMatchObject([{ kind: 'failed', failure: { code: 'control-byte' } }]);
  });

  it('passes a message that is wrong otherwise, so that it can be answered and the stream go on', () => {
    const wrong = message('x', '').toString().replace('SIP/2.0\r\nVia', 'SIP/7.0\r\nVia');
    expect(messages(feed([Buffer.from(wrong), second]))).toEqual([wrong, second.toString()]);
  });

  it('fails where no head ends within the size of a message', () => {
    const framer = new StreamFramer();
    const chunk = Buffer.alloc(1_460, 'a');
    let outputs: readonly FramerOutput[] = [];
    let sentBytes = 0;
    while (outputs.length === 0 && sentBytes < 1_000_000) {
      outputs = framer.handle({ kind: 'received', bytes: chunk }, 0);
      sentBytes += chunk.length;
    }
    expect(outputs).toMatchObject([{ kind: 'failed', reason: 'malformed' }]);
    expect(sentBytes).toBeLessThan(70_000);
  });

  it('gives a message five seconds from its first byte to its last', () => {
    const framer = new StreamFramer();
    expect(framer.deadlineMs).toBe(Number.POSITIVE_INFINITY);
    framer.handle({ kind: 'received', bytes: second.subarray(0, 10) }, 1_000);
    framer.handle({ kind: 'received', bytes: second.subarray(10, 20) }, 5_000);
    expect(framer.deadlineMs).toBe(1_000 + MESSAGE_TIMEOUT_MS);
    expect(framer.handle({ kind: 'deadline' }, 5_999)).toEqual([]);
    expect(framer.handle({ kind: 'deadline' }, 6_000)).toEqual([{ kind: 'failed', reason: 'timeout' }]);
  });

  it('gives up on whoever opens a connection and says nothing, and not on one who has said something', () => {
    expect(new StreamFramer(30_000).handle({ kind: 'deadline' }, 30_000)).toEqual([
      { kind: 'failed', reason: 'timeout' },
    ]);
    for (const bytes of [second, Buffer.from('\r\n\r\n')]) {
      const framer = new StreamFramer(30_000);
      framer.handle({ kind: 'received', bytes }, 1_000);
      expect(framer.deadlineMs).toBe(Number.POSITIVE_INFINITY);
    }
  });

  it('has no deadline between messages', () => {
    const framer = new StreamFramer();
    feed([first, Buffer.from('\r\n')], framer);
    expect(framer.deadlineMs).toBe(Number.POSITIVE_INFINITY);
    expect(framer.handle({ kind: 'deadline' }, 1_000_000)).toEqual([]);
  });
});
