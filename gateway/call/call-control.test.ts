import { beforeEach, describe, expect, test } from '@jest/globals';
import type { BackToBackInput, BackToBackOutput, CallParty } from '../../sip/back-to-back-events.js';
import type { AuditEntry } from '../audit/audit-trail.js';
import { configurationSchema } from '../config/configuration.js';
import type { LegName, MediaEvent } from '../media/control-wire.js';
import { PaymentDesk } from '../payment/payment-desk.js';
import type { CallCommand, CallMedia, CreatedCall, MediaAnswer } from '../process/media-fleet.js';
import { AgentDesk } from './agent-desk.js';
import { CallControl } from './call-control.js';
import { CallDirectory } from './call-directory.js';
import { CallRouting } from './call-routing.js';
import { SupervisorDesk } from './supervisor-desk.js';

const FLOW = { listener: 'caller-side', transport: 'udp', remoteAddress: '127.0.0.1', remotePort: 5070 } as const;
const CALLER = { displayName: 'Casey', uri: 'sip:5550100@127.0.0.1', user: '5550100' };
const AGENT = { displayName: '', uri: 'sip:200@127.0.0.1', user: '200' };
const ASKER = { agent: 'agent', origin: 'test' };

/** A media process of one call that says yes to everything it is not told to refuse. */
class SmallMedia implements CallMedia {
  readonly callId: string;
  readonly ports = { caller: { rtpPort: 20000, rtcpPort: 20001 }, agent: { rtpPort: 20002, rtcpPort: 20003 } };
  readonly commands: CallCommand[] = [];
  readonly infos: { readonly leg: LegName; readonly type: string; readonly body: string }[] = [];
  refuse: CallCommand['kind'] | undefined;

  constructor(callId: string) {
    this.callId = callId;
  }

  async request(command: CallCommand): Promise<MediaAnswer> {
    this.commands.push(command);
    return command.kind === this.refuse ? { ok: false, code: 'window-open' } : { ok: true };
  }

  handInfo(leg: LegName, type: string, body: Uint8Array): void {
    this.infos.push({ leg, type, body: Buffer.from(body).toString() });
  }
}

class World {
  readonly sip: BackToBackInput[] = [];
  readonly audits: AuditEntry[] = [];
  readonly media: SmallMedia[] = [];
  readonly control: CallControl;
  readonly desk: AgentDesk;
  readonly directory: CallDirectory;
  /** Resolves when the call's media may be made. */
  mediaMade: Promise<void> = Promise.resolve();
  mediaLeft = true;
  auditFails = false;
  #nowMs = 0;
  #later: { readonly atMs: number; readonly act: () => void }[] = [];
  /** Said by media before its answer that the call is made has been heard. */
  firstWords: readonly MediaEvent[] = [];

  constructor() {
    const configuration = configurationSchema.parse({});
    const sip = {
      handle: (input: BackToBackInput) => void this.sip.push(input),
      registrationOf: () => 'unknown-user' as const,
    };
    const onAudit = (entry: AuditEntry) => {
      if (this.auditFails) throw new Error('the disk is full');
      this.audits.push(entry);
    };
    const yes = async () => ({ ok: true }) as const;
    const payments = new PaymentDesk({
      rules: configuration.payment,
      startTimeoutMs: 1000,
      tokenizeTimeoutMs: 1000,
      media: {
        openWindow: (callId) => this.control.openWindow(callId),
        closeWindow: (callId) => this.control.closeWindow(callId),
        armCapture: (callId, captureId) => this.control.armCapture(callId, captureId, 'key'),
        disarmCapture: (callId) => this.control.disarmCapture(callId),
      },
      vault: { openSession: yes, beginCapture: yes, tokenize: yes, closeSession: async () => {} },
      onAudit: () => {},
      onChanged: (session) => this.directory.sessionChanged(session),
      onFault: (callId, error) => this.control.onPaymentFault(callId, error),
      nowMs: () => 0,
    });
    this.directory = new CallDirectory(payments);
    this.control = new CallControl({
      configuration,
      routing: new CallRouting(configuration),
      directory: this.directory,
      payments,
      media: { createCall: (settings) => this.#createCall(settings.callId) },
      sip,
      onAudit,
      onLog: () => {},
      after: (delayMs, act) => void this.#later.push({ atMs: this.#nowMs + delayMs, act }),
    });
    this.desk = new AgentDesk({ directory: this.directory, payments, sip, onAudit });
  }

  async #createCall(callId: string): Promise<CreatedCall> {
    await this.mediaMade;
    if (!this.mediaLeft) return { ok: false, code: 'unreachable' };
    const media = new SmallMedia(callId);
    this.media.push(media);
    for (const event of this.firstWords) this.control.onMedia(media, event);
    return { ok: true, call: media };
  }

  /** Lets time go by, and whatever it brings be carried out. */
  async pass(durationMs: number): Promise<void> {
    this.#nowMs += durationMs;
    const due = this.#later.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#later = this.#later.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { act } of due) act();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async say(output: BackToBackOutput): Promise<void> {
    this.control.onSip(output);
    // Media answers within the turns of promises that are under way.
    await new Promise((resolve) => setImmediate(resolve));
  }

  heard<Kind extends BackToBackInput['kind']>(kind: Kind): Extract<BackToBackInput, { readonly kind: Kind }>[] {
    return this.sip.filter((input): input is Extract<BackToBackInput, { readonly kind: Kind }> => input.kind === kind);
  }
}

type ArrivalParts = {
  readonly from?: string;
  readonly listener?: string;
  readonly requestUri?: string;
  readonly caller?: CallParty;
};

function arrival(parts: ArrivalParts = {}): BackToBackOutput {
  const {
    from = FLOW.remoteAddress,
    listener = FLOW.listener,
    requestUri = 'sip:200@127.0.0.1',
    caller = CALLER,
  } = parts;
  return {
    kind: 'call-arrived',
    callId: 'call-a',
    flow: { ...FLOW, listener, remoteAddress: from },
    requestUri,
    from: caller,
    to: AGENT,
  };
}

function description(exchangeId: number, role: 'offer' | 'answer', port: number, direction = 'sendrecv') {
  const sdp = Buffer.from(
    `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\na=${direction}\r\n`,
  );
  const from = role === 'offer' ? 'a' : 'b';
  return { kind: 'description-received', callId: 'call-a', exchangeId, from, role, phase: 'initial', sdp } as const;
}

function info(contentType: string, from: 'a' | 'b' = 'a'): BackToBackOutput {
  const body = Buffer.from('Signal=5\r\nDuration=160\r\n');
  return { kind: 'info-received', callId: 'call-a', infoId: 9, from, contentType, body };
}

describe('call control', () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  async function answeredCall(): Promise<SmallMedia> {
    await world.say(arrival());
    await world.say(description(1, 'offer', 4000));
    await world.say(description(2, 'answer', 6000));
    await world.say({ kind: 'call-progress', callId: 'call-a', state: 'answered' });
    const [media] = world.media;
    if (!media) throw new Error('the call has no media');
    return media;
  }

  test('routes a peer’s call and tells both legs’ media before the answer goes on', async () => {
    const media = await answeredCall();
    expect(world.heard('route-call')[0]?.target.requestUri).toBe('sip:200@127.0.0.1:5080');
    expect(media.commands.map(({ kind }) => kind)).toEqual(['set-leg', 'set-leg']);
    expect(world.heard('description-ready').map(({ exchangeId }) => exchangeId)).toEqual([1, 2]);
    expect(world.desk.calls(ASKER)).toMatchObject([
      { id: 'call-a', state: 'active', caller: 'Casey', callerNumber: '5550100' },
    ]);
  });

  test.each([
    ['', {}],
    ['9'.repeat(65), { callerNumber: '9'.repeat(64) }],
  ])('a caller’s number is what there is of it, within bounds: %s', async (user, shown) => {
    await world.say(arrival({ caller: { ...CALLER, user } }));
    const [call] = world.desk.calls(ASKER);
    expect(call && 'callerNumber' in call ? { callerNumber: call.callerNumber } : {}).toEqual(shown);
  });

  test('goes by the Request-URI, and passes on no To that names somebody else', async () => {
    await world.say(arrival({ requestUri: 'sip:201@127.0.0.1' }));
    const target = world.heard('route-call')[0]?.target;
    expect(target?.requestUri).toBe('sip:201@127.0.0.1:5080');
    expect(target?.to).toEqual({ displayName: '', uri: 'sip:201@127.0.0.1', user: '201' });
  });

  test('a recording that begins with the call is known and recorded', async () => {
    world.firstWords = [
      {
        kind: 'recording',
        callHandle: 1,
        state: 'recording',
        reason: 'automatic',
        file: 'call-a-1.wav',
        atSample: 0,
        monotonicMs: 1,
      },
    ];
    await answeredCall();
    expect(world.desk.calls(ASKER)).toMatchObject([{ recording: { state: 'recording' } }]);
    expect(world.audits.map(({ action }) => action).slice(0, 2)).toEqual(['call-started', 'recording-started']);
  });

  test('refuses strangers with 403 and makes no media for them', async () => {
    await world.say(arrival({ from: '203.0.113.9' }));
    expect(world.heard('refuse-call')).toMatchObject([{ status: 403 }]);
    expect(world.media).toEqual([]);
    expect(world.audits).toMatchObject([{ action: 'call-refused', outcome: 'failure' }]);
  });

  test('a call whose offer cannot be inspected is counted and recorded as refused', async () => {
    await world.say(arrival());
    const offer = description(1, 'offer', 4000);
    const sdp = Buffer.from(offer.sdp.toString().replace('RTP/AVP 0', 'RTP/AVP 18'));
    await world.say({ ...offer, sdp });
    expect(world.heard('description-refused')).toMatchObject([{ status: 488 }]);
    await world.say({
      kind: 'call-ended',
      callId: 'call-a',
      by: 'gateway',
      status: 488,
      reason: 'Not Acceptable Here',
    });
    expect(world.control.counters()).toMatchObject({ calls_started: 1, calls_ended: 1, calls_refused: 1 });
    expect(world.audits.map(({ action }) => action)).toEqual(['call-started', 'call-refused', 'call-ended']);
  });

  test('the recorder’s first word that comes with the end of the call stands before it', async () => {
    const media = await answeredCall();
    world.control.onSip({ kind: 'call-ended', callId: 'call-a', by: 'b', reason: 'BYE' });
    const recording = { kind: 'recording', callHandle: 1, file: 'call-a-1.wav', atSample: 0, monotonicMs: 1 } as const;
    world.control.onMedia(media, { ...recording, state: 'recording', reason: 'automatic' });
    world.control.onMedia(media, { ...recording, state: 'stopped', reason: 'call-ended' });
    await world.say({ kind: 'counted', code: 'nothing' });
    expect(world.audits.map(({ action }) => action).slice(-3)).toEqual([
      'recording-started',
      'recording-stopped',
      'call-ended',
    ]);
  });

  test('a supervisor sees every call, also nobody’s, and has nothing to act with', async () => {
    const supervisor = new SupervisorDesk(world.directory, { view: () => undefined });
    const events: string[] = [];
    const unsubscribe = supervisor.subscribe((event) => events.push(event.kind));
    await answeredCall();
    expect(supervisor.calls()).toMatchObject([{ id: 'call-a', state: 'active' }]);
    expect(supervisor.call('call-a')).toMatchObject({ ok: true, value: { caller: 'Casey' } });
    expect(supervisor.call('call-b')).toEqual({ ok: false, code: 'not-found' });
    expect(supervisor.session('none')).toEqual({ ok: false, code: 'not-found' });
    expect(events.length).toBeGreaterThan(0);
    unsubscribe();
    const before = events.length;
    await world.say({ kind: 'call-ended', callId: 'call-a', by: 'b', reason: 'BYE' });
    expect(events).toHaveLength(before);
  });

  test('who is let see one call only sees no other, and hears of no other', async () => {
    await answeredCall();
    const events: string[] = [];
    const listen = (event: { readonly kind: string }) => events.push(event.kind);
    const one = { ...ASKER, onlyCallId: 'call-a' };
    const other = { ...ASKER, onlyCallId: 'call-b' };
    expect(world.desk.calls(one)).toHaveLength(1);
    expect(world.desk.calls(other)).toEqual([]);
    expect(world.desk.call(other, 'call-a')).toEqual({ ok: false, code: 'not-found' });
    expect(await world.desk.startSession(other, 'call-a')).toEqual({ ok: false, code: 'not-found' });
    world.desk.subscribe(other, listen);
    await world.say({ kind: 'call-ended', callId: 'call-a', by: 'b', reason: 'BYE' });
    expect(events).toEqual([]);
  });

  test('refuses with 503 when no media process has room', async () => {
    world.mediaLeft = false;
    await world.say(arrival());
    expect(world.heard('refuse-call')).toMatchObject([{ status: 503 }]);
  });

  test('a caller who gives up while the media is being made leaves nothing behind', async () => {
    let made = () => {};
    world.mediaMade = new Promise((resolve) => {
      made = resolve;
    });
    await world.say(arrival());
    await world.say({ kind: 'call-ended', callId: 'call-a', by: 'a', reason: 'cancelled' });
    made();
    await world.say({ kind: 'counted', code: 'nothing' });
    expect(world.media[0]?.commands).toEqual([{ kind: 'close-call' }]);
    expect(world.heard('route-call')).toEqual([]);
    expect(world.directory.all()).toEqual([]);
  });

  test('an ended call is closed, recorded and forgotten', async () => {
    const media = await answeredCall();
    await world.say({ kind: 'call-ended', callId: 'call-a', by: 'b', reason: 'BYE' });
    expect(media.commands.at(-1)).toEqual({ kind: 'close-call' });
    expect(world.audits.map(({ action }) => action)).toEqual(['call-started', 'call-answered', 'call-ended']);
    expect(world.directory.all()).toEqual([]);
  });

  test.each([
    ['caller-side', 'a', 'caller', '5550100'],
    ['caller-side', 'b', 'agent', '5550100'],
    ['caller-side', 'gateway', 'gateway', '5550100'],
    ['agent-side', 'a', 'agent', '200'],
    ['agent-side', 'b', 'caller', '200'],
  ] as const)('a call that came in on %s and was ended by %s was ended by: %s', async (listener, by, ender, number) => {
    await world.say(arrival({ listener }));
    expect(world.directory.all().map((call) => world.directory.view(call).callerNumber)).toEqual([number]);
    await world.say({ kind: 'call-ended', callId: 'call-a', by, reason: 'BYE' });
    expect(world.audits.at(-1)).toMatchObject({ action: 'call-ended', detail: { by: ender } });
  });

  test('a renegotiation that media refuses is answered 488 and the agreement before it is set again', async () => {
    const media = await answeredCall();
    media.refuse = 'set-leg';
    media.commands.length = 0;
    await world.say(description(3, 'offer', 4444));
    await world.say(description(4, 'answer', 6000));
    expect(world.heard('description-refused')).toMatchObject([{ exchangeId: 4, status: 488 }]);
    const ports = media.commands.map((command) => command.kind === 'set-leg' && command.media.remotePort);
    expect(ports).toEqual([4444, 6000, 4000, 6000]);
  });

  describe('INFO', () => {
    test('AC-19: outside a payment it goes on to the other leg', async () => {
      const media = await answeredCall();
      await world.say(info('application/dtmf-relay'));
      expect(world.heard('answer-info')).toMatchObject([{ action: 'relay' }]);
      expect(media.infos).toEqual([]);
    });

    test('AC-4: in a payment the caller’s goes to media, unread, and no further', async () => {
      const media = await answeredCall();
      await world.desk.startSession(ASKER, 'call-a');
      await world.say(info('Application/DTMF-Relay; charset=utf-8'));
      expect(world.heard('answer-info')).toMatchObject([{ action: 'accept' }]);
      expect(media.infos).toMatchObject([{ leg: 'caller', type: 'application/dtmf-relay' }]);
    });

    test('in a payment a body of a type that media cannot read is refused', async () => {
      const media = await answeredCall();
      await world.desk.startSession(ASKER, 'call-a');
      await world.say(info('application/vnd.example.digits'));
      expect(world.heard('answer-info')).toMatchObject([{ action: 'refuse' }]);
      expect(media.infos).toEqual([]);
    });

    test('AC-4: after a payment it is kept back until media has let the last press die away', async () => {
      const media = await answeredCall();
      const started = await world.desk.startSession(ASKER, 'call-a');
      if (!started.ok) throw new Error(started.code);
      await world.desk.cancel(ASKER, started.value.id);
      await world.say(info('application/dtmf-relay'));
      expect(world.heard('answer-info')).toMatchObject([{ action: 'accept' }]);
      world.control.onMedia(media, { kind: 'window-closed', callHandle: 1 });
      await world.say(info('application/dtmf-relay'));
      expect(world.heard('answer-info')).toMatchObject([{ action: 'accept' }, { action: 'relay' }]);
    });

    test('the agent’s own goes on to the caller in a payment too', async () => {
      await answeredCall();
      await world.desk.startSession(ASKER, 'call-a');
      await world.say(info('application/dtmf-relay', 'b'));
      expect(world.heard('answer-info')).toMatchObject([{ action: 'relay' }]);
    });
  });

  test('AC-21: a hold is refused while a payment is open', async () => {
    await answeredCall();
    await world.desk.startSession(ASKER, 'call-a');
    await world.say(description(5, 'offer', 4000, 'sendonly'));
    expect(world.heard('description-refused')).toMatchObject([{ exchangeId: 5, status: 488 }]);
  });

  test('an answer that changes the call in a payment fails the payment', async () => {
    await answeredCall();
    await world.desk.startSession(ASKER, 'call-a');
    await world.say(description(5, 'offer', 4000));
    await world.say(description(6, 'answer', 6000, 'inactive'));
    expect(world.desk.call(ASKER, 'call-a')).toMatchObject({
      value: { session: { state: 'failed', error: { code: 'audio-not-inspectable' } } },
    });
  });

  test('a payment does not start while the call is just being changed', async () => {
    await answeredCall();
    await world.say(description(5, 'offer', 4000, 'sendonly'));
    expect(await world.desk.startSession(ASKER, 'call-a')).toEqual({ ok: false, code: 'call-not-active' });
  });

  test('AC-1: a payment needs an active call', async () => {
    await world.say(arrival());
    expect(await world.desk.startSession(ASKER, 'call-a')).toEqual({ ok: false, code: 'call-not-active' });
  });

  test('suppression that goes on and off is on record', async () => {
    const media = await answeredCall();
    const started = await world.desk.startSession(ASKER, 'call-a');
    if (!started.ok) throw new Error(started.code);
    expect(world.audits.at(-1)).toMatchObject({ action: 'window-opened', resource: { callId: 'call-a' } });
    await world.desk.cancel(ASKER, started.value.id);
    expect(world.audits.at(-1)?.action).toBe('window-opened');
    world.control.onMedia(media, { kind: 'window-closed', callHandle: 1 });
    expect(world.audits.at(-1)).toMatchObject({ action: 'window-closed', resource: { callId: 'call-a' } });
  });

  test('AC-24: the recording is locked in a payment, and the try is recorded', async () => {
    await answeredCall();
    await world.desk.startSession(ASKER, 'call-a');
    expect(await world.desk.record(ASKER, 'call-a', 'resume')).toEqual({ ok: false, code: 'recording-locked' });
    expect(world.audits.at(-1)).toMatchObject({ action: 'recording-resume-requested', outcome: 'refused' });
  });

  test('what an agent asks of the recorder is on record before it is asked, and its refusal after', async () => {
    const media = await answeredCall();
    media.refuse = 'record';
    const before = world.audits.length;
    expect(await world.desk.record(ASKER, 'call-a', 'pause')).toEqual({ ok: false, code: 'recording-unavailable' });
    expect(world.audits.slice(before)).toMatchObject([
      { actor: 'agent', action: 'recording-pause-requested', outcome: 'success' },
      { actor: 'agent', action: 'recording-pause-requested', outcome: 'refused' },
    ]);
    media.commands.length = 0;
    world.auditFails = true;
    await expect(world.desk.record(ASKER, 'call-a', 'pause')).rejects.toThrow('the disk is full');
    expect(media.commands).toEqual([]);
  });

  test('another agent’s call is not there', async () => {
    await answeredCall();
    const other = { agent: 'mallory', origin: 'test' };
    expect(world.desk.calls(other)).toEqual([]);
    expect(world.desk.call(other, 'call-a')).toEqual({ ok: false, code: 'not-found' });
    expect(await world.desk.hangUp(other, 'call-a')).toEqual({ ok: false, code: 'not-found' });
  });

  describe('a call that loses the transport of its agent’s leg', () => {
    const LOST = { kind: 'leg-lost', callHandle: 1, leg: 'agent' } as const;
    const END = { kind: 'call-ended', callId: 'call-a', by: 'b', reason: 'BYE' } as const;

    test('which a BYE follows ends as any other', async () => {
      const media = await answeredCall();
      await world.desk.startSession(ASKER, 'call-a');
      world.control.onMedia(media, LOST);
      await world.say(END);
      await world.pass(60_000);
      expect(world.heard('hang-up')).toEqual([]);
      expect(world.audits.map(({ action }) => action)).not.toContain('media-fault');
      expect(world.desk.calls(ASKER)).toMatchObject([{ session: { state: 'ended' } }]);
    });

    test('fails its payment after two seconds, keys still hidden, and ends after thirty with a reason', async () => {
      const media = await answeredCall();
      await world.desk.startSession(ASKER, 'call-a');
      world.control.onMedia(media, LOST);
      await world.pass(1999);
      expect(world.desk.calls(ASKER)).toMatchObject([{ session: { state: 'ready' } }]);
      await world.pass(1);
      expect(world.desk.calls(ASKER)).toMatchObject([
        { session: { state: 'failed', error: { code: 'media-unreachable' }, actions: ['try-again', 'cancel'] } },
      ]);
      expect(media.commands.map(({ kind }) => kind)).not.toContain('close-window');
      expect(world.audits.at(-1)).toMatchObject({
        action: 'media-fault',
        outcome: 'failure',
        resource: { callId: 'call-a' },
        detail: { leg: 'agent' },
      });
      await world.pass(27_999);
      expect(world.heard('hang-up')).toEqual([]);
      await world.pass(1);
      expect(world.heard('hang-up')).toMatchObject([{ callId: 'call-a', reason: 'media of a leg lost', cause: 503 }]);
    });

    test('begins no payment any more, and no capture', async () => {
      const media = await answeredCall();
      world.control.onMedia(media, LOST);
      expect(await world.desk.startSession(ASKER, 'call-a')).toMatchObject({ ok: false, code: 'media-unreachable' });
      expect(await world.control.armCapture('call-a', 'capture', 'key')).toEqual({
        ok: false,
        code: 'media-unreachable',
      });
      expect(media.commands.map(({ kind }) => kind)).toEqual(['set-leg', 'set-leg']);
    });

    test('is ended at once when its loss cannot be recorded', async () => {
      const media = await answeredCall();
      world.control.onMedia(media, LOST);
      world.auditFails = true;
      await world.pass(2000);
      expect(world.heard('hang-up')).toMatchObject([{ callId: 'call-a' }]);
    });
  });

  describe('calls whose media is lost', () => {
    const BEGUN = {
      kind: 'recording',
      callHandle: 1,
      state: 'recording',
      reason: 'automatic',
      file: 'call-a-1.wav',
      atSample: 0,
      monotonicMs: 1,
    } as const;

    test('are hung up on both legs, and the end of their recording is on record before theirs', async () => {
      const media = await answeredCall();
      world.control.onMedia(media, BEGUN);
      world.control.onMediaLost([media]);
      expect(world.heard('hang-up')).toMatchObject([{ callId: 'call-a' }]);
      await world.say({ kind: 'call-ended', callId: 'call-a', by: 'gateway', reason: 'media process lost' });
      expect(world.audits.slice(-3)).toMatchObject([
        { action: 'media-fault', outcome: 'failure' },
        { action: 'recording-failed', outcome: 'failure', detail: { reason: 'media-lost', file: 'call-a-1.wav' } },
        { action: 'call-ended' },
      ]);
    });

    test('had no recording to lose where none was going on', async () => {
      const media = await answeredCall();
      world.control.onMedia(media, BEGUN);
      world.control.onMedia(media, { ...BEGUN, state: 'stopped', reason: 'manual' });
      world.control.onMediaLost([media]);
      expect(world.audits.at(-1)).toMatchObject({ action: 'media-fault', outcome: 'failure' });
    });

    test('are all hung up, also when nothing can be recorded', async () => {
      const media = await answeredCall();
      world.auditFails = true;
      world.control.onMediaLost([media, new SmallMedia('call-b')]);
      expect(world.heard('hang-up').map(({ callId }) => callId)).toEqual(['call-a', 'call-b']);
      await world.say({ kind: 'counted', code: 'nothing' });
    });

    test('of which media says so itself go on to tell of their recording', async () => {
      const media = await answeredCall();
      world.control.onMedia(media, BEGUN);
      world.control.onMedia(media, { kind: 'fault', callHandle: 1, code: 'audio-not-inspectable' });
      expect(world.heard('hang-up')).toMatchObject([{ callId: 'call-a' }]);
      expect(world.audits.at(-1)).toMatchObject({ action: 'media-fault' });
      world.control.onMedia(media, { ...BEGUN, state: 'stopped', reason: 'call-ended' });
      expect(world.audits.at(-1)).toMatchObject({ action: 'recording-stopped' });
    });
  });
});
