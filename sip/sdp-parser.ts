/** Bytes to session description (RFC 8866 §9), strictly where the gateway decides on it. */
import { hasControlCharacter, isToken, parseDecimal } from './characters.js';
import type {
  MediaDirection,
  MediaSection,
  RtpMap,
  SdpLine,
  SdpOrigin,
  SessionDescription,
} from './session-description.js';

/** A browser's offer with audio and video takes about 8 KiB. */
export const MAX_SDP_BYTES = 32_768;
export const MAX_SDP_LINES = 600;
export const MAX_SDP_LINE_LENGTH = 2_048;
export const MAX_MEDIA_SECTIONS = 16;
/** Payload types are 128 in all; other formats come in ones. */
export const MAX_FORMATS = 128;

export type SdpFailureCode =
  | 'too-large'
  | 'too-many-lines'
  | 'line'
  | 'version'
  | 'origin'
  | 'session-name'
  | 'connection'
  | 'media'
  | 'payload-type'
  | 'attribute'
  /** Something that may stand once stands twice in a section. */
  | 'repeated';

export type SdpFailure = {
  readonly kind: 'sdp-failure';
  readonly code: SdpFailureCode;
  /** Counted from 1; 0 for the whole. */
  readonly lineNumber: number;
};

type Mutable<Part> = { -readonly [Key in keyof Part]: Part[Key] };
type OpenSection = Mutable<MediaSection> & {
  rtpMaps: Map<number, RtpMap>;
  formatParameters: Map<number, string>;
  others: SdpLine[];
};

/** What of a description has been read so far. */
type Draft = {
  origin?: SdpOrigin;
  sessionName?: string;
  connection?: string;
  direction?: MediaDirection;
  readonly others: SdpLine[];
  readonly media: OpenSection[];
};

/** Never throws. Lines may end in LF alone (RFC 8866 §5). */
export function parseSdp(bytes: Buffer): SessionDescription | SdpFailure {
  if (bytes.length > MAX_SDP_BYTES) {
    return { kind: 'sdp-failure', code: 'too-large', lineNumber: 0 };
  }
  const lines = bytes.toString('utf8').split(/\r?\n/);
  if (lines.at(-1) === '') {
    lines.pop();
  }
  if (lines.length > MAX_SDP_LINES) {
    return { kind: 'sdp-failure', code: 'too-many-lines', lineNumber: 0 };
  }
  const draft: Draft = { others: [], media: [] };
  for (const [index, line] of lines.entries()) {
    const code = readLine(draft, line, index);
    if (code !== undefined) {
      return { kind: 'sdp-failure', code, lineNumber: index + 1 };
    }
  }
  return finish(draft);
}

function finish(draft: Draft): SessionDescription | SdpFailure {
  const { origin, sessionName, connection, direction, others, media } = draft;
  if (origin === undefined || sessionName === undefined) {
    return { kind: 'sdp-failure', code: origin === undefined ? 'origin' : 'session-name', lineNumber: 0 };
  }
  // Deviates from RFC 8866 §5.9: a missing time is taken for an unbounded one, because some devices forget it.
  if (!others.some((line) => line.type === 't')) {
    others.push({ type: 't', value: '0 0' });
  }
  // RFC 8866 §5.7: a connection for the session, or one for every section that is used.
  if (connection === undefined && media.some((section) => section.connection === undefined && section.port > 0)) {
    return { kind: 'sdp-failure', code: 'connection', lineNumber: 0 };
  }
  return {
    origin,
    sessionName,
    ...(connection === undefined ? undefined : { connection }),
    ...(direction === undefined ? undefined : { direction }),
    others,
    media,
  };
}

function readLine(draft: Draft, line: string, index: number): SdpFailureCode | undefined {
  const type = line.slice(0, 1);
  const value = line.slice(2);
  if (line.length > MAX_SDP_LINE_LENGTH || !/^[a-z]=/.test(line) || hasControlCharacter(value)) {
    return 'line';
  }
  // RFC 8866 §5: the version comes first, the origin second.
  if (index === 0 || type === 'v') {
    return index === 0 && line === 'v=0' ? undefined : 'version';
  }
  if (index === 1 || type === 'o') {
    const origin = index === 1 && type === 'o' ? readOrigin(value) : undefined;
    if (origin === undefined) {
      return 'origin';
    }
    draft.origin = origin;
    return undefined;
  }
  const section = draft.media.at(-1);
  switch (type) {
    case 's':
      if (draft.sessionName !== undefined || section !== undefined) {
        return 'repeated';
      }
      draft.sessionName = value;
      return undefined;
    case 'c':
      return readConnectionLine(section ?? draft, value);
    case 'm':
      return readMediaLine(draft, value);
    case 'a':
      return section === undefined ? readSessionAttribute(draft, value) : readMediaAttribute(section, value);
    default:
      (section ?? draft).others.push({ type, value });
      return undefined;
  }
}

function readOrigin(value: string): SdpOrigin | undefined {
  const parts = value.split(' ');
  const address = parts.length === 6 ? readAddress(parts.slice(3)) : undefined;
  const [userName, sessionId, sessionVersion] = parts;
  if (address === undefined || userName === '' || !isNumeric(sessionId) || !isNumeric(sessionVersion)) {
    return undefined;
  }
  return { userName, sessionId, sessionVersion, address };
}

function isNumeric(text: string): boolean {
  return /^\d{1,40}$/.test(text);
}

function readConnectionLine(target: { connection?: string }, value: string): SdpFailureCode | undefined {
  if (target.connection !== undefined) {
    return 'repeated';
  }
  const address = readAddress(value.trimEnd().split(' '));
  if (address === undefined) {
    return 'connection';
  }
  target.connection = address;
  return undefined;
}

/** `IN IP4 address` or `IN IP6 address`; of a name or a multicast address with its TTL nothing more is asked. */
function readAddress(parts: readonly string[]): string | undefined {
  const [network, family, address] = parts;
  const isSound = parts.length === 3 && network === 'IN' && /^[A-Za-z0-9.:_/-]{1,255}$/.test(address);
  return isSound && family === (address.includes(':') ? 'IP6' : 'IP4') ? address : undefined;
}

function readMediaLine(draft: Draft, value: string): SdpFailureCode | undefined {
  if (draft.media.length >= MAX_MEDIA_SECTIONS) {
    return 'too-many-lines';
  }
  const [media, portText, protocol, ...formats] = value.trimEnd().split(' ');
  const slash = portText?.indexOf('/') ?? -1;
  const port = parseDecimal(slash < 0 ? (portText ?? '') : portText.slice(0, slash), 65535);
  const portCount = slash < 0 ? undefined : parseDecimal(portText.slice(slash + 1), 65535);
  if (port === undefined || (slash >= 0 && !portCount) || !isToken(media) || !isProtocol(protocol)) {
    return 'media';
  }
  if (formats.length === 0 || formats.length > MAX_FORMATS || !formats.every(isToken)) {
    return 'media';
  }
  if (isRtp(protocol) && !areDistinctPayloadTypes(formats)) {
    return 'payload-type';
  }
  draft.media.push({
    media,
    port,
    ...(portCount === undefined ? undefined : { portCount }),
    protocol,
    formats,
    rtpMaps: new Map(),
    formatParameters: new Map(),
    rtcpMux: false,
    others: [],
  });
  return undefined;
}

function isProtocol(text: string | undefined): text is string {
  return text?.split('/').every(isToken) ?? false;
}

export function isRtp(protocol: string): boolean {
  return /(?:^|\/)RTP\//.test(protocol);
}

function areDistinctPayloadTypes(formats: readonly string[]): boolean {
  // Comparing the texts refuses leading zeros too.
  const areNumbers = formats.every((format) => String(parseDecimal(format, 127)) === format);
  return areNumbers && new Set(formats).size === formats.length;
}

function readDirection(text: string): MediaDirection | undefined {
  return text === 'sendrecv' || text === 'sendonly' || text === 'recvonly' || text === 'inactive' ? text : undefined;
}

function readSessionAttribute(draft: Draft, value: string): SdpFailureCode | undefined {
  const direction = readDirection(value);
  if (direction === undefined) {
    draft.others.push({ type: 'a', value });
    return undefined;
  }
  if (draft.direction !== undefined && draft.direction !== direction) {
    return 'repeated';
  }
  draft.direction = direction;
  return undefined;
}

function readMediaAttribute(section: OpenSection, value: string): SdpFailureCode | undefined {
  const colon = value.indexOf(':');
  const name = colon < 0 ? value : value.slice(0, colon);
  const rest = colon < 0 ? '' : value.slice(colon + 1);
  const direction = readDirection(value);
  if (direction !== undefined) {
    const isContradicted = section.direction !== undefined && section.direction !== direction;
    section.direction = direction;
    return isContradicted ? 'repeated' : undefined;
  }
  switch (name) {
    case 'rtpmap':
      return readRtpMap(section, rest);
    case 'rtcp':
      return readRtcp(section, rest);
    case 'rtcp-mux':
      section.rtcpMux = true;
      return undefined;
    case 'fmtp': {
      const parts = /^(\d{1,3}) (.+)$/.exec(rest);
      const payloadType = parts === null ? undefined : parseDecimal(parts[1], 127);
      if (parts !== null && payloadType !== undefined && !section.formatParameters.has(payloadType)) {
        section.formatParameters.set(payloadType, parts[2]);
        return undefined;
      }
      break;
    }
    case 'ptime':
    case 'maxptime': {
      const durationMs = readMilliseconds(rest);
      const key = name === 'ptime' ? 'ptimeMs' : 'maxptimeMs';
      if (durationMs !== undefined && section[key] === undefined) {
        section[key] = durationMs;
        return undefined;
      }
      break;
    }
  }
  section.others.push({ type: 'a', value });
  return undefined;
}

/** `rtpmap:<payload type> <encoding>/<clock rate>[/<channels>]`. One payload type has one meaning. */
function readRtpMap(section: OpenSection, text: string): SdpFailureCode | undefined {
  const parts = /^(\d{1,3}) +([^/ ]+)\/(\d{1,7})(?:\/(\d{1,3}))? *$/.exec(text);
  if (parts === null || !isToken(parts[2])) {
    return isRtp(section.protocol) ? 'attribute' : undefined;
  }
  const payloadType = parseDecimal(parts[1], 127);
  if (payloadType === undefined) {
    return 'payload-type';
  }
  if (section.rtpMaps.has(payloadType)) {
    return 'repeated';
  }
  const channels = parts[4] === undefined ? undefined : Number(parts[4]);
  section.rtpMaps.set(payloadType, {
    encoding: parts[2],
    clockRateHz: Number(parts[3]),
    ...(channels === undefined ? undefined : { channels }),
  });
  return undefined;
}

/** RFC 3605 §2.1: a port, or a port and an address. It says where we send, so a malformed one is no detail. */
function readRtcp(section: OpenSection, text: string): SdpFailureCode | undefined {
  const [portText, ...addressParts] = text.trimEnd().split(' ');
  const port = parseDecimal(portText, 65535);
  const address = addressParts.length === 0 ? undefined : readAddress(addressParts);
  if (port === undefined || (address === undefined && addressParts.length > 0)) {
    return 'attribute';
  }
  if (section.rtcp !== undefined) {
    return 'repeated';
  }
  section.rtcp = address === undefined ? { port } : { port, address };
  return undefined;
}

/** Packet times that make no sense are left aside: the default of 20 ms then holds (RFC 3551 §4.5). */
function readMilliseconds(text: string): number | undefined {
  const milliseconds = /^\d{1,4}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  return milliseconds >= 1 && milliseconds <= 1000 ? milliseconds : undefined;
}
