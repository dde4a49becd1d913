/** Offer and answer with a WebRTC leg, on descriptions as Chromium 156 writes them. */
import { describe, expect, test } from '@jest/globals';
import { parseSdp } from '../../sip/sdp.js';
import { MediaNegotiation } from './media-negotiation.js';

const FINGERPRINT = Array.from({ length: 32 }, (_, index) => (index + 0x40).toString(16).toUpperCase()).join(':');
const IDENTITY = {
  iceUfrag: 'OurName+',
  icePwd: 'OurPasswordOf32Characters/+12345',
  fingerprint: { algorithm: 'sha-256', value: FINGERPRINT.replace('40', '00') },
} as const;
const WEBRTC_END = { address: '203.0.113.1', rtpPort: 20010, rtcpPort: 20011, webRtc: IDENTITY };
const PLAIN_END = { address: '198.51.100.1', rtpPort: 20000, rtcpPort: 20001 };

const BROWSER_OFFER = `v=0
o=- 2281782906550056482 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS a4d6d7f3-2b7e-4f5a-9237-86cbdb3c11b4
m=audio 59447 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 192.0.2.2
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:398243997 1 udp 2122194687 192.0.2.2 59447 typ host generation 0 network-id 1
a=candidate:3705305469 1 udp 2122265343 fd00::2 48343 typ host generation 0 network-id 2
a=candidate:3910560777 1 tcp 1518214911 192.0.2.2 9 typ host tcptype active generation 0 network-id 1
a=candidate:842163049 1 udp 1677729535 198.51.100.77 61000 typ srflx raddr 192.0.2.2 rport 59447 generation 0
a=ice-ufrag:g7KT
a=ice-pwd:THJSGbQ5k5bb0+KM4LsMOzoD
a=ice-options:trickle
a=fingerprint:sha-256 ${FINGERPRINT}
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=sendrecv
a=msid:a4d6d7f3-2b7e-4f5a-9237-86cbdb3c11b4 77814b45-94f3-4c5a-b340-c3b7ea4e9988
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:3548309306 cname:5dN2yTsbHpixINPb
`;
const BROWSER_ANSWER = `v=0
o=- 8657251964922083365 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=msid-semantic: WMS ef4d4cf8-f8d6-4cf6-a1e0-4819afb73fa4
m=audio 60844 UDP/TLS/RTP/SAVPF 0 101
c=IN IP4 192.0.2.2
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1164770681 1 udp 2122194687 192.0.2.2 60844 typ host generation 0 network-id 1
a=ice-ufrag:MSO6
a=ice-pwd:PyLRBpjyvG3WcoiAfzRklpWR
a=ice-options:trickle
a=fingerprint:sha-256 ${FINGERPRINT}
a=setup:passive
a=mid:0
a=sendrecv
a=msid:ef4d4cf8-f8d6-4cf6-a1e0-4819afb73fa4 d6f4a898-6dbc-4a7c-a605-893c7951b8b2
a=rtcp-mux
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=ssrc:2916146593 cname:DGOvrUoo03mV9L6k
`;
const PHONE_OFFER = `v=0
o=- 1 1 IN IP4 192.0.2.10
s=-
c=IN IP4 192.0.2.10
t=0 0
m=audio 4000 RTP/AVP 0 101
a=rtpmap:101 telephone-event/8000
`;
const PHONE_ANSWER = PHONE_OFFER.replace('0 101', '0 126').replace('rtpmap:101', 'rtpmap:126');

/** The browser is on leg `a`, or on leg `b`. */
function browserOn(side: 'a' | 'b'): MediaNegotiation {
  const ends = side === 'a' ? { a: WEBRTC_END, b: PLAIN_END } : { a: PLAIN_END, b: WEBRTC_END };
  return new MediaNegotiation({ ends, originId: 7 });
}

const bytes = (text: string): Buffer => Buffer.from(text.replaceAll('\n', '\r\n'));

function offer(machine: MediaNegotiation, text: string, from: 'a' | 'b' = 'a', policy: 'free' | 'frozen' = 'free') {
  const offered = machine.offered(from, bytes(text), policy);
  return offered.ok ? offered.sdp.toString().replaceAll('\r\n', '\n') : `${offered.status}`;
}

function answer(machine: MediaNegotiation, text: string, from: 'a' | 'b' = 'b') {
  const answered = machine.answered(from, bytes(text));
  if (!answered.ok) return { sdp: `${answered.status}`, media: undefined };
  machine.agree(answered.agreement);
  return { sdp: answered.sdp.toString().replaceAll('\r\n', '\n'), media: answered.agreement.media };
}

describe('a browser calls', () => {
  test('its offer goes on as one of plain audio: no Opus, the event clock of 8 kHz, nothing of its transport', () => {
    const asked = offer(browserOn('a'), BROWSER_OFFER);
    expect(asked).toContain('m=audio 20000 RTP/AVP 9 0 8 126\n');
    expect(asked).toContain('a=rtpmap:126 telephone-event/8000');
    expect(asked).toContain('c=IN IP4 198.51.100.1\n');
    expect(asked).not.toMatch(/opus|48000|candidate|fingerprint|ice-|setup|msid|BUNDLE|ssrc|192\.0\.2\.2|mid:/);
  });

  test('its answer is ours: the whole of our transport, its media line by its own name', () => {
    const machine = browserOn('a');
    offer(machine, BROWSER_OFFER);
    const { sdp, media } = answer(machine, PHONE_ANSWER);
    const lines = sdp.split('\n');
    expect(lines).toContain('m=audio 20010 UDP/TLS/RTP/SAVPF 0 126');
    for (const line of [
      'a=group:BUNDLE 0',
      'a=mid:0',
      'a=rtcp-mux',
      'a=setup:active',
      `a=ice-ufrag:${IDENTITY.iceUfrag}`,
      `a=ice-pwd:${IDENTITY.icePwd}`,
      `a=fingerprint:sha-256 ${IDENTITY.fingerprint.value}`,
      'a=candidate:1 1 UDP 2130706431 203.0.113.1 20010 typ host',
      'a=end-of-candidates',
    ]) {
      expect(lines).toContain(line);
    }
    expect(media?.a).toMatchObject({
      remoteAddress: '100::',
      rtcpMux: true,
      receiveEvents: [{ payloadType: 126, clockRateHz: 8000 }],
      webRtc: { iceUfrag: 'g7KT', icePwd: 'THJSGbQ5k5bb0+KM4LsMOzoD', setup: 'passive' },
    });
    expect(media?.a.webRtc?.fingerprint).toEqual({ algorithm: 'sha-256', value: FINGERPRINT });
    // Neither TCP nor what is none of ours to ask.
    expect(media?.a.webRtc?.candidates.map(({ address, type }) => [address, type])).toEqual([
      ['192.0.2.2', 'host'],
      ['fd00::2', 'host'],
      ['198.51.100.77', 'srflx'],
    ]);
    expect(media?.b).toMatchObject({ remoteAddress: '192.0.2.10', remotePort: 4000, rtcpMux: false });
    expect(media?.b.webRtc).toBeUndefined();
  });

  test('with names of mDNS alone: no hold, and no candidate, for its checks will show where it is', () => {
    const hidden = BROWSER_OFFER.replace('m=audio 59447', 'm=audio 9')
      .replace('c=IN IP4 192.0.2.2', 'c=IN IP4 0.0.0.0')
      .replaceAll(/^a=candidate.*\n/gm, '')
      .replace(
        'a=ice-ufrag',
        'a=candidate:1 1 udp 2113937151 5f3c0a5e-77a4-4b0e-9d0a-3a0f.local 51000 typ host\na=ice-ufrag',
      );
    const machine = browserOn('a');
    expect(offer(machine, hidden)).toContain('a=sendrecv');
    const { media } = answer(machine, PHONE_ANSWER);
    expect(media?.a).toMatchObject({ direction: 'sendrecv', webRtc: { candidates: [] } });
    expect(machine.onHold).toBe(false);
  });

  test('with a camera: its section is rejected by its name, and not bundled', () => {
    const video = 'm=video 9 UDP/TLS/RTP/SAVPF 96\nc=IN IP4 0.0.0.0\na=mid:cam\na=rtcp-mux\na=rtpmap:96 VP8/90000\n';
    const machine = browserOn('a');
    const asked = offer(machine, BROWSER_OFFER.replace('BUNDLE 0', 'BUNDLE 0 cam') + video);
    expect(asked).toMatch(/m=video 0 /);
    const { sdp } = answer(machine, `${PHONE_ANSWER}m=video 0 RTP/AVP 96\n`);
    expect(sdp).toContain('a=group:BUNDLE 0\n');
    expect(sdp).toMatch(/m=video 0 UDP\/TLS\/RTP\/SAVPF 96\na=mid:cam\n/);
  });

  test('with attributes for all sections at once, as Firefox writes them', () => {
    const line = `a=fingerprint:sha-256 ${FINGERPRINT}\n`;
    const text = BROWSER_OFFER.replace(line, '').replace('a=group', `${line}a=group`);
    expect(offer(browserOn('a'), text)).toContain('RTP/AVP');
  });

  test.each([
    ['plain RTP', (text: string) => text.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP')],
    ['keys in the description', (text: string) => text.replace('UDP/TLS/RTP/SAVPF', 'RTP/SAVP')],
    ['no fingerprint', (text: string) => text.replace(/a=fingerprint.*\n/, '')],
    ['a fingerprint too short', (text: string) => text.replace(`${FINGERPRINT}`, FINGERPRINT.slice(3))],
    ['a hash of old', (text: string) => text.replace('sha-256', 'sha-1')],
    ['no name', (text: string) => text.replace(/a=ice-ufrag.*\n/, '')],
    ['a password too short', (text: string) => text.replace('THJSGbQ5k5bb0+KM4LsMOzoD', 'THJSGbQ5')],
    [
      'a password of other characters',
      (text: string) => text.replace('THJSGbQ5k5bb0+KM4LsMOzoD', 'THJSGbQ5k5bb0 KM4LsMOzoD'),
    ],
    ['no part in the handshake', (text: string) => text.replace(/a=setup.*\n/, '')],
    ['a transport to come', (text: string) => text.replace('actpass', 'holdconn')],
    ['RTCP on a port of its own', (text: string) => text.replace('a=rtcp-mux\n', '')],
    ['nothing but Opus', (text: string) => text.replace('111 63 9 0 8 13 110 126', '111')],
  ])('is refused with %s', (_what, change) => {
    expect(offer(browserOn('a'), change(BROWSER_OFFER))).toBe('488');
  });
});

describe('a browser is called', () => {
  test('our offer says all of it, and its answer goes back as one of plain audio', () => {
    const machine = browserOn('b');
    const asked = offer(machine, PHONE_OFFER);
    expect(asked).toMatch(/^m=audio 20010 UDP\/TLS\/RTP\/SAVPF 0 101\nc=IN IP4 203\.0\.113\.1$/m);
    expect(asked).toMatch(/^a=group:BUNDLE 0$/m);
    expect(asked).toMatch(/^a=setup:active$/m);
    expect(asked).toMatch(/^a=rtcp-mux$/m);
    expect('kind' in parseSdp(bytes(asked))).toBe(false);

    const { sdp, media } = answer(machine, BROWSER_ANSWER);
    expect(sdp).toContain('m=audio 20000 RTP/AVP 0 101\n');
    // The phone did not offer to have RTCP on the same port.
    expect(sdp).not.toMatch(/rtcp-mux|candidate|fingerprint|setup|ice-/);
    expect(media?.a.rtcpMux).toBe(false);
    expect(media?.b).toMatchObject({ rtcpMux: true, webRtc: { iceUfrag: 'MSO6', setup: 'passive' } });
  });

  test('an answer that leaves the handshake open is none', () => {
    const machine = browserOn('b');
    offer(machine, PHONE_OFFER);
    expect(answer(machine, BROWSER_ANSWER.replace('setup:passive', 'setup:actpass')).sdp).toBe('488');
  });

  test('a peer that insists on beginning the handshake may', () => {
    const machine = browserOn('b');
    offer(machine, PHONE_OFFER);
    const { media } = answer(machine, BROWSER_ANSWER.replace('setup:passive', 'setup:active'));
    expect(media?.b.webRtc?.setup).toBe('active');
    expect(offer(machine, PHONE_OFFER)).toMatch(/^a=setup:passive$/m);
  });

  test('a phone may offer no WebRTC of its own', () => {
    expect(offer(browserOn('b'), BROWSER_OFFER)).toBe('488');
  });
});

describe('what is refused leaves nothing behind', () => {
  const changed = BROWSER_OFFER.replace('g7KT', 'g7KU').replace('THJS', 'UHJS');

  test('an offer of nothing but Opus does not tie its sender to the transport it named', () => {
    const machine = browserOn('a');
    expect(offer(machine, BROWSER_OFFER.replace('111 63 9 0 8 13 110 126', '111'))).toBe('488');
    expect(offer(machine, changed)).toContain('RTP/AVP');
    expect(answer(machine, PHONE_ANSWER).media?.a.webRtc?.iceUfrag).toBe('g7KU');
  });

  test('nor does one whose exchange came to nothing', () => {
    const machine = browserOn('a');
    offer(machine, BROWSER_OFFER);
    machine.rollBack();
    expect(offer(machine, changed)).toContain('RTP/AVP');
  });

  test('the section keeps the name that was agreed', () => {
    const machine = browserOn('a');
    offer(machine, BROWSER_OFFER);
    answer(machine, PHONE_ANSWER);
    const renamed = BROWSER_OFFER.replace('a=mid:0', 'a=mid:other').replace('BUNDLE 0', 'BUNDLE other');
    expect(offer(machine, renamed.replace('a=sendrecv', 'a=sendonly'), 'a', 'frozen')).toBe('488');
    expect(offer(machine, PHONE_OFFER, 'b')).toMatch(/^a=mid:0$/m);
  });
});

describe('a browser in a call', () => {
  function inCall(): MediaNegotiation {
    const machine = browserOn('a');
    offer(machine, BROWSER_OFFER);
    answer(machine, PHONE_ANSWER);
    return machine;
  }

  test('holds and resumes with the same transport, which is what it is told again', () => {
    const machine = inCall();
    expect(offer(machine, BROWSER_OFFER.replace('a=sendrecv', 'a=sendonly'))).toContain('a=sendonly');
    const held = answer(machine, `${PHONE_ANSWER}a=recvonly\n`);
    expect(held.sdp).toMatch(/^a=setup:active$/m);
    expect(held.media?.a.direction).toBe('recvonly');
    expect(machine.onHold).toBe(true);
    // From here on it may name its part.
    offer(machine, BROWSER_OFFER.replace('actpass', 'passive'));
    expect(answer(machine, PHONE_ANSWER).media?.a.direction).toBe('sendrecv');
  });

  test('is held by the other side with an offer on its own transport', () => {
    const machine = inCall();
    const asked = offer(machine, `${PHONE_ANSWER}a=sendonly\n`, 'b');
    expect(asked).toMatch(/^a=sendonly$/m);
    expect(asked).toMatch(/^a=mid:0$/m);
    const held = BROWSER_OFFER.replace('actpass', 'passive').replace('a=sendrecv', 'a=recvonly');
    expect(answer(machine, held, 'a').media?.b.direction).toBe('recvonly');
  });

  test.each([
    ['an ICE restart', (text: string) => text.replace('g7KT', 'g7KU').replace('THJS', 'UHJS')],
    ['another certificate', (text: string) => text.replace(FINGERPRINT, FINGERPRINT.replace('41', '99'))],
    ['another part in the handshake', (text: string) => text.replace('actpass', 'active')],
  ])('is refused %s, and the call goes on as it was', (_what, change) => {
    const machine = inCall();
    expect(offer(machine, change(BROWSER_OFFER))).toBe('488');
    expect(offer(machine, BROWSER_OFFER)).toContain('RTP/AVP');
  });

  test('may say the same again in a payment, with other candidates too, and nothing else', () => {
    const machine = inCall();
    const again = BROWSER_OFFER.replace('m=audio 59447', 'm=audio 61000').replaceAll(/^a=candidate.*\n/gm, '');
    expect(offer(machine, again, 'a', 'frozen')).toContain('RTP/AVP');
    const answered = machine.answered('b', bytes(PHONE_ANSWER));
    expect(answered.ok && machine.isUnchanged(answered.agreement)).toBe(true);
    expect(offer(inCall(), BROWSER_OFFER.replace('a=sendrecv', 'a=sendonly'), 'a', 'frozen')).toBe('488');
  });
});
