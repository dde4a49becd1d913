/** `tonegate audit`: checks the audit log, or prints it. Reads only, also beside a running gateway. */
import { types } from 'node:util';
import { readAuditLines } from '../audit/audit-read-store.js';
import { AUDIT_PROBLEM_TEXTS, verifyAuditLog } from '../audit/audit-verify-store.js';
import { dataPaths } from '../config/data-paths.js';
import type { Environment } from '../config/parse-configuration.js';
import { configurationOf, parsedArguments } from './command-arguments.js';
import { type CommandOutput, EXIT_FAILURE, EXIT_USAGE, printable } from './command-output.js';

export const AUDIT_USAGE =
  'tonegate audit verify|list [--data DIRECTORY | --config FILE]; list takes [--after SEQUENCE] [--limit COUNT]';

const OPTIONS = {
  data: { type: 'string' },
  config: { type: 'string', short: 'c' },
  after: { type: 'string', default: '0' },
  limit: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
} as const;

type Words = {
  readonly positionals: readonly string[];
  readonly values: {
    readonly data?: string | undefined;
    readonly config?: string | undefined;
    readonly after: string;
    readonly limit: string;
  };
};

type Options = {
  readonly action: 'verify' | 'list';
  readonly data: string | undefined;
  readonly config: string | undefined;
  readonly after: number;
  readonly limit: number;
};

export async function audit(
  args: readonly string[],
  io: CommandOutput,
  environment: Environment = process.env,
): Promise<number> {
  const parsed = parsedArguments({ args: [...args], allowPositionals: true, options: OPTIONS }, AUDIT_USAGE, io);
  if (parsed.kind === 'ended') return parsed.exitCode;
  const options = optionsOf(parsed.words);
  if (!options) {
    io.err(`usage: ${AUDIT_USAGE}`);
    return EXIT_USAGE;
  }
  const path = logPath(options, io, environment);
  if (path === undefined) return EXIT_FAILURE;
  switch (options.action) {
    case 'verify':
      return verify(path, io);
    case 'list':
      return list(path, options, io);
  }
}

function verify(path: string, io: CommandOutput): number {
  const verdict = verifyAuditLog(path);
  if (verdict.ok) {
    io.out(`${path}: ${verdict.records} records, each as it was written; the last has hash ${verdict.hash}`);
    return 0;
  }
  const where = verdict.sequence === 0 ? '' : `record ${verdict.sequence}: `;
  io.err(`${path}: ${where}${AUDIT_PROBLEM_TEXTS[verdict.problem]}`);
  return EXIT_FAILURE;
}

/** One JSON object a line, with its sequence number. */
function list(path: string, range: Options, io: CommandOutput): number {
  try {
    for (const { sequence, json } of readAuditLines(path, { afterSequence: range.after, limit: range.limit })) {
      io.out(printable(`{"sequence":${sequence},"record":${json}}`));
    }
    return 0;
  } catch (error) {
    io.err(`${path}: ${types.isNativeError(error) ? error.message : 'cannot be read'}`);
    return EXIT_FAILURE;
  }
}

/** Of the directory named, else of the one that the configuration names. */
function logPath(options: Options, io: CommandOutput, environment: Environment): string | undefined {
  if (options.data !== undefined) return dataPaths(options.data).auditLog;
  const configuration = configurationOf(options.config, environment, io);
  return configuration && dataPaths(configuration.dataDirectory).auditLog;
}

/** Undefined for words that make no sense together. */
function optionsOf({ positionals, values }: Words): Options | undefined {
  const [action, ...rest] = positionals;
  const after = wholeNumber(values.after);
  const limit = wholeNumber(values.limit);
  if ((action !== 'verify' && action !== 'list') || rest.length > 0) return undefined;
  if (after === undefined || limit === undefined) return undefined;
  return { action, data: values.data, config: values.config, after, limit };
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}
