/** A caller, the gateway and an agent on a virtual network, each played by the real machines. */
import type { BackToBackInput, BackToBackOutput } from '../../sip/back-to-back-events.js';
import { type BackToBackOptions, BackToBackUserAgent } from '../../sip/back-to-back-user-agent.js';
import type { Flow } from '../../sip/message.js';
import { UserAgent } from '../../sip/user-agent.js';
import type { UserAgentInput, UserAgentOutput } from '../../sip/user-agent-events.js';
import { type Listener, type NetworkNode, seededBytes, VirtualNetwork, type Weather } from './virtual-network.js';

export const OFFER = Buffer.from('v=0\r\no=offer\r\n');
export const ANSWER = Buffer.from('v=0\r\no=answer\r\n');

export const CALLER: Listener = { name: 'phone', address: '10.0.0.1', port: 5060 };
export const AGENT: Listener = { name: 'phone', address: '10.0.0.9', port: 5060 };
export const CALLER_SIDE: Listener = { name: 'caller-side', address: '10.0.0.5', port: 5060 };
export const AGENT_SIDE: Listener = { name: 'agent-side', address: '10.0.0.5', port: 5062 };

type Transport = 'udp' | 'tcp';

function addressesOf(listeners: readonly Listener[]) {
  return listeners.flatMap(({ name, address, port }) =>
    (['udp', 'tcp'] as const).map((transport) => ({ listener: name, transport, host: address, port })),
  );
}

/** A phone: what it does on its own is given by `react`. */
export class Phone implements NetworkNode {
  readonly listeners: readonly Listener[];
  readonly agent: UserAgent;
  readonly heard: UserAgentOutput[] = [];
  readonly counts = new Map<string, number>();
  react: (output: UserAgentOutput, phone: Phone) => void = () => {};
  readonly #network: VirtualNetwork;

  constructor(network: VirtualNetwork, listener: Listener, seed: number) {
    this.#network = network;
    this.listeners = [listener];
    this.agent = new UserAgent({ addresses: addressesOf([listener]), random: seededBytes(seed) });
    network.add(this);
  }

  deadlineMs(): number {
    return this.agent.deadlineMs;
  }

  receive(flow: Flow, bytes: Buffer): void {
    this.do({ kind: 'received', flow, bytes });
  }

  expire(): void {
    this.do({ kind: 'deadline' });
  }

  do(input: UserAgentInput): void {
    for (const output of this.agent.handle(input, this.#network.nowMs)) {
      if (output.kind === 'send') {
        this.#network.send(this.listeners[0], output.flow, output.bytes);
      } else if (output.kind === 'counted') {
        this.counts.set(output.code, (this.counts.get(output.code) ?? 0) + 1);
      } else {
        this.heard.push(output);
        this.react(output, this);
      }
    }
    this.#network.touch(this);
  }

  /** Dials the gateway, or whoever else is given. */
  dial(
    callId: string,
    options: { sdp?: Buffer; to?: Listener; transport?: Transport; displayName?: string } = {},
  ): void {
    const to = options.to ?? CALLER_SIDE;
    const { address } = this.listeners[0];
    const sdp = options.sdp === undefined ? undefined : { sdp: options.sdp };
    this.do({
      kind: 'place-call',
      callId,
      target: {
        flow: {
          listener: this.listeners[0].name,
          transport: options.transport ?? 'udp',
          remoteAddress: to.address,
          remotePort: to.port,
        },
        requestUri: `sip:service@${to.address}:${to.port}`,
        from: { displayName: options.displayName ?? 'Alice', uri: `sip:alice@${address}` },
        to: { displayName: '', uri: `sip:service@${to.address}` },
      },
      ...sdp,
    });
  }

  kinds(callId?: string): readonly string[] {
    const own = this.heard.filter((output) => callId === undefined || ('callId' in output && output.callId === callId));
    return own.map(({ kind }) => kind);
  }
}

/** The gateway with a policy that routes all calls to the agent, and media that changes no description. */
export class Gateway implements NetworkNode {
  readonly listeners = [CALLER_SIDE, AGENT_SIDE];
  readonly agent: BackToBackUserAgent;
  readonly heard: BackToBackOutput[] = [];
  readonly counts = new Map<string, number>();
  transport: Transport = 'udp';
  /** How long a description takes. */
  mediaMs = 0;
  onCall: (arrival: BackToBackOutput & { kind: 'call-arrived' }) => BackToBackInput;
  onDescription: (exchange: BackToBackOutput & { kind: 'description-received' }) => BackToBackInput | undefined;
  onInfo: 'accept' | 'relay' | 'refuse' = 'accept';
  readonly #network: VirtualNetwork;

  constructor(network: VirtualNetwork, seed: number, options: Partial<BackToBackOptions> = {}) {
    this.#network = network;
    this.agent = new BackToBackUserAgent({
      addresses: addressesOf(this.listeners),
      random: seededBytes(seed),
      maxCalls: 100_000,
      ...options,
    });
    this.onCall = (arrival) => this.route(arrival);
    this.onDescription = ({ exchangeId, sdp }) => ({ kind: 'description-ready', exchangeId, sdp: Buffer.from(sdp) });
    network.add(this);
  }

  deadlineMs(): number {
    return this.agent.deadlineMs;
  }

  receive(flow: Flow, bytes: Buffer): void {
    this.do({ kind: 'received', flow, bytes });
  }

  expire(): void {
    this.do({ kind: 'deadline' });
  }

  route(arrival: BackToBackOutput & { kind: 'call-arrived' }): BackToBackInput {
    const isFromAgent = arrival.flow.listener === 'agent-side';
    const [listener, target] = isFromAgent ? ['caller-side', CALLER] : ['agent-side', AGENT];
    return {
      kind: 'route-call',
      callId: arrival.callId,
      target: {
        flow: {
          listener,
          transport: this.transport,
          remoteAddress: target.address,
          remotePort: target.port,
        },
        requestUri: `sip:agent@${target.address}`,
        from: arrival.from,
        to: { displayName: '', user: 'agent', uri: `sip:agent@${target.address}` },
      },
    };
  }

  do(input: BackToBackInput): void {
    for (const output of this.agent.handle(input, this.#network.nowMs)) {
      this.#take(output);
    }
    this.#network.touch(this);
  }

  kinds(): readonly string[] {
    return this.heard.map(({ kind }) => kind);
  }

  #take(output: BackToBackOutput): void {
    switch (output.kind) {
      case 'send': {
        const listener = this.listeners.find(({ name }) => name === output.flow.listener);
        this.#network.send(listener ?? CALLER_SIDE, output.flow, output.bytes);
        break;
      }
      case 'counted':
        this.counts.set(output.code, (this.counts.get(output.code) ?? 0) + 1);
        break;
      default:
        this.heard.push(output);
        this.#decide(output);
    }
  }

  #decide(output: BackToBackOutput): void {
    const decision = this.#decisionFor(output);
    if (decision === undefined) {
      return;
    }
    const delayMs = output.kind === 'description-received' ? this.mediaMs : 0;
    this.#network.at(this.#network.nowMs + delayMs, () => this.do(decision));
  }

  #decisionFor(output: BackToBackOutput): BackToBackInput | undefined {
    switch (output.kind) {
      case 'call-arrived':
        return this.onCall(output);
      case 'description-received':
        return this.onDescription(output);
      case 'info-received':
        return { kind: 'answer-info', infoId: output.infoId, action: this.onInfo };
      default:
        return undefined;
    }
  }
}

export type Stage = {
  readonly network: VirtualNetwork;
  readonly caller: Phone;
  readonly gateway: Gateway;
  readonly agent: Phone;
};

/** The agent rings and answers at once; renegotiations are accepted on both sides. Tests change what they are about. */
export function setStage(seed: number, weather: Weather = {}, options: { maxCalls?: number } = {}): Stage {
  const network = new VirtualNetwork(seed, weather);
  const caller = new Phone(network, CALLER, seed + 1);
  const gateway = new Gateway(network, seed + 2, options);
  const agent = new Phone(network, AGENT, seed + 3);
  caller.react = politely;
  agent.react = politely;
  return { network, caller, gateway, agent };
}

export function politely(output: UserAgentOutput, phone: Phone): void {
  switch (output.kind) {
    case 'incoming-call':
      phone.do({ kind: 'ring', callId: output.callId, status: 180, reason: 'Ringing' });
      phone.do({ kind: 'answer', callId: output.callId, sdp: output.sdp === undefined ? OFFER : ANSWER });
      break;
    case 'renegotiation-requested':
      phone.do({
        kind: 'accept-renegotiation',
        callId: output.callId,
        sdp: output.sdp === undefined ? OFFER : ANSWER,
      });
      break;
    case 'accepted':
    case 'renegotiation-accepted':
      // Only a late offer is waiting for this.
      phone.do({ kind: 'acknowledge', callId: output.callId, sdp: ANSWER });
      break;
    case 'info':
      phone.do({ kind: 'answer-info', callId: output.callId, infoId: output.infoId, status: 200 });
      break;
    default:
      break;
  }
}

/** After the longest timer of all: nothing may be left anywhere. */
export function holdingsAfterAll(stage: Stage): readonly number[] {
  stage.network.run(stage.network.nowMs + 300_000);
  const { caller, gateway, agent } = stage;
  return [caller, gateway, agent].flatMap((node) => Object.values(node.agent.holdings));
}
