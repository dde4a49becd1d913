import { describe, expect, test } from '@jest/globals';
import { readDropped, writePeerOffer } from './webrtc-library-text.js';

describe('texts of the WebRTC library', () => {
  test.each([
    ['Number of SRTP replay packets received: 3 (over 1 seconds)', { reason: 'replayed', count: 3 }],
    ['Number of SRTCP replay packets received: 1 (over 2 seconds)', { reason: 'replayed', count: 1 }],
    [
      'rtc::impl::LogCounter::operator++@29: Number of SRTP packets received that failed authentication checks: 12 (over 1 seconds)',
      { reason: 'unauthentic', count: 12 },
    ],
    [
      'Number of SRTP packets received that had an unknown libSRTP failure: 2 (over 1 seconds)',
      { reason: 'unauthentic', count: 2 },
    ],
    ['juice: ICE role conflict (both controlling)', undefined],
    ['Number of SRTP replay packets received: ', undefined],
  ])('%s', (message, dropped) => {
    expect(readDropped(message)).toEqual(dropped);
  });

  test('a peer becomes an offer of one section, all candidates in it and no word that they end', () => {
    const text = writePeerOffer({
      iceUfrag: 'g7KT',
      icePwd: 'THJSGbQ5k5bb0+KM4LsMOzoD',
      fingerprint: { algorithm: 'sha-256', value: 'AA:BB' },
      setup: 'passive',
      candidates: [
        { foundation: '1', priority: 5, address: '192.0.2.1', port: 4000, type: 'host' },
        { foundation: '2', priority: 4, address: '2001:db8::1', port: 4001, type: 'relay' },
      ],
    });
    expect(text.split('\r\n').filter((line) => line.startsWith('a=candidate'))).toEqual([
      'a=candidate:1 1 UDP 5 192.0.2.1 4000 typ host',
      'a=candidate:2 1 UDP 4 2001:db8::1 4001 typ relay raddr :: rport 9',
    ]);
    expect(text).toContain('a=setup:passive\r\na=ice-ufrag:g7KT\r\n');
    expect(text).not.toContain('end-of-candidates');
  });
});
