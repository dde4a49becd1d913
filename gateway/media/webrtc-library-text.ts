/**
 * The texts that libdatachannel and we exchange: its own end read from the offer it makes, the peer's written as an answer,
 * and what its log says of dropped packets. Pure.
 */
import { isIP } from 'node:net';
import type { WebRtcCandidate, WebRtcEnd, WebRtcPeer } from './control-wire.js';

/** @returns `undefined` where it says less than a peer has to know */
export function readOwnEnd(sdp: string): WebRtcEnd | undefined {
  const lines = sdp.split(/\r?\n/);
  const told = (name: string) => lines.find((line) => line.startsWith(`a=${name}:`))?.slice(name.length + 3);
  const iceUfrag = told('ice-ufrag');
  const icePwd = told('ice-pwd');
  const fingerprint = /^sha-256 ([0-9A-F:]{95})$/.exec(told('fingerprint') ?? '');
  const candidates = lines.map(readCandidate).filter((candidate) => candidate !== undefined);
  if (iceUfrag === undefined || icePwd === undefined || fingerprint === null || candidates.length === 0) {
    return undefined;
  }
  return { iceUfrag, icePwd, fingerprint: { algorithm: 'sha-256', value: fingerprint[1] }, candidates };
}

/** The numbers of formats do not matter to the library, which leaves packets as they are. */
export function writePeerAnswer({ iceUfrag, icePwd, fingerprint, setup, candidates }: WebRtcPeer): string {
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
    'a=end-of-candidates',
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

function candidateLine({ foundation, priority, address, port, type }: WebRtcCandidate): string {
  const related = type === 'host' ? '' : ` raddr ${isIP(address) === 6 ? '::' : '0.0.0.0'} rport 9`;
  return `a=candidate:${foundation} 1 UDP ${priority} ${address} ${port} typ ${type}${related}`;
}

function readCandidate(line: string): WebRtcCandidate | undefined {
  const parts = /^a=candidate:(\S+) 1 UDP (\d{1,10}) (\S+) (\d{1,5}) typ (host|srflx|prflx|relay)/.exec(line);
  if (parts === null || isIP(parts[3]) === 0) return undefined;
  const [, foundation, priority, address, port, type] = parts;
  return type === 'host' || type === 'srflx' || type === 'relay'
    ? { foundation, priority: Number(priority), address, port: Number(port), type }
    : undefined;
}
