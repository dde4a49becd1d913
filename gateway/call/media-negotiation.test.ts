import { describe, expect, test } from '@jest/globals';
import { MediaNegotiation } from './media-negotiation.js';

const ENDS = {
  a: { address: '198.51.100.1', rtpPort: 20000, rtcpPort: 20001 },
  b: { address: '203.0.113.1', rtpPort: 20010, rtcpPort: 20011 },
};

function sdp(address: string, port: number, ...audio: readonly string[]): Buffer {
  const formats = audio[0] ?? '';
  const lines = ['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'];
  lines.push(`m=audio ${port} RTP/AVP ${formats}`, ...audio.slice(1));
  return Buffer.from(`${lines.join('\r\n')}\r\n`);
}

const OFFER = sdp(
  '192.0.2.10',
  4000,
  '9 18 8 0 101',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:18 G729/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=ptime:30',
  'a=sendrecv',
);
const ANSWER = sdp('192.0.2.20', 6000, '0 96', 'a=rtpmap:96 telephone-event/8000', 'a=ptime:20');

function negotiation(): MediaNegotiation {
  return new MediaNegotiation({ ends: ENDS, originId: 7 });
}

function agreeOn(machine: MediaNegotiation, answer: Buffer): void {
  const answered = machine.answered('b', answer);
  if (!answered.ok) throw new Error(answered.reason);
  machine.agree(answered.agreement);
}

function text(step: { readonly ok: boolean; readonly sdp?: Buffer }): string {
  return step.sdp?.toString('latin1') ?? '';
}

describe('media negotiation', () => {
  test('the offer goes on with our address and only what media can inspect, in the peer’s order', () => {
    const offered = negotiation().offered('a', OFFER, 'free');
    expect(text(offered)).toContain('m=audio 20010 RTP/AVP 9 8 0 101');
    expect(text(offered)).toContain('c=IN IP4 203.0.113.1');
    expect(text(offered)).toContain('a=ptime:30');
    expect(text(offered)).not.toContain('192.0.2.10');
    expect(text(offered)).not.toContain('G729');
  });

  test('the answer tells each leg’s media where to send and what may come', () => {
    const machine = negotiation();
    machine.offered('a', OFFER, 'free');
    const answered = machine.answered('b', ANSWER);
    if (!answered.ok) throw new Error(answered.reason);
    expect(text(answered)).toContain('m=audio 20000 RTP/AVP 0 96');
    expect(answered.agreement.media.b).toEqual({
      remoteAddress: '192.0.2.20',
      remotePort: 6000,
      remoteRtcpPort: 6001,
      rtcpMux: false,
      receiveAudio: [{ payloadType: 0, encoding: 'PCMU' }],
      receiveEvents: [{ payloadType: 101, clockRateHz: 8000 }],
      sendAudio: [{ payloadType: 0, encoding: 'PCMU' }],
      sendEvents: [{ payloadType: 96, clockRateHz: 8000 }],
      ptimeMs: 20,
      direction: 'sendrecv',
    });
    expect(answered.agreement.media.a).toMatchObject({
      remoteAddress: '192.0.2.10',
      remotePort: 4000,
      sendAudio: [{ payloadType: 0, encoding: 'PCMU' }],
      receiveEvents: [{ payloadType: 96, clockRateHz: 8000 }],
      sendEvents: [{ payloadType: 101, clockRateHz: 8000 }],
      ptimeMs: 30,
    });
  });

  test('a wideband caller and a narrowband agent meet: each is told of what it speaks', () => {
    const machine = negotiation();
    const wideband = sdp('192.0.2.10', 4000, '9 101', 'a=rtpmap:101 telephone-event/8000');
    expect(text(machine.offered('a', wideband, 'free'))).toContain('m=audio 20010 RTP/AVP 9 0 8 101');
    const answered = machine.answered('b', ANSWER);
    if (!answered.ok) throw new Error(answered.reason);
    expect(text(answered)).toContain('m=audio 20000 RTP/AVP 9 96');
    const { a, b } = answered.agreement.media;
    const [g722, pcmu] = [[{ payloadType: 9, encoding: 'G722' }], [{ payloadType: 0, encoding: 'PCMU' }]];
    expect([a.receiveAudio, a.sendAudio, b.receiveAudio, b.sendAudio]).toEqual([g722, g722, pcmu, pcmu]);
    expect(a.receiveEvents).toEqual([{ payloadType: 96, clockRateHz: 8000 }]);
    machine.agree(answered.agreement);

    // And so they stay when one of them holds the other.
    expect(text(machine.offered('b', sdp('192.0.2.20', 6000, '0', 'a=sendonly'), 'free'))).toContain(
      'm=audio 20000 RTP/AVP 0 9',
    );
    const held = machine.answered('a', sdp('192.0.2.10', 4000, '9', 'a=recvonly'));
    expect(text(held)).toContain('m=audio 20010 RTP/AVP 0');
  });

  test('G.722 on both sides is not transcoded', () => {
    const machine = negotiation();
    machine.offered('a', sdp('192.0.2.10', 4000, '9'), 'free');
    const answered = machine.answered('b', sdp('192.0.2.20', 6000, '9 0'));
    if (!answered.ok) throw new Error(answered.reason);
    expect(text(answered)).toMatch(/m=audio 20000 RTP\/AVP 9\r/);
    expect(answered.agreement.media.b.sendAudio[0]).toEqual({ payloadType: 9, encoding: 'G722' });
  });

  test('a hold is seen, and refused while all has to stay as it is', () => {
    const machine = negotiation();
    machine.offered('a', OFFER, 'free');
    agreeOn(machine, ANSWER);
    expect(machine.onHold).toBe(false);
    const hold = sdp('192.0.2.10', 4000, '0', 'a=sendonly');
    expect(machine.offered('a', hold, 'frozen')).toMatchObject({ ok: false, status: 488 });
    expect(machine.offered('a', hold, 'free').ok).toBe(true);
    const answered = machine.answered('b', sdp('192.0.2.20', 6000, '0', 'a=recvonly'));
    if (!answered.ok) throw new Error(answered.reason);
    expect(machine.onHold).toBe(false);
    machine.agree(answered.agreement);
    expect(machine.onHold).toBe(true);
  });

  test('while all has to stay as it is, only what says the same again goes on', () => {
    const machine = negotiation();
    machine.offered('a', OFFER, 'free');
    agreeOn(machine, ANSWER);
    expect(machine.offered('b', sdp('192.0.2.20', 6000, '8'), 'frozen').ok).toBe(false);
    expect(machine.offered('a', sdp('192.0.2.10', 4002, '8 0'), 'frozen').ok).toBe(false);
    expect(machine.offered('b', ANSWER, 'frozen').ok).toBe(true);
    machine.rollBack();
    expect(machine.offered('a', OFFER, 'frozen').ok).toBe(true);
    const same = machine.answered('b', ANSWER);
    const held = machine.answered('b', Buffer.from(`${ANSWER}a=inactive\r\n`));
    if (!same.ok || !held.ok) throw new Error('the answers do not fit');
    expect(machine.isUnchanged(same.agreement)).toBe(true);
    expect(machine.isUnchanged(held.agreement)).toBe(false);
  });

  test('an exchange is under way until media has taken its answer over', () => {
    const machine = negotiation();
    machine.offered('a', OFFER, 'free');
    expect(machine.isUnderWay).toBe(true);
    agreeOn(machine, ANSWER);
    expect(machine.isUnderWay).toBe(false);
  });

  test('an exchange that came to nothing leaves the agreement before it', () => {
    const machine = negotiation();
    machine.offered('a', OFFER, 'free');
    agreeOn(machine, ANSWER);
    machine.offered('a', sdp('192.0.2.10', 4000, '0', 'a=sendonly'), 'free');
    machine.answered('b', sdp('192.0.2.20', 6000, '0', 'a=recvonly'));
    expect(machine.rollBack()?.a).toMatchObject({ remotePort: 4000, direction: 'sendrecv' });
    expect(machine.onHold).toBe(false);
    expect(machine.answered('b', ANSWER)).toMatchObject({ ok: false });
  });

  test.each([
    ['no codec that can be inspected', sdp('192.0.2.10', 4000, '18', 'a=rtpmap:18 G729/8000'), 488],
    ['media sent to loopback from outside', sdp('127.0.0.1', 4000, '0'), 488],
    ['media sent to a multicast group', sdp('239.1.1.1', 4000, '0'), 488],
    ['a port that is no media port', sdp('192.0.2.10', 53, '0'), 488],
    ['bytes that are no description', Buffer.from('hello'), 400],
  ])('%s is refused', (_, offer, status) => {
    expect(negotiation().offered('a', offer, 'free')).toMatchObject({ ok: false, status });
  });
});
