/** The gateway as an operator starts it: `tonegate start` in a process of its own, here with a throw-away directory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';

const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 10_000;

export type DemoGatewayOptions = {
  readonly callerPort: number;
  readonly agentPort: number;
  /** Where there is a page: its origin, and the address at which its browser reaches the gateway's SIP. */
  readonly page?: { readonly origin: string; readonly sipServer: string };
};

/** What the softphone's user is dialled by. */
export const SOFTPHONE_USER = 'alex';

type Ready = {
  readonly sipPorts: readonly { readonly name: string; readonly transport: string; readonly port: number }[];
  readonly apiPort: number;
  readonly redeemPort: number;
};

export class DemoGateway {
  readonly directory: string;
  readonly #child: ChildProcess;
  readonly #ready: Ready;

  private constructor(directory: string, child: ChildProcess, ready: Ready) {
    this.directory = directory;
    this.#child = child;
    this.#ready = ready;
  }

  /** @param options where the two phones listen; all else is the gateway's own default, on ports of its choice */
  static async start(options: DemoGatewayOptions): Promise<DemoGateway> {
    const directory = await mkdtemp(join(tmpdir(), 'tonegate-demo-'));
    const file = join(directory, 'tonegate.yaml');
    writeFileSync(file, stringify(configurationOf(join(directory, 'data'), options)));
    const main = fileURLToPath(new URL('../cli/main.js', import.meta.url));
    const child = spawn(process.execPath, [main, 'start', '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      return new DemoGateway(directory, child, await readyLine(child));
    } catch (error) {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get apiPort(): number {
    return this.#ready.apiPort;
  }

  get redeemPort(): number {
    return this.#ready.redeemPort;
  }

  /** Port of the caller's side. */
  get callerSidePort(): number {
    return this.#sipPort('caller-side', 'udp');
  }

  /** Port at which browsers register. */
  get softphonePort(): number {
    return this.#sipPort('softphones', 'ws');
  }

  get recordingDirectory(): string {
    return join(this.directory, 'data', 'recordings');
  }

  secret(name: string): string {
    return readFileSync(join(this.directory, 'data', 'secrets', name), 'utf8').trim();
  }

  #sipPort(listener: string, wanted: string): number {
    return this.#ready.sipPorts.find(({ name, transport }) => name === listener && transport === wanted)?.port ?? 0;
  }

  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    // Ctrl-C at a terminal reaches the child too, which may then be gone already.
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
      this.#child.kill('SIGTERM');
      await gone;
    }
    clearTimeout(timer);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const PAGE_ROUTES = [
  { name: 'to-softphone', from: 'trunk', to: 'softphone', callerSide: 'from', users: SOFTPHONE_USER },
  { name: 'to-desk-phone', from: 'trunk', to: 'pbx', callerSide: 'from' },
];

function configurationOf(dataDirectory: string, { callerPort, agentPort, page }: DemoGatewayOptions): object {
  const loopback = { address: '127.0.0.1', port: 0 };
  return {
    dataDirectory,
    sip: {
      listeners: [
        { name: 'caller-side', ...loopback },
        { name: 'agent-side', ...loopback },
        ...(page ? [{ name: 'softphones', ...loopback, transports: ['ws'], allowedOrigins: [page.origin] }] : []),
      ],
      ...(page ? { users: [{ name: SOFTPHONE_USER }] } : {}),
    },
    peers: [
      { name: 'trunk', listener: 'caller-side', addresses: ['127.0.0.1'], target: { ...loopback, port: callerPort } },
      { name: 'pbx', listener: 'agent-side', addresses: ['127.0.0.1'], target: { ...loopback, port: agentPort } },
      ...(page ? [{ name: 'softphone', kind: 'registered', listener: 'softphones' }] : []),
    ],
    ...(page ? { routes: PAGE_ROUTES } : {}),
    api: {
      listen: loopback,
      ...(page ? { allowedOrigins: [page.origin], softphone: { server: page.sipServer } } : {}),
    },
    vault: { redeem: loopback },
    log: { level: 'info' },
  };
}

/** Every line of the gateway's log is JSON; the one that says ready names its ports. */
async function readyLine(child: ChildProcess): Promise<Ready> {
  if (!child.stdout) throw new Error('the gateway has no output');
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the gateway did not become ready')), START_LIMIT_MS);
    child.once('exit', (code) => reject(new Error(`the gateway ended with exit code ${code}`)));
    lines.on('line', (line) => {
      const entry = JSON.parse(line) as { readonly msg?: string } & Ready;
      if (entry.msg !== 'ready') return;
      clearTimeout(timer);
      resolve(entry);
    });
  });
}
