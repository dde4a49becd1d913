/**
 * Networks of one machine (ip-netns(8)): ours, in which the gateway is, an agent's, and a relay's that is in both and
 * forwards nothing. Needs root.
 *
 * ```
 *  gateway 10.199.0.1 ── 10.199.0.2 relay 10.199.1.1 ── 10.199.1.2 agent behind a relay
 *          10.199.2.1 ─────────────────────────────── 10.199.2.2 agent
 * ```
 */
import { execFileSync } from 'node:child_process';

export const GATEWAY_BY_RELAY = '10.199.0.1';
export const RELAY_AT_GATEWAY = '10.199.0.2';
export const RELAY_AT_AGENT = '10.199.1.1';
export const GATEWAY_BY_CABLE = '10.199.2.1';

export class SeparateNetworks {
  readonly #relay = `tgr${process.pid}`;
  readonly #agent = `tga${process.pid}`;
  readonly #cable = `tgc${process.pid}`;

  constructor() {
    const { agent, relay } = { agent: this.#agent, relay: this.#relay };
    try {
      for (const name of [relay, agent]) ip('netns', 'add', name);
      ip('link', 'add', this.#cable, 'type', 'veth', 'peer', 'name', 'cable', 'netns', agent);
      ip('link', 'add', `${relay}o`, 'type', 'veth', 'peer', 'name', 'outside', 'netns', relay);
      ip('-n', relay, 'link', 'add', 'inside', 'type', 'veth', 'peer', 'name', 'relayed', 'netns', agent);
      ip('addr', 'add', `${GATEWAY_BY_RELAY}/24`, 'dev', `${relay}o`);
      ip('addr', 'add', `${GATEWAY_BY_CABLE}/24`, 'dev', this.#cable);
      ip('-n', relay, 'addr', 'add', `${RELAY_AT_GATEWAY}/24`, 'dev', 'outside');
      ip('-n', relay, 'addr', 'add', `${RELAY_AT_AGENT}/24`, 'dev', 'inside');
      ip('-n', agent, 'addr', 'add', '10.199.1.2/24', 'dev', 'relayed');
      ip('-n', agent, 'addr', 'add', '10.199.2.2/24', 'dev', 'cable');
      for (const link of [this.#cable, `${relay}o`]) ip('link', 'set', link, 'up');
      for (const link of ['outside', 'inside']) ip('-n', relay, 'link', 'set', link, 'up');
      for (const link of ['relayed', 'cable']) ip('-n', agent, 'link', 'set', link, 'up');
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** What stands before a command to run it in the agent's network. */
  get inAgents(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#agent];
  }

  get inRelays(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#relay];
  }

  /** From here on the agent reaches the relay alone. */
  cutCable(): void {
    ip('link', 'del', this.#cable);
  }

  /** Links go with their networks. */
  remove(): void {
    for (const words of [
      ['netns', 'del', this.#agent],
      ['netns', 'del', this.#relay],
    ]) {
      try {
        ip(...words);
      } catch {
        // It had not been made.
      }
    }
  }
}

function ip(...words: readonly string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}
