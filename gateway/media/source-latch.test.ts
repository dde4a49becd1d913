import { describe, expect, test } from '@jest/globals';
import { writeAddress } from './ip-address.js';
import {
  ACCEPTED,
  FOREIGN_SOURCE,
  FOREIGN_SSRC,
  LEARN_PACKETS,
  LEARNING,
  LOCKED_NOW,
  NEW_SSRC,
  RELATCH_SILENCE_MS,
  SourceLatch,
  SSRC_SILENCE_MS,
} from './source-latch.js';

const SIGNALLED = '192.0.2.1:4000';
const NAT = '203.0.113.5:61000';
const SAME_HOST = '192.0.2.1:61000';

function wordsOf(source: string): Int32Array {
  const words = new Int32Array(5);
  const [address, port] = source.split(':');
  writeAddress(address, words, 0);
  words[4] = Number(port);
  return words;
}

class Leg {
  readonly latch = new SourceLatch(2);
  nowMs = 0;
  sequence = 0;

  constructor() {
    this.latch.expect(1, wordsOf(SIGNALLED));
  }

  /** One packet, 20 ms after the last. */
  hear(source: string, { ssrc = 1, sequence = this.sequence + 1 } = {}): number {
    this.nowMs += 20;
    this.sequence = sequence;
    return this.latch.judge(1, { words: wordsOf(source), at: 0, sequence, ssrc, nowMs: this.nowMs });
  }

  learn(source: string): number {
    let verdict = LEARNING;
    for (let packet = 0; packet < LEARN_PACKETS; packet += 1) verdict = this.hear(source);
    return verdict;
  }
}

describe('the source rule', () => {
  test('the signalled address locks at once', () => {
    const leg = new Leg();
    expect(leg.hear(SIGNALLED)).toBe(LOCKED_NOW);
    expect(leg.hear(SIGNALLED)).toBe(ACCEPTED);
    expect(leg.latch.isLocked(1)).toBe(true);
    expect(leg.latch.isLocked(0)).toBe(false);
  });

  test('port 0 is never learnt, and does not keep another source from it', () => {
    const leg = new Leg();
    expect(leg.learn('203.0.113.5:0')).toBe(FOREIGN_SOURCE);
    expect(leg.latch.isLocked(1)).toBe(false);
    expect(leg.learn(NAT)).toBe(LOCKED_NOW);
  });

  test('another source is believed after five packets in sequence over 80 ms', () => {
    const leg = new Leg();
    expect([leg.hear(NAT), leg.hear(NAT), leg.hear(NAT), leg.hear(NAT)]).toEqual([1, 1, 1, 1].map(() => LEARNING));
    expect(leg.hear(NAT)).toBe(LOCKED_NOW);
    const locked = new Int32Array(5);
    expect(leg.latch.readLocked(1, locked)).toBe(true);
    expect(locked).toEqual(wordsOf(NAT));
    expect(leg.latch.readLocked(1, locked)).toBe(false);
  });

  test('five packets in a burst are not enough', () => {
    const leg = new Leg();
    for (let packet = 0; packet < 20; packet += 1) {
      leg.nowMs -= 19;
      expect(leg.hear(NAT)).toBe(LEARNING);
    }
  });

  test('a gap in sequence, or another SSRC, begins the learning anew', () => {
    const leg = new Leg();
    for (let packet = 0; packet < 4; packet += 1) leg.hear(NAT);
    expect(leg.hear(NAT, { sequence: 900 })).toBe(LEARNING);
    for (let packet = 0; packet < 3; packet += 1) expect(leg.hear(NAT)).toBe(LEARNING);
    expect(leg.hear(NAT, { ssrc: 2 })).toBe(LEARNING);
  });

  test('two strangers at once keep each other out', () => {
    const leg = new Leg();
    for (let round = 0; round < 50; round += 1) {
      expect(leg.hear(NAT)).toBe(LEARNING);
      expect(leg.hear('198.51.100.9:5000')).toBe(LEARNING);
    }
  });

  test('a stranger does not disturb one who shares the signalled address, and is displaced by one', () => {
    const leg = new Leg();
    leg.hear(SAME_HOST, { sequence: 1 });
    expect(leg.hear(NAT, { sequence: 50 })).toBe(FOREIGN_SOURCE);
    for (let sequence = 2; sequence < 5; sequence += 1) expect(leg.hear(SAME_HOST, { sequence })).toBe(LEARNING);
    expect(leg.hear(SAME_HOST, { sequence: 5 })).toBe(LOCKED_NOW);

    const other = new Leg();
    for (let packet = 0; packet < 4; packet += 1) other.hear(NAT);
    expect(other.hear(SAME_HOST, { sequence: 70 })).toBe(LEARNING);
    expect(other.hear(NAT, { sequence: 5 })).toBe(FOREIGN_SOURCE);
  });

  test('the signalled address comes before one that is being learnt', () => {
    const leg = new Leg();
    for (let packet = 0; packet < 4; packet += 1) leg.hear(NAT);
    expect(leg.hear(SIGNALLED)).toBe(LOCKED_NOW);
    expect(leg.hear(NAT)).toBe(FOREIGN_SOURCE);
  });

  test('a locked leg believes nobody else, the signalled address included', () => {
    const leg = new Leg();
    leg.learn(NAT);
    expect(leg.hear(SIGNALLED)).toBe(FOREIGN_SOURCE);
    expect(leg.hear(NAT, { sequence: 6 })).toBe(ACCEPTED);
  });

  test('after two seconds of silence another may be learnt, and the silent one come back', () => {
    const leg = new Leg();
    leg.hear(SIGNALLED);
    leg.nowMs += RELATCH_SILENCE_MS - 40;
    expect(leg.hear(NAT)).toBe(FOREIGN_SOURCE);
    expect([leg.hear(NAT), leg.hear(NAT), leg.hear(NAT)]).toEqual([LEARNING, LEARNING, LEARNING]);
    expect(leg.hear(SIGNALLED)).toBe(ACCEPTED);
    expect(leg.hear(NAT)).toBe(FOREIGN_SOURCE);
    leg.nowMs += RELATCH_SILENCE_MS;
    expect(leg.learn(NAT)).toBe(LOCKED_NOW);
    expect(leg.hear(SIGNALLED)).toBe(FOREIGN_SOURCE);
  });

  test('in a window nothing is learnt or re-latched, however long the silence', () => {
    const leg = new Leg();
    leg.hear(SIGNALLED);
    leg.latch.freeze(1);
    leg.nowMs += 60_000;
    expect(leg.learn(NAT)).toBe(FOREIGN_SOURCE);
    expect(leg.hear(SIGNALLED)).toBe(ACCEPTED);
    leg.latch.unfreeze(1);
    leg.nowMs += 60_000;
    expect(leg.learn(NAT)).toBe(LOCKED_NOW);
  });

  test('a leg not locked when the window opens believes the signalled address only', () => {
    const leg = new Leg();
    for (let packet = 0; packet < 4; packet += 1) leg.hear(NAT);
    leg.latch.freeze(1);
    expect(leg.learn(NAT)).toBe(FOREIGN_SOURCE);
    expect(leg.hear(SIGNALLED)).toBe(LOCKED_NOW);
  });

  test('a new SSRC of the locked source is taken outside a window with its third packet in sequence, never inside', () => {
    const leg = new Leg();
    leg.hear(SIGNALLED);
    expect([leg.hear(SIGNALLED, { ssrc: 2 }), leg.hear(SIGNALLED, { ssrc: 2 })]).toEqual([LEARNING, LEARNING]);
    expect(leg.hear(SIGNALLED, { ssrc: 2 })).toBe(NEW_SSRC);
    expect(leg.hear(SIGNALLED, { ssrc: 2 })).toBe(ACCEPTED);
    leg.latch.freeze(1);
    for (let packet = 0; packet < 10; packet += 1) expect(leg.hear(SIGNALLED, { ssrc: 3 })).toBe(FOREIGN_SSRC);
    expect(leg.hear(SIGNALLED, { ssrc: 2 })).toBe(ACCEPTED);
  });

  test('a new SSRC is not taken while the old one speaks, nor out of sequence, nor for a burst', () => {
    const leg = new Leg();
    leg.hear(SIGNALLED);
    for (let round = 0; round < 20; round += 1) {
      expect(leg.hear(SIGNALLED, { ssrc: 2, sequence: 500 + round * 2 })).toBe(LEARNING);
      expect(leg.hear(SIGNALLED, { ssrc: 2, sequence: 501 + round * 2 })).toBe(LEARNING);
      expect(leg.hear(SIGNALLED, { sequence: round })).toBe(ACCEPTED);
    }
    for (const sequence of [10, 12, 14, 16]) expect(leg.hear(SIGNALLED, { ssrc: 2, sequence })).toBe(LEARNING);
    expect(leg.hear(SIGNALLED, { sequence: 20 })).toBe(ACCEPTED);
    for (let sequence = 30; sequence < 40; sequence += 1) {
      leg.nowMs -= 19;
      expect(leg.hear(SIGNALLED, { ssrc: 2, sequence })).toBe(LEARNING);
    }
  });

  test('a new SSRC is taken at once when the old one has been silent for 100 ms', () => {
    const leg = new Leg();
    leg.hear(SIGNALLED);
    leg.nowMs += SSRC_SILENCE_MS - 20;
    expect(leg.hear(SIGNALLED, { ssrc: 2 })).toBe(NEW_SSRC);
    expect(leg.hear(SIGNALLED, { ssrc: 2 })).toBe(ACCEPTED);
  });

  test('the old SSRC takes its place back at once from one that came in its pause and has said little', () => {
    const leg = new Leg();
    for (let packet = 0; packet < 5; packet += 1) leg.hear(SIGNALLED);
    for (const ssrc of [2, 3]) {
      leg.nowMs += 1000;
      expect(leg.hear(SIGNALLED, { ssrc, sequence: 900 })).toBe(NEW_SSRC);
    }
    expect(leg.hear(SIGNALLED, { sequence: 6 })).toBe(NEW_SSRC);
    expect(leg.hear(SIGNALLED, { sequence: 7 })).toBe(ACCEPTED);
    expect(leg.hear(SIGNALLED, { ssrc: 2, sequence: 901 })).toBe(LEARNING);
  });

  test('one packet in a pause of the caller does not hold the window that opens next', () => {
    const leg = new Leg();
    for (let packet = 0; packet < 5; packet += 1) leg.hear(SIGNALLED);
    leg.nowMs += 1000;
    expect(leg.hear(SIGNALLED, { ssrc: 2, sequence: 900 })).toBe(NEW_SSRC);
    leg.latch.freeze(1);
    expect(leg.hear(SIGNALLED, { ssrc: 2, sequence: 901 })).toBe(FOREIGN_SSRC);
    expect(leg.hear(SIGNALLED, { sequence: 6 })).toBe(ACCEPTED);
  });

  test('a new SSRC that has shown itself by three packets is the one of the window', () => {
    const leg = new Leg();
    leg.hear(SIGNALLED);
    leg.nowMs += 1000;
    for (let packet = 0; packet < 3; packet += 1) leg.hear(SIGNALLED, { ssrc: 2 });
    leg.latch.freeze(1);
    expect(leg.hear(SIGNALLED, { ssrc: 2 })).toBe(ACCEPTED);
    expect(leg.hear(SIGNALLED)).toBe(FOREIGN_SSRC);
  });

  test('a new address by signalling unlocks, the same one again does not', () => {
    const leg = new Leg();
    leg.learn(NAT);
    leg.latch.expect(1, wordsOf(SIGNALLED));
    expect(leg.hear(NAT)).toBe(ACCEPTED);
    leg.latch.expect(1, wordsOf('192.0.2.7:7000'));
    expect(leg.hear(NAT)).toBe(LEARNING);
    expect(leg.hear('192.0.2.7:7000')).toBe(LOCKED_NOW);
  });

  test('RTCP is judged by its address: of the locked source, or of the signalled one before', () => {
    const leg = new Leg();
    expect(leg.latch.isPeerAddress(1, wordsOf('192.0.2.1:9999'), 0)).toBe(true);
    leg.learn(NAT);
    expect(leg.latch.isPeerAddress(1, wordsOf('192.0.2.1:9999'), 0)).toBe(false);
    expect(leg.latch.isPeerAddress(1, wordsOf('203.0.113.5:9999'), 0)).toBe(true);
    leg.latch.release(1);
    expect(leg.latch.isLocked(1)).toBe(false);
  });
});
