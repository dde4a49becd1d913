/** Reads control's JSON frames, field by field: the channel is trusted, but half a command must not change a call. */
import { isIP } from 'node:net';
import {
  type AudioFormat,
  type EventFormat,
  INFO_HEADER_SIZE_BYTES,
  type InfoBodyType,
  type LegMedia,
  type LegName,
  type MediaCommand,
  type MediaConfiguration,
  type WebRtcCandidate,
  type WebRtcPeer,
} from './control-wire.js';
import { readUint32 } from './rtp-header.js';

type Fields = Readonly<Record<string, unknown>>;

/** Returns undefined for what is no command. */
export function parseMediaCommand(json: string): MediaCommand | undefined {
  let message: unknown;
  try {
    message = JSON.parse(json);
  } catch {
    return undefined;
  }
  return parseCommand(fieldsOf(message));
}

/** Reads the header of an INFO frame; the body stays where it is. */
export function parseInfoHeader(
  payload: Uint8Array,
): { readonly callHandle: number; readonly leg: LegName; readonly type: InfoBodyType } | undefined {
  if (payload.length < INFO_HEADER_SIZE_BYTES || payload[4] > 1 || payload[5] > 1) return undefined;
  return {
    callHandle: readUint32(payload, 0),
    leg: payload[4] === 0 ? 'caller' : 'agent',
    type: payload[5] === 0 ? 'application/dtmf-relay' : 'application/dtmf',
  };
}

function parseCommand(fields: Fields): MediaCommand | undefined {
  const { kind, requestId, callHandle } = fields;
  if (kind === 'shut-down') return { kind };
  if (kind === 'configure') {
    const configuration = parseConfiguration(fieldsOf(fields.configuration));
    return configuration && { kind, configuration };
  }
  if (!isNumber(requestId)) return undefined;
  if (kind === 'statistics' || kind === 'ping') return { kind, requestId };
  return isNumber(callHandle) ? parseCallCommand(fields, { requestId, callHandle }) : undefined;
}

function parseCallCommand(
  fields: Fields,
  ids: { readonly requestId: number; readonly callHandle: number },
): MediaCommand | undefined {
  const { kind } = fields;
  switch (kind) {
    case 'create-call':
      return parseCreateCall(fields, ids);
    case 'set-leg': {
      const leg = wordOf(fields.leg, ['caller', 'agent']);
      const media = parseLegMedia(fieldsOf(fields.media));
      return leg && media && { kind, ...ids, leg, media };
    }
    case 'arm-capture': {
      const { captureId, vaultPublicKey } = fields;
      if (typeof captureId !== 'string' || typeof vaultPublicKey !== 'string') return undefined;
      return { kind, ...ids, captureId, vaultPublicKey };
    }
    case 'record': {
      const action = wordOf(fields.action, ['start', 'pause', 'resume', 'stop']);
      return action && { kind, ...ids, action };
    }
    case 'open-window':
    case 'disarm-capture':
    case 'close-window':
    case 'close-call':
      return { kind, ...ids };
    default:
      return undefined;
  }
}

function parseCreateCall(
  fields: Fields,
  ids: { readonly requestId: number; readonly callHandle: number },
): MediaCommand | undefined {
  const { callId } = fields;
  const mask = wordOf(fields.mask, ['window', 'always']);
  const replacement = wordOf(fields.replacement, ['comfort-noise', 'silence', 'tone']);
  const suppression = wordOf(fields.suppression, ['tones', 'strict']);
  const agentTransport = wordOf(fields.agentTransport, ['rtp', 'webrtc']);
  const recording = fieldsOf(fields.recording);
  const start = wordOf(recording.start, ['automatic', 'manual', 'off']);
  const mode = wordOf(recording.mode, ['pause', 'masked-continuous']);
  if (typeof callId !== 'string' || mask === undefined) return undefined;
  if (replacement === undefined || suppression === undefined) return undefined;
  if (agentTransport === undefined || start === undefined || mode === undefined) return undefined;
  const treatment = { mask, replacement, suppression };
  return { kind: 'create-call', ...ids, callId, ...treatment, agentTransport, recording: { start, mode } };
}

function parseConfiguration(fields: Fields): MediaConfiguration | undefined {
  const { address, portMin, portMax, keySocketPath, linkSecret, recordingDirectory, silenceTimeoutMs } = fields;
  if (typeof address !== 'string' || typeof keySocketPath !== 'string') return undefined;
  if (typeof linkSecret !== 'string' || typeof recordingDirectory !== 'string') return undefined;
  if (!isNumber(portMin) || !isNumber(portMax) || !isNumber(silenceTimeoutMs)) return undefined;
  return { address, portMin, portMax, keySocketPath, linkSecret, recordingDirectory, silenceTimeoutMs };
}

/** Ranges of ports and formats are the leg table's to check: it refuses the command, which control is told. */
function parseLegMedia(fields: Fields): LegMedia | undefined {
  const { remoteAddress, remotePort, remoteRtcpPort, rtcpMux, ptimeMs } = fields;
  if (typeof remoteAddress !== 'string' || typeof rtcpMux !== 'boolean') return undefined;
  if (!isNumber(remotePort) || !isNumber(remoteRtcpPort) || !isNumber(ptimeMs)) return undefined;
  const direction = wordOf(fields.direction, ['sendrecv', 'sendonly', 'recvonly', 'inactive']);
  const receiveAudio = listOf(fields.receiveAudio, parseAudioFormat);
  const sendAudio = listOf(fields.sendAudio, parseAudioFormat);
  const receiveEvents = listOf(fields.receiveEvents, parseEventFormat);
  const sendEvents = listOf(fields.sendEvents, parseEventFormat);
  if (direction === undefined || receiveAudio === undefined || sendAudio === undefined) return undefined;
  if (receiveEvents === undefined || sendEvents === undefined) return undefined;
  const webRtc = fields.webRtc === undefined ? undefined : parseWebRtcPeer(fieldsOf(fields.webRtc));
  if (fields.webRtc !== undefined && webRtc === undefined) return undefined;
  const place = { remoteAddress, remotePort, remoteRtcpPort, rtcpMux, ...(webRtc && { webRtc }) };
  return { ...place, receiveAudio, receiveEvents, sendAudio, sendEvents, ptimeMs, direction };
}

/**
 * Each of these is written into a description that a library reads: it may hold what RFC 8839 and RFC 8122 allow, no more.
 * `sip/webrtc-description.ts` has looked at the same already, but for the other side of a process boundary: a media process
 * loads nothing of `sip/`, and relies on nothing that it was not shown.
 */
const ICE_TEXT = /^[A-Za-z0-9+/]{4,256}$/;
const FINGERPRINT = /^[0-9A-F]{2}(?::[0-9A-F]{2}){31,63}$/;
/** More than any peer names, and each is an address that is sent checks; as many as signalling passes on. */
const MAX_CANDIDATES = 16;

function parseWebRtcPeer(fields: Fields): WebRtcPeer | undefined {
  const { iceUfrag, icePwd } = fields;
  const setup = wordOf(fields.setup, ['active', 'passive']);
  const fingerprint = fieldsOf(fields.fingerprint);
  const algorithm = wordOf(fingerprint.algorithm, ['sha-256', 'sha-384', 'sha-512']);
  const candidates = listOf(fields.candidates, parseCandidate);
  if (!isText(iceUfrag, ICE_TEXT) || !isText(icePwd, ICE_TEXT) || !isText(fingerprint.value, FINGERPRINT)) {
    return undefined;
  }
  if (setup === undefined || algorithm === undefined || candidates === undefined) return undefined;
  if (candidates.length > MAX_CANDIDATES) return undefined;
  return { iceUfrag, icePwd, fingerprint: { algorithm, value: fingerprint.value }, setup, candidates };
}

function parseCandidate({ foundation, priority, address, port, type: typeName }: Fields): WebRtcCandidate | undefined {
  const type = wordOf(typeName, ['host', 'srflx', 'prflx', 'relay']);
  if (!isText(foundation, /^[A-Za-z0-9+/]{1,32}$/) || typeof address !== 'string' || isIP(address) === 0)
    return undefined;
  if (type === undefined || !isWhole(priority, 2 ** 31 - 1) || !isWhole(port, 65_535)) return undefined;
  return { foundation, priority, address, port, type };
}

function parseAudioFormat({ payloadType, encoding }: Fields): AudioFormat | undefined {
  const word = wordOf(encoding, ['PCMU', 'PCMA', 'G722']);
  return word !== undefined && isNumber(payloadType) ? { payloadType, encoding: word } : undefined;
}

function parseEventFormat({ payloadType, clockRateHz }: Fields): EventFormat | undefined {
  return isNumber(payloadType) && isNumber(clockRateHz) ? { payloadType, clockRateHz } : undefined;
}

function listOf<Item>(value: unknown, parse: (fields: Fields) => Item | undefined): readonly Item[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.map((item) => parse(fieldsOf(item))).filter((item) => item !== undefined);
  return items.length === value.length ? items : undefined;
}

function wordOf<const Word extends string>(value: unknown, words: readonly Word[]): Word | undefined {
  return words.find((word) => word === value);
}

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value);
}

function isWhole(value: unknown, maximum: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maximum;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** No fields at all for what is no object, so that whatever is required is missing. */
function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
