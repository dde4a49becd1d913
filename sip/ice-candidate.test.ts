import { describe, expect, test } from '@jest/globals';
import { parseIceCandidate, writeIceCandidate } from './ice-candidate.js';

const FAR = { allowLoopback: false };

describe('ICE candidates', () => {
  test.each([
    'candidate:1 1 UDP 2130706431 192.0.2.1 20000 typ host',
    'candidate:842163049 1 UDP 1677729535 198.51.100.77 61000 typ srflx raddr 0.0.0.0 rport 9',
    'candidate:a+/ 1 UDP 1 2001:db8::1 65535 typ relay raddr :: rport 9',
  ])('%s reads and writes back', (text) => {
    const candidate = parseIceCandidate(text, FAR);
    expect(candidate && writeIceCandidate(candidate)).toBe(text);
  });

  test('tells of a private place behind a public one nothing that would be passed on', () => {
    const candidate = parseIceCandidate('candidate:1 1 udp 5 192.0.2.1 4000 typ srflx raddr 10.0.0.7 rport 4001', FAR);
    expect(candidate && writeIceCandidate(candidate)).not.toContain('10.0.0.7');
  });

  test.each([
    ['nothing', ''],
    ['another attribute', 'ice-ufrag:abcd'],
    ['too few parts', 'candidate:1 1 udp 5 192.0.2.1'],
    ['no type', 'candidate:1 1 udp 5 192.0.2.1 4000 typ'],
    ['an unknown type', 'candidate:1 1 udp 5 192.0.2.1 4000 typ other'],
    ['TCP', 'candidate:1 1 tcp 5 192.0.2.1 4000 typ host tcptype passive'],
    ['RTCP on a port of its own', 'candidate:1 2 udp 5 192.0.2.1 4000 typ host'],
    ['a name', 'candidate:1 1 udp 5 5f3c0a5e.local 4000 typ host'],
    ['a priority beyond 31 bits', 'candidate:1 1 udp 2147483648 192.0.2.1 4000 typ host'],
    ['a port beyond 16 bits', 'candidate:1 1 udp 5 192.0.2.1 65536 typ host'],
    ['a well-known port', 'candidate:1 1 udp 5 192.0.2.1 53 typ host'],
    ['loopback', 'candidate:1 1 udp 5 127.0.0.1 4000 typ host'],
    ['multicast', 'candidate:1 1 udp 5 239.1.1.1 4000 typ host'],
    ['link-local', 'candidate:1 1 udp 5 169.254.1.1 4000 typ host'],
    ['a foundation of other characters', 'candidate:1; 1 udp 5 192.0.2.1 4000 typ host'],
  ])('is not taken with %s', (_what, text) => {
    expect(parseIceCandidate(text, FAR)).toBeUndefined();
  });

  test('loopback is a place where the gateway itself lives on it', () => {
    const text = 'candidate:1 1 udp 5 127.0.0.1 4000 typ host';
    expect(parseIceCandidate(text, { allowLoopback: true })).toMatchObject({ address: '127.0.0.1' });
  });
});
