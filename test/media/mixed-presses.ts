/**
 * For tests: a caller's stream in which each press is heard by up to three ways, each with a time of its own to the
 * millisecond, from senders with every habit of telephone-event that is met in the field.
 */
import { encodeG711 } from '../../dsp/g711.js';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { renderPress } from '../../dsp/tone-generator.js';
import { EVENT_PAYLOAD_TYPE, eventPayload, rtpPacket, type SimulatedCall } from './simulated-call.js';

const FRAME_MS = 20;
const FRAME_SAMPLES = 160;
const KEY_NAMES = '0123456789*#ABCD';
/** Until every question about the last press has been answered. */
const AFTERWARDS_MS = 700;
const FIRST_SEQUENCE = 65_500;
const FIRST_TIMESTAMP = 0xffff_f000;

export type Span = { readonly fromMs: number; readonly toMs: number };

export type MixedPress = {
  readonly key: number;
  readonly event?: Span;
  readonly tone?: Span;
  readonly infoAtMs?: number;
};

/** A sender's habits; what is not said is as RFC 4733 recommends. */
export type EventHabits = {
  readonly updateMs?: number;
  /** The first packet comes with the press, its duration still zero. */
  readonly beginsAtZero?: boolean;
  readonly marker?: 'first' | 'never' | 'always';
  readonly endCopies?: number;
  readonly endSpacingMs?: number;
  /** The timestamp moves with every update, and the duration counts from it. */
  readonly movesTimestamp?: boolean;
  /** Durations fall from update to update. */
  readonly shrinks?: boolean;
  /** One packet, with the end in it, when the key is released; or when it is pressed, without a duration. */
  readonly onePacket?: 'at-end' | 'at-start';
  readonly clockRateHz?: number;
  /** Taken in turn, press by press. */
  readonly payloadTypes?: readonly number[];
  /** Every packet says zero. */
  readonly hasNoDuration?: boolean;
};

export type MixedOptions = {
  readonly lengthMs: number;
  readonly presses: readonly MixedPress[];
  readonly habits?: EventHabits;
  /** Whether audio packets go on while events are sent. */
  readonly audioDuringEvents?: 'goes-on' | 'rests';
  readonly noiseAmplitude?: number;
  /** What is due in this time is sent, and comes at its end: of a line or a machine that stood still. */
  readonly stall?: Span;
};

export type MixedPacket = {
  readonly atMs: number;
  readonly bytes: Buffer;
  readonly kind: 'audio' | 'event';
  /** Of an event packet: which press it is of, and whether it says that it ends. */
  readonly press: number;
  readonly isEnd: boolean;
};

type Unnumbered = Omit<MixedPacket, 'bytes'> & {
  readonly timestamp: number;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
};

/** The packets of the stream in the order of sending; at one time events go before audio. */
export function mixedStream(options: MixedOptions): readonly MixedPacket[] {
  const events = options.presses.flatMap((press, index) => eventPackets(press, index, options.habits ?? {}));
  const rests = options.audioDuringEvents === 'rests';
  const audio = audioPackets(options).filter(
    ({ atMs }) => !rests || !options.presses.some(({ event }) => event !== undefined && overlaps(event, atMs)),
  );
  const packets = [...events, ...audio].sort((left, right) => left.atMs - right.atMs);
  return packets.map(({ timestamp, payloadType, marker, payload, ...packet }, index) => ({
    ...packet,
    bytes: rtpPacket({ sequence: FIRST_SEQUENCE + index, timestamp, payloadType, marker }, payload),
  }));
}

/** Plays the stream to the call from its present time on, INFOs in their places; `isLost` is asked of every packet. */
export function playMixed(
  call: SimulatedCall,
  options: MixedOptions,
  isLost: (packet: MixedPacket, index: number) => boolean = () => false,
): void {
  const startMs = call.nowMs;
  const { stall = { fromMs: 0, toMs: 0 } } = options;
  const infos = options.presses.flatMap(({ key, infoAtMs }) => (infoAtMs === undefined ? [] : [{ key, infoAtMs }]));
  mixedStream(options).forEach((packet, index) => {
    while (infos.length > 0 && infos[0].infoAtMs <= packet.atMs) {
      const { key, infoAtMs } = infos.splice(0, 1)[0];
      call.advanceTo(startMs + infoAtMs);
      const body = Buffer.from(`Signal=${KEY_NAMES[key]}\r\nDuration=100\r\n`);
      call.core.takeInfo(1, 'caller', 'application/dtmf-relay', body, call.nowMs);
    }
    const isStalled = packet.atMs >= stall.fromMs && packet.atMs < stall.toMs;
    call.advanceTo(startMs + (isStalled ? stall.toMs : packet.atMs));
    // The core edits and wipes what it gets.
    if (!isLost(packet, index)) call.fromCaller(Buffer.from(packet.bytes));
  });
  call.advanceTo(call.nowMs + AFTERWARDS_MS);
}

function overlaps({ fromMs, toMs }: Span, atMs: number): boolean {
  return atMs > fromMs && atMs - FRAME_MS < toMs;
}

function audioPackets({ lengthMs, presses, noiseAmplitude = 0 }: MixedOptions): readonly Unnumbered[] {
  const samples = new Int16Array(lengthMs * 8);
  const random = new SeededRandom(7);
  for (let index = 0; index < samples.length; index += 1) samples[index] = noiseAmplitude * (random.next() * 2 - 1);
  for (const { key, tone } of presses) {
    if (tone === undefined) continue;
    const startSample = Math.round(tone.fromMs * 8);
    renderPress(samples, { key, startSample, lengthSamples: Math.round(tone.toMs * 8) - startSample });
  }
  const packets: Unnumbered[] = [];
  for (let fromMs = 0; fromMs + FRAME_MS <= lengthMs; fromMs += FRAME_MS) {
    const payload = new Uint8Array(FRAME_SAMPLES);
    encodeG711('PCMU', samples.subarray(fromMs * 8, fromMs * 8 + FRAME_SAMPLES), payload, 0, FRAME_SAMPLES);
    packets.push({
      atMs: fromMs + FRAME_MS,
      kind: 'audio',
      press: -1,
      isEnd: false,
      timestamp: FIRST_TIMESTAMP + fromMs * 8,
      payloadType: 0,
      marker: fromMs === 0,
      payload,
    });
  }
  return packets;
}

function eventPackets(press: MixedPress, index: number, habits: EventHabits): readonly Unnumbered[] {
  if (press.event === undefined) return [];
  const { fromMs, toMs } = press.event;
  const lengthMs = toMs - fromMs;
  const unitsPerMs = (habits.clockRateHz ?? 8000) / 1000;
  const payloadTypes = habits.payloadTypes ?? [EVENT_PAYLOAD_TYPE];
  const packets: Unnumbered[] = [];
  let segmentFromMs = 0;
  const send = (afterMs: number, elapsedMs: number, isEnd: boolean): void => {
    const isFirst = packets.length === 0;
    const counted = habits.hasNoDuration ? 0 : elapsedMs - segmentFromMs;
    const durationMs = habits.shrinks && !isEnd ? Math.max(20, lengthMs - elapsedMs) : counted;
    packets.push({
      atMs: fromMs + afterMs,
      kind: 'event',
      press: index,
      isEnd,
      timestamp: FIRST_TIMESTAMP + Math.round((fromMs + segmentFromMs) * unitsPerMs),
      payloadType: payloadTypes[index % payloadTypes.length],
      marker: habits.marker === 'always' || (habits.marker !== 'never' && isFirst),
      payload: eventPayload(press.key, Math.round(durationMs * unitsPerMs), isEnd),
    });
  };
  if (habits.onePacket !== undefined) {
    const isAtEnd = habits.onePacket === 'at-end';
    send(isAtEnd ? lengthMs : 0, isAtEnd ? lengthMs : 0, isAtEnd);
    return packets;
  }
  if (habits.beginsAtZero) send(0, 0, false);
  const updateMs = habits.updateMs ?? FRAME_MS;
  for (let elapsedMs = updateMs; elapsedMs < lengthMs; elapsedMs += updateMs) {
    send(elapsedMs, elapsedMs, false);
    if (habits.movesTimestamp) segmentFromMs = elapsedMs;
  }
  const copies = habits.endCopies ?? 3;
  for (let copy = 0; copy < copies; copy += 1)
    send(lengthMs + copy * (habits.endSpacingMs ?? FRAME_MS), lengthMs, true);
  return packets;
}
