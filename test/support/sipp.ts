/**
 * sipp as caller and as called party, run from the scenarios of `test/peers/`. In a scenario, `[name]` is filled from
 * `keys` before sipp reads it, so that a key may also stand where sipp itself takes only constants.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './deadline.js';
import type { G711Encoding } from './g711.js';
import { g711PayloadType } from './g711.js';
import { writeRtpPcap } from './pcap.js';
import { PeerProcess } from './peer-process.js';
import { peersDirectory } from './places.js';
import type { TimedPacket } from './rtp.js';

export type SippOptions = {
  /** File name in `test/peers/`, without its ending. */
  readonly scenario: string;
  readonly localPort: number;
  /** Where calls go, for scenarios that call; the gateway's or another sipp's port on 127.0.0.1. */
  readonly remotePort?: number;
  readonly transport?: 'udp' | 'tcp';
  /** sipp's own media port, from which capture files are played: the first of SIPP_MEDIA_PORTS free ones. */
  readonly mediaPort: number;
  /** The port in the session description, when a test receives the audio itself; sipp's own by default. */
  readonly audioPort?: number;
  readonly encoding?: G711Encoding;
  /** Played where the scenario says so; a scenario that plays and is given nothing plays a second of silence. */
  readonly audio?: readonly TimedPacket[];
  readonly keys?: Readonly<Record<string, string | number>>;
  /** Lines of the injected file; `[field0]` in the scenario. */
  readonly lines?: readonly string[];
  readonly calls?: number;
  readonly callsPerSecond?: number;
  readonly maxCallsAtOnce?: number;
  /** sipp gives up after so long, and the run counts as failed. */
  readonly limitMs: number;
  /** How long a single expected message may take. */
  readonly messageLimitMs?: number;
  /** Answers 200 to INFO, UPDATE, OPTIONS and NOTIFY wherever they come in the scenario. */
  readonly answersOtherRequests?: boolean;
  /** Sends every message once: one that is lost over UDP fails its call, and one that is late does not. */
  readonly repeatsNothing?: boolean;
  /** Keeps every message for `SippResult.messages`; not for load. */
  readonly keepMessages?: boolean;
};

/** sipp binds its audio port and, two further on, a video port, each with room for RTCP. */
export const SIPP_MEDIA_PORTS = 4;

export type SippStatistics = {
  readonly created: number;
  readonly successful: number;
  readonly failed: number;
  /** Reasons with a count above zero, by sipp's column name: `FailedUnexpectedMessage`, `FailedTimeoutOnRecv`… */
  readonly failures: Readonly<Record<string, number>>;
};

export type SippResult = {
  /** 0: every call ended as the scenario says. */
  readonly exitCode: number | null;
  readonly statistics: SippStatistics;
  /** sipp's words on messages that it did not expect. */
  readonly errors: string;
  readonly messages: string;
};

/** Names that sipp fills in by itself, and so are no missing keys. */
const KEYWORDS =
  /^(service|authentication .*|remote_ip|remote_port|local_ip|local_port|media_ip|media_port|transport|branch(-\d+)?|pid|call_number|call_id|cseq|len|routes|next_url|peer_tag_param|last_[A-Za-z-]+:|field\d+( line=.*)?|\$\w+)$/;
/** How long sipp is let live beyond its own limit before it is killed. */
const GRACE_MS = 5_000;
const START_LIMIT_MS = 5_000;

export class SippRun {
  /** Settles when sipp has ended, also when calls failed: the result says so. */
  readonly done: Promise<SippResult>;
  readonly #process: PeerProcess;
  readonly #directory: string;

  constructor(options: SippOptions) {
    this.#directory = mkdtempSync(join(tmpdir(), 'tonegate-sipp-'));
    prepareFiles(this.#directory, options);
    this.#process = new PeerProcess({
      command: 'sipp',
      args: argumentsOf(options),
      cwd: this.#directory,
      env: { ...process.env, TERM: 'dumb' },
      limitMs: options.limitMs + GRACE_MS,
    });
    this.done = this.#process.exited.then((exit) => this.#result(exit.code)).finally(() => this.#removeFiles());
    this.done.catch(() => {});
  }

  /** Ends sipp at once, calls or no calls; needed where a scenario waits for a call that may never come. */
  async stop(): Promise<void> {
    await this.#process.stop(1_000, 'SIGKILL');
    await this.done.catch(() => {});
  }

  /** Resolves when the called party's port is bound: before that a call to it would be lost. */
  async listening(port: number, transport: 'udp' | 'tcp'): Promise<void> {
    await eventually(START_LIMIT_MS, `sipp on port ${port}`, () => {
      if (!this.#process.isRunning) throw new Error(`sipp ended at once\n${this.#process.tail()}`);
      return isListening(port, transport) ? true : undefined;
    });
  }

  /**
   * The port that the other side's newest session description names, for a leg that talks from the test itself. Needs
   * `keepMessages`.
   */
  remoteAudioPort(limitMs = START_LIMIT_MS): Promise<number> {
    return eventually(limitMs, "the other side's audio port", () => {
      const received = this.#read('messages.log')
        .split(/^-{20,} /m)
        .filter((text) => text.includes('message received'));
      const ports = received.flatMap((text) => /^m=audio ([1-9]\d*) /m.exec(text)?.[1] ?? []);
      const newest = ports.at(-1);
      return newest === undefined ? undefined : Number(newest);
    });
  }

  #result(exitCode: number | null): SippResult {
    const path = join(this.#directory, 'statistics.csv');
    if (!existsSync(path)) throw new Error(`sipp left no statistics (exit code ${exitCode})\n${this.#process.tail()}`);
    return {
      exitCode,
      statistics: readStatistics(readFileSync(path, 'utf8')),
      errors: withoutNotices(this.#read('errors.log')),
      messages: this.#read('messages.log'),
    };
  }

  #read(name: string): string {
    const path = join(this.#directory, name);
    return existsSync(path) ? readFileSync(path, 'latin1') : '';
  }

  #removeFiles(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Starts sipp as the called party and resolves when it listens. */
export async function startCalledParty(options: SippOptions): Promise<SippRun> {
  const run = new SippRun(options);
  try {
    await run.listening(options.localPort, options.transport ?? 'udp');
  } catch (error) {
    await run.stop();
    throw error;
  }
  return run;
}

/** Starts sipp as the calling party; the calls go out at once. */
export function startCaller(options: SippOptions & { readonly remotePort: number }): SippRun {
  return new SippRun(options);
}

function prepareFiles(directory: string, options: SippOptions): void {
  const encoding = options.encoding ?? 'PCMU';
  const keys: Record<string, string | number> = {
    from_user: 'caller',
    duration: 1000,
    // Only where it fills in its own port does sipp play from it; else it would send from port 0.
    audio_port: options.audioPort ?? '[media_port]',
    audio_type: g711PayloadType[encoding],
    audio_name: encoding,
    ...options.keys,
  };
  const scenario = readFileSync(join(peersDirectory, `${options.scenario}.xml`), 'latin1');
  const capture = writeRtpPcap(options.audio ?? []);
  writeFileSync(join(directory, 'scenario.xml'), fillScenario(scenario, keys), 'latin1');
  for (const name of ['caller-audio.pcap', 'agent-audio.pcap']) writeFileSync(join(directory, name), capture);
  writeFileSync(join(directory, 'lines.csv'), `SEQUENTIAL\n${(options.lines ?? ['none']).join('\n')}\n`);
}

/** Throws when the scenario names a key that is neither given nor sipp's own. */
function fillScenario(scenario: string, keys: Readonly<Record<string, string | number>>): string {
  const body = scenario.replace(/<!--[\s\S]*?-->/g, '');
  return body.replace(/(regexp="[^"]*")|\[([a-z][^\][]*(?:\[\$\w+\])?)\]/g, (text, pattern, name) => {
    // In a regular expression a bracket is a set of characters, unless it is exactly a key.
    if (pattern !== undefined) return fillPattern(pattern, keys);
    if (keys[name] !== undefined) return String(keys[name]);
    if (KEYWORDS.test(name)) return text;
    throw new Error(`the scenario needs a value for [${name}]`);
  });
}

function fillPattern(pattern: string, keys: Readonly<Record<string, string | number>>): string {
  return pattern.replace(/\[([a-z_]+)\]/g, (text, name) => (keys[name] === undefined ? text : String(keys[name])));
}

function argumentsOf(options: SippOptions): readonly string[] {
  const calls = options.calls ?? 1;
  const args = [
    ...['-sf', 'scenario.xml', '-inf', 'lines.csv', '-i', '127.0.0.1', '-p', String(options.localPort)],
    ...['-mi', '127.0.0.1', '-mp', String(options.mediaPort), '-t', options.transport === 'tcp' ? 't1' : 'u1'],
    ...['-m', String(calls), '-r', String(options.callsPerSecond ?? 10)],
    ...['-timeout', `${Math.ceil(options.limitMs / 1000)}s`, '-timeout_error'],
    ...['-recv_timeout', String(options.messageLimitMs ?? options.limitMs)],
    ...['-trace_stat', '-stf', 'statistics.csv', '-fd', '1', '-trace_err', '-error_file', 'errors.log', '-nostdin'],
    // A peer that closes its TCP connection after the last answer must not fail the call that is over.
    ...['-reconnect_close', 'false'],
  ];
  if (options.maxCallsAtOnce !== undefined) args.push('-l', String(options.maxCallsAtOnce));
  if (options.answersOtherRequests === true) args.push('-aa');
  if (options.repeatsNothing === true) args.push('-nr');
  if (options.keepMessages === true) args.push('-trace_msg', '-message_file', 'messages.log');
  if (options.remotePort !== undefined) {
    args.push('-s', String(options.keys?.service ?? 'service'), `127.0.0.1:${options.remotePort}`);
  }
  return args;
}

/** Throws with all that sipp said when the run was anything but `calls` calls that each went as the scenario says. */
export function assertAllSucceeded(result: SippResult, calls = 1): void {
  const { statistics, errors, exitCode } = result;
  const good = exitCode === 0 && statistics.successful === calls && statistics.failed === 0 && errors === '';
  if (!good) throw new Error(`sipp: exit code ${exitCode}, ${JSON.stringify(statistics)}\n${errors}`);
}

/** The log of unexpected messages without the notices about requests that `-aa` answered, which were expected. */
function withoutNotices(errors: string): string {
  const left = errors.replace(
    /\d{4}-\d\d-\d\d\t\S+\t\S+: Automatic response mode .*? for call: \S+?(?=\d{4}-\d\d-\d\d\t|$)/g,
    '',
  );
  return left.trim() === 'The following events occurred:' ? '' : left;
}

/** The last line holds the final figures; columns ending in `(C)` count from the start. */
function readStatistics(csv: string): SippStatistics {
  const rows = csv.split('\n').filter((row) => row.trim() !== '');
  const columns = rows[0]?.split(';') ?? [];
  const values = rows.at(-1)?.split(';') ?? [];
  const cumulative = new Map<string, number>();
  columns.forEach((column, index) => {
    const name = /^(.*)\(C\)$/.exec(column)?.[1];
    if (name !== undefined) cumulative.set(name, Number(values[index]));
  });
  const count = (name: string): number => {
    const value = cumulative.get(name);
    if (value === undefined || Number.isNaN(value)) throw new Error(`sipp's statistics have no ${name}`);
    return value;
  };
  return {
    created: count('IncomingCall') + count('OutgoingCall'),
    successful: count('SuccessfulCall'),
    failed: count('FailedCall'),
    failures: Object.fromEntries([...cumulative].filter(([name, value]) => /^Failed(?!Call$)/.test(name) && value > 0)),
  };
}

const SOCKET_TABLES = { udp: ['/proc/net/udp', '/proc/net/udp6'], tcp: ['/proc/net/tcp', '/proc/net/tcp6'] } as const;
/** States of include/net/tcp_states.h: TCP_LISTEN; a connection that is over keeps its port for a minute in another one. */
const STATES = { udp: '[0-9A-F]{2}', tcp: '0A' } as const;

/** Whether some socket of this machine takes what is sent to the port, by the kernel's tables. */
export function isListening(port: number, transport: 'udp' | 'tcp'): boolean {
  const digits = port.toString(16).toUpperCase().padStart(4, '0');
  const local = new RegExp(`^\\s*\\d+: [0-9A-F]+:${digits} [0-9A-F]+:[0-9A-F]{4} ${STATES[transport]} `, 'm');
  return SOCKET_TABLES[transport].some((table) => existsSync(table) && local.test(readFileSync(table, 'latin1')));
}
