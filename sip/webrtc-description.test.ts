import { describe, expect, test } from '@jest/globals';
import { parseSdp, writeSdp } from './sdp.js';
import type { SessionDescription } from './session-description.js';
import { plainDescription, type TransportEnd, webRtcDescription } from './webrtc-description.js';

const END: TransportEnd = {
  iceUfrag: 'g7KT',
  icePwd: 'THJSGbQ5k5bb0+KM4LsMOzoD',
  fingerprint: { algorithm: 'sha-256', value: Array(32).fill('0A').join(':') },
  candidates: [],
};

/** An audio and a video section with these lines in each, and these before them. */
function described(session: readonly string[], audio: readonly string[], video: readonly string[] = []) {
  const transport = [
    'a=rtcp-mux',
    `a=ice-ufrag:${END.iceUfrag}`,
    `a=ice-pwd:${END.icePwd}`,
    `a=fingerprint:sha-256 ${END.fingerprint.value}`,
    'a=setup:actpass',
  ];
  const text = [
    ...['v=0', 'o=- 1 1 IN IP4 192.0.2.2', 's=-', 't=0 0', ...session],
    ...['m=audio 4000 UDP/TLS/RTP/SAVPF 0', 'c=IN IP4 192.0.2.2', ...transport, ...audio],
    ...['m=video 4000 UDP/TLS/RTP/SAVPF 96', 'c=IN IP4 192.0.2.2', ...transport, ...video],
    '',
  ].join('\r\n');
  const description = parseSdp(Buffer.from(text));
  if ('kind' in description) throw new Error('no description');
  return plainDescription(description, { allowLoopback: false });
}

/** The lines of `plain` as we write it in answer, when offer and answer have left nothing of the other side's session lines. */
function written(plain: SessionDescription, told: { mids: readonly (string | undefined)[]; isBundled: boolean }) {
  const ours = { ...plain, others: plain.others.filter(({ type }) => type !== 'a') };
  return writeSdp(webRtcDescription(ours, { end: END, setup: 'active', ...told }))
    .toString()
    .split('\r\n');
}

describe('the group of a WebRTC description', () => {
  test.each([
    [['a=group:BUNDLE voice cam'], ['a=mid:voice'], true],
    [['a=group:LS voice cam', 'a=group:BUNDLE cam', 'a=group:BUNDLE voice'], ['a=mid:voice'], true],
    [['a=group:BUNDLE cam'], ['a=mid:voice'], false],
    [['a=group:LS voice cam'], ['a=mid:voice'], false],
    [['a=group:BUNDLE BUNDLE'], ['a=mid:voice'], false],
    [['a=group:BUNDLE undefined'], [], false],
    [[], ['a=mid:voice'], false],
  ])('%j with audio of %j: bundled %s', (session, audio, isBundled) => {
    const plain = described(session, audio, ['a=mid:cam']);
    if (plain === undefined) throw new Error('not understood');
    expect(plain.isBundled).toBe(isBundled);
    // RFC 9143 §7.3: an answer bundles nothing that the offer did not.
    const groups = written(plain.description, plain).filter((line) => line.startsWith('a=group'));
    expect(groups).toEqual(isBundled ? ['a=group:BUNDLE voice'] : []);
  });
});

describe('the names of sections', () => {
  test.each([
    [[], ['0', '1']],
    [
      ['voice', 'cam'],
      ['voice', 'cam'],
    ],
    [
      [undefined, '0'],
      ['1', '0'],
    ],
    [
      ['1', undefined],
      ['1', '2'],
    ],
  ])('%j become %j: each is another one (RFC 5888 §4)', (mids, names) => {
    const plain = described([], []);
    if (plain === undefined) throw new Error('not understood');
    const lines = written(plain.description, { mids, isBundled: true });
    expect(lines.filter((line) => line.startsWith('a=mid:'))).toEqual(names.map((name) => `a=mid:${name}`));
  });
});
