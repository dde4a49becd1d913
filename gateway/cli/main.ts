#!/usr/bin/env node
/** The command `tonegate`: finds the subcommand and ends with its exit code. */
import '../process/inspector-guard-process.js';
import type { CommandOutput } from './command-output.js';

const USAGE = `tonegate start [--config FILE]        runs the gateway
tonegate check [--config FILE]        checks a configuration; --print-ports lists what would listen
tonegate audit verify|list [--data DIR]  reads the audit log
tonegate openapi                      prints the OpenAPI document of the API
tonegate demo [--interactive] [--json FILE]  a call, a capture and a token on this machine`;

const io: CommandOutput = {
  out: (line: string) => void process.stdout.write(`${line}\n`),
  err: (line: string) => void process.stderr.write(`${line}\n`),
};

type Command = (args: readonly string[], io: CommandOutput) => Promise<number>;

const [name = '', ...args] = process.argv.slice(2);
const command = await commandOf(name);
if (command) {
  process.exitCode = await command(args, io);
} else {
  io.err(USAGE);
  process.exitCode = name === '--help' || name === 'help' ? 0 : 2;
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
