import { VaultError } from './errors.js';

/** Options of Node that open, dump or record the memory of the process. */
const FORBIDDEN_OPTIONS =
  /--(inspect|heap-prof|cpu-prof|heapsnapshot|report-|experimental-report|diagnostic-dir|abort-on-uncaught|trace-event|require|import|loader|experimental-loader)/;
/** `-r` is `--require` under another name: code that we have not written. */
const SHORT_REQUIRE = /(^|\s)-r(\s|=|$)/;

/** @throws VaultError `inspector-enabled` when the process was started so that others can look into it. */
export function refuseInspector(nodeOptions: string, execArguments: readonly string[]): void {
  const options = [nodeOptions, ...execArguments].join(' ').replaceAll('_', '-');
  if (FORBIDDEN_OPTIONS.test(options) || SHORT_REQUIRE.test(options)) throw new VaultError('inspector-enabled');
}
