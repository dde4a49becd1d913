/** `tonegate demo`: the whole product on one machine, and whether it kept its promise. */
import { writeFileSync } from 'node:fs';
import { AgentDesktop } from '../demo/agent-desktop.js';
import { DemoGateway } from '../demo/demo-gateway-process.js';
import { type DemoResult, dataOf, promiseKept } from '../demo/demo-result.js';
import { type DemoWorld, runPayment } from '../demo/demo-run.js';
import { runInteractive } from '../demo/interactive-demo.js';
import { OrderEntry } from '../demo/order-entry.js';
import { Phone } from '../demo/phone-socket.js';
import { parsedArguments } from './command-arguments.js';
import { type CommandOutput, EXIT_FAILURE } from './command-output.js';

export const DEMO_USAGE = 'tonegate demo [--interactive] [--json FILE]';

const OPTIONS = { json: { type: 'string' }, interactive: { type: 'boolean', default: false } } as const;

/** @returns 0 only if every token was good once and the listener found each key where it may be heard, and only there */
export async function demo(args: readonly string[], io: CommandOutput): Promise<number> {
  const parsed = parsedArguments({ args: [...args], options: OPTIONS }, DEMO_USAGE, io);
  if (parsed.kind === 'ended') return parsed.exitCode;
  const { json, interactive } = parsed.words.values;
  const caller = await Phone.start({
    user: '5550100',
    displayName: 'Casey Caller',
    seed: 11,
    quietWhileKeying: interactive,
  });
  const agent = await Phone.start({ user: '200', displayName: 'Alex Agent', seed: 23 });
  try {
    if (interactive) return await runInteractive({ caller, deskPhone: agent, say: io.out });
    const gateway = await DemoGateway.start({ callerPort: caller.sipPort, agentPort: agent.sipPort });
    try {
      return report(await runBoth({ gateway, caller, agent, say: io.out }), json, io);
    } finally {
      await gateway.stop();
    }
  } catch (error) {
    io.err(error instanceof Error ? error.message : String(error));
    return EXIT_FAILURE;
  } finally {
    await caller.close();
    await agent.close();
  }
}

function report(results: readonly DemoResult[], file: string | undefined, io: CommandOutput): number {
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(dataOf(results), null, 2)}\n`);
  const kept = results.every(promiseKept);
  io.out(kept ? 'all of it held' : 'something did not hold: see above');
  return kept ? 0 : EXIT_FAILURE;
}

async function runBoth(world: Omit<DemoWorld, 'desktop' | 'orders'>): Promise<readonly DemoResult[]> {
  const { gateway } = world;
  const desktop = await AgentDesktop.connect({ port: gateway.apiPort, token: gateway.secret('agent-agent.token') });
  const orders = new OrderEntry(gateway.redeemPort, gateway.secret('redeem.token'));
  try {
    const byEvent = await runPayment({ ...world, desktop, orders }, 'telephone-event');
    const inBand = await runPayment({ ...world, desktop, orders }, 'in-band');
    return [byEvent, inBand];
  } finally {
    desktop.close();
  }
}
