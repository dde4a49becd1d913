/** `tonegate check`: says whether a configuration will do, before a gateway is started with it. Changes nothing. */
import { parseArgs, types } from 'node:util';
import { describeNote } from '../config/configuration-note.js';
import { configurationSchemaText } from '../config/json-schema.js';
import { describePort, listeningPorts } from '../config/listening-ports.js';
import { loadConfiguration } from '../config/load-configuration.js';
import type { Environment } from '../config/parse-configuration.js';
import { type CommandOutput, EXIT_FAILURE, EXIT_USAGE, printable } from './command-output.js';

export const CHECK_USAGE = 'tonegate check [--config FILE] [--print-ports] [--print-schema]';

export async function check(
  args: readonly string[],
  io: CommandOutput,
  environment: Environment = process.env,
): Promise<number> {
  const options = parse(args, io);
  if (!options) return EXIT_USAGE;
  if (options.printSchema) {
    io.out(configurationSchemaText().trimEnd());
    return 0;
  }
  const result = loadConfiguration(options.config, environment);
  for (const warning of result.warnings) io.err(printable(`warning: ${describeNote(warning)}`));
  if (!result.ok) {
    for (const problem of result.problems) io.err(printable(`error: ${describeNote(problem)}`));
    return EXIT_FAILURE;
  }
  if (options.printPorts)
    for (const port of listeningPorts(result.configuration)) io.out(printable(describePort(port)));
  else io.out('the configuration is ok');
  return 0;
}

type Options = { readonly config: string | undefined; readonly printPorts: boolean; readonly printSchema: boolean };

function parse(args: readonly string[], io: CommandOutput): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: 'string', short: 'c' },
        'print-ports': { type: 'boolean', default: false },
        'print-schema': { type: 'boolean', default: false },
      },
    });
    return { config: values.config, printPorts: values['print-ports'], printSchema: values['print-schema'] };
  } catch (error) {
    io.err(types.isNativeError(error) ? error.message : 'not understood');
    io.err(`usage: ${CHECK_USAGE}`);
    return undefined;
  }
}
