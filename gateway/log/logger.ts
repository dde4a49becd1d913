import { types } from 'node:util';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { HIDDEN, hideDigitRuns, holdsDigitRun } from './digit-guard.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export type { Logger } from 'pino';

/** A line longer than this is a mistake: it is replaced, not cut, as a cut would leave it unreadable. */
const MAX_LINE_LENGTH = 16 * 1024;
/** Nested deeper than anything we mean to log. */
const MAX_DEPTH = 12;

/**
 * The log: JSON lines on standard output, ISO times, no process id or host name. Every line passes the digit guard in
 * its final form, whatever level, nesting or error it came from; what could be a card number never leaves.
 */
export function createLogger(options: { readonly level: LogLevel; readonly write?: (line: string) => void }): Logger {
  const output: DestinationStream = options.write ? { write: options.write } : destination({ dest: 1, sync: true });
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError, err: describeError },
    },
    { write: (line) => void output.write(guardLine(line)) },
  );
}

type ErrorDescription = {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
};

/**
 * Name, message, code and stack, and nothing else that hangs on an error: libraries hang buffers and whole requests
 * there.
 */
export function describeError(error: unknown): ErrorDescription {
  if (!types.isNativeError(error)) return { type: typeof error, message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(code !== undefined && { code }),
    ...(error.stack !== undefined && { stack: error.stack }),
  };
}

/** One serialised line, without runs of digits, and still JSON. */
export function guardLine(line: string): string {
  if (line.length > MAX_LINE_LENGTH) return withheld('it was too long');
  if (!holdsDigitRun(line)) return line;
  let text: string;
  try {
    text = JSON.stringify(guardValue(JSON.parse(line), 0));
  } catch {
    return withheld('it was no JSON');
  }
  // What only shows across values, as in a list of single digits, cannot be cut out of it.
  return holdsDigitRun(text) ? withheld('it held a run of digits') : `${text}\n`;
}

function guardValue(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) return HIDDEN;
  if (typeof value === 'string') return hideDigitRuns(value);
  if (typeof value === 'number') return holdsDigitRun(String(value)) ? HIDDEN : value;
  if (Array.isArray(value)) {
    return holdsDigitRun(JSON.stringify(value)) ? HIDDEN : value.map((member) => guardValue(member, depth + 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [hideDigitRuns(key), guardValue(member, depth + 1)]),
  );
}

function withheld(reason: string): string {
  return `${JSON.stringify({ level: 'error', time: new Date().toISOString(), msg: `a log line was withheld: ${reason}` })}\n`;
}
