/** One call of the demo: a caller, an agent, a payment, an order, and what was left of the keys where. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIELD_NAMES, type FieldName } from '../../vault-client/wire.js';
import type { RecordingNotes } from '../recording/recording-notes.js';
import { parseRecording } from '../recording/wav-file.js';
import type { AgentDesktop } from './agent-desktop.js';
import type { DemoGateway } from './demo-gateway-process.js';
import { type DemoResult, type Found, hear, type Streams, secondRedemption } from './demo-result.js';
import { type HeardStream, startOf } from './isolation.js';
import type { KeyTransport } from './key-transport.js';
import type { OrderEntry, OrderResult } from './order-entry.js';
import type { HeardEvent } from './phone-listener.js';
import type { Phone } from './phone-socket.js';

/** Key code of `#` (RFC 4733 §3.2). */
const POUND = 11;
/** A test number of the card brands' own making; no card bears it. */
const CARD_NUMBER = [4, 2, 4, 2, 4, 2, 4, 2, 4, 2, 4, 2, 4, 2, 4, 2];
const SECURITY_CODE = [1, 2, 3];
/** What a caller answers a voice menu with: no card data, and not hidden. */
const BEFORE_PAYMENT = [1, 9, 5, 7];
const TALK_MS = 600;
const ASK_MS = 400;
const RECORDING_LIMIT_MS = 10_000;
const RECORDING_POLL_MS = 20;

export type DemoWorld = {
  readonly gateway: DemoGateway;
  readonly caller: Phone;
  readonly agent: Phone;
  readonly desktop: AgentDesktop;
  readonly orders: OrderEntry;
  readonly say: (line: string) => void;
};

/** @throws when a step of the payment does not come about */
export async function runPayment(world: DemoWorld, keys: KeyTransport): Promise<DemoResult> {
  const { caller, desktop, gateway, say } = world;
  say(`── the caller's keys go as ${keys === 'in-band' ? 'tones in the voice' : 'RFC 4733 telephone events'}`);
  await caller.call('200', gateway.callerSidePort);
  const call = await desktop.activeCall();
  say(`call ${call.id} is up: ${call.caller} is talking to ${call.agent}`);
  await pause(TALK_MS);
  await caller.key(BEFORE_PAYMENT, keys);
  const token = await takePayment(world, call.id, keys);
  const redemption = await spend(world, token);
  await pause(TALK_MS);
  caller.hangUp();
  await desktop.callEnded(call.id);
  const streams = streamsOf(world, await wholeRecording(gateway.recordingDirectory, call.id));
  const heard = hear(streams, caller.talker.presses, BEFORE_PAYMENT.length);
  const { beforePayment, found, pressed } = heard;
  say(
    `before the payment ${beforePayment.pressed} keys were pressed. The strongest listener finds ${told(beforePayment)}`,
  );
  say(`in the payment ${pressed} keys were pressed. The strongest listener finds ${told(found)}`);
  say(`telephone events that reached the agent in the whole call: ${streams.agent.events.length}`);
  return { keys, token, ...redemption, ...heard };
}

async function takePayment(world: DemoWorld, callId: string, keys: KeyTransport): Promise<string> {
  const { caller, desktop, say } = world;
  const session = await desktop.startSession(callId);
  say('agent: Start — suppression is on, the recording is paused, the vault is ready');
  for (const field of FIELD_NAMES) {
    await desktop.capture(session.id, field);
    say(`agent: Capture ${LABELS[field]} — the caller keys ${KEYED[field].length} digits and #`);
    // The agent asks, the caller answers. A tone in the same instant as Start would count as begun before it.
    await pause(ASK_MS);
    await caller.key([...KEYED[field], POUND], keys);
    const after = (await desktop.fieldDone(field)).fields[field];
    if (after.state === 'error') throw new Error(`${LABELS[field]}: ${after.error?.message}`);
    say(`panel: ${LABELS[field]} is green: ${after.masked}`);
  }
  const done = await desktop.complete(session.id);
  if (done.token === undefined) throw new Error(`no token: ${done.error?.message}`);
  say(`agent: Complete Tokenization — Card securely vaulted, token ${done.token}`);
  return done.token;
}

async function spend(
  { orders, say }: DemoWorld,
  token: string,
): Promise<Pick<DemoResult, 'redeemed' | 'secondRedemption'>> {
  const first = await orders.place({ orderId: 'order-1', token });
  say(`order entry: order-1 ${outcomeOf(first)}`);
  const second = await orders.place({ orderId: 'order-2', token });
  const refusal = secondRedemption(second);
  say(`order entry: order-2 with the same token ${outcomeOf(second)}`);
  if (refusal !== 'refused')
    say('order entry: a token that has paid has to be refused with 409 token_already_redeemed');
  return { redeemed: first.kind === 'paid', secondRedemption: refusal };
}

function outcomeOf(order: OrderResult): string {
  return order.kind === 'paid'
    ? `is paid with ${order.brand} ${order.masked}`
    : `is refused: ${order.status} ${order.code}`;
}

/** @param recording the caller's channel */
function streamsOf({ caller, agent }: DemoWorld, recording: Int16Array): Streams {
  const sent = caller.sent.audio();
  const untouched = caller.talker.presses[BEFORE_PAYMENT.length - 1]?.offsetSample ?? 0;
  const heard = (audio: Int16Array, events: readonly HeardEvent[]): HeardStream => ({
    audio,
    events,
    startSample: startOf(sent, audio, untouched),
  });
  return {
    caller: { audio: sent, events: caller.sent.events, startSample: 0 },
    agent: heard(agent.listener.audio(), agent.listener.events),
    recording: heard(recording, []),
  };
}

function told(found: Found): string {
  return `${found.caller} in what the caller sent, ${found.agent} in what the agent received, ${found.recording} in the recording`;
}

/**
 * The caller's channel, once all of the call is on the disk: its last second gets there after its end was told.
 *
 * @throws when there is no whole recording
 */
async function wholeRecording(directory: string, callId: string): Promise<Int16Array> {
  const endMs = performance.now() + RECORDING_LIMIT_MS;
  for (;;) {
    const name = readdirSync(directory).find((file) => file.startsWith(callId) && file.endsWith('.wav'));
    if (name !== undefined && isComplete(join(directory, `${name}.json`))) return readRecording(join(directory, name));
    if (performance.now() > endMs) throw new Error('there is no whole recording of the call');
    await pause(RECORDING_POLL_MS);
  }
}

function isComplete(notesFile: string): boolean {
  if (!existsSync(notesFile)) return false;
  const { outcome }: Pick<RecordingNotes, 'outcome'> = JSON.parse(readFileSync(notesFile, 'utf8'));
  return outcome === 'complete';
}

function readRecording(file: string): Int16Array {
  const recording = parseRecording(readFileSync(file));
  if (!recording.ok) throw new Error(`the recording cannot be read: ${recording.code}`);
  return recording.audio.caller;
}

const LABELS: Readonly<Record<FieldName, string>> = {
  cardNumber: 'Card Number',
  expirationDate: 'Expiration Date',
  securityCode: 'Security Code (CVV)',
};

const KEYED: Readonly<Record<FieldName, readonly number[]>> = {
  cardNumber: CARD_NUMBER,
  expirationDate: expiryKeys(),
  securityCode: SECURITY_CODE,
};

/** December of the year after next, as MMYY. */
function expiryKeys(): readonly number[] {
  const year = (new Date().getUTCFullYear() + 2) % 100;
  return [1, 2, Math.floor(year / 10), year % 10];
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
