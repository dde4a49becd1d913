import { expect, test } from '@jest/globals';
import { refuseInspector } from './refuse-inspector.js';

test.each([
  '--inspect',
  '--inspect-brk=0',
  '--max-old-space-size=64 --inspect=127.0.0.1:0',
  '--heap-prof',
  '--heap_prof',
  '--cpu-prof',
  '--heapsnapshot-signal=SIGUSR2',
  '--heapsnapshot-near-heap-limit=1',
  '--report-on-signal',
  '--require ./spy.js',
  '-r ./spy.js',
  '--import ./spy.mjs',
])('the vault does not run with %s', (options) => {
  expect(() => refuseInspector(options, [])).toThrow(expect.objectContaining({ code: 'inspector-enabled' }));
  expect(() => refuseInspector('', options.split(' '))).toThrow(expect.objectContaining({ code: 'inspector-enabled' }));
});

test.each(['', '--max-old-space-size=256', '--enable-source-maps --no-warnings'])('it runs with "%s"', (options) => {
  expect(() => refuseInspector(options, [])).not.toThrow();
});
