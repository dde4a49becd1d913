/** The texts that libdatachannel and we exchange: the peer written as an offer, and what its log says of dropped packets. Pure. */
import { isIP } from 'node:net';
import type { WebRtcCandidate, WebRtcPeer } from './control-wire.js';

/**
 * The numbers of formats do not matter to the library, which leaves packets as they are. It is not told that the candidates
 * end: it reads that line before it knows the candidates, and may give up at once; nor would a peer be found then that names
 * none, as one behind mDNS.
 */
export function writePeerOffer({ iceUfrag, icePwd, fingerprint, setup, candidates }: WebRtcPeer): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtpmap:0 PCMU/8000',
    `a=setup:${setup}`,
    `a=ice-ufrag:${iceUfrag}`,
    `a=ice-pwd:${icePwd}`,
    `a=fingerprint:${fingerprint.algorithm} ${fingerprint.value}`,
    ...candidates.map(candidateLine),
    '',
  ].join('\r\n');
}

export type DropReason = 'replayed' | 'unauthentic';

/** `…Number of SRTP replay packets received: 3 (over 1 seconds)`; undefined for everything else that is logged. */
export function readDropped(message: string): { readonly reason: DropReason; readonly count: number } | undefined {
  const parts = /Number of SRTC?P (.{1,60}): (\d{1,9}) \(over/.exec(message);
  if (parts === null) return undefined;
  return { reason: parts[1].startsWith('replay') ? 'replayed' : 'unauthentic', count: Number(parts[2]) };
}

/**
 * As `sip/ice-candidate.ts` writes ours. Written twice, because a media process loads nothing of `sip/`: what reads
 * strangers' signalling and what holds keys are kept apart.
 */
function candidateLine({ foundation, priority, address, port, type }: WebRtcCandidate): string {
  const related = type === 'host' ? '' : ` raddr ${isIP(address) === 6 ? '::' : '0.0.0.0'} rport 9`;
  return `a=candidate:${foundation} 1 UDP ${priority} ${address} ${port} typ ${type}${related}`;
}
