/** What commands have in common: reading their words, and reading the configuration with every problem told. */
import { type ParseArgsConfig, parseArgs, types } from 'node:util';
import type { Configuration } from '../config/configuration.js';
import { loadConfiguration } from '../config/configuration-file-store.js';
import { describeNote } from '../config/configuration-note.js';
import type { Environment } from '../config/parse-configuration.js';
import { type CommandOutput, EXIT_USAGE, printable } from './command-output.js';

/** Node's advice on words that begin with a hyphen; none of ours do. */
const NODE_HINT = /\. To specify a positional argument .*$/s;

export type ParsedArguments<Config extends ParseArgsConfig> =
  | { readonly kind: 'words'; readonly words: ReturnType<typeof parseArgs<Config>> }
  | { readonly kind: 'ended'; readonly exitCode: number };

/** The command's words; or the command has ended, and the terminal was told its usage or what was wrong with them. */
export function parsedArguments<Config extends ParseArgsConfig>(
  config: Config,
  usage: string,
  io: CommandOutput,
): ParsedArguments<Config> {
  if (config.args?.includes('--help')) {
    io.out(`usage: ${usage}`);
    return { kind: 'ended', exitCode: 0 };
  }
  try {
    return { kind: 'words', words: parseArgs(config) };
  } catch (error) {
    io.err(types.isNativeError(error) ? error.message.replace(NODE_HINT, '') : 'not understood');
    io.err(`usage: ${usage}`);
    return { kind: 'ended', exitCode: EXIT_USAGE };
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
