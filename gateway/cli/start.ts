/** `tonegate start`: the control process in this process, its children beside it, until SIGTERM or SIGINT. */
import { prepareDataDirectory } from '../config/data-directory-store.js';
import type { Environment } from '../config/parse-configuration.js';
import { ControlProcess } from '../control/control-process.js';
import { createLogger } from '../log/logger.js';
import { PidFile } from '../process/pid-file-store.js';
import { configurationOf, parsedArguments } from './command-arguments.js';
import { type CommandOutput, EXIT_FAILURE, printable } from './command-output.js';
import { startFailure } from './start-failure.js';

export const START_USAGE = 'tonegate start [--config FILE]';

const OPTIONS = { config: { type: 'string', short: 'c' } } as const;

/** Running calls are given so long to hear their BYE. */
const STOP_TIMEOUT_MS = 10_000;

/** @returns the exit code: 0 after a signal */
export async function start(
  args: readonly string[],
  io: CommandOutput,
  environment: Environment = process.env,
): Promise<number> {
  const parsed = parsedArguments({ args: [...args], options: OPTIONS }, START_USAGE, io);
  if (parsed.kind === 'ended') return parsed.exitCode;
  const { values } = parsed.words;
  const configuration = configurationOf(values.config, environment, io);
  if (!configuration) return EXIT_FAILURE;
  const log = createLogger({ level: configuration.log.level });
  try {
    const paths = prepareDataDirectory(configuration.dataDirectory);
    const pidFile = PidFile.take(paths.run, 'control');
    const control = new ControlProcess(configuration, paths, log);
    try {
      log.info(await control.start(), 'ready');
      log.info({ signal: await endSignal() }, 'stopping');
      return 0;
    } finally {
      setTimeout(() => process.exit(EXIT_FAILURE), STOP_TIMEOUT_MS).unref();
      await control.stop();
      pidFile.release();
    }
  } catch (error) {
    const reason = startFailure(error, configuration);
    if (reason === undefined) log.fatal({ err: error }, 'the gateway could not start');
    else io.err(printable(`error: ${reason}`));
    return EXIT_FAILURE;
  }
}

function endSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}
