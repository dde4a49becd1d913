/** Session descriptions on the wire (RFC 8866): the writer, and the way in to the parser. */
import type { MediaDirection, MediaSection, SdpLine, SessionDescription } from './session-description.js';

export { parseSdp, type SdpFailure, type SdpFailureCode } from './sdp-parser.js';

/** Wire order of the lines of a section (RFC 8866 §5); unknown types go last but for `a=`. */
const lineOrder = 'vosiuepcbtrzk';

/** @throws Error where a value holds a line break: our own mistake. */
export function writeSdp(description: SessionDescription): Buffer {
  const { origin } = description;
  const lines: SdpLine[] = [
    { type: 'v', value: '0' },
    {
      type: 'o',
      value: `${origin.userName} ${origin.sessionId} ${origin.sessionVersion} ${addressText(origin.address)}`,
    },
    { type: 's', value: description.sessionName },
    ...inWireOrder([...connectionLines(description.connection), ...description.others]),
    ...directionLines(description.direction),
  ];
  for (const section of description.media) {
    lines.push(...sectionLines(section));
  }
  let text = '';
  for (const { type, value } of lines) {
    if (/[\r\n\0]/.test(value)) {
      throw new Error(`an SDP line to be written holds a line break: ${type}=`);
    }
    text += `${type}=${value}\r\n`;
  }
  return Buffer.from(text, 'utf8');
}

function sectionLines(section: MediaSection): SdpLine[] {
  const port = section.portCount === undefined ? `${section.port}` : `${section.port}/${section.portCount}`;
  const attributes: string[] = [];
  for (const [payloadType, map] of section.rtpMaps) {
    const channels = map.channels === undefined ? '' : `/${map.channels}`;
    attributes.push(`rtpmap:${payloadType} ${map.encoding}/${map.clockRateHz}${channels}`);
  }
  for (const [payloadType, parameters] of section.formatParameters) {
    attributes.push(`fmtp:${payloadType} ${parameters}`);
  }
  if (section.ptimeMs !== undefined) {
    attributes.push(`ptime:${section.ptimeMs}`);
  }
  if (section.maxptimeMs !== undefined) {
    attributes.push(`maxptime:${section.maxptimeMs}`);
  }
  if (section.rtcp !== undefined) {
    const address = section.rtcp.address === undefined ? '' : ` ${addressText(section.rtcp.address)}`;
    attributes.push(`rtcp:${section.rtcp.port}${address}`);
  }
  if (section.rtcpMux) {
    attributes.push('rtcp-mux');
  }
  return [
    { type: 'm', value: `${section.media} ${port} ${section.protocol} ${section.formats.join(' ')}` },
    ...inWireOrder([...connectionLines(section.connection), ...section.others.filter((line) => line.type !== 'a')]),
    ...attributes.map((value) => ({ type: 'a', value })),
    ...directionLines(section.direction),
    ...section.others.filter((line) => line.type === 'a'),
  ];
}

function connectionLines(connection: string | undefined): SdpLine[] {
  return connection === undefined ? [] : [{ type: 'c', value: addressText(connection) }];
}

function directionLines(direction: MediaDirection | undefined): SdpLine[] {
  return direction === undefined ? [] : [{ type: 'a', value: direction }];
}

function inWireOrder(lines: readonly SdpLine[]): readonly SdpLine[] {
  return lines.toSorted((left, right) => rank(left) - rank(right));
}

function rank(line: SdpLine): number {
  const index = lineOrder.indexOf(line.type);
  // `r=` belongs to the `t=` before it.
  return index < 0 ? lineOrder.length : line.type === 'r' ? lineOrder.indexOf('t') : index;
}

function addressText(address: string): string {
  return `IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`;
}
