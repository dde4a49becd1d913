import { describe, expect, it } from '@jest/globals';
import { mediaAddressProblem } from './media-address.js';

describe('mediaAddressProblem', () => {
  it.each([
    ['192.0.2.1', undefined],
    ['10.1.2.3', undefined],
    ['2001:db8::1', undefined],
    ['127.0.0.1', 'loopback'],
    ['127.255.0.9', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['169.254.169.254', 'link-local'],
    ['fe80::1', 'link-local'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.250', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['240.0.0.1', 'broadcast'],
    ['example.com', 'not-an-address'],
    ['127.1', 'not-an-address'],
    ['0x7f.0.0.1', 'not-an-address'],
    ['0177.0.0.1', 'not-an-address'],
    ['224.2.1.1/127', 'not-an-address'],
    ['fe80::1%eth0', 'not-an-address'],
    ['', 'not-an-address'],
  ])('finds of %s: %s', (address, problem) => {
    expect(mediaAddressProblem(address, { allowLoopback: false })).toBe(problem);
  });

  it('lets loopback through where the configuration allows it, and nothing else', () => {
    expect(mediaAddressProblem('127.0.0.1', { allowLoopback: true })).toBeUndefined();
    expect(mediaAddressProblem('::1', { allowLoopback: true })).toBeUndefined();
    expect(mediaAddressProblem('0.0.0.0', { allowLoopback: true })).toBe('unspecified');
  });
});
