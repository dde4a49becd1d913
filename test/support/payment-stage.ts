/**
 * A gateway with a caller's and an agent's telephone and the agent's desktop, ready for payments on live calls. The
 * desktop speaks through a relay that keeps all HTTP and WebSocket bytes.
 */
import type { CallView } from '../../gateway/api/call-desk.js';
import type { SessionView } from '../../gateway/payment/session-view.js';
import type { FieldName } from '../../vault-client/wire.js';
import { AgentClient } from './agent-client.js';
import { type ConfigurationInput, GatewayUnderTest } from './gateway-under-test.js';
import { type PortRange, reservePorts } from './ports.js';
import { type KeyWay, TestPhone } from './test-phone.js';
import { TrafficRecorder } from './traffic-recorder.js';

/** Digits of published test cards, as numbers: a string of them would end up in places that are searched for them. */
export type TestCard = {
  readonly cardNumber: readonly number[];
  readonly expirationDate: readonly number[];
  readonly securityCode: readonly number[];
};

export const POUND = 11;

const STAGE_PORTS = 60;

export type StageOptions = {
  readonly configure?: (configuration: ConfigurationInput) => ConfigurationInput;
  readonly limitMs?: number;
  /** The gateway's data directory of an earlier stage whose gateway was stopped and its data kept. */
  readonly directory?: string;
};

export class PaymentStage {
  readonly ports: PortRange;
  readonly caller: TestPhone;
  readonly agentPhone: TestPhone;
  readonly gateway: GatewayUnderTest;
  readonly traffic: TrafficRecorder;
  readonly desktop: AgentClient;

  private constructor(parts: {
    readonly ports: PortRange;
    readonly caller: TestPhone;
    readonly agentPhone: TestPhone;
    readonly gateway: GatewayUnderTest;
    readonly traffic: TrafficRecorder;
  }) {
    this.ports = parts.ports;
    this.caller = parts.caller;
    this.agentPhone = parts.agentPhone;
    this.gateway = parts.gateway;
    this.traffic = parts.traffic;
    this.desktop = new AgentClient(parts.traffic.port, parts.gateway.apiToken());
  }

  /** Resolves when everything runs and the desktop's event socket is open. */
  static async set(options: StageOptions = {}): Promise<PaymentStage> {
    const ports = await reservePorts(STAGE_PORTS);
    const caller = await TestPhone.start(ports, { user: 'caller' });
    const agentPhone = await TestPhone.start(ports, { user: 'agent' });
    const gateway = await GatewayUnderTest.start({
      trunkPort: caller.sipPort,
      pbxPort: agentPhone.sipPort,
      ...options,
    });
    const traffic = await TrafficRecorder.start(await ports.next(), gateway.apiPort);
    const stage = new PaymentStage({ ports, caller, agentPhone, gateway, traffic });
    await stage.desktop.openEvents();
    return stage;
  }

  /** The caller calls, the agent answers, both talk. */
  async placeCall(): Promise<CallView> {
    await this.caller.call('service', this.gateway.callerSidePort);
    return this.desktop.call();
  }

  /** Ends the call and waits until both telephones and the desktop know. */
  async endCall(callId: string): Promise<void> {
    this.caller.hangUp();
    await this.agentPhone.hungUp();
    await this.desktop.event('call ended', ({ call }) => call?.id === callId && call.state === 'ended');
  }

  /** Captures one field and resolves when it is green. */
  async keyField(session: SessionView, field: FieldName, digits: readonly number[], way: KeyWay): Promise<void> {
    await this.desktop.capture(session.id, field);
    await this.caller.key([...digits, POUND], way);
    await this.desktop.sessionEvent(
      `${field} captured`,
      ({ id, fields }) => id === session.id && fields[field].state === 'captured',
    );
  }

  async keyCard(session: SessionView, card: TestCard, way: KeyWay): Promise<void> {
    await this.keyField(session, 'cardNumber', card.cardNumber, way);
    await this.keyField(session, 'expirationDate', card.expirationDate, way);
    await this.keyField(session, 'securityCode', card.securityCode, way);
  }

  /** Complete Tokenization, and the token once it has come. */
  async complete(session: SessionView): Promise<string> {
    await this.desktop.complete(session.id);
    const { token } = await this.desktop.sessionEvent('vaulted', ({ id, state }) => id === session.id && state === 'vaulted');
    if (token === undefined) throw new Error('the session is vaulted and has no token');
    return token;
  }

  /** The value of one line of the metrics page. */
  async metric(name: string): Promise<number> {
    const { text } = await this.desktop.request('GET', '/metrics');
    const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`the metrics page has no ${name}`);
    return Number(value);
  }

  /** Ends everything. Answers the processes of the gateway that had to be killed: none, as a rule. */
  async strike(data: 'remove' | 'keep' = 'remove'): Promise<readonly string[]> {
    this.desktop.close();
    await this.caller.close();
    await this.agentPhone.close();
    this.traffic.close();
    const killed = await this.gateway.stop(data);
    this.ports.release();
    return killed;
  }
}
