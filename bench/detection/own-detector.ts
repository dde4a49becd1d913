/** The gateway's detector as the bench calls it. Whatever is the fastest public path to it belongs here, and only here. */
import { DtmfDetector, PRESS_BEGAN } from '../../dsp/dtmf-detector.js';
import { fastest, PASSES_PER_ROUND } from './cpu-speed.js';
import type { Detector, Report } from './detector.js';

/** 20 ms, as in nearly every call. */
export const PACKET_SAMPLES = 160;

/** Each key with the end of the packet in which it was reported. */
export function detectOwn(samples: Int16Array): Report[] {
  return detectPackets(packetsOf(samples));
}

export function packetsOf(samples: Int16Array): Int16Array[] {
  const packets: Int16Array[] = [];
  for (let at = 0; at < samples.length; at += PACKET_SAMPLES) packets.push(samples.subarray(at, at + PACKET_SAMPLES));
  return packets;
}

function detectPackets(packets: readonly Int16Array[]): Report[] {
  const detector = new DtmfDetector();
  const reports: Report[] = [];
  for (const packet of packets) {
    if ((detector.process(packet, packet.length) & PRESS_BEGAN) === 0) continue;
    reports.push({ key: detector.takeKey(), sample: detector.position });
  }
  return reports;
}

export const OWN_DETECTOR: Detector = {
  name: 'tonegate',
  detect: (samples) => Promise.resolve({ kind: 'timed', reports: detectOwn(samples) }),
  speed: (samples) => {
    const packets = packetsOf(samples);
    return Promise.resolve(fastest(samples, PASSES_PER_ROUND, () => detectPackets(packets)));
  },
};
