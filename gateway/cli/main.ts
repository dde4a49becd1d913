#!/usr/bin/env node
/** The command `tonegate`: finds the subcommand and ends with its exit code. */
import '../process/inspector-guard-process.js';
import { type CommandOutput, EXIT_USAGE } from './command-output.js';

const USAGE = `tonegate start [--config FILE]        runs the gateway
tonegate check [--config FILE]        checks a configuration; --print-ports lists what would listen
tonegate audit verify|list [--data DIR]  reads the audit log
tonegate openapi                      prints the OpenAPI document of the API
tonegate demo [--interactive] [--json FILE]  a call, a capture and a token on this machine
Each has --help.`;

const io: CommandOutput = {
  out: (line: string) => void process.stdout.write(`${line}\n`),
  err: (line: string) => void process.stderr.write(`${line}\n`),
};

// A reader that goes away, as `head` does, has read enough: the rest is dropped, and the command ends in its own way.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

type Command = (args: readonly string[], io: CommandOutput) => Promise<number>;

const [name = '', ...args] = process.argv.slice(2);
const command = await commandOf(name);
if (command) {
  process.exitCode = await command(args, io);
} else {
  const isAsked = name === '--help' || name === 'help';
  (isAsked ? io.out : io.err)(USAGE);
  process.exitCode = isAsked ? 0 : EXIT_USAGE;
}

/** Loads one command and nothing of the others: the demo's phone must not be in the gateway's memory. */
async function commandOf(wanted: string): Promise<Command | undefined> {
  switch (wanted) {
    case 'start':
      return (await import('./start.js')).start;
    case 'check':
      return (await import('./check.js')).check;
    case 'audit':
      return (await import('./audit.js')).audit;
    case 'openapi':
      return (await import('./openapi.js')).openapi;
    case 'demo':
      return (await import('./demo.js')).demo;
    default:
      return undefined;
  }
}
