/** What commands have in common: reading their words, and reading the configuration with every problem told. */
import { type ParseArgsConfig, parseArgs, types } from 'node:util';
import type { Configuration } from '../config/configuration.js';
import { loadConfiguration } from '../config/configuration-file-store.js';
import { describeNote } from '../config/configuration-note.js';
import type { Environment } from '../config/parse-configuration.js';
import { type CommandOutput, printable } from './command-output.js';

/** The command's words, or undefined once the terminal has been told what was wrong with them. */
export function parsedArguments<Config extends ParseArgsConfig>(
  config: Config,
  usage: string,
  io: CommandOutput,
): ReturnType<typeof parseArgs<Config>> | undefined {
  try {
    return parseArgs(config);
  } catch (error) {
    io.err(types.isNativeError(error) ? error.message : 'not understood');
    io.err(`usage: ${usage}`);
    return undefined;
  }
}

/** The checked configuration, or undefined once the terminal has been told every problem, key by key. */
export function configurationOf(
  path: string | undefined,
  environment: Environment,
  io: CommandOutput,
): Configuration | undefined {
  const result = loadConfiguration(path, environment);
  for (const warning of result.warnings) io.err(printable(`warning: ${describeNote(warning)}`));
  if (result.ok) return result.configuration;
  for (const problem of result.problems) io.err(printable(`error: ${describeNote(problem)}`));
  return undefined;
}
