import { describe, expect, test } from '@jest/globals';
import { cpuMsOf, parseCpuMs, parseResidentMib, residentMibOf } from './media-usage.js';

describe('what a process used', () => {
  test('user and system time are summed, whatever the process is called', () => {
    const stat = '4242 (a ) b) S 1 4242 4242 0 -1 4194560 1000 0 0 0 150 25 7 8 20 0 11 0 1000 2000 300';
    expect(parseCpuMs(stat)).toBe(1750);
    expect(parseCpuMs('4242 (cut) S 1')).toBeUndefined();
  });

  test('resident memory is that of VmRSS', () => {
    expect(parseResidentMib('Name:\tnode\nVmHWM:\t  99999 kB\nVmRSS:\t   51200 kB\n')).toBe(50);
    expect(parseResidentMib('Name:\tnode\nState:\tZ (zombie)\n')).toBeUndefined();
  });

  test('this process uses some of both, and one that never was none', () => {
    expect(cpuMsOf(process.pid)).toBeGreaterThan(0);
    expect(residentMibOf(process.pid)).toBeGreaterThan(1);
    expect(cpuMsOf(0)).toBeUndefined();
    expect(residentMibOf(0)).toBeUndefined();
  });
});
