/** `tonegate demo`: the whole product on one machine, and whether it kept its promise. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { AgentDesktop } from '../demo/agent-desktop.js';
import { DemoGateway } from '../demo/demo-gateway-process.js';
import { type DemoResult, type DemoWorld, runPayment } from '../demo/demo-run.js';
import { runInteractive } from '../demo/interactive-terminal.js';
import { OrderEntry } from '../demo/order-entry.js';
import { Phone } from '../demo/phone-socket.js';

type Terminal = { out(line: string): void; err(line: string): void };

/** @returns 0 only if every token was good once and the listener found each key where it may be heard, and only there */
export async function demo(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'string' }, interactive: { type: 'boolean', default: false } },
  });
  const caller = await Phone.start({ user: '5550100', displayName: 'Casey Caller', seed: 11 });
  const agent = await Phone.start({ user: '200', displayName: 'Alex Agent', seed: 23 });
  const gateway = await DemoGateway.start({ callerPort: caller.sipPort, agentPort: agent.sipPort });
  try {
    if (values.interactive) return await runInteractive({ gateway, caller, say: terminal.out });
    const results = await runBoth({ gateway, caller, agent, say: terminal.out });
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ runs: results }, null, 2)}\n`);
    const kept = results.every(promiseKept);
    terminal.out(kept ? 'all of it held' : 'something did not hold: see above');
    return kept ? 0 : 1;
  } catch (error) {
    terminal.err(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await gateway.stop();
    await caller.close();
    await agent.close();
  }
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

function promiseKept({ keys, redeemed, secondRedemption, found, pressed, beforePayment }: DemoResult): boolean {
  const tokenGoodOnce = redeemed && secondRedemption === 'refused';
  const hidden = found.agent === 0 && found.recording === 0;
  // An event is no sound, so only tones can stand in the recording.
  const heardBefore =
    beforePayment.agent === beforePayment.pressed &&
    beforePayment.recording === (keys === 'in-band' ? beforePayment.pressed : 0);
  return tokenGoodOnce && hidden && heardBefore && pressed > 0 && found.caller === pressed;
}
