/**
 * Offer and answer between two legs of a gateway that must be able to hear every sample (RFC 3264). Pure: a description
 * in, another one out. The audio keeps the peer's payload type numbers, so that packets cross without being rewritten.
 */
import { isUnspecified } from './ip-address.js';
import { MIN_MEDIA_PORT } from './media-address.js';
import type { MediaDirection, MediaSection, RtpMap, SessionDescription } from './session-description.js';

export type InspectableOffer =
  | { readonly kind: 'inspectable'; readonly description: SessionDescription }
  | { readonly kind: 'not-inspectable'; readonly reason: NotInspectable };

/** Why there is no audio in it that could be watched; the answer to all of them is 488 (RFC 3261 §21.4.26). */
export type NotInspectable = 'no-audio' | 'profile' | 'codec';

export type AudioEncoding = 'PCMU' | 'PCMA' | 'G722';
export type AudioFormat = { readonly payloadType: number; readonly encoding: AudioEncoding };
export type EventFormat = { readonly payloadType: number; readonly clockRateHz: number };

/** What one side has said about the audio that is to be sent to it. */
export type NegotiatedAudio = {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /**
   * For RTCP on a port of its own; where both sides said `rtcp-mux` it goes to `remotePort` instead. Deviates from RFC
   * 3605 §2.1: an address in `a=rtcp` is not followed, because RTCP is taken from and sent to the address of the media
   * alone; another one would be a second target that a description can name.
   */
  readonly remoteRtcpPort: number;
  readonly rtcpMux: boolean;
  /** In the peer's order of preference. */
  readonly audio: readonly AudioFormat[];
  readonly events: readonly EventFormat[];
  readonly ptimeMs?: number;
  readonly direction: MediaDirection;
  /** `address`: the old hold by 0.0.0.0, under which nothing at all may be sent (RFC 3264 §8.4). */
  readonly hold?: 'address' | 'sendonly' | 'inactive';
};

export type MediaPlace = {
  /** IP address that media of the receiving side is to be sent to. */
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  /** Say that RTP and RTCP share a port, where the description said so too (RFC 5761 §5.1.1). */
  readonly rtcpMux?: boolean;
  /** RFC 3264 §5, §8: the same for all descriptions on one leg; the version grows by one with each different one. */
  readonly sessionId: string;
  readonly sessionVersion: string;
};

/** RFC 3551 §6; a description need not map these. §4.5.2: G.722 has a clock of 8 kHz, though it is sampled at 16 kHz. */
const staticFormats: ReadonlyMap<number, RtpMap> = new Map([
  [0, { encoding: 'PCMU', clockRateHz: 8000 }],
  [8, { encoding: 'PCMA', clockRateHz: 8000 }],
  [9, { encoding: 'G722', clockRateHz: 8000 }],
]);
const audioEncodings: readonly AudioEncoding[] = ['PCMU', 'PCMA', 'G722'];
/** RFC 4733 §2.4.1: `0-15,32`. */
const eventList = /^\d{1,3}(?:-\d{1,3})?(?:, ?\d{1,3}(?:-\d{1,3})?){0,31}$/;
/** Below it the numbers are assigned or reserved: one of them with another meaning is a trap. */
const FIRST_FREE_PAYLOAD_TYPE = 35;

/**
 * Keeps the first audio section in which PCMU, PCMA or G722 over plain RTP is offered, with those, telephone-event at
 * 8 kHz and nothing else. All other sections stay, rejected, because the answer must have as many (RFC 3264 §6).
 */
export function inspectableOffer(description: SessionDescription): InspectableOffer {
  const candidates = description.media.filter((section) => section.media === 'audio' && section.port > 0);
  const plain = candidates.filter((section) => section.protocol === 'RTP/AVP');
  const kept = plain.find((section) => section.formats.some((format) => isAudioFormat(section, format)));
  if (kept === undefined) {
    const reason = candidates.length === 0 ? 'no-audio' : plain.length === 0 ? 'profile' : 'codec';
    return { kind: 'not-inspectable', reason };
  }
  const media = description.media.map((section) => (section === kept ? inspectableSection(kept) : rejected(section)));
  return { kind: 'inspectable', description: { ...description, media } };
}

/**
 * Makes an answer fit the offer it goes back to: as many sections, of the same kind, in the same order (RFC 3264 §6), and
 * of formats only what was offered and can be watched. What the answerer did not answer is rejected.
 *
 * @param offer - as it came from the offerer.
 */
export function answerForOffer(offer: SessionDescription, answer: SessionDescription): InspectableOffer {
  const inspectable = inspectableOffer(offer);
  if (inspectable.kind === 'not-inspectable') {
    return inspectable;
  }
  const index = inspectable.description.media.findIndex((section) => section.port > 0);
  const offered = inspectable.description.media[index];
  const answered = answer.media[index];
  if (answered === undefined || answered.media !== 'audio' || answered.port === 0) {
    return { kind: 'not-inspectable', reason: 'no-audio' };
  }
  if (answered.protocol !== offered.protocol) {
    return { kind: 'not-inspectable', reason: 'profile' };
  }
  const encodings = new Set(offered.formats.map((format) => encodingOf(offered, format)));
  const common = inspectableSection(answered, (format) => encodings.has(encodingOf(answered, format)));
  if (!common.formats.some((format) => isAudioFormat(common, format))) {
    return { kind: 'not-inspectable', reason: 'codec' };
  }
  const media = inspectable.description.media.map((section, at) => (at === index ? common : rejected(section)));
  return { kind: 'inspectable', description: { ...answer, media } };
}

/**
 * Offers one side what it is known to speak, or anybody speaks, besides what the other side offered: the gateway transcodes.
 * Added only where the offer has none of it, behind what was offered.
 */
export function alsoOffering(description: SessionDescription, encodings: readonly AudioEncoding[]): SessionDescription {
  const section = audioInUse(description);
  if (section === undefined || encodings.some((encoding) => hasEncoding(section, encoding))) return description;
  const added = [...staticFormats].filter(([, { encoding }]) => encodings.some((one) => one === encoding));
  const isAudio = (format: string) => isAudioFormat(section, format);
  const formats = [
    ...section.formats.filter(isAudio),
    ...added.map(([payloadType]) => String(payloadType)),
    ...section.formats.filter((format) => !isAudio(format)),
  ];
  return replaced(description, section, { ...section, formats, rtpMaps: new Map([...section.rtpMaps, ...added]) });
}

/**
 * Where an answer takes none of the audio that was offered, because it took what the gateway had added: the answer that the
 * offerer gets takes the audio that it likes best. Any other answer stays as it is, but for formats that were not offered.
 */
export function answerInOfferedAudio(offer: SessionDescription, answer: SessionDescription): SessionDescription {
  const offered = audioInUse(offer);
  const answered = audioInUse(answer);
  if (offered === undefined || answered === undefined) return answer;
  const encodings = new Set(offered.formats.map((format) => encodingOf(offered, format)));
  const common = inspectableSection(answered, (format) => encodings.has(encodingOf(answered, format)));
  if (common.formats.some((format) => isAudioFormat(common, format))) return replaced(answer, answered, common);
  const preferred = offered.formats.find((format) => isAudioFormat(offered, format));
  const map = preferred === undefined ? undefined : formatMap(offered, preferred);
  if (preferred === undefined || map === undefined) return answer;
  return replaced(answer, answered, {
    ...common,
    formats: [preferred, ...common.formats.filter((format) => format !== preferred)],
    rtpMaps: new Map([...common.rtpMaps, [Number(preferred), map]]),
  });
}

/**
 * Puts our own address in: origin, connection, port and RTCP port. Of attributes only those pass that stand typed in a
 * section; ICE, keys, candidates, SSRCs and extensions of the other side are no business of this one, and neither are its
 * addresses.
 */
export function withMediaAddress(description: SessionDescription, place: MediaPlace): SessionDescription {
  const { address, rtpPort, rtcpPort, sessionId, sessionVersion } = place;
  return {
    origin: { userName: '-', sessionId, sessionVersion, address },
    sessionName: '-',
    connection: address,
    others: [{ type: 't', value: '0 0' }],
    media: description.media.map((section) =>
      section.port === 0
        ? rejected(section)
        : {
            ...withoutAddress(section),
            port: rtpPort,
            direction: directionWithHold(description, section),
            // RFC 3605 §2.1: said only where it is not the next port.
            ...(rtcpPort === rtpPort + 1 ? undefined : { rtcp: { port: rtcpPort } }),
            rtcpMux: place.rtcpMux === true && section.rtcpMux,
          },
    ),
  };
}

/** @returns `undefined` where no audio section is in use, or its port is one that no media goes to. */
export function negotiatedAudio(description: SessionDescription): NegotiatedAudio | undefined {
  const section = audioInUse(description);
  const remoteAddress = section?.connection ?? description.connection;
  if (section === undefined || remoteAddress === undefined) {
    return undefined;
  }
  const remoteRtcpPort = section.rtcp?.port ?? section.port + 1;
  if (!isMediaPort(section.port) || !isMediaPort(remoteRtcpPort)) {
    return undefined;
  }
  const audio: AudioFormat[] = [];
  const events: EventFormat[] = [];
  for (const format of section.formats) {
    const map = formatMap(section, format);
    const encoding = encodingOf(section, format);
    if (isAudioEncoding(encoding)) {
      audio.push({ payloadType: Number(format), encoding });
    } else if (map !== undefined && map.encoding.toLowerCase() === 'telephone-event') {
      events.push({ payloadType: Number(format), clockRateHz: map.clockRateHz });
    }
  }
  const hold = holdOf(description, section);
  return {
    remoteAddress,
    remotePort: section.port,
    remoteRtcpPort,
    rtcpMux: section.rtcpMux,
    audio,
    events,
    ...(section.ptimeMs === undefined ? undefined : { ptimeMs: section.ptimeMs }),
    direction: directionOf(description, section),
    ...(hold === undefined ? undefined : { hold }),
  };
}

function isMediaPort(port: number): boolean {
  return port >= MIN_MEDIA_PORT && port <= 65535;
}

function inspectableSection(section: MediaSection, isWanted: (format: string) => boolean = () => true): MediaSection {
  const formats = section.formats.filter((format) => encodingOf(section, format) !== undefined && isWanted(format));
  const isKept = (payloadType: number) => formats.includes(String(payloadType));
  return {
    ...section,
    formats,
    rtpMaps: new Map([...section.rtpMaps].filter(([payloadType]) => isKept(payloadType))),
    // Of what is kept only telephone-event has parameters, a list of events; free text of one side stays there.
    formatParameters: new Map(
      [...section.formatParameters].filter(([payloadType, text]) => isKept(payloadType) && eventList.test(text)),
    ),
    others: [],
  };
}

/** RFC 3264 §6: port 0; of formats at least one stays for the grammar's sake. */
function rejected(section: MediaSection): MediaSection {
  const { media, protocol, formats } = section;
  const none = { rtpMaps: new Map(), formatParameters: new Map(), rtcpMux: false, others: [] };
  return { media, port: 0, protocol, formats, ...none };
}

function withoutAddress(section: MediaSection): MediaSection {
  const { connection: _connection, rtcp: _rtcp, portCount: _portCount, ...rest } = section;
  return { ...rest, others: [] };
}

function formatMap(section: MediaSection, format: string): RtpMap | undefined {
  const payloadType = Number(format);
  return section.rtpMaps.get(payloadType) ?? staticFormats.get(payloadType);
}

/** The encodings that the media process can watch; anything else, known number or not, is `undefined`. */
function encodingOf(section: MediaSection, format: string): AudioEncoding | 'telephone-event' | undefined {
  const map = formatMap(section, format);
  const expected = staticFormats.get(Number(format));
  const encoding = map?.encoding.toUpperCase();
  if (map === undefined || map.clockRateHz !== 8000 || (map.channels ?? 1) !== 1) {
    return undefined;
  }
  if (expected !== undefined || Number(format) < FIRST_FREE_PAYLOAD_TYPE) {
    return expected?.encoding === encoding && isAudioEncoding(encoding) ? encoding : undefined;
  }
  if (encoding === 'TELEPHONE-EVENT') {
    return 'telephone-event';
  }
  return isAudioEncoding(encoding) ? encoding : undefined;
}

function isAudioEncoding(encoding: string | undefined): encoding is AudioEncoding {
  return audioEncodings.some((known) => known === encoding);
}

function isAudioFormat(section: MediaSection, format: string): boolean {
  return isAudioEncoding(encodingOf(section, format));
}

function hasEncoding(section: MediaSection, encoding: AudioEncoding): boolean {
  return section.formats.some((format) => encodingOf(section, format) === encoding);
}

function audioInUse(description: SessionDescription): MediaSection | undefined {
  return description.media.find((one) => one.media === 'audio' && one.port > 0);
}

function replaced(description: SessionDescription, section: MediaSection, by: MediaSection): SessionDescription {
  return { ...description, media: description.media.map((one) => (one === section ? by : one)) };
}

function directionOf(description: SessionDescription, section: MediaSection): MediaDirection {
  return section.direction ?? description.direction ?? 'sendrecv';
}

/** A hold by address would be lost with the address, so it is said in today's way (RFC 3264 §8.4). */
function directionWithHold(description: SessionDescription, section: MediaSection): MediaDirection {
  const direction = directionOf(description, section);
  if (holdOf(description, section) !== 'address') {
    return direction;
  }
  return direction === 'sendrecv' || direction === 'sendonly' ? 'sendonly' : 'inactive';
}

function holdOf(description: SessionDescription, section: MediaSection): NegotiatedAudio['hold'] {
  const address = section.connection ?? description.connection;
  const direction = directionOf(description, section);
  if (isUnspecified(address ?? '')) {
    return 'address';
  }
  return direction === 'sendonly' || direction === 'inactive' ? direction : undefined;
}
