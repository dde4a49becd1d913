/** `tonegate audit`: checks the audit log, or prints it. Reads only, also beside a running gateway. */
import { parseArgs, types } from 'node:util';
import { readAuditLines } from '../audit/audit-read.js';
import { AUDIT_PROBLEM_TEXTS, verifyAuditLog } from '../audit/audit-verify.js';
import { describeNote } from '../config/configuration-note.js';
import { dataPaths } from '../config/data-paths.js';
import { loadConfiguration } from '../config/load-configuration.js';
import type { Environment } from '../config/parse-configuration.js';
import { type CommandOutput, EXIT_FAILURE, EXIT_USAGE, printable } from './command-output.js';

export const AUDIT_USAGE =
  'tonegate audit verify|list [--data DIRECTORY | --config FILE]; list takes [--after SEQUENCE] [--limit COUNT]';

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
  const options = parse(args, io);
  if (!options) return EXIT_USAGE;
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
  const result = loadConfiguration(options.config, environment);
  if (result.ok) return dataPaths(result.configuration.dataDirectory).auditLog;
  for (const problem of result.problems) io.err(printable(`error: ${describeNote(problem)}`));
  return undefined;
}

function parse(args: readonly string[], io: CommandOutput): Options | undefined {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        config: { type: 'string', short: 'c' },
        after: { type: 'string', default: '0' },
        limit: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
      },
    });
    const [action, ...rest] = positionals;
    const after = wholeNumber(values.after);
    const limit = wholeNumber(values.limit);
    const understood = (action === 'verify' || action === 'list') && rest.length === 0;
    if (understood && after !== undefined && limit !== undefined) {
      return { action, data: values.data, config: values.config, after, limit };
    }
  } catch (error) {
    io.err(types.isNativeError(error) ? error.message : 'not understood');
  }
  io.err(`usage: ${AUDIT_USAGE}`);
  return undefined;
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}
