/** `tonegate check`: says whether a configuration will do, before a gateway is started with it. Changes nothing. */
import { configurationSchemaText } from '../config/json-schema.js';
import { describePort, listeningPorts } from '../config/listening-ports.js';
import type { Environment } from '../config/parse-configuration.js';
import { configurationOf, parsedArguments } from './command-arguments.js';
import { type CommandOutput, EXIT_FAILURE, printable } from './command-output.js';

export const CHECK_USAGE = 'tonegate check [--config FILE] [--print-ports] [--print-schema]';

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  'print-ports': { type: 'boolean', default: false },
  'print-schema': { type: 'boolean', default: false },
} as const;

export async function check(
  args: readonly string[],
  io: CommandOutput,
  environment: Environment = process.env,
): Promise<number> {
  const parsed = parsedArguments({ args: [...args], options: OPTIONS }, CHECK_USAGE, io);
  if (parsed.kind === 'ended') return parsed.exitCode;
  const { values } = parsed.words;
  if (values['print-schema']) {
    io.out(configurationSchemaText().trimEnd());
    return 0;
  }
  const configuration = configurationOf(values.config, environment, io);
  if (!configuration) return EXIT_FAILURE;
  if (values['print-ports']) {
    for (const port of listeningPorts(configuration)) io.out(printable(describePort(port)));
  } else io.out('the configuration is ok');
  return 0;
}
