/**
 * Descriptions of WebRTC peers, browsers above all (RFC 8829, RFC 8839, RFC 8842). Offer and answer work on plain audio
 * descriptions (`offer-answer.ts`): a WebRTC peer's is made one when it comes in, and ours is made a WebRTC one on its way
 * out. Keys and addresses are the transport's, and never cross to the other leg. Pure.
 */
import { type IceCandidate, parseIceCandidate, writeIceCandidate } from './ice-candidate.js';
import type { MediaSection, SdpLine, SessionDescription } from './session-description.js';

export type Fingerprint = { readonly algorithm: 'sha-256' | 'sha-384' | 'sha-512'; readonly value: string };

/** One end of an ICE and DTLS transport, as its own description tells it. */
export type TransportEnd = {
  readonly iceUfrag: string;
  readonly icePwd: string;
  /** Of the certificate it will show (RFC 8122 §5). */
  readonly fingerprint: Fingerprint;
  readonly candidates: readonly IceCandidate[];
};

/** Which end begins the DTLS handshake (RFC 4145 §4, RFC 8842 §5): the active one. */
export type Setup = 'actpass' | 'active' | 'passive';
export type PeerTransport = TransportEnd & { readonly setup: Setup };

export type PlainDescription = {
  /** Its audio over plain RTP at PLAIN_PLACE; everything else of it rejected. */
  readonly description: SessionDescription;
  readonly transport: PeerTransport;
  /** The name of each section (RFC 5888 §4), by place. */
  readonly mids: readonly (string | undefined)[];
  /** Whether the audio is in a group of sections that share one transport (RFC 9143). */
  readonly isBundled: boolean;
};

export type WebRtcDress = {
  readonly end: TransportEnd;
  readonly setup: Setup;
  readonly mids: readonly (string | undefined)[];
  readonly isBundled: boolean;
};

const WEBRTC_PROFILE = 'UDP/TLS/RTP/SAVPF';
/**
 * Where a WebRTC peer's media seems to be, for all who know addresses only: the discard prefix (RFC 6666), so that nothing
 * could go astray. Its real address is ICE's to find, and may change under way.
 */
export const PLAIN_PLACE = { address: '100::', port: 5004 } as const;
/** A browser with several interfaces names about ten. */
export const MAX_CANDIDATES = 16;
/** RFC 8839 §5.4: 4 to 256 and 22 to 256 characters of those that ICE allows. */
const UFRAG = /^[A-Za-z0-9+/]{4,256}$/;
const PWD = /^[A-Za-z0-9+/]{22,256}$/;
/** Bytes in hexadecimal of each hash. */
const FINGERPRINT_SIZES_BYTES: Readonly<Record<Fingerprint['algorithm'], number>> = {
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
};

/** @returns `undefined` where there is no audio over DTLS-SRTP with RTCP on the same port, and all that its transport needs */
export function plainDescription(
  description: SessionDescription,
  policy: { readonly allowLoopback: boolean },
): PlainDescription | undefined {
  const secured = description.media.find(
    (section) => section.media === 'audio' && section.port > 0 && section.protocol === WEBRTC_PROFILE,
  );
  const transport = secured?.rtcpMux === true ? transportOf(description, secured, policy) : undefined;
  if (secured === undefined || transport === undefined) return undefined;
  const { address: connection, port } = PLAIN_PLACE;
  const mid = attribute(secured.others, 'mid');
  const { rtcp: _rtcp, ...rest } = secured;
  return {
    description: {
      ...description,
      media: description.media.map((section) =>
        section === secured ? { ...rest, protocol: 'RTP/AVP', connection, port } : { ...section, port: 0 },
      ),
    },
    transport,
    mids: description.media.map((section) => attribute(section.others, 'mid')),
    isBundled: attributes(description.others, 'group').some((group) => {
      const [semantics, ...names] = group.split(' ');
      return semantics === 'BUNDLE' && mid !== undefined && names.includes(mid);
    }),
  };
}

/**
 * Says of a plain description's audio that it is to be had over DTLS-SRTP. All our candidates stand in it: nothing follows
 * later by way of SIP.
 */
export function webRtcDescription(plain: SessionDescription, dress: WebRtcDress): SessionDescription {
  const { end, setup, mids, isBundled } = dress;
  const [first] = end.candidates;
  const names = sectionNames(mids, plain.media.length);
  const media = plain.media.map((section, index): MediaSection => {
    const mid = [line(`mid:${names[index]}`)];
    if (section.port === 0) {
      return { ...section, protocol: section.protocol === 'RTP/AVP' ? WEBRTC_PROFILE : section.protocol, others: mid };
    }
    return {
      ...section,
      protocol: WEBRTC_PROFILE,
      port: first?.port ?? section.port,
      ...(first === undefined ? undefined : { connection: first.address }),
      rtcpMux: true,
      others: [
        ...mid,
        // RFC 8829 §5.2.1: a browser tells by it to which stream the track belongs.
        line('msid:tonegate audio'),
        line(`setup:${setup}`),
        line(`ice-ufrag:${end.iceUfrag}`),
        line(`ice-pwd:${end.icePwd}`),
        line(`fingerprint:${end.fingerprint.algorithm} ${end.fingerprint.value}`),
        ...end.candidates.map((candidate) => line(writeIceCandidate(candidate))),
        line('end-of-candidates'),
      ],
    };
  });
  const used = names.filter((_name, index) => media[index].port !== 0);
  const group = isBundled && used.length > 0 ? [line(`group:BUNDLE ${used.join(' ')}`)] : [];
  return { ...plain, others: [...plain.others, ...group], media };
}

/** RFC 5888 §4: no two sections of one description have the same name. Those that have none get a free one. */
function sectionNames(mids: readonly (string | undefined)[], count: number): readonly string[] {
  const taken = new Set(mids);
  return Array.from({ length: count }, (_, index) => {
    const told = mids[index];
    if (told !== undefined) return told;
    let number = index;
    while (taken.has(String(number))) number += 1;
    taken.add(String(number));
    return String(number);
  });
}

/** Attributes may stand for all sections at once (RFC 8839 §5.4, RFC 8122 §5); a section's own come first. */
function transportOf(
  description: SessionDescription,
  section: MediaSection,
  policy: { readonly allowLoopback: boolean },
): PeerTransport | undefined {
  const told = (name: string) => attribute(section.others, name) ?? attribute(description.others, name);
  const iceUfrag = told('ice-ufrag') ?? '';
  const icePwd = told('ice-pwd') ?? '';
  const setup = setupOf(told('setup'));
  const own = attributes(section.others, 'fingerprint');
  const fingerprint = (own.length > 0 ? own : attributes(description.others, 'fingerprint'))
    .map(parseFingerprint)
    .find((one) => one !== undefined);
  if (!UFRAG.test(iceUfrag) || !PWD.test(icePwd) || setup === undefined || fingerprint === undefined) return undefined;
  const candidates = attributes(section.others, 'candidate')
    .map((value) => parseIceCandidate(`candidate:${value}`, policy))
    .filter((candidate) => candidate !== undefined)
    .slice(0, MAX_CANDIDATES);
  return { iceUfrag, icePwd, fingerprint, setup, candidates };
}

/** `holdconn` (RFC 4145 §4.1) would be a transport that is not there. */
function setupOf(text: string | undefined): Setup | undefined {
  return text === 'actpass' || text === 'active' || text === 'passive' ? text : undefined;
}

function parseFingerprint(text: string): Fingerprint | undefined {
  const [name, value = ''] = text.split(' ');
  const algorithm = (['sha-256', 'sha-384', 'sha-512'] as const).find((known) => known === name.toLowerCase());
  if (algorithm === undefined || !/^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*$/.test(value)) return undefined;
  const isWhole = value.length === FINGERPRINT_SIZES_BYTES[algorithm] * 3 - 1;
  return isWhole ? { algorithm, value: value.toUpperCase() } : undefined;
}

function line(value: string): SdpLine {
  return { type: 'a', value };
}

function attribute(lines: readonly SdpLine[], name: string): string | undefined {
  return attributes(lines, name)[0];
}

function attributes(lines: readonly SdpLine[], name: string): readonly string[] {
  const start = `${name}:`;
  return lines
    .filter(({ type, value }) => type === 'a' && value.startsWith(start))
    .map(({ value }) => value.slice(start.length));
}
