/** `tonegate start`: the control process in this process, its children beside it, until SIGTERM or SIGINT. */
import { parseArgs } from 'node:util';
import { describeNote } from '../config/configuration-note.js';
import { prepareDataDirectory } from '../config/data-directory-store.js';
import { loadConfiguration } from '../config/load-configuration.js';
import { createLogger } from '../log/logger.js';
import { PidFile } from '../log/pid-file-store.js';
import { ControlProcess } from '../process/control-process.js';

type Terminal = { out(line: string): void; err(line: string): void };

/** Running calls are given so long to hear their BYE. */
const STOP_TIMEOUT_MS = 10_000;

/** @returns the exit code: 0 after a signal, 1 when the gateway could not start, 2 when the configuration is wrong */
export async function start(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { config: { type: 'string' } } });
  const loaded = loadConfiguration(values.config, process.env);
  for (const warning of loaded.warnings) terminal.err(`warning: ${describeNote(warning)}`);
  if (!loaded.ok) {
    for (const problem of loaded.problems) terminal.err(`error: ${describeNote(problem)}`);
    return 2;
  }
  const { configuration } = loaded;
  const log = createLogger({ level: configuration.log.level });
  try {
    const paths = prepareDataDirectory(configuration.dataDirectory);
    const pidFile = PidFile.take(paths.run, 'control');
    try {
      const control = new ControlProcess(configuration, paths, log);
      const ports = await control.start();
      log.info(ports, 'ready');
      const signal = await endSignal();
      log.info({ signal }, 'stopping');
      const giveUp = setTimeout(() => process.exit(1), STOP_TIMEOUT_MS);
      await control.stop();
      clearTimeout(giveUp);
      log.info('stopped');
      return 0;
    } finally {
      pidFile.release();
    }
  } catch (error) {
    log.fatal({ err: error }, 'the gateway could not start');
    return 1;
  }
}

function endSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}
