import { describe, expect, test } from '@jest/globals';
import { parseSdp, writeSdp } from './sdp.js';
import type { SessionDescription } from './session-description.js';
import { MAX_CANDIDATES, PLAIN_PLACE, plainDescription, webRtcDescription } from './webrtc-description.js';

const FINGERPRINT = Array.from({ length: 32 }, () => 'aB').join(':');
const BROWSER = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 0',
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=mid:0',
  'a=setup:actpass',
  'a=ice-ufrag:abcd',
  `a=ice-pwd:${'p'.repeat(22)}`,
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'a=candidate:1 1 udp 2130706431 192.0.2.1 20000 typ host',
  'a=rtcp-mux',
  '',
].join('\r\n');
const FAR = { allowLoopback: false };

function described(text: string): SessionDescription {
  const parsed = parseSdp(Buffer.from(text));
  if (!('media' in parsed)) throw new Error('no description');
  return parsed;
}

describe('a browser’s description', () => {
  test('becomes a plain one at the discard prefix, and its transport stands beside it', () => {
    const plain = plainDescription(described(BROWSER), FAR);
    expect(plain?.description.media).toMatchObject([
      { protocol: 'RTP/AVP', port: PLAIN_PLACE.port, connection: PLAIN_PLACE.address },
    ]);
    expect(plain).toMatchObject({ mids: ['0'], isBundled: true });
    expect(plain?.transport).toMatchObject({
      iceUfrag: 'abcd',
      setup: 'actpass',
      fingerprint: { algorithm: 'sha-256', value: FINGERPRINT.toUpperCase() },
    });
    expect(plain?.transport.candidates).toHaveLength(1);
  });

  test.each([
    ['no RTCP on the same port', BROWSER.replace('a=rtcp-mux\r\n', '')],
    ['plain RTP', BROWSER.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP')],
    ['its audio rejected', BROWSER.replace('audio 9', 'audio 0')],
    ['no side of the handshake', BROWSER.replace('setup:actpass', 'setup:holdconn')],
    ['a fragment that is too short', BROWSER.replace('ufrag:abcd', 'ufrag:abc')],
    ['a password that is too short', BROWSER.replace('p'.repeat(22), 'p'.repeat(21))],
    ['a hash that nobody trusts', BROWSER.replace('sha-256', 'sha-1')],
    ['a fingerprint that is cut off', BROWSER.replace(`:aB\r\n`, '\r\n')],
  ])('with %s is none', (_what, text) => {
    expect(plainDescription(described(text), FAR)).toBeUndefined();
  });

  test('has so many candidates at most', () => {
    const [line] = /a=candidate.*\r\n/.exec(BROWSER) ?? [''];
    const plain = plainDescription(described(BROWSER.replace(line, line.repeat(MAX_CANDIDATES + 5))), FAR);
    expect(plain?.transport.candidates).toHaveLength(MAX_CANDIDATES);
  });
});

test('what is dressed up for a browser reads as one of a browser’s, and names no address but ours', () => {
  const browser = plainDescription(described(BROWSER), FAR);
  if (browser === undefined) throw new Error('no description');
  const { description, transport, mids, isBundled } = browser;
  const dressed = webRtcDescription(description, { end: transport, setup: 'active', mids, isBundled });
  const text = String(writeSdp(dressed));
  expect(text).toContain('a=group:BUNDLE 0\r\n');
  expect(text).toContain('a=setup:active\r\n');
  expect(text).not.toContain(PLAIN_PLACE.address);
  expect(plainDescription(described(text), FAR)?.transport).toEqual({ ...transport, setup: 'active' });
});
