/**
 * For tests: a caller's RTP stream, written out beforehand. Presses are sent as real phones and gateways send them, and
 * the network in between loses, doubles, delays and reorders packets by a seed.
 */
import { encodeG711 } from '../../dsp/g711.js';
import { G722Encoder } from '../../dsp/g722.js';
import { HalfBandInterpolator } from '../../dsp/half-band.js';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { renderPress } from '../../dsp/tone-generator.js';
import {
  EVENT_PAYLOAD_TYPE,
  eventPayload,
  G722_PAYLOAD_TYPE,
  rtpPacket,
  type SimulatedCall,
} from './simulated-call.js';

const FRAME_MS = 20;
const FRAME_SAMPLES = 160;

export type PressWay =
  /** Tone in the audio, nothing else. */
  | 'in-band'
  /** Event packets; no audio while the key is down. */
  | 'event'
  /** Event packets between audio packets that go on. */
  | 'event-beside-audio'
  /** Tone and event at once. */
  | 'both'
  /** 60 ms of tone, then event packets instead of audio. */
  | 'tone-then-event'
  /** Event packets for the first half, a pause of 40 ms, then a tail of tone. */
  | 'event-then-tail'
  /** As `event`, with every end packet lost. */
  | 'event-without-end';

export type ScriptedPress = {
  readonly key: number;
  readonly atMs: number;
  readonly lengthMs: number;
  readonly way: PressWay;
};

export type ScriptOptions = {
  readonly lengthMs: number;
  readonly presses: readonly ScriptedPress[];
  /** Level of the noise that stands for a voice, 0 for silence. */
  readonly voiceAmplitude?: number;
  readonly seed?: number;
  readonly firstSequence?: number;
  readonly firstTimestamp?: number;
  /** PCMU where none is said. */
  readonly encoding?: 'PCMU' | 'G722';
};

export type TimedPacket = { readonly atMs: number; readonly bytes: Buffer };

/** The packets of the whole stream; times count from its beginning. */
export function scriptCaller(options: ScriptOptions): readonly TimedPacket[] {
  const audio = renderAudio(options);
  const encode = options.encoding === 'G722' ? g722Frames() : pcmuFrame;
  const audioPayloadType = options.encoding === 'G722' ? G722_PAYLOAD_TYPE : 0;
  const packets: TimedPacket[] = [];
  let sequence = options.firstSequence ?? 40_000;
  const firstTimestamp = options.firstTimestamp ?? 0xffff_f000;
  const send = (atMs: number, payloadType: number, timestamp: number, marker: boolean, payload: Uint8Array): void => {
    packets.push({ atMs, bytes: rtpPacket({ sequence, timestamp, payloadType, marker }, payload) });
    sequence += 1;
  };
  for (let atMs = 0; atMs + FRAME_MS <= options.lengthMs; atMs += FRAME_MS) {
    const press = options.presses.find((candidate) => isEventFrame(candidate, atMs));
    if (press !== undefined) sendEvent(press, atMs, firstTimestamp, send);
    if (press === undefined || press.way === 'event-beside-audio' || press.way === 'both') {
      const payload = encode(audio.subarray(atMs * 8, atMs * 8 + FRAME_SAMPLES));
      send(atMs + FRAME_MS, audioPayloadType, firstTimestamp + atMs * 8, false, payload);
    }
  }
  return packets;
}

function pcmuFrame(samples: Int16Array): Uint8Array {
  const payload = new Uint8Array(FRAME_SAMPLES);
  encodeG711('PCMU', samples, payload, 0, FRAME_SAMPLES);
  return payload;
}

/** One encoder for the whole stream; it rests where audio rests. */
function g722Frames(): (samples: Int16Array) => Uint8Array {
  const interpolator = new HalfBandInterpolator();
  const encoder = new G722Encoder();
  const wide = new Int16Array(2 * FRAME_SAMPLES);
  return (samples) => {
    const payload = new Uint8Array(FRAME_SAMPLES);
    interpolator.process(samples, FRAME_SAMPLES, wide);
    encoder.encode(wide, payload, 0, FRAME_SAMPLES);
    return payload;
  };
}

export type Faults = {
  readonly lossShare?: number;
  readonly duplicateShare?: number;
  /** Share of packets that come after the one behind them. */
  readonly reorderShare?: number;
  readonly jitterMs?: number;
  readonly seed: number;
};

/** What arrives of a stream, in the order of arrival. */
export function throughNetwork(packets: readonly TimedPacket[], faults: Faults): readonly TimedPacket[] {
  const random = new SeededRandom(faults.seed);
  const arriving: TimedPacket[] = [];
  let lastAtMs = 0;
  for (const packet of packets) {
    if (random.next() < (faults.lossShare ?? 0)) continue;
    // Jitter alone keeps the order, as a queue does.
    const queuedAtMs = Math.max(lastAtMs, packet.atMs + random.next() * (faults.jitterMs ?? 0));
    const isOvertaken = random.next() < (faults.reorderShare ?? 0);
    if (!isOvertaken) lastAtMs = queuedAtMs;
    const arrived = { atMs: isOvertaken ? queuedAtMs + FRAME_MS + 1 : queuedAtMs, bytes: packet.bytes };
    arriving.push(arrived);
    if (random.next() < (faults.duplicateShare ?? 0)) arriving.push({ ...arrived, atMs: arrived.atMs + 3 });
  }
  return arriving.sort((left, right) => left.atMs - right.atMs);
}

/** Plays packets to the call, from its present time on; `during` is called when that many milliseconds have been played. */
export function play(
  call: SimulatedCall,
  packets: readonly TimedPacket[],
  during: readonly { readonly atMs: number; readonly act: () => void }[] = [],
): void {
  const startMs = call.nowMs;
  const acts = [...during].sort((left, right) => left.atMs - right.atMs);
  for (const packet of packets) {
    while (acts.length > 0 && acts[0].atMs <= packet.atMs) {
      call.advanceTo(startMs + acts[0].atMs);
      acts.shift()?.act();
    }
    call.advanceTo(startMs + packet.atMs);
    // The core edits and wipes what it gets.
    call.fromCaller(Buffer.from(packet.bytes));
  }
  for (const { atMs, act } of acts) {
    call.advanceTo(startMs + atMs);
    act();
  }
}

/** The span of a press in which event packets are sent. */
function eventSpan(press: ScriptedPress): { readonly fromMs: number; readonly toMs: number } | undefined {
  const endMs = press.atMs + press.lengthMs;
  switch (press.way) {
    case 'in-band':
      return undefined;
    case 'tone-then-event':
      return { fromMs: press.atMs + 60, toMs: endMs };
    case 'event-then-tail':
      return { fromMs: press.atMs, toMs: press.atMs + halfMs(press) };
    default:
      return { fromMs: press.atMs, toMs: endMs };
  }
}

function halfMs(press: ScriptedPress): number {
  return Math.floor(press.lengthMs / 2 / FRAME_MS) * FRAME_MS;
}

function isEventFrame(press: ScriptedPress, atMs: number): boolean {
  const span = eventSpan(press);
  return span !== undefined && atMs >= span.fromMs && atMs < span.toMs;
}

function sendEvent(
  press: ScriptedPress,
  atMs: number,
  firstTimestamp: number,
  send: (atMs: number, payloadType: number, timestamp: number, marker: boolean, payload: Uint8Array) => void,
): void {
  const span = eventSpan(press);
  if (span === undefined) return;
  const fromMs = Math.ceil(span.fromMs / FRAME_MS) * FRAME_MS;
  const isLast = atMs + FRAME_MS >= span.toMs;
  const timestamp = firstTimestamp + fromMs * 8;
  const durationUnits = (atMs + FRAME_MS - fromMs) * 8;
  if (isLast && press.way === 'event-without-end') return;
  // RFC 4733 §2.5.1.4: the last packet is sent three times.
  for (let copy = 0; copy < (isLast ? 3 : 1); copy += 1) {
    const isFirst = atMs === fromMs;
    send(atMs + FRAME_MS, EVENT_PAYLOAD_TYPE, timestamp, isFirst, eventPayload(press.key, durationUnits, isLast));
  }
}

function renderAudio(options: ScriptOptions): Int16Array {
  const audio = new Int16Array(options.lengthMs * 8);
  const random = new SeededRandom(options.seed ?? 7);
  const amplitude = options.voiceAmplitude ?? 0;
  for (let index = 0; index < audio.length; index += 1) audio[index] = amplitude * (random.next() * 2 - 1);
  for (const press of options.presses) {
    const span = toneSpan(press);
    if (span === undefined) continue;
    renderPress(audio, {
      key: press.key,
      startSample: Math.round(span.fromMs * 8),
      lengthSamples: Math.round((span.toMs - span.fromMs) * 8),
    });
  }
  return audio;
}

function toneSpan(press: ScriptedPress): { readonly fromMs: number; readonly toMs: number } | undefined {
  const endMs = press.atMs + press.lengthMs;
  switch (press.way) {
    case 'in-band':
    case 'both':
      return { fromMs: press.atMs, toMs: endMs };
    case 'tone-then-event':
      return { fromMs: press.atMs, toMs: press.atMs + 60 };
    case 'event-then-tail':
      return { fromMs: press.atMs + halfMs(press) + 40, toMs: endMs };
    default:
      return undefined;
  }
}
