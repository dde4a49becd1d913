/**
 * By how much later a caller's sound leaves the gateway than it came, with no window and within one: one click through a
 * whole media core, from when it came (its packet's arrival and its place in the packet) to when it left.
 */
import { encodeG711 } from '../../dsp/g711.js';
import { rtpPacket, SimulatedCall } from '../../test/media/simulated-call.js';

const SAMPLES_PER_MS = 8;
const LENGTH_MS = 1_200;
/** Long after all that is masked when a window opens, and at no packet's edge. */
const CLICK_SAMPLE = 5_123;
const CLICK = 20_000;
/** What the notches and the code make of it stands far above all else in silence. */
const LEAST_CLICK = CLICK / 4;

export type AddedDelay = {
  readonly packetMs: number;
  /** Undefined where the click did not arrive. */
  readonly closedMs: number | undefined;
  readonly openMs: number | undefined;
};

export async function addedDelay(packetMs: number): Promise<AddedDelay> {
  return { packetMs, closedMs: await clickDelayMs(packetMs, 'closed'), openMs: await clickDelayMs(packetMs, 'open') };
}

async function clickDelayMs(packetMs: number, window: 'closed' | 'open'): Promise<number | undefined> {
  const call = await SimulatedCall.create({ replacement: 'silence' });
  if (window === 'open') call.openWindow();
  const samples = new Int16Array(LENGTH_MS * SAMPLES_PER_MS);
  samples[CLICK_SAMPLE] = CLICK;
  const codes = new Uint8Array(samples.length);
  encodeG711('PCMU', samples, codes, 0, samples.length);
  const packetSamples = packetMs * SAMPLES_PER_MS;
  const startMs = call.nowMs;
  let cameMs = 0;
  for (let index = 0; (index + 1) * packetSamples <= samples.length; index += 1) {
    const from = index * packetSamples;
    call.advanceTo(startMs + (index + 1) * packetMs);
    if (from <= CLICK_SAMPLE && CLICK_SAMPLE < from + packetSamples) {
      cameMs = call.nowMs + (CLICK_SAMPLE - from) / SAMPLES_PER_MS;
    }
    const payload = codes.subarray(from, from + packetSamples);
    call.fromCaller(rtpPacket({ sequence: index, timestamp: from }, payload));
  }
  for (const { atMs, samples: heard } of call.toAgent()) {
    const at = heard.findIndex((sample) => Math.abs(sample) >= LEAST_CLICK);
    if (at >= 0) return atMs + at / SAMPLES_PER_MS - cameMs;
  }
  return undefined;
}
