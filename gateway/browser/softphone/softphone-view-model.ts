/**
 * What the softphone's page shows, as a pure function of telephone, gateway and sound. No DOM here: every text, colour
 * and enabled button is decided in this file and tested without a browser.
 */
import type { CallView } from '../../api/call-desk.js';
import type { RecordingAction, RecordingState } from '../../media/control-wire.js';
import type { SessionState } from '../../payment/session-view.js';
import type { Calls, ConnectionStatus } from '../desk-state.js';
import type { IconName } from '../icons.js';
import type { MicrophoneState } from './phone-audio.js';
import { callIdOf, isOnItsWay, LINE_NUMBERS, type Line, type LineNumber, otherLine } from './phone-line.js';
import { hasCall, isConnected, type PhoneState } from './phone-state.js';
import { durationText, texts } from './softphone-texts.js';

export type SoftphoneInput = {
  readonly phone: PhoneState;
  readonly connection: ConnectionStatus;
  readonly calls: Calls;
  readonly microphone: MicrophoneState;
  /** Why there is no telephone at all: the gateway's own words. */
  readonly accessProblem: string | undefined;
  /** Why the last request was refused; gone with the next one. */
  readonly problem: string | undefined;
  /** A recording request is under way. */
  readonly recordingBusy: boolean;
  /** The call whose payment panel is open. */
  readonly paymentCallId: string | undefined;
  readonly nowMs: number;
};

export type Tone = 'neutral' | 'green' | 'yellow' | 'red';

export type LightView = {
  readonly name: 'gateway' | 'signalling' | 'microphone';
  readonly label: string;
  readonly text: string;
  readonly tone: Tone;
  readonly icon: IconName;
};

export type ControlName = 'answer' | 'decline' | 'hangUp' | 'hold' | 'resume' | 'dismiss';
export type ControlView = { readonly visible: boolean; readonly enabled: boolean; readonly label: string };

export type LineView = {
  readonly number: LineNumber;
  readonly kind: Line['kind'];
  /** It is the call in the banner, where its controls are. */
  readonly isInFront: boolean;
  readonly label: string;
  readonly tone: Tone;
  readonly icon: IconName;
  readonly status: string;
  readonly name: string | undefined;
  readonly detail: string | undefined;
  readonly duration: string | undefined;
  readonly controls: Readonly<Record<ControlName, ControlView>>;
};

export type RecordingControl = ControlView & {
  readonly action: RecordingAction | undefined;
  readonly state: string;
  readonly tone: Tone;
  readonly icon: IconName;
  readonly explanation: string | undefined;
};

/** The call in front: the one the agent speaks with, or the next to want attention. */
export type BannerView = LineView & {
  readonly callId: string | undefined;
  readonly mute: ControlView & { readonly pressed: boolean };
  readonly recording: RecordingControl | undefined;
  readonly payment: ControlView & { readonly explanation: string | undefined };
  /** Why what is disabled in it is so. */
  readonly explanation: string | undefined;
};

/** Begins a call from the dial pad. */
export type CallControl = ControlView & {
  /** What stands in the way of one, where the telephone itself would be told so only by the gateway. */
  readonly refusal: string | undefined;
};

export type NoticeView = {
  readonly tone: 'yellow' | 'red';
  readonly text: string;
  readonly action?: 'allow-microphone';
};

export type SoftphoneView = {
  readonly lights: readonly LightView[];
  readonly lines: readonly LineView[];
  readonly banner: BannerView | undefined;
  readonly notices: readonly NoticeView[];
  /** The payment panel's place on the page. */
  readonly payment: { readonly callId: string | undefined; readonly isClosable: boolean };
  readonly call: CallControl;
  /** Signing out would end the call. */
  readonly canSignOut: boolean;
  /** Keys of the dial pad go to the caller and not into the destination. */
  readonly keysGoToCaller: boolean;
  readonly title: string;
};

export function softphoneViewOf(input: SoftphoneInput): SoftphoneView {
  const front = lineInFront(input.phone);
  const lines = LINE_NUMBERS.map((number) => ({ ...lineViewOf(input, number), isInFront: number === front }));
  const banner = front === undefined ? undefined : bannerOf(input, front, lineViewOf(input, front));
  const talking = LINE_NUMBERS.some((number) => isTalking(input.phone.lines[number]));
  return {
    lights: [gatewayLight(input), signallingLight(input), microphoneLight(input)],
    lines,
    banner,
    notices: noticesOf(input),
    payment: { callId: input.paymentCallId, isClosable: !hasRunningSession(input, input.paymentCallId) },
    call: callControlOf(input),
    canSignOut: !hasCall(input.phone),
    keysGoToCaller: talking,
    title: titleOf(banner),
  };
}

// ---- lights

function gatewayLight({ connection }: SoftphoneInput): LightView {
  const tone =
    connection === 'open' ? 'green' : connection === 'refused' || connection === 'signed-out' ? 'red' : 'yellow';
  return light('gateway', texts.gatewayLight[connection], tone);
}

function signallingLight({ phone, accessProblem }: SoftphoneInput): LightView {
  const { signalling } = phone;
  const text = texts.signallingLight[signalling];
  if (signalling === 'registered') return light('signalling', text, 'green');
  const isRed = signalling === 'refused' || (signalling === 'off' && accessProblem !== undefined);
  return light('signalling', text, isRed ? 'red' : 'yellow');
}

function microphoneLight({ microphone }: SoftphoneInput): LightView {
  const tone = microphone === 'ready' ? 'green' : microphone === 'asking' || microphone === 'off' ? 'yellow' : 'red';
  return light('microphone', texts.microphoneLight[microphone], tone);
}

function light(name: LightView['name'], text: string, tone: Tone): LightView {
  const icon = tone === 'green' ? 'check' : tone === 'red' ? 'alert' : 'wait';
  return { name, label: texts.lightNames[name], text, tone, icon };
}

// ---- lines

function lineViewOf(input: SoftphoneInput, number: LineNumber): LineView {
  const line = input.phone.lines[number];
  const call = callOf(input, line);
  const status = statusOf(line, call);
  return {
    number,
    kind: line.kind,
    isInFront: false,
    label: texts.line(number),
    ...status,
    ...whoIs(line, call),
    duration: durationOf(line, input.nowMs),
    controls: controlsOf(input, number),
  };
}

function callOf({ calls }: SoftphoneInput, line: Line): CallView | undefined {
  const id = callIdOf(line);
  return id === undefined ? undefined : calls.find((call) => call.id === id);
}

function statusOf(line: Line, call: CallView | undefined): Pick<LineView, 'status' | 'tone' | 'icon'> {
  switch (line.kind) {
    case 'idle':
      return { status: texts.free, tone: 'neutral', icon: 'empty' };
    case 'ringing-in':
      return { status: ringingText(line.step), tone: 'yellow', icon: 'bell' };
    case 'dialling':
      return {
        status: line.step === 'waiting' ? texts.lines.waitsForHold : texts.lines.dialling,
        tone: 'yellow',
        icon: 'phone',
      };
    case 'early':
      return { status: texts.lines.early, tone: 'yellow', icon: 'phone' };
    case 'active':
      if (line.media === 'broken') return { status: texts.lines.talking, tone: 'red', icon: 'alert' };
      if (line.step === 'holding') return { status: texts.lines.holding, tone: 'yellow', icon: 'pause' };
      if (call?.state === 'held') return { status: texts.lines.heldByFarSide, tone: 'yellow', icon: 'pause' };
      return { status: texts.lines.talking, tone: 'green', icon: 'phone' };
    case 'held':
      return { status: heldText(line.step), tone: 'yellow', icon: 'pause' };
    case 'ended':
      return {
        status: texts.ended[line.reason],
        tone: line.reason === 'you-hung-up' || line.reason === 'they-hung-up' ? 'neutral' : 'red',
        icon: 'hangUp',
      };
  }
}

function ringingText(step: Extract<Line, { readonly kind: 'ringing-in' }>['step']): string {
  if (step === 'ringing') return texts.lines.ringing;
  return step === 'waiting' ? texts.lines.waitsForHold : texts.lines.answering;
}

function heldText(step: Extract<Line, { readonly kind: 'held' }>['step']): string {
  if (step === 'held') return texts.lines.held;
  return step === 'waiting' ? texts.lines.waitsForHold : texts.lines.resuming;
}

/** The API may know a caller's name better than SIP at the agent's side; a number stands below a name only. */
function whoIs(line: Line, call: CallView | undefined): Pick<LineView, 'name' | 'detail'> {
  if (line.kind === 'idle') return { name: undefined, detail: undefined };
  const { name, number } = line.party;
  const shown = name || call?.caller || number || texts.unknownCaller;
  return { name: shown, detail: number !== '' && number !== shown ? number : undefined };
}

function durationOf(line: Line, nowMs: number): string | undefined {
  if (line.kind === 'active' || line.kind === 'held') return durationText(nowMs - line.sinceMs);
  return line.kind === 'ended' && line.spokenMs !== undefined ? durationText(line.spokenMs) : undefined;
}

function controlsOf(input: SoftphoneInput, number: LineNumber): LineView['controls'] {
  const { phone } = input;
  const line = phone.lines[number];
  const other = phone.lines[otherLine(number)];
  const connected = isConnected(phone);
  const swaps = other.kind === 'active';
  const mayTakeUp = connected && !isOnItsWay(other) && !(swaps && isInPayment(input, other));
  const rings = line.kind === 'ringing-in';
  const isUp = line.kind === 'active' || line.kind === 'held';
  const { buttons } = texts;
  const control = (visible: boolean, enabled: boolean, label: string): ControlView => ({ visible, enabled, label });
  return {
    answer: control(
      rings,
      rings && line.step === 'ringing' && mayTakeUp,
      swaps ? buttons.holdAndAnswer : buttons.answer,
    ),
    decline: control(rings, true, buttons.decline),
    hangUp: control(isUp || line.kind === 'dialling' || line.kind === 'early', true, buttons.hangUp),
    hold: control(line.kind === 'active', connected && isTalking(line) && !isInPayment(input, line), buttons.hold),
    resume: control(
      line.kind === 'held',
      line.kind === 'held' && line.step === 'held' && mayTakeUp,
      swaps ? buttons.swap : buttons.resume,
    ),
    dismiss: control(line.kind === 'ended', true, buttons.dismiss),
  };
}

/** The gateway refuses to hold such a call, whoever began the payment: what is asked for would only fail. */
function isInPayment(input: SoftphoneInput, line: Line): boolean {
  return hasRunningSession(input, callIdOf(line));
}

function callControlOf(input: SoftphoneInput): CallControl {
  const { lines, signalling } = input.phone;
  const all = LINE_NUMBERS.map((number) => lines[number]);
  const active = all.find(({ kind }) => kind === 'active');
  const hasFreeLine = all.some(({ kind }) => kind === 'idle' || kind === 'ended');
  const isHeldUp = active !== undefined && isInPayment(input, active);
  return {
    visible: true,
    enabled: signalling === 'registered' && hasFreeLine && !all.some(isOnItsWay) && !isHeldUp,
    label: active === undefined ? texts.call : texts.buttons.holdAndCall,
    refusal: isHeldUp ? texts.noHoldInPayment : undefined,
  };
}

// ---- the call in front

const ATTENTION: readonly Line['kind'][] = ['active', 'ringing-in', 'early', 'dialling', 'held', 'ended'];

function lineInFront({ lines }: PhoneState): LineNumber | undefined {
  for (const kind of ATTENTION) {
    const number = LINE_NUMBERS.find((candidate) => lines[candidate].kind === kind);
    if (number !== undefined) return number;
  }
  return undefined;
}

function bannerOf(input: SoftphoneInput, number: LineNumber, view: LineView): BannerView {
  const line = input.phone.lines[number];
  const call = callOf(input, line);
  const { muted } = input.phone;
  const isUp = line.kind === 'active' || line.kind === 'held';
  const isOpen = call !== undefined && input.paymentCallId === call.id;
  const mayPay = isTalking(line) && call?.state === 'active' && input.connection === 'open';
  const recording = isUp && call !== undefined ? recordingOf(call, input) : undefined;
  const payExplanation = !isUp || isOpen || mayPay ? undefined : texts.payNeedsActiveCall;
  const holdExplanation = line.kind === 'active' && isInPayment(input, line) ? texts.noHoldInPayment : undefined;
  const explanations = [holdExplanation, recording?.explanation, payExplanation].filter((text) => text !== undefined);
  return {
    ...view,
    callId: callIdOf(line),
    mute: { visible: isUp, enabled: isUp, label: muted ? texts.buttons.unmute : texts.buttons.mute, pressed: muted },
    recording,
    payment: {
      visible: isUp,
      enabled: !isOpen && mayPay,
      label: texts.buttons.takePayment,
      explanation: payExplanation,
    },
    explanation: explanations.length === 0 ? undefined : explanations.join(' '),
  };
}

/** A failed one still hides the keys, until it is tried again or canceled. */
const FINISHED: readonly SessionState[] = ['vaulted', 'canceled', 'ended'];

/** Its panel cannot be closed, for what goes on in it would go on unseen; and the call cannot be put on hold. */
function hasRunningSession({ calls }: SoftphoneInput, callId: string | undefined): boolean {
  const session = calls.find(({ id }) => id === callId)?.session;
  return session !== undefined && !FINISHED.includes(session.state);
}

/** One button in three states: start, pause, resume. */
function recordingOf(call: CallView, { recordingBusy, connection }: SoftphoneInput): RecordingControl {
  const { state, lockedByPayment } = call.recording;
  const enabled = !lockedByPayment && !recordingBusy && connection === 'open';
  const common = {
    visible: true,
    enabled,
    state: texts.recording[state],
    explanation: lockedByPayment ? lockExplanation(state) : undefined,
  };
  switch (state) {
    case 'off':
    case 'stopped':
      return { ...common, action: 'start', label: texts.buttons.record, tone: 'neutral', icon: 'record' };
    case 'recording':
      return { ...common, action: 'pause', label: texts.buttons.pauseRecording, tone: 'red', icon: 'pause' };
    case 'paused':
      return { ...common, action: 'resume', label: texts.buttons.resumeRecording, tone: 'yellow', icon: 'record' };
  }
}

function lockExplanation(state: RecordingState): string {
  switch (state) {
    case 'paused':
      return texts.recording.locked;
    case 'recording':
      return texts.recording.lockedMasked;
    case 'off':
    case 'stopped':
      return texts.recording.lockedOff;
  }
}

// ---- what has to be said

function noticesOf(input: SoftphoneInput): readonly NoticeView[] {
  const { phone, connection, microphone, accessProblem, problem } = input;
  const notices: NoticeView[] = [];
  if (accessProblem !== undefined) notices.push({ tone: 'red', text: accessProblem });
  if (phone.signalling === 'refused') notices.push({ tone: 'red', text: texts.signallingRefused });
  if (phone.signalling === 'reconnecting') {
    notices.push({ tone: 'yellow', text: hasCall(phone) ? texts.signallingLost.inCall : texts.signallingLost.idle });
  }
  if (connection === 'reconnecting') notices.push({ tone: 'yellow', text: texts.gatewayLost });
  const microphoneProblem = texts.microphoneProblems[microphone];
  if (microphoneProblem !== undefined) {
    const tone = microphone === 'asking' ? 'yellow' : 'red';
    notices.push({ tone, text: microphoneProblem, ...(tone === 'red' && { action: 'allow-microphone' }) });
  }
  for (const number of LINE_NUMBERS) {
    const line = phone.lines[number];
    if ('media' in line && line.media === 'broken') notices.push({ tone: 'red', text: texts.mediaBroken });
  }
  if (phone.muted) notices.push({ tone: 'yellow', text: texts.muted });
  if (phone.notice !== undefined) notices.push({ tone: 'yellow', text: texts.notices[phone.notice] });
  if (problem !== undefined) notices.push({ tone: 'red', text: problem });
  return notices;
}

/** The tab's title tells of a call to an agent who looks at another one. */
function titleOf(banner: BannerView | undefined): string {
  if (banner === undefined || banner.kind === 'ended') return texts.name;
  return `${banner.status}: ${banner.name ?? ''}`;
}

function isTalking(line: Line): boolean {
  return line.kind === 'active' && line.step === 'talking';
}
