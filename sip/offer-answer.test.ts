import { describe, expect, it } from '@jest/globals';
import {
  alsoOffering,
  answerForOffer,
  answerInOfferedAudio,
  inspectableOffer,
  type MediaPlace,
  negotiatedAudio,
  withMediaAddress,
} from './offer-answer.js';
import { parseSdp, writeSdp } from './sdp.js';
import type { SessionDescription } from './session-description.js';

const place: MediaPlace = {
  address: '198.51.100.1',
  rtpPort: 20_000,
  rtcpPort: 20_001,
  sessionId: '77',
  sessionVersion: '1',
};

function description(...media: readonly string[]): SessionDescription {
  const head = ['v=0', 'o=alice 1 1 IN IP4 192.0.2.1', 's=private matters', 'i=x', 'c=IN IP4 192.0.2.1', 't=0 0'];
  const parsed = parseSdp(Buffer.from(`${[...head, ...media].join('\r\n')}\r\n`));
  if ('code' in parsed) {
    throw new Error(`refused: ${parsed.code} in line ${parsed.lineNumber}`);
  }
  return parsed;
}

function offered(...media: readonly string[]): SessionDescription {
  const offer = inspectableOffer(description(...media));
  if (offer.kind === 'not-inspectable') {
    throw new Error(offer.reason);
  }
  return offer.description;
}

/** The lines from the first `m=` on. */
function mediaLines(of: SessionDescription): string[] {
  const lines = writeSdp(of).toString().trimEnd().split('\r\n');
  return lines.slice(lines.findIndex((line) => line.startsWith('m=')));
}

const phone = [
  'm=audio 49170 RTP/AVP 9 8 0 18 101 13',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:18 G729/8000',
  'a=fmtp:18 annexb=no',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=ptime:30',
  'a=maxptime:150',
  'a=sendrecv',
];

describe('inspectableOffer', () => {
  it('keeps PCMU, PCMA, G722 and telephone-event in the order and under the numbers of the peer, and the packet time', () => {
    expect(mediaLines(offered(...phone))).toEqual([
      'm=audio 49170 RTP/AVP 9 8 0 101',
      'a=rtpmap:9 G722/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:30',
      'a=maxptime:150',
      'a=sendrecv',
    ]);
  });

  it('knows PCMU, PCMA and G722 by their numbers alone (RFC 3551 §6)', () => {
    expect(offered('m=audio 4000 RTP/AVP 3 0 9 8').media[0].formats).toEqual(['0', '9', '8']);
  });

  it('takes PCMU under a dynamic number', () => {
    expect(offered('m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 pcmu/8000').media[0].formats).toEqual(['97']);
  });

  it.each([
    ['a static number with another meaning', 'm=audio 4000 RTP/AVP 0 8', 'a=rtpmap:0 telephone-event/8000', ['8']],
    ['a reserved number', 'm=audio 4000 RTP/AVP 0 5', 'a=rtpmap:5 PCMA/8000', ['0']],
    ['another clock rate', 'm=audio 4000 RTP/AVP 0 97', 'a=rtpmap:97 PCMU/16000', ['0']],
    ['G722 of another clock', 'm=audio 4000 RTP/AVP 0 9', 'a=rtpmap:9 G722/16000', ['0']],
    ['another codec under the number of G722', 'm=audio 4000 RTP/AVP 0 9', 'a=rtpmap:9 G729/8000', ['0']],
    ['two channels', 'm=audio 4000 RTP/AVP 0 97', 'a=rtpmap:97 PCMU/8000/2', ['0']],
    ['telephone-event of another clock', 'm=audio 4000 RTP/AVP 0 101', 'a=rtpmap:101 telephone-event/48000', ['0']],
    ['a dynamic number without a map', 'm=audio 4000 RTP/AVP 0 101', 'a=ptime:20', ['0']],
  ])('removes %s', (_case, media, attribute, formats) => {
    expect(offered(media, attribute).media[0].formats).toEqual(formats);
  });

  it('keeps one audio section and rejects the others in their places', () => {
    const offer = offered(
      'm=video 5000 RTP/AVP 31',
      'a=rtpmap:31 H261/90000',
      'm=audio 5002 RTP/SAVP 0',
      'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x',
      ...phone,
      'm=audio 6000 RTP/AVP 0',
      'm=application 7000 udp wb',
    );
    expect(offer.media.map(({ media, port, protocol }) => [media, port, protocol])).toEqual([
      ['video', 0, 'RTP/AVP'],
      ['audio', 0, 'RTP/SAVP'],
      ['audio', 49_170, 'RTP/AVP'],
      ['audio', 0, 'RTP/AVP'],
      ['application', 0, 'udp'],
    ]);
    expect(writeSdp(offer).toString()).not.toMatch(/crypto|H261/);
  });

  it.each([
    ['no audio', 'no-audio', 'm=video 5000 RTP/AVP 31'],
    ['audio that is off', 'no-audio', 'm=audio 0 RTP/AVP 0'],
    ['encrypted audio', 'profile', 'm=audio 5000 RTP/SAVP 0'],
    ['audio with feedback', 'profile', 'm=audio 5000 RTP/AVPF 0'],
    ['other codecs', 'codec', 'm=audio 5000 RTP/AVP 3 18'],
    ['only telephone-event', 'codec', 'm=audio 5000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000'],
  ])('cannot watch %s (%s)', (_case, reason, media) => {
    expect(inspectableOffer(description(media))).toEqual({ kind: 'not-inspectable', reason });
  });
});

describe('withMediaAddress', () => {
  it('leaves nothing of the other side but formats, packet times and direction', () => {
    const offer = offered(
      ...phone,
      'a=rtcp:40001 IN IP4 192.0.2.9',
      'a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host',
      'a=ice-ufrag:abcd',
      'a=ssrc:1 cname:alice@192.0.2.1',
      'a=extmap:1 urn:x',
      'a=crypto:1 x inline:y',
    );
    expect(writeSdp(withMediaAddress(offer, place)).toString().trimEnd().split('\r\n')).toEqual([
      'v=0',
      'o=- 77 1 IN IP4 198.51.100.1',
      's=-',
      'c=IN IP4 198.51.100.1',
      't=0 0',
      'm=audio 20000 RTP/AVP 9 8 0 101',
      'a=rtpmap:9 G722/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:30',
      'a=maxptime:150',
      'a=sendrecv',
    ]);
  });

  it('hands on the events of telephone-event, but no free text in their place', () => {
    const events = (text: string) => mediaLines(offered(...phone.slice(0, 7), `a=fmtp:101 ${text}`));
    expect(events('0-11,16,32-35')).toContain('a=fmtp:101 0-11,16,32-35');
    expect(events('call sip:alice@192.0.2.1').join()).not.toContain('fmtp');
  });

  it('names the RTCP port where it is not the next one (RFC 3605)', () => {
    const placed = withMediaAddress(offered(...phone), { ...place, rtcpPort: 30_000 });
    expect(mediaLines(placed)).toContain('a=rtcp:30000');
  });

  it('says rtcp-mux only where the peer did and it is wanted', () => {
    const mux = [...phone, 'a=rtcp-mux'];
    expect(mediaLines(withMediaAddress(offered(...mux), { ...place, rtcpMux: true }))).toContain('a=rtcp-mux');
    expect(mediaLines(withMediaAddress(offered(...mux), place))).not.toContain('a=rtcp-mux');
    expect(mediaLines(withMediaAddress(offered(...phone), { ...place, rtcpMux: true }))).not.toContain('a=rtcp-mux');
  });

  it('writes IPv6 addresses as such', () => {
    const placed = withMediaAddress(offered(...phone), { ...place, address: '2001:db8::5' });
    expect(writeSdp(placed).toString()).toContain('c=IN IP6 2001:db8::5');
  });

  it('gives rejected sections no address of ours', () => {
    const placed = withMediaAddress(offered(...phone, 'm=video 5000 RTP/AVP 31'), place);
    expect(mediaLines(placed).at(-1)).toBe('m=video 0 RTP/AVP 31');
  });

  it.each([
    ['sendrecv', 'sendonly'],
    ['sendonly', 'sendonly'],
    ['recvonly', 'inactive'],
    ['inactive', 'inactive'],
  ])('says a hold by address in today’s way: %s becomes %s', (before, after) => {
    const offer = offered('m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0', `a=${before}`);
    expect(mediaLines(withMediaAddress(offer, place))).toContain(`a=${after}`);
  });

  it('hands a direction on that stood for the whole session', () => {
    const offer = inspectableOffer({ ...description(...phone.slice(0, -1)), direction: 'sendonly' });
    expect(offer.kind === 'inspectable' && mediaLines(withMediaAddress(offer.description, place))).toContain(
      'a=sendonly',
    );
  });
});

describe('answerForOffer', () => {
  const offer = description('m=video 5000 RTP/AVP 31', ...phone, 'm=image 6000 udptl t38');

  function answerTo(...media: readonly string[]): ReturnType<typeof answerForOffer> {
    return answerForOffer(offer, description(...media));
  }

  it('has as many sections of the same kind as the offer, in the same order (RFC 3264 §6)', () => {
    const answer = answerTo('m=video 0 RTP/AVP 31', 'm=audio 6100 RTP/AVP 0 96', 'a=rtpmap:96 telephone-event/8000');
    expect(answer.kind === 'inspectable' && mediaLines(answer.description)).toEqual([
      'm=video 0 RTP/AVP 31',
      'm=audio 6100 RTP/AVP 0 96',
      'a=rtpmap:96 telephone-event/8000',
      'm=image 0 udptl t38',
    ]);
  });

  it('lets nothing through that was not offered, or was and cannot be watched', () => {
    const answer = answerTo(
      'm=video 7000 RTP/AVP 31',
      'm=audio 6100 RTP/AVP 3 0 111 8',
      'a=rtpmap:111 opus/48000/2',
      'm=image 6000 udptl t38',
    );
    expect(answer.kind === 'inspectable' && mediaLines(answer.description)).toEqual([
      'm=video 0 RTP/AVP 31',
      'm=audio 6100 RTP/AVP 0 8',
      'm=image 0 udptl t38',
    ]);
  });

  it('removes telephone-event from the answer where the offer had none', () => {
    const answer = answerForOffer(
      description('m=audio 4000 RTP/AVP 0'),
      description('m=audio 5000 RTP/AVP 0 101', 'a=rtpmap:101 telephone-event/8000'),
    );
    expect(answer.kind === 'inspectable' && answer.description.media[0].formats).toEqual(['0']);
  });

  it.each([
    ['too few sections', 'no-audio', ['m=video 0 RTP/AVP 31']],
    ['another kind in its place', 'no-audio', ['m=video 0 RTP/AVP 31', 'm=video 5000 RTP/AVP 31']],
    ['audio rejected', 'no-audio', ['m=video 0 RTP/AVP 31', 'm=audio 0 RTP/AVP 0']],
    ['another profile', 'profile', ['m=video 0 RTP/AVP 31', 'm=audio 5000 RTP/SAVP 0']],
    ['a codec that cannot be watched', 'codec', ['m=video 0 RTP/AVP 31', 'm=audio 5000 RTP/AVP 18']],
  ])('refuses an answer with %s', (_case, reason, media) => {
    expect(answerTo(...media)).toEqual({ kind: 'not-inspectable', reason });
  });
});

describe('what the gateway transcodes', () => {
  const wideband = ['m=audio 4000 RTP/AVP 9 101', 'a=rtpmap:9 G722/8000', 'a=rtpmap:101 telephone-event/8000'];
  const answer = (...media: readonly string[]) =>
    mediaLines(answerInOfferedAudio(description(...wideband), description(...media)));

  it('is offered behind the audio and before the events, where nothing of it was offered', () => {
    expect(mediaLines(alsoOffering(offered(...wideband), ['PCMU', 'PCMA']))).toEqual([
      'm=audio 4000 RTP/AVP 9 0 8 101',
      'a=rtpmap:9 G722/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:8 PCMA/8000',
    ]);
  });

  it('is not offered where some of it was', () => {
    const offer = offered(...phone);
    expect(alsoOffering(offer, ['PCMU', 'PCMA'])).toBe(offer);
  });

  it('makes an answer in what was offered of one that took none of it', () => {
    expect(answer('m=audio 6000 RTP/AVP 0 96', 'a=rtpmap:96 telephone-event/8000', 'a=ptime:20')).toEqual([
      'm=audio 6000 RTP/AVP 9 96',
      'a=rtpmap:96 telephone-event/8000',
      'a=rtpmap:9 G722/8000',
      'a=ptime:20',
    ]);
  });

  it('takes out of an answer what was not offered, and leaves the rest', () => {
    expect(answer('m=audio 6000 RTP/AVP 0 9', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:9 G722/8000')).toEqual([
      'm=audio 6000 RTP/AVP 9',
      'a=rtpmap:9 G722/8000',
    ]);
  });
});

describe('negotiatedAudio', () => {
  it('says where audio goes, in which formats and how', () => {
    expect(negotiatedAudio(offered(...phone))).toEqual({
      remoteAddress: '192.0.2.1',
      remotePort: 49_170,
      remoteRtcpPort: 49_171,
      rtcpMux: false,
      audio: [
        { payloadType: 9, encoding: 'G722' },
        { payloadType: 8, encoding: 'PCMA' },
        { payloadType: 0, encoding: 'PCMU' },
      ],
      events: [{ payloadType: 101, clockRateHz: 8_000 }],
      ptimeMs: 30,
      direction: 'sendrecv',
    });
  });

  it('takes the connection of the section, the RTCP address and rtcp-mux', () => {
    const audio = negotiatedAudio(
      description('m=audio 4000 RTP/AVP 0', 'c=IN IP4 192.0.2.5', 'a=rtcp:5005 IN IP4 192.0.2.6', 'a=rtcp-mux'),
    );
    expect(audio).toMatchObject({
      remoteAddress: '192.0.2.5',
      remoteRtcpPort: 5_005,
      rtcpMux: true,
    });
  });

  it.each([
    ['a=sendonly', 'sendonly'],
    ['a=inactive', 'inactive'],
    ['c=IN IP4 0.0.0.0', 'address'],
    ['a=recvonly', undefined],
  ])('tells a hold by %s', (line, hold) => {
    expect(negotiatedAudio(description('m=audio 4000 RTP/AVP 0', line))?.hold).toBe(hold);
  });

  it.each([
    ['no audio is in use', ['m=audio 0 RTP/AVP 0']],
    ['the port is a well-known one', ['m=audio 53 RTP/AVP 0']],
    ['the RTCP port is a well-known one', ['m=audio 4000 RTP/AVP 0', 'a=rtcp:53']],
    ['there is no port for RTCP', ['m=audio 65535 RTP/AVP 0']],
  ])('is nothing where %s', (_case, media) => {
    expect(negotiatedAudio(description(...media))).toBeUndefined();
  });
});
