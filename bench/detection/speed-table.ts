/** How fast what a call's audio passes is, detector aside. */
import { decodeG711, encodeG711, type G711Encoding } from '../../dsp/g711.js';
import { ToneSuppressor } from '../../dsp/tone-suppressor.js';
import type { BenchTable } from '../table.js';
import { fastest } from './cpu-speed.js';
import { PACKET_SAMPLES, packetsOf } from './own-detector.js';
import { throughputMaterial } from './throughput.js';

const PASSES = 10;

export function speedTable(seed: number): BenchTable {
  const samples = throughputMaterial(seed);
  const packets = packetsOf(samples);
  const output = new Int16Array(PACKET_SAMPLES);
  const codes = new Uint8Array(PACKET_SAMPLES);
  const suppressor = new ToneSuppressor({
    sampleRateHz: 8_000,
    delaySamples: PACKET_SAMPLES,
    replacement: 'comfort-noise',
  });
  const eachPacket = (handle: (packet: Int16Array) => void): number =>
    fastest(samples, PASSES, () => {
      for (const packet of packets) handle(packet);
    });
  const bothWays = (encoding: G711Encoding): number =>
    eachPacket((packet) => {
      encodeG711(encoding, packet, codes, 0, PACKET_SAMPLES);
      decodeG711(encoding, codes, 0, output, PACKET_SAMPLES);
    });
  return {
    title: 'Speed of what else the audio passes, s of audio per CPU s',
    columns: ['what', 'tonegate'],
    rows: [
      ['suppressor', eachPacket((packet) => suppressor.process(packet, PACKET_SAMPLES, output))],
      ['PCMU both ways', bothWays('PCMU')],
      ['PCMA both ways', bothWays('PCMA')],
    ],
    notes: [`best of ${PASSES} passes over a minute, packets of 20 ms`],
  };
}
