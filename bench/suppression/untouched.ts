/** Outside a window the gateway changes nothing: bytes of payload in, the same bytes out, through a whole media core. */
import { encodeG711 } from '../../dsp/g711.js';
import { SpeechLike } from '../../dsp/speech-like.js';
import { renderPress } from '../../dsp/tone-generator.js';
import { rtpPacket, SimulatedCall } from '../../test/media/simulated-call.js';

const PACKET_SAMPLES = 160;
const PACKETS = 1_500;
const FIRST_SEQUENCE = 100;

export type ChangedBytes = { readonly changed: number; readonly lostPackets: number; readonly of: number };

/** Half a minute of speech-like audio with keys in it, as a caller's packets; `window` says what the call is doing. */
export async function countChangedBytes(seed: number, window: 'closed' | 'open'): Promise<ChangedBytes> {
  const call = await SimulatedCall.create();
  if (window === 'open') call.openWindow();
  const payloads = callerPayloads(seed);
  for (const [index, payload] of payloads.entries()) {
    call.advanceTo((index + 1) * 20);
    call.fromCaller(rtpPacket({ sequence: FIRST_SEQUENCE + index, timestamp: index * PACKET_SAMPLES }, payload));
  }
  const received = new Map(call.toAgent().map((packet) => [packet.timestamp, packet.payload]));
  const firstTimestamp = Math.min(...received.keys());
  let changed = 0;
  let lostPackets = 0;
  for (const [index, payload] of payloads.entries()) {
    const got = received.get(firstTimestamp + index * PACKET_SAMPLES);
    if (got === undefined) lostPackets += 1;
    else for (const [at, byte] of payload.entries()) if (byte !== got[at]) changed += 1;
  }
  return { changed, lostPackets, of: PACKETS * PACKET_SAMPLES };
}

function callerPayloads(seed: number): Uint8Array[] {
  const samples = new Int16Array(PACKETS * PACKET_SAMPLES);
  new SpeechLike({ seed }).render(samples, samples.length);
  for (let press = 0; press < 60; press += 1) {
    renderPress(samples, { key: press & 15, startSample: press * 4_000 + 1_000, lengthSamples: 800 });
  }
  const codes = new Uint8Array(samples.length);
  encodeG711('PCMU', samples, codes, 0, samples.length);
  return Array.from({ length: PACKETS }, (_, packet) =>
    codes.subarray(packet * PACKET_SAMPLES, (packet + 1) * PACKET_SAMPLES),
  );
}
