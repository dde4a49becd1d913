/**
 * What a caller's telephone sends, in real time and on the record: speech without repetition, and keys in every mixture
 * of tones and telephone-events that is met in the field. Everything sent is kept with the place of each press in it, so
 * that a listener elsewhere can be told where to listen, and can be shown to hear where keys may be heard.
 */
import type { Socket } from 'node:dgram';
import { eventPayload } from './caller-stream.js';
import { eventually } from './deadline.js';
import { addTones, samplesOf } from './keys.js';
import { type RtpPacket, writeRtp } from './rtp.js';
import { VoiceDecoder, VoiceEncoder, type VoiceEncoding, voicePayloadType } from './voice-codec.js';

const PTIME_MS = 20;
const PACKET_SAMPLES = samplesOf(PTIME_MS);
/** From being asked to the first press; people need longer. */
const LEAD_MS = 100;
/** RFC 4733 §2.5.1.4: the packet that ends an event is sent three times. */
const END_PACKETS = 3;
/** A call of ten minutes; what is sent later is not kept. */
const MAX_KEPT_SAMPLES = samplesOf(600_000);
/** 100 ms. */
const SPARSE_PACKETS = 5;
/** A person at the keys hardly speaks. */
const SPEECH_UNDER_TONE = 1 / 4;
/** Below hearing, and enough to make every second of looped speech another one. */
const LINE_NOISE_AMPLITUDE = 24;

/**
 * | way                          | tone in the audio                  | event                       | audio during event |
 * |------------------------------|------------------------------------|-----------------------------|--------------------|
 * | telephone-event              | none                               | all the time                | rests              |
 * | telephone-event-among-audio  | none                               | all the time                | goes on            |
 * | in-band                      | all the time                       | none                        |                    |
 * | tone-and-event               | all the time                       | all the time                | goes on            |
 * | tone-then-event              | first 60 ms                        | from 40 ms on               | goes on            |
 * | event-then-tail              | for 60 ms, 20 ms after the event   | all the time                | goes on            |
 * | event-then-late-tail         | for 60 ms, 480 ms after the event  | all the time                | goes on            |
 * | event-then-tone              | as long, 120 ms behind             | all the time                | goes on            |
 * | tone-then-late-event         | first 60 ms                        | as long, 400 ms after it    | goes on            |
 */
export type KeypadWay =
  | 'telephone-event'
  | 'telephone-event-among-audio'
  | 'in-band'
  | 'tone-and-event'
  | 'tone-then-event'
  | 'event-then-tail'
  | 'event-then-late-tail'
  | 'event-then-tone'
  | 'tone-then-late-event';

/**
 * What senders make of RFC 4733's events, instead of what it recommends.
 *
 * | habit               | what is sent                                                                    |
 * |---------------------|---------------------------------------------------------------------------------|
 * | no-end              | no packet that says the end                                                     |
 * | no-marker           | no marker                                                                       |
 * | no-duration         | every duration is zero                                                          |
 * | shrinking           | durations fall from packet to packet                                            |
 * | moving-timestamp    | the timestamp moves on with every packet, durations count from it; no marker    |
 * | sparse              | an update every 100 ms only                                                     |
 * | one-packet          | one packet, at the press, without a duration                                    |
 * | one-packet-at-end   | one packet, at the release                                                      |
 * | clock-of-16-khz     | timestamps and durations at 16 kHz, under the payload type of 8 kHz             |
 * | clock-of-48-khz     | the same at 48 kHz                                                              |
 */
export type EventHabit =
  | 'no-end'
  | 'no-marker'
  | 'no-duration'
  | 'shrinking'
  | 'moving-timestamp'
  | 'sparse'
  | 'one-packet'
  | 'one-packet-at-end'
  | 'clock-of-16-khz'
  | 'clock-of-48-khz';

export type Rhythm = { readonly onMs: number; readonly offMs: number };

/** Positions are in the sender's samples since it began to talk. */
export type SentPress = {
  readonly key: number;
  readonly way: KeypadWay;
  readonly startSample: number;
  readonly endSample: number;
  /** Where its tone is, if it has one. */
  readonly tone: { readonly onsetSample: number; readonly offsetSample: number } | undefined;
};

type Span = { readonly from: number; readonly to: number };
/** In packets from the beginning of the press; `to` is the first one that is not part of it. */
type Plan = { readonly tone: Span; readonly event: Span; readonly lengthPackets: number };

type RunningPress = Plan & {
  readonly key: number;
  readonly way: KeypadWay;
  readonly timestamp: number;
  readonly tonePcm: Int16Array;
  packet: number;
};

export type KeypadTalkerOptions = {
  readonly socket: Socket;
  readonly remotePort: number;
  readonly encoding: VoiceEncoding;
  readonly eventPayloadType: number;
  /** 8 kHz; said over and over, with noise of the line added that never repeats. */
  readonly speech: Int16Array;
};

export class KeypadTalker {
  readonly ssrc = Math.floor(Math.random() * 0xffffffff);
  readonly presses: SentPress[] = [];
  /** Packet times, counted from the beginning of each press, of which nothing arrives. */
  lostInPress: readonly number[] = [];
  /** How it tells of events; as RFC 4733 recommends where nothing is said. */
  eventHabit: EventHabit | undefined;
  /** Told of each key when all that is sent of its press has been sent. */
  onReleased: (key: number) => void = () => {};
  readonly #options: KeypadTalkerOptions;
  readonly #kept = new Int16Array(MAX_KEPT_SAMPLES);
  readonly #encoder: VoiceEncoder;
  readonly #decoder = new VoiceDecoder();
  readonly #firstTimestamp = Math.floor(Math.random() * 0xffffffff);
  readonly #startedAtMs = performance.now();
  #sequenceNumber = Math.floor(Math.random() * 0xffff);
  #sentPackets = 0;
  #timer: NodeJS.Timeout | undefined;
  #press: RunningPress | undefined;
  #restPackets = 0;
  #isStopped = false;
  #packetsToLose = 0;
  readonly #awaitingPacket: Array<() => void> = [];

  /** Starts talking at once. */
  constructor(options: KeypadTalkerOptions) {
    if (options.speech.length < PACKET_SAMPLES) throw new Error('a talker needs at least one packet of speech');
    this.#options = options;
    this.#encoder = new VoiceEncoder(options.encoding);
    this.#tick();
  }

  /** All that a listener at its mouth would have heard; silence where audio rested. */
  get sentAudio(): Int16Array {
    return this.#kept.subarray(0, Math.min(this.sentSamples, MAX_KEPT_SAMPLES));
  }

  get sentSamples(): number {
    return this.#sentPackets * PACKET_SAMPLES;
  }

  /** When the packet that begins with this sample is due, by `performance.now()`. */
  sentAtMs(sample: number): number {
    return this.#startedAtMs + (sample / PACKET_SAMPLES) * PTIME_MS;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** What the next packet of audio will bear. */
  get nextNumbers(): { readonly sequenceNumber: number; readonly timestamp: number } {
    return { sequenceNumber: this.#sequenceNumber, timestamp: this.#timestampOf(this.sentSamples) };
  }

  /** Presses keys one after another and resolves when the last pause is over. Lengths are rounded to packets. */
  async key(keys: readonly number[], way: KeypadWay, { onMs, offMs }: Rhythm): Promise<void> {
    // Nobody presses in the very packet in which a window opens: by event, such a press may say it began before it.
    await this.talk(LEAD_MS);
    for (const key of keys) {
      await this.#atRest();
      this.#restPackets = Math.max(1, Math.round(offMs / PTIME_MS));
      this.#press = this.#begin(key, way, Math.max(1, Math.round(onMs / PTIME_MS)));
    }
    await this.#atRest();
  }

  /** The next so many packets are lost on the way: numbered, and never sent. */
  loseNext(packets: number): void {
    this.#packetsToLose = packets;
  }

  /** Resolves when so many samples have been sent since the beginning. */
  async sent(samples: number, limitMs = 20_000): Promise<void> {
    await eventually(limitMs, `${samples} samples sent`, () => (this.sentSamples >= samples ? true : undefined));
  }

  /** Lets it talk for so long. */
  talk(durationMs: number): Promise<void> {
    return this.sent(this.sentSamples + samplesOf(durationMs), durationMs + 20_000);
  }

  /** Resolves in the very turn in which a packet has gone out. */
  nextPacket(): Promise<void> {
    return new Promise((resolve) => this.#awaitingPacket.push(resolve));
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #atRest(): Promise<void> {
    await eventually(20_000, 'the end of a key press', () => {
      if (this.#isStopped) throw new Error('the talker was stopped while a key was pressed');
      return this.#press === undefined && this.#restPackets === 0 ? true : undefined;
    });
  }

  #begin(key: number, way: KeypadWay, onPackets: number): RunningPress {
    const plan = planOf(way, onPackets);
    const startSample = this.sentSamples;
    const tonePackets = plan.tone.to - plan.tone.from;
    const tonePcm = new Int16Array(tonePackets * PACKET_SAMPLES);
    addTones(tonePcm, [{ key, startMs: 0, durationMs: tonePackets * PTIME_MS }]);
    const at = (packet: number) => startSample + packet * PACKET_SAMPLES;
    this.presses.push({
      key,
      way,
      startSample,
      endSample: at(plan.lengthPackets),
      tone: tonePackets > 0 ? { onsetSample: at(plan.tone.from), offsetSample: at(plan.tone.to) } : undefined,
    });
    return { ...plan, key, way, tonePcm, packet: 0, timestamp: this.#timestampOf(at(plan.event.from)) };
  }

  #tick(): void {
    // Packets are due at multiples of 20 ms after the start; a late timer sends what is due and keeps the pace.
    const due = Math.floor((performance.now() - this.#startedAtMs) / PTIME_MS) + 1;
    while (this.#sentPackets < due && !this.#isStopped) this.#sendPacketTime();
    for (const resolve of this.#awaitingPacket.splice(0)) resolve();
    const nextMs = this.#startedAtMs + this.#sentPackets * PTIME_MS - performance.now();
    if (!this.#isStopped) this.#timer = setTimeout(() => this.#tick(), Math.max(1, nextMs));
  }

  #sendPacketTime(): void {
    const press = this.#press;
    const audioRests = press?.way === 'telephone-event' && press.packet < press.event.to;
    if (press !== undefined) this.#sendEvent(press);
    if (!audioRests) this.#sendAudio(this.#audio(press));
    this.#sentPackets += 1;
    if (press === undefined) {
      if (this.#restPackets > 0) this.#restPackets -= 1;
      return;
    }
    press.packet += 1;
    if (press.packet < press.lengthPackets) return;
    this.#press = undefined;
    this.onReleased(press.key);
  }

  #audio(press: RunningPress | undefined): Int16Array {
    const { speech } = this.#options;
    const start = this.sentSamples;
    const isUnderTone = press !== undefined && press.packet >= press.tone.from && press.packet < press.tone.to;
    const toneStart = isUnderTone ? (press.packet - press.tone.from) * PACKET_SAMPLES : 0;
    return Int16Array.from({ length: PACKET_SAMPLES }, (_unused, index) => {
      const voice = speech[(start + index) % speech.length] + (Math.random() * 2 - 1) * LINE_NOISE_AMPLITUDE;
      return isUnderTone ? voice * SPEECH_UNDER_TONE + press.tonePcm[toneStart + index] : voice;
    });
  }

  #sendEvent(press: RunningPress): void {
    const { from, to } = press.event;
    const elapsed = press.packet - from + 1;
    const lengthPackets = to - from;
    if (lengthPackets === 0 || elapsed < 1 || elapsed > lengthPackets + END_PACKETS - 1) return;
    const isEnd = elapsed >= lengthPackets;
    const report = reportOf(this.eventHabit, { elapsed: Math.min(elapsed, lengthPackets), lengthPackets, isEnd });
    if (report === undefined || (this.eventHabit === 'one-packet-at-end' && elapsed > lengthPackets)) return;
    const clockFactor = clockFactorOf(this.eventHabit);
    const eventSample = (press.timestamp - this.#firstTimestamp) >>> 0;
    this.#send({
      payloadType: this.#options.eventPayloadType,
      marker: elapsed === 1 && this.eventHabit !== 'no-marker' && this.eventHabit !== 'moving-timestamp',
      timestamp: this.#timestampOf(clockFactor * eventSample + report.movedPackets * PACKET_SAMPLES),
      payload: eventPayload(press.key, isEnd, report.durationPackets * PACKET_SAMPLES * clockFactor),
    });
  }

  #sendAudio(audio: Int16Array): void {
    const { encoding } = this.#options;
    const payload = this.#encoder.encode(audio);
    if (this.sentSamples + PACKET_SAMPLES <= MAX_KEPT_SAMPLES) {
      this.#kept.set(this.#decoder.decode(payload, encoding), this.sentSamples);
    }
    this.#send({
      payloadType: voicePayloadType[encoding],
      marker: this.#sentPackets === 0,
      timestamp: this.#timestampOf(this.sentSamples),
      payload,
    });
  }

  #send(packet: Omit<RtpPacket, 'ssrc' | 'sequenceNumber'>): void {
    const datagram = writeRtp({ ...packet, ssrc: this.ssrc, sequenceNumber: this.#sequenceNumber });
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    if (this.#isLost()) return;
    this.#options.socket.send(datagram, this.#options.remotePort, '127.0.0.1');
  }

  #isLost(): boolean {
    if (this.#press !== undefined && this.lostInPress.includes(this.#press.packet)) return true;
    if (this.#packetsToLose === 0) return false;
    this.#packetsToLose -= 1;
    return true;
  }

  #timestampOf(sample: number): number {
    return (this.#firstTimestamp + sample) >>> 0;
  }
}

/** What a packet of an event tells; undefined where none is sent. */
function reportOf(
  habit: EventHabit | undefined,
  {
    elapsed,
    lengthPackets,
    isEnd,
  }: { readonly elapsed: number; readonly lengthPackets: number; readonly isEnd: boolean },
): { readonly durationPackets: number; readonly movedPackets: number } | undefined {
  const usual = { durationPackets: elapsed, movedPackets: 0 };
  switch (habit) {
    case 'no-end':
      return isEnd ? undefined : usual;
    case 'no-duration':
      return { ...usual, durationPackets: 0 };
    case 'shrinking':
      return isEnd ? usual : { ...usual, durationPackets: lengthPackets - elapsed };
    case 'moving-timestamp':
      return { durationPackets: 1, movedPackets: elapsed - 1 };
    case 'sparse':
      return isEnd || elapsed % SPARSE_PACKETS === 1 ? usual : undefined;
    case 'one-packet':
      return elapsed === 1 && !isEnd ? { ...usual, durationPackets: 0 } : undefined;
    case 'one-packet-at-end':
      return isEnd ? usual : undefined;
    default:
      return usual;
  }
}

function clockFactorOf(habit: EventHabit | undefined): number {
  if (habit === 'clock-of-16-khz') return 2;
  return habit === 'clock-of-48-khz' ? 6 : 1;
}

function planOf(way: KeypadWay, onPackets: number): Plan {
  const none = { from: 0, to: 0 };
  const whole = { from: 0, to: onPackets };
  // The two repetitions of an event's end belong to its press.
  const repeated = END_PACKETS - 1;
  switch (way) {
    case 'in-band':
      return { tone: whole, event: none, lengthPackets: onPackets };
    case 'telephone-event':
    case 'telephone-event-among-audio':
      return { tone: none, event: whole, lengthPackets: onPackets + repeated };
    case 'tone-and-event':
      return { tone: whole, event: whole, lengthPackets: onPackets + repeated };
    case 'tone-then-event':
      return {
        tone: { from: 0, to: 3 },
        event: { from: 2, to: onPackets + 2 },
        lengthPackets: onPackets + 2 + repeated,
      };
    case 'event-then-tail':
      return { tone: { from: onPackets + 1, to: onPackets + 4 }, event: whole, lengthPackets: onPackets + 4 };
    case 'event-then-late-tail':
      return { tone: { from: onPackets + 24, to: onPackets + 27 }, event: whole, lengthPackets: onPackets + 27 };
    case 'event-then-tone':
      return { tone: { from: 6, to: onPackets + 6 }, event: whole, lengthPackets: onPackets + 6 };
    case 'tone-then-late-event':
      return {
        tone: { from: 0, to: 3 },
        event: { from: 23, to: onPackets + 23 },
        lengthPackets: onPackets + 23 + repeated,
      };
  }
}
