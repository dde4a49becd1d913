import { describe, expect, test } from '@jest/globals';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { eventPayload } from '../../test/media/simulated-call.js';
import {
  DOUBTFUL_PRESS,
  LOST_END_MS,
  NOT_A_KEY,
  PRESS_BEGAN,
  PRESS_ENDED,
  PREVIOUS_ENDED,
  TelephoneEventDecoder,
} from './telephone-event.js';

const CLOCK_HZ = 8000;

type Report = {
  readonly key?: number;
  readonly timestamp: number;
  readonly duration: number;
  readonly end?: boolean;
  readonly marker?: boolean;
  readonly ssrc?: number;
  readonly clockRateHz?: number;
};

/** Feeds reports, 20 ms and one sequence number apart, and writes down what came of them: `+5` began, `-` ended. */
class Listener {
  readonly decoder = new TelephoneEventDecoder();
  readonly heard: string[] = [];
  sequence = 10;
  nowMs = 1000;

  hear(report: Report): number {
    this.sequence += 1;
    this.nowMs += 20;
    return this.hearAs(this.sequence, report);
  }

  hearAs(sequence: number, report: Report): number {
    const { key = 5, timestamp, duration, end = false, marker = false, ssrc = 1, clockRateHz = CLOCK_HZ } = report;
    const header = { ssrc, sequence: sequence & 0xffff, timestamp, marker, payloadStart: 0, payloadEnd: 4 };
    const outcome = this.decoder.handle(header, clockRateHz, eventPayload(key, duration, end), this.nowMs);
    if ((outcome & PREVIOUS_ENDED) !== 0) this.heard.push('-');
    if ((outcome & PRESS_BEGAN) !== 0) this.heard.push(`+${this.decoder.key}`);
    if ((outcome & PRESS_ENDED) !== 0) this.heard.push('-');
    return outcome;
  }

  audio(): void {
    this.sequence += 1;
    this.nowMs += 20;
    this.decoder.hearOther(this.sequence & 0xffff);
  }

  press(key: number, timestamp: number): void {
    this.hear({ key, timestamp, duration: 160, marker: true });
    this.hear({ key, timestamp, duration: 320 });
    for (let copy = 0; copy < 3; copy += 1) this.hear({ key, timestamp, duration: 480, end: true });
  }
}

describe('telephone-event', () => {
  test('one press is one key, however often its packets are repeated', () => {
    const listener = new Listener();
    listener.press(5, 8000);
    listener.press(5, 16_000);
    listener.press(11, 24_000);
    expect(listener.heard).toEqual(['+5', '-', '+5', '-', '+11', '-']);
  });

  test('a press is dated back to its beginning when its first packets are lost', () => {
    const listener = new Listener();
    listener.hear({ timestamp: 8000, duration: 800 });
    expect(listener.heard).toEqual(['+5']);
    expect(listener.decoder.beganAtMs).toBe(1020 - 100);
  });

  test('a press of which only an end packet comes is a key all the same', () => {
    const listener = new Listener();
    listener.hear({ timestamp: 8000, duration: 800, end: true });
    listener.hear({ timestamp: 8000, duration: 800, end: true });
    expect(listener.heard).toEqual(['+5', '-']);
  });

  test('a press without an end is over when the next one begins, or after a time without packets', () => {
    const listener = new Listener();
    listener.hear({ timestamp: 8000, duration: 160, marker: true });
    listener.hear({ timestamp: 16_000, duration: 160, marker: true });
    expect(listener.heard).toEqual(['+5', '-', '+5']);
    expect(listener.decoder.expire(listener.nowMs + LOST_END_MS - 1)).toBe(0);
    expect(listener.decoder.expire(listener.nowMs + LOST_END_MS)).toBe(PREVIOUS_ENDED);
    expect(listener.decoder.underWay).toBe(false);
    expect(listener.decoder.expire(listener.nowMs + 10 * LOST_END_MS)).toBe(0);
    // Its end packets, late, are not another press.
    listener.hear({ timestamp: 16_000, duration: 4000, end: true });
    expect(listener.heard).toEqual(['+5', '-', '+5']);
  });

  test('RFC 4733 §2.5.1.3: a long press goes on in segments and is one key', () => {
    const listener = new Listener();
    for (let total = 160; total < 200_000; total += 160) {
      const segment = Math.floor(total / 65_440);
      listener.hear({ timestamp: 8000 + segment * 65_440, duration: total - segment * 65_440, marker: total === 160 });
    }
    expect(listener.heard).toEqual(['+5']);
  });

  test('a new segment is recognised although the last updates before it were lost', () => {
    const listener = new Listener();
    listener.hear({ timestamp: 0, duration: 160, marker: true });
    listener.hear({ timestamp: 0, duration: 64_000 });
    listener.sequence += 8;
    listener.hear({ timestamp: 65_535, duration: 160 });
    expect(listener.heard).toEqual(['+5']);
  });

  test('the same key again with the end lost is another press', () => {
    const listener = new Listener();
    listener.hear({ timestamp: 8000, duration: 160, marker: true });
    listener.hear({ timestamp: 8000, duration: 320 });
    listener.sequence += 3;
    listener.nowMs += 60;
    listener.hear({ timestamp: 8800, duration: 160 });
    expect(listener.heard).toEqual(['+5', '-', '+5']);
  });

  test('a sender whose timestamps move with each update makes one press of it', () => {
    const listener = new Listener();
    for (let update = 0; update < 10; update += 1) {
      listener.hear({ timestamp: 8000 + update * 160, duration: 160, marker: update === 0, end: update === 9 });
    }
    listener.hear({ timestamp: 8000 + 9 * 160, duration: 160, end: true });
    listener.hear({ timestamp: 8000 + 10 * 160, duration: 160, end: true });
    expect(listener.heard).toEqual(['+5', '-']);
    listener.hear({ timestamp: 16_000, duration: 160, marker: true });
    expect(listener.heard).toEqual(['+5', '-', '+5']);
  });

  test('timestamps that move with sparse updates beside audio are one press; after a pause they are another', () => {
    const listener = new Listener();
    const update = (timestamp: number): void => {
      for (let packet = 0; packet < 9; packet += 1) listener.audio();
      listener.hear({ timestamp, duration: 1600 });
    };
    for (let press = 0; press < 5; press += 1) update(8000 + press * 1600);
    expect(listener.heard).toEqual(['+5']);
    // 30 ms are left out: nobody's press has a pause in it.
    update(8000 + 5 * 1600 + 240);
    expect(listener.heard).toEqual(['+5', '-', '+5']);
  });

  test('what is lost between moved timestamps makes it doubtful whether they are one press, which is said', () => {
    const listener = new Listener();
    listener.hear({ timestamp: 8000, duration: 160 });
    listener.sequence += 1;
    expect(listener.hear({ timestamp: 8320, duration: 160 }) & DOUBTFUL_PRESS).toBe(0);
    listener.sequence += 3;
    expect(listener.hear({ timestamp: 9120, duration: 160 }) & DOUBTFUL_PRESS).not.toBe(0);
    listener.sequence += 3;
    expect(listener.hear({ timestamp: 16_000, duration: 160, marker: true }) & DOUBTFUL_PRESS).toBe(0);
    listener.sequence += 3;
    expect(listener.hear({ key: 6, timestamp: 24_000, duration: 160 }) & DOUBTFUL_PRESS).toBe(0);
  });

  test('a moved timestamp with a packet lost before it is doubtful where a pause fits into what is missing', () => {
    const listener = new Listener();
    listener.hear({ timestamp: 8000, duration: 160, marker: true });
    listener.hear({ timestamp: 8000, duration: 320 });
    listener.sequence += 1;
    // 52 ms behind the end of what was told: the next press, of a sender that sends no end packet, or the same one.
    expect(listener.hear({ timestamp: 8736, duration: 160 }) & DOUBTFUL_PRESS).not.toBe(0);
    // 20 ms behind it: no press has such a pause in front of it.
    listener.sequence += 1;
    expect(listener.hear({ timestamp: 9056, duration: 160 }) & DOUBTFUL_PRESS).toBe(0);
    expect(listener.heard).toEqual(['+5']);
  });

  test('a press whose first packet comes behind those of a later one is doubtful, for the keys are out of order', () => {
    const listener = new Listener();
    listener.press(4, 8000);
    listener.hear({ key: 2, timestamp: 9600, duration: 360, end: true });
    expect(listener.hear({ key: 4, timestamp: 8800, duration: 360, end: true }) & DOUBTFUL_PRESS).not.toBe(0);
    // Further copies of either are neither keys nor doubtful.
    expect(listener.hear({ key: 2, timestamp: 9600, duration: 360, end: true })).toBe(0);
    expect(listener.hear({ key: 4, timestamp: 8800, duration: 360, end: true })).toBe(0);
    expect(listener.heard).toEqual(['+4', '-', '+2', '-', '+4', '-']);
    // A clock that begins anew is no press that was overtaken.
    expect(listener.hear({ key: 6, timestamp: 0xffff_0000, duration: 160, marker: true }) & DOUBTFUL_PRESS).toBe(0);
  });

  test('an end packet of the next press is no copy of the one before, unless the timestamp has been moving', () => {
    const listener = new Listener();
    for (let press = 0; press < 3; press += 1) {
      for (let copy = 0; copy < 3; copy += 1) {
        listener.hear({ timestamp: 8000 + press * 640, duration: 320, end: true });
      }
    }
    expect(listener.heard).toEqual(['+5', '-', '+5', '-', '+5', '-']);
  });

  test('a marked first packet with a duration that cannot be dates the press no further back than it can have begun', () => {
    const listener = new Listener();
    listener.hear({ timestamp: 8000, duration: 4640, marker: true });
    expect(listener.decoder.beganAtMs).toBe(listener.nowMs - 100);
  });

  test('an update that comes after the press was given up continues it', () => {
    const listener = new Listener();
    listener.hear({ timestamp: 8000, duration: 160, marker: true });
    listener.decoder.expire(listener.nowMs + LOST_END_MS);
    expect(listener.decoder.underWay).toBe(false);
    listener.nowMs += 300;
    listener.hear({ timestamp: 8000, duration: 2560 });
    expect([listener.decoder.underWay, listener.heard]).toEqual([true, ['+5']]);
  });

  test('a first packet of no duration begins the press, and a lost marker costs nothing', () => {
    const listener = new Listener();
    listener.hear({ timestamp: 8000, duration: 0 });
    listener.hear({ timestamp: 8000, duration: 160 });
    listener.hear({ timestamp: 8000, duration: 320, end: true });
    expect(listener.heard).toEqual(['+5', '-']);
  });

  test('packets that come out of order neither shorten a press nor repeat it', () => {
    const listener = new Listener();
    listener.hearAs(3, { timestamp: 8000, duration: 480 });
    listener.hearAs(1, { timestamp: 8000, duration: 160, marker: true });
    listener.hearAs(6, { timestamp: 8000, duration: 800, end: true });
    listener.hearAs(4, { timestamp: 8000, duration: 640 });
    listener.hearAs(9, { key: 6, timestamp: 16_000, duration: 160, marker: true });
    listener.hearAs(7, { timestamp: 8000, duration: 800, end: true });
    listener.hearAs(10, { timestamp: 8000, duration: 800, end: true });
    expect(listener.heard).toEqual(['+5', '-', '+6']);
  });

  test('numbers that wrap, and a clock of another rate, change nothing', () => {
    const listener = new Listener();
    listener.sequence = 65_533;
    listener.hear({ timestamp: 0xfffffff0, duration: 160, marker: true });
    listener.hear({ timestamp: 0xfffffff0, duration: 320 });
    listener.hear({ timestamp: 0xfffffff0, duration: 480, end: true });
    listener.hear({ timestamp: 0x1000, duration: 1600, marker: true, clockRateHz: 16_000 });
    expect(listener.heard).toEqual(['+5', '-', '+5']);
    expect(listener.decoder.beganAtMs).toBe(listener.nowMs - 100);
  });

  test('another SSRC is another sender, and ends what was under way', () => {
    const listener = new Listener();
    listener.hear({ timestamp: 8000, duration: 160, marker: true });
    listener.hear({ timestamp: 8000, duration: 160, ssrc: 2 });
    expect(listener.heard).toEqual(['+5', '-', '+5']);
  });

  test('modem and line signals, and packets too short, are no keys', () => {
    const listener = new Listener();
    expect(listener.hear({ key: 16, timestamp: 1, duration: 160 })).toBe(NOT_A_KEY);
    const header = { ssrc: 1, sequence: 1, timestamp: 1, marker: false, payloadStart: 0, payloadEnd: 3 };
    expect(listener.decoder.handle(header, CLOCK_HZ, Buffer.from([1, 2, 3]), 0)).toBe(NOT_A_KEY);
    expect(listener.heard).toEqual([]);
  });

  test('any one to all but one of a press’ packets may be lost, and it is one key', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = new SeededRandom(seed);
      const listener = new Listener();
      const keys: string[] = [];
      for (let press = 0; press < 12; press += 1) {
        const key = press % 3;
        keys.push(`+${key}`);
        const mustCome = Math.floor(random.between(0, 8));
        for (let packet = 0; packet < 8; packet += 1) {
          const duration = Math.min(packet + 1, 6) * 160;
          const report = { key, timestamp: press * 4000, duration, end: packet >= 5, marker: packet === 0 };
          if (packet === mustCome || random.next() < 0.5) listener.hear(report);
          else {
            listener.sequence += 1;
            listener.nowMs += 20;
          }
        }
        listener.nowMs += 100;
      }
      expect([seed, listener.heard.filter((what) => what !== '-')]).toEqual([seed, keys]);
    }
  });
});
