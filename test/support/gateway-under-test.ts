/** The gateway as its users run it: `tonegate start --config FILE` from this build, in a directory of its own. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { z } from 'zod';
import type { configurationSchema } from '../../gateway/config/configuration.js';
import { AgentClient, type ApiAnswer } from './agent-client.js';
import { eventually } from './deadline.js';
import { PeerProcess } from './peer-process.js';
import { buildDirectory } from './places.js';
import { type PortRange, reservePorts } from './ports.js';

export type ConfigurationInput = z.input<typeof configurationSchema>;

export type GatewayOptions = {
  /** SIP ports of the peers on 127.0.0.1: the trunk on the caller's side and the agents' PBX. */
  readonly trunkPort: number;
  readonly pbxPort: number;
  /** Changes the configuration before it is written: listeners, peers, routes and ports are filled in already. */
  readonly configure?: (configuration: ConfigurationInput) => ConfigurationInput;
  /** RTP and RTCP ports: four for a call. */
  readonly mediaPorts?: number;
  /** The gateway is killed after so long. */
  readonly limitMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Of an earlier run that was stopped with `keepData`. */
  readonly directory?: string;
  /** Another build than this one. */
  readonly build?: string;
};

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string; readonly level?: unknown };

const START_LIMIT_MS = 30_000;
/** The gateway says BYE on every call before it ends; it gives itself ten seconds. */
const STOP_LIMIT_MS = 12_000;
const DEFAULT_LIMIT_MS = 300_000;
const DEFAULT_MEDIA_PORTS = 100;
/** Start fails after a second by default; a test machine that does other things besides may take longer. */
const PAYMENT_START_TIMEOUT_MS = 3_000;
/** Listeners, API and redeem endpoint. */
const SERVICE_PORTS = 20;

export class GatewayUnderTest {
  /** The configuration file, the data directory and nothing else. */
  readonly directory: string;
  readonly dataDirectory: string;
  /** Where callers call in, and where agents dial out. */
  readonly callerSidePort: number;
  readonly agentSidePort: number;
  readonly apiPort: number;
  readonly redeemPort: number;
  readonly #start: () => PeerProcess;
  #process: PeerProcess;
  readonly #ports: PortRange;

  private constructor(directory: string, ports: PortRange, wired: Wired, start: () => PeerProcess) {
    this.directory = directory;
    this.dataDirectory = wired.dataDirectory;
    this.callerSidePort = wired.callerSidePort;
    this.agentSidePort = wired.agentSidePort;
    this.apiPort = wired.apiPort;
    this.redeemPort = wired.redeemPort;
    this.#ports = ports;
    this.#start = start;
    this.#process = start();
  }

  /** Resolves when the gateway says that it is ready; rejects with its last words when it ends instead. */
  static async start(options: GatewayOptions): Promise<GatewayUnderTest> {
    const ports = await reservePorts(SERVICE_PORTS + (options.mediaPorts ?? DEFAULT_MEDIA_PORTS));
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'tonegate-under-test-'));
    const wired = await wire(directory, ports);
    const base = baseConfiguration(wired, options, ports);
    const file = join(directory, 'tonegate.yaml');
    writeFileSync(file, stringify(options.configure?.(base) ?? base));
    const gateway = new GatewayUnderTest(directory, ports, wired, () => startProcess(file, options));
    try {
      await gateway.#ready();
    } catch (error) {
      await gateway.stop();
      throw error;
    }
    return gateway;
  }

  /** Process ids by name: `control`, `vault`, `media-0` and so on, as the pid files have them now. */
  pids(): Readonly<Record<string, number>> {
    const run = join(this.dataDirectory, 'run');
    if (!existsSync(run)) return {};
    const names = readdirSync(run).filter((name) => name.endsWith('.pid'));
    return Object.fromEntries(
      names.flatMap((name) => {
        const pid = Number.parseInt(readFileSync(join(run, name), 'latin1'), 10);
        return pid > 1 ? [[name.slice(0, -'.pid'.length), pid]] : [];
      }),
    );
  }

  pid(name: string): number {
    const pid = this.pids()[name];
    if (pid === undefined) throw new Error(`no process is named ${name}: ${JSON.stringify(this.pids())}`);
    return pid;
  }

  get isRunning(): boolean {
    return this.#process.isRunning;
  }

  /** Raw lines of standard output and error output. */
  get outputLines(): readonly string[] {
    return [...this.#process.outputLines, ...this.#process.errorLines];
  }

  /** Standard output, parsed; every line must be JSON. */
  get logLines(): readonly LogLine[] {
    return this.#process.outputLines.map((line) => JSON.parse(line));
  }

  /** The first log line whose `msg` fits, past or to come. */
  logLine(message: RegExp, limitMs = 10_000): Promise<LogLine> {
    return eventually(limitMs, `log line ${message}`, () =>
      this.logLines.find(({ msg }) => msg !== undefined && message.test(msg)),
    );
  }

  secret(name: string): string {
    return readFileSync(join(this.dataDirectory, 'secrets', name), 'utf8').trim();
  }

  /** The bearer token of an agent of the configuration. */
  apiToken(agent = 'agent'): string {
    return this.secret(`agent-${agent}.token`);
  }

  agent(name = 'agent'): AgentClient {
    return new AgentClient(this.apiPort, this.apiToken(name));
  }

  /** The order system's `POST /v1/redeem`. */
  redeem(body: { readonly token: string; readonly orderId: string; readonly reveal?: boolean }): Promise<ApiAnswer> {
    return new AgentClient(this.redeemPort, this.secret('redeem.token')).request('POST', '/v1/redeem', body);
  }

  /**
   * Ends the gateway as its users do, waits, and kills what is left of it by process id. Answers the ids that had to be
   * killed: none, when the gateway cleans up after itself.
   */
  async stop(data: 'remove' | 'keep' = 'remove'): Promise<readonly string[]> {
    const pids = this.pids();
    await this.#process.stop(STOP_LIMIT_MS);
    const left = Object.entries(pids).filter(([, pid]) => belongsTo(pid, this.directory));
    for (const [, pid] of left) process.kill(pid, 'SIGKILL');
    this.#ports.release();
    if (data === 'remove') rmSync(this.directory, { recursive: true, force: true });
    return left.map(([name]) => name);
  }

  /** After `kill`, as a service manager would: the same configuration, ports and data. */
  async restart(): Promise<void> {
    this.#process = this.#start();
    await this.#ready();
  }

  async #ready(): Promise<void> {
    const line = await this.#process.line(/"msg":"ready"|"level":"fatal"/, START_LIMIT_MS);
    if (!line.includes('"ready"')) throw new Error(`the gateway could not start\n${this.#process.tail()}`);
  }

  /** Ends the control process without warning; its children should notice by themselves. */
  async kill(): Promise<void> {
    await this.#process.stop(0, 'SIGKILL');
  }
}

type Wired = {
  readonly dataDirectory: string;
  readonly callerSidePort: number;
  readonly agentSidePort: number;
  readonly apiPort: number;
  readonly redeemPort: number;
};

async function wire(directory: string, ports: PortRange): Promise<Wired> {
  return {
    dataDirectory: join(directory, 'data'),
    callerSidePort: await ports.next(),
    agentSidePort: await ports.next(),
    apiPort: await ports.next(),
    redeemPort: await ports.next(),
  };
}

function baseConfiguration(wired: Wired, options: GatewayOptions, ports: PortRange): ConfigurationInput {
  const loopback = '127.0.0.1';
  const portMin = ports.first + SERVICE_PORTS + ((ports.first + SERVICE_PORTS) % 2);
  const target = (port: number) => ({ address: loopback, port });
  return {
    dataDirectory: wired.dataDirectory,
    sip: {
      listeners: [
        { name: 'caller-side', address: loopback, port: wired.callerSidePort },
        { name: 'agent-side', address: loopback, port: wired.agentSidePort },
      ],
      // RTP and RTCP on both legs.
      maxCalls: Math.floor((ports.last - portMin + 1) / 4),
    },
    peers: [
      { name: 'trunk', listener: 'caller-side', addresses: [loopback], target: target(options.trunkPort) },
      { name: 'pbx', listener: 'agent-side', addresses: [loopback], target: target(options.pbxPort) },
    ],
    media: { portMin, portMax: ports.last, processes: 1 },
    vault: { redeem: target(wired.redeemPort) },
    payment: { startTimeoutMs: PAYMENT_START_TIMEOUT_MS },
    api: { listen: target(wired.apiPort) },
    log: { level: 'debug' },
  };
}

function startProcess(file: string, options: GatewayOptions): PeerProcess {
  // Settings for this test run must not reach the gateway as overrides of its configuration.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('TONEGATE_') && name !== 'NODE_OPTIONS',
  );
  return new PeerProcess({
    command: process.execPath,
    args: [join(options.build ?? buildDirectory, 'gateway', 'cli', 'main.js'), 'start', '--config', file],
    env: { ...Object.fromEntries(inherited), ...options.env },
    limitMs: options.limitMs ?? DEFAULT_LIMIT_MS,
  });
}

/** A process id may have gone to another program: only a living process of this build is ended. */
function belongsTo(pid: number, directory: string): boolean {
  try {
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    return commandLine.includes(buildDirectory) || commandLine.includes(directory);
  } catch {
    return false;
  }
}
