/**
 * Everything that takes part in a payment: the gateway as users run it, a caller and an agent on the telephone, the
 * agent's desktop, the merchant's order system; and what is left of it afterwards: recordings and the audit log.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallView } from '../../gateway/api/call-desk.js';
import { readAuditLines } from '../../gateway/audit/audit-read-store.js';
import type { AuditAction, AuditRecord } from '../../gateway/audit/audit-record.js';
import { dataPaths } from '../../gateway/config/data-paths.js';
import type { SessionView } from '../../gateway/payment/session-view.js';
import type { RecordingNotes } from '../../gateway/recording/recording-notes.js';
import type { FieldName } from '../../vault-client/wire.js';
import { AgentClient } from './agent-client.js';
import { eventually, pause } from './deadline.js';
import { type ConfigurationInput, GatewayUnderTest } from './gateway-under-test.js';
import { KeypadPhone, type KeyWay } from './keypad-phone.js';
import { keysOf } from './keys.js';
import { type PortRange, reservePorts } from './ports.js';
import { TrafficRecorder } from './traffic-recorder.js';
import type { VoiceEncoding } from './voice-codec.js';
import { readWavFile } from './wav.js';

const CALLER_PORTS = 20;
/** 20 ms. */
const PACKET_SAMPLES = 160;
const LIMIT_MS = 20_000;
/** The API takes 50 requests a second of one agent. */
const POLL_INTERVAL_MS = 40;
const AGENT_WORDS =
  'Thank you for calling. I am going to take your card payment now. Please use the keys of your telephone, ' +
  'and press the hash key after each of the three numbers. I can neither see nor hear what you are typing.';

/** Key names, as keyed; test numbers of the brands' own making. */
export type KeyedCard = { readonly [Field in FieldName]: string };

export const VISA: KeyedCard = { cardNumber: '4242424242424242', expirationDate: '1231', securityCode: '321' };
export const AMEX: KeyedCard = { cardNumber: '378282246310005', expirationDate: '0930', securityCode: '4321' };

export type SceneOptions = {
  readonly configure?: (configuration: ConfigurationInput) => ConfigurationInput;
  /** Data of an earlier scene. */
  readonly directory?: string;
  /** The gateway is killed after so long. */
  readonly limitMs?: number;
  /** Of the gateway; this one where none is said. */
  readonly build?: string;
  /** The desktop speaks through a relay that keeps all HTTP and WebSocket bytes. */
  readonly keepsTraffic?: boolean;
  /** What each telephone speaks; PCMU where none is said. */
  readonly encodings?: { readonly caller: VoiceEncoding; readonly agent: VoiceEncoding };
};

export type RecordingFile = {
  readonly name: string;
  readonly caller: Int16Array;
  readonly agent: Int16Array;
  readonly notes: RecordingNotes;
};

export class PaymentScene {
  readonly gateway: GatewayUnderTest;
  readonly caller: KeypadPhone;
  readonly agent: KeypadPhone;
  readonly desk: AgentClient;
  readonly traffic: TrafficRecorder | undefined;
  readonly #ports: PortRange;

  private constructor(
    parts: Pick<PaymentScene, 'gateway' | 'caller' | 'agent' | 'desk' | 'traffic'> & { readonly ports: PortRange },
  ) {
    this.gateway = parts.gateway;
    this.caller = parts.caller;
    this.agent = parts.agent;
    this.desk = parts.desk;
    this.traffic = parts.traffic;
    this.#ports = parts.ports;
  }

  static async open({ keepsTraffic = false, encodings, ...options }: SceneOptions = {}): Promise<PaymentScene> {
    const ports = await reservePorts(CALLER_PORTS);
    const caller = await KeypadPhone.start(ports, 'caller', { encoding: encodings?.caller ?? 'PCMU' });
    const agent = await KeypadPhone.start(ports, 'agent', { words: AGENT_WORDS, encoding: encodings?.agent ?? 'PCMU' });
    try {
      const phones = { trunkPort: caller.sipPort, pbxPort: agent.sipPort };
      const gateway = await GatewayUnderTest.start({ ...phones, ...options });
      const traffic = keepsTraffic ? await TrafficRecorder.start(await ports.next(), gateway.apiPort) : undefined;
      const desk = new AgentClient(traffic?.port ?? gateway.apiPort, gateway.apiToken());
      await desk.openEvents();
      return new PaymentScene({ gateway, caller, agent, desk, traffic, ports });
    } catch (error) {
      await Promise.all([caller.close(), agent.close()]);
      ports.release();
      throw error;
    }
  }

  /** Answers the processes of the gateway that did not end by themselves. */
  async close(data: 'remove' | 'keep' = 'remove'): Promise<readonly string[]> {
    this.desk.close();
    await Promise.all([this.caller.close(), this.agent.close()]);
    this.traffic?.close();
    const left = await this.gateway.stop(data);
    this.#ports.release();
    return left;
  }

  /** The caller calls, the agent answers, both talk and hear each other. */
  async dial(transport: 'udp' | 'tcp' = 'udp'): Promise<CallView> {
    await this.caller.call('service', this.gateway.callerSidePort, transport);
    const call = await this.desk.call();
    await this.#bothHeard();
    return call;
  }

  /** The agent calls the customer, who pays all the same. */
  async dialOut(): Promise<CallView> {
    await this.agent.call('customer', this.gateway.agentSidePort);
    const call = await this.desk.call();
    await this.#bothHeard();
    return call;
  }

  async hangUp(call: CallView): Promise<void> {
    this.caller.hangUp();
    await this.agent.hungUp();
    await this.desk.event('the end of the call', (event) => event.call?.id === call.id && event.call.state === 'ended');
  }

  /** Keys a value and `#` into a field, and waits until the field is no longer awaiting. */
  async enter(session: SessionView, field: FieldName, names: string, way: KeyWay = 'sip-info'): Promise<SessionView> {
    await this.desk.capture(session.id, field);
    await this.caller.key(keysOf(`${names}#`), way);
    return this.settled(session, field);
  }

  /** The session once this field is no longer awaiting. */
  settled(session: SessionView, field: FieldName): Promise<SessionView> {
    return this.session(session, `${field} settled`, ({ fields }) => fields[field].state !== 'awaiting');
  }

  async enterCard(session: SessionView, card: KeyedCard, way: KeyWay = 'sip-info'): Promise<SessionView> {
    await this.enter(session, 'cardNumber', card.cardNumber, way);
    await this.enter(session, 'expirationDate', card.expirationDate, way);
    return this.enter(session, 'securityCode', card.securityCode, way);
  }

  /** Complete Tokenization, and the token once it is there. */
  async complete(session: SessionView): Promise<string> {
    await this.desk.complete(session.id);
    const { token } = await this.session(session, 'vaulted', ({ state }) => state === 'vaulted' || state === 'failed');
    if (token === undefined) throw new Error('the session brought no token');
    return token;
  }

  /** The session's newest state as the API tells it, once it fits. */
  async session(session: SessionView, what: string, fits: (view: SessionView) => boolean): Promise<SessionView> {
    const endMs = performance.now() + LIMIT_MS;
    for (;;) {
      const view = await this.desk.session(session.id);
      if (fits(view)) return view;
      if (performance.now() > endMs) throw new Error(`session not ${what}: ${JSON.stringify(view)}`);
      await pause(POLL_INTERVAL_MS);
    }
  }

  audit(...actions: readonly AuditAction[]): readonly AuditRecord[] {
    const path = dataPaths(this.gateway.dataDirectory).auditLog;
    const lines = [...readAuditLines(path, { afterSequence: 0, limit: 100_000 })];
    const records = lines.map(({ json }): AuditRecord => JSON.parse(json));
    return actions.length === 0 ? records : records.filter(({ action }) => actions.includes(action));
  }

  /** The first record of this kind for this call or session, past or to come. */
  audited(action: AuditAction, of: { readonly callId?: string; readonly sessionId?: string }): Promise<AuditRecord> {
    return eventually(LIMIT_MS, `audit record ${action}`, () =>
      this.audit(action).find(
        ({ resource }) =>
          (of.callId === undefined || resource.callId === of.callId) &&
          (of.sessionId === undefined || resource.sessionId === of.sessionId),
      ),
    );
  }

  /** Recordings of a call that is over, in the order they were started. */
  async recordings(callId: string): Promise<readonly RecordingFile[]> {
    const directory = dataPaths(this.gateway.dataDirectory).recordings;
    const names = await eventually(LIMIT_MS, 'finished recordings', () => {
      const found = namesOf(directory, callId);
      const areDone = found.length > 0 && found.every((name) => notesOf(directory, name)?.outcome === 'complete');
      return areDone ? found : undefined;
    });
    return names.map((name) => readRecording(directory, name));
  }

  async recording(callId: string): Promise<RecordingFile> {
    const [first] = await this.recordings(callId);
    return first;
  }

  /** Resolves when so much of the call has reached the agent. */
  async agentHears(samples: number): Promise<void> {
    await eventually(LIMIT_MS, `${samples} samples at the agent`, () =>
      this.agent.ear.packets.length * PACKET_SAMPLES >= samples ? true : undefined,
    );
  }

  async #bothHeard(): Promise<void> {
    const enough = 25;
    await eventually(LIMIT_MS, 'audio on both legs', () =>
      this.caller.ear.packets.length >= enough && this.agent.ear.packets.length >= enough ? true : undefined,
    );
  }
}

function namesOf(directory: string, callId: string): readonly string[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => name.startsWith(callId) && name.endsWith('.wav'));
  return names.sort();
}

function notesOf(directory: string, name: string): RecordingNotes | undefined {
  const path = join(directory, `${name}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

export function readRecording(directory: string, name: string): RecordingFile {
  const notes = notesOf(directory, name);
  if (notes === undefined) throw new Error(`${name} has no notes`);
  const [caller, agent] = readWavFile(join(directory, name)).channels;
  return { name, caller, agent, notes };
}
