/** Reads control's JSON frames. Control is our parent, so the shape is checked only as far as a mistake could do harm. */
import { INFO_HEADER_SIZE_BYTES, type InfoBodyType, type LegName, type MediaCommand } from './control-wire.js';
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
  if (!isFields(message) || !isCommand(message)) return undefined;
  // Checked above, field by field, as far as anything here depends on it.
  return message as unknown as MediaCommand;
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

function isCommand(message: Fields): boolean {
  switch (message.kind) {
    case 'configure':
      return isFields(message.configuration) && isConfiguration(message.configuration);
    case 'create-call':
      return (
        isCallRequest(message) &&
        typeof message.callId === 'string' &&
        isOneOf(message.mask, ['window', 'always']) &&
        isOneOf(message.replacement, ['comfort-noise', 'silence', 'tone']) &&
        isFields(message.recording) &&
        isOneOf(message.recording.start, ['automatic', 'manual', 'off']) &&
        isOneOf(message.recording.mode, ['pause', 'masked-continuous'])
      );
    case 'set-leg':
      return isCallRequest(message) && isOneOf(message.leg, ['caller', 'agent']) && isLegMedia(message.media);
    case 'arm-capture':
      return (
        isCallRequest(message) && typeof message.captureId === 'string' && typeof message.vaultPublicKey === 'string'
      );
    case 'record':
      return isCallRequest(message) && isOneOf(message.action, ['start', 'pause', 'resume', 'stop']);
    case 'open-window':
    case 'disarm-capture':
    case 'close-window':
    case 'close-call':
      return isCallRequest(message);
    case 'statistics':
    case 'ping':
      return isNumber(message.requestId);
    case 'shut-down':
      return true;
    default:
      return false;
  }
}

function isConfiguration(configuration: Fields): boolean {
  const { portMin, portMax, silenceTimeoutMs } = configuration;
  return (
    ['address', 'keySocketPath', 'linkSecret', 'recordingDirectory'].every(
      (name) => typeof configuration[name] === 'string',
    ) && [portMin, portMax, silenceTimeoutMs].every(isNumber)
  );
}

function isLegMedia(media: unknown): boolean {
  if (!isFields(media)) return false;
  return (
    typeof media.remoteAddress === 'string' &&
    isNumber(media.remotePort) &&
    isNumber(media.remoteRtcpPort) &&
    isNumber(media.ptimeMs) &&
    isOneOf(media.direction, ['sendrecv', 'sendonly', 'recvonly', 'inactive']) &&
    [media.receiveAudio, media.sendAudio].every((formats) => isListOf(formats, isAudioFormat)) &&
    [media.receiveEvents, media.sendEvents].every((formats) => isListOf(formats, isEventFormat))
  );
}

function isAudioFormat(format: Fields): boolean {
  return isNumber(format.payloadType) && isOneOf(format.encoding, ['PCMU', 'PCMA']);
}

function isEventFormat(format: Fields): boolean {
  return isNumber(format.payloadType) && isNumber(format.clockRateHz);
}

function isCallRequest(message: Fields): boolean {
  return isNumber(message.requestId) && isNumber(message.callHandle);
}

function isListOf(list: unknown, isItem: (item: Fields) => boolean): boolean {
  return Array.isArray(list) && list.every((item) => isFields(item) && isItem(item));
}

function isOneOf(value: unknown, words: readonly string[]): boolean {
  return typeof value === 'string' && words.includes(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
