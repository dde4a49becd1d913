import { beforeEach, describe, expect, test } from '@jest/globals';
import { eventPayload } from '../../test/media/simulated-call.js';
import { HoleFinder } from './hole-finder.js';
import { PressListener } from './press-listener.js';
import { SenderClock } from './sender-clock.js';

const PACKET_MS = 20;
const PACKET_UNITS = 160;
/** By then every question that can be open has been answered or told. */
const LATER_MS = 400;

/** A sender's stream, packet after packet, as the finder is shown it; what is lost on the way is not. */
class Stream {
  disturbances = 0;
  nowMs = 1_000;
  readonly #presses: PressListener;
  readonly #finder: HoleFinder;
  #sequence = 100;
  #timestamp = 80_000;
  #ssrc = 1;
  #pressTimestamp = 0;

  constructor() {
    this.#presses = new PressListener(
      {
        beginEvent: (beganMs) => this.#finder.watch.beginEvent(beganMs),
        beginTone: () => {},
        hearInfo: () => {},
        pressKey: () => this.#finder.watch.keyTold(),
        countMerged: () => {},
      },
      new SenderClock(),
    );
    this.#finder = new HoleFinder({
      presses: this.#presses,
      line: { unitsSinceFlag: Number.POSITIVE_INFINITY },
      disturbed: () => {
        this.disturbances += 1;
        return true;
      },
    });
    this.#presses.start(this.nowMs);
    this.#finder.begin();
    this.#finder.watch.arm();
  }

  /** Silence, a packet of it. */
  audio(packets = 1): this {
    for (let packet = 0; packet < packets; packet += 1) {
      this.nowMs += PACKET_MS;
      this.#finder.beforeAudio({ sequence: this.#sequence, timestamp: this.#timestamp }, PACKET_UNITS, 0, this.nowMs);
      for (let units = 0; units < PACKET_UNITS && this.#finder.watch.wantsHops; units += 16) {
        this.#finder.watch.hearHop(false, 16);
      }
      this.#advance(PACKET_UNITS);
    }
    return this;
  }

  /** A press of 80 ms in event packets, whose end is sent so often. */
  press(key: number, { endPackets }: { readonly endPackets: number }): this {
    this.#pressTimestamp = this.#timestamp;
    for (let packet = 1; packet < 4; packet += 1) {
      this.nowMs += PACKET_MS;
      this.#event(key, packet * PACKET_UNITS, 'update');
    }
    this.nowMs += PACKET_MS;
    for (let copy = 0; copy < endPackets; copy += 1) this.#event(key, 4 * PACKET_UNITS, 'end');
    this.#timestamp = this.#pressTimestamp + 4 * PACKET_UNITS;
    return this;
  }

  loseAudio(packets: number): this {
    for (let packet = 0; packet < packets; packet += 1) {
      this.nowMs += PACKET_MS;
      this.#advance(PACKET_UNITS);
    }
    return this;
  }

  /** Of events, perhaps: a packet that counts no time. */
  loseOther(packets: number): this {
    for (let packet = 0; packet < packets; packet += 1) this.#advance(0);
    return this;
  }

  /** A comfort-noise packet that nobody asked for. */
  unused(): this {
    this.#finder.passOver(this.#sequence);
    this.#advance(0);
    return this;
  }

  pause(lengthMs: number): this {
    this.nowMs += lengthMs;
    this.#timestamp = (this.#timestamp + lengthMs * 8) >>> 0;
    return this;
  }

  foreign(): this {
    this.#finder.dropForeign(this.nowMs);
    return this;
  }

  /** Another sender takes over. */
  restart(timestamp: number): this {
    this.#finder.restart(this.nowMs + PACKET_MS);
    this.#ssrc += 1;
    this.#sequence = 7_000;
    this.#timestamp = timestamp;
    return this;
  }

  sweep(): this {
    this.nowMs += LATER_MS;
    this.#finder.sweep(this.nowMs);
    return this;
  }

  #event(key: number, durationUnits: number, kind: 'update' | 'end'): void {
    const sequence = this.#sequence;
    const timestamp = this.#pressTimestamp;
    const packet = { ssrc: this.#ssrc, sequence, timestamp, marker: false, payloadStart: 0, payloadEnd: 4 };
    const payload = eventPayload(key, durationUnits, kind === 'end');
    const outcome = this.#presses.events.handle(packet, 8_000, payload, this.nowMs);
    this.#finder.beforeEvent(sequence, outcome, { timestamp, durationUnits }, this.nowMs);
    this.#presses.hearEvent(outcome, this.nowMs);
    this.#advance(0);
  }

  #advance(units: number): void {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + units) >>> 0;
  }
}

let stream: Stream;

beforeEach(() => {
  stream = new Stream();
});

const REPEATED = { endPackets: 3 };
const ONCE = { endPackets: 1 };

describe('a hole in a stream', () => {
  test.each<[string, number, () => Stream]>([
    ['nothing is missing', 0, () => stream.audio(3)],
    ['one packet of silence is missing', 0, () => stream.audio().loseAudio(1).audio()],
    ['two are, which may hold a press', 1, () => stream.audio().loseAudio(2).audio()],
    ['nothing is missing in a pause', 0, () => stream.audio().pause(3_000).audio()],
    ['a packet of no use has come', 0, () => stream.audio().unused().audio()],
    ['a packet that was no audio is missing', 1, () => stream.audio().loseOther(1).audio()],
    ['the first packets are not the first of the stream', 0, () => stream.loseAudio(20).audio()],
    ['a copy of an end is missing, of three', 0, () => habitual().press(2, ONCE).loseOther(2).audio()],
    ['more are than there are copies', 1, () => habitual().press(2, ONCE).loseOther(3).audio()],
    ['the copies would have come before', 1, () => habitual().press(2, ONCE).audio(8).loseOther(1).audio()],
    ['a sender sends its ends once', 1, () => stream.press(1, ONCE).audio(8).press(2, ONCE).loseOther(1).audio()],
    ['it may hold a press before a press', 1, () => stream.audio().loseAudio(2).press(1, REPEATED).audio()],
    ['the source speaks under another number', 0, () => stream.audio().foreign()],
    ['it does, after a time', 1, () => stream.audio().pause(200).foreign()],
  ])('when %s: %i', (_, disturbances, act) => {
    expect(act().sweep().disturbances).toBe(disturbances);
  });
});

describe('a stream that begins anew', () => {
  test.each([
    ['after a time', 500, 1],
    ['at once', 0, 0],
  ])('%s', (_, pauseMs, disturbances) => {
    expect(stream.audio().pause(pauseMs).restart(5).audio().sweep().disturbances).toBe(disturbances);
  });

  test('may have another sender, with habits of its own', () => {
    const lossOf = (sender: Stream) => sender.press(2, ONCE).loseOther(1).audio().sweep().disturbances;
    expect(lossOf(habitual())).toBe(0);
    stream = new Stream();
    expect(lossOf(habitual().restart(5))).toBe(1);
    // Nor does the end of a press that the old one has just sent explain what the new one lost.
    stream = new Stream();
    expect(habitual().press(2, ONCE).restart(5).audio().loseOther(1).audio().sweep().disturbances).toBe(1);
  });

  test.each([80_000, 0x9000_0000, 5])('is measured by its own clock, from %d', (timestamp) => {
    stream.audio(4).restart(timestamp).press(1, ONCE);
    expect(stream.disturbances).toBe(0);
    expect(stream.loseAudio(2).audio().disturbances).toBe(1);
  });
});

/** A sender that is known to send the ends of its presses three times. */
function habitual(): Stream {
  return stream.audio(2).press(1, REPEATED).audio(8);
}
