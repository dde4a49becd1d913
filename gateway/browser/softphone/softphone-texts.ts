/** Every text of the softphone's page, in one table. */

import type { MicrophoneState } from './phone-audio.js';
import type { EndReason } from './phone-line.js';
import type { Notice, Signalling } from './phone-state.js';

export const texts = {
  name: 'Tonegate Softphone',
  signOut: 'Sign out',
  linesTitle: 'Lines',
  dialTitle: 'Call',
  soundTitle: 'Sound',
  lightsTitle: 'Connections',
  destination: 'Number or name',
  call: 'Call',
  erase: 'Erase the last character',
  padLabel: 'Dial pad',
  padInCall: 'Keys go to the caller you are speaking with.',
  microphone: 'Microphone',
  loudspeaker: 'Loudspeaker',
  systemDefault: 'System default',
  inputLevel: 'Your voice',
  outputLevel: 'The caller',
  noCall: 'No call',
  noCallNote: 'Calls to you ring here. To call somebody, enter a number.',
  line: (number: number) => `Line ${number}`,
  free: 'Free',
  unknownCaller: 'Unknown caller',
  lines: {
    ringing: 'Incoming call',
    answering: 'Answering',
    waitsForHold: 'Waiting for the other call to be held',
    dialling: 'Calling',
    early: 'Ringing there',
    talking: 'On call',
    holding: 'Putting on hold',
    held: 'On hold',
    resuming: 'Resuming',
    heldByFarSide: 'The other side has put you on hold',
  },
  buttons: {
    answer: 'Answer',
    holdAndAnswer: 'Hold and answer',
    decline: 'Decline',
    hangUp: 'Hang up',
    hold: 'Hold',
    resume: 'Resume',
    swap: 'Hold and resume',
    mute: 'Mute',
    unmute: 'Unmute',
    dismiss: 'Clear',
    record: 'Record',
    pauseRecording: 'Pause recording',
    resumeRecording: 'Resume recording',
    takePayment: 'Take payment',
    closePayment: 'Close payment',
    allowMicrophone: 'Try again',
  },
  recording: {
    off: 'Not recording',
    recording: 'Recording',
    paused: 'Recording paused',
    stopped: 'Recording stopped',
    locked: 'Recording is paused for the payment and goes on when it is over.',
    lockedMasked: 'Recording goes on with all keys hidden. It can be changed when the payment is over.',
  },
  payNeedsActiveCall: 'A payment can be taken while you are speaking with the caller.',
  paymentEmpty: 'Payment',
  paymentEmptyNote: 'Select Take payment during a call to open the payment panel here.',
  muted: 'You are muted: the caller cannot hear you.',
  mediaBroken:
    'No sound gets through on this call. It may come back by itself; if it does not, hang up and call again.',
  gatewayLost: 'The gateway cannot be reached. Calls go on; recording and payment come back with the connection.',
  gatewayLight: {
    'signed-out': 'Not signed in',
    connecting: 'Connecting',
    open: 'Connected',
    reconnecting: 'Reconnecting',
    refused: 'Refused',
  },
  signallingLight: {
    off: 'Not started',
    connecting: 'Connecting',
    registering: 'Registering',
    registered: 'Registered',
    reconnecting: 'Reconnecting',
    refused: 'Refused',
  } satisfies Record<Signalling, string>,
  signallingLost: {
    idle: 'The telephone has lost its connection and is reconnecting. No calls can come in meanwhile.',
    inCall: 'The telephone has lost its connection and is reconnecting. Your call goes on.',
  },
  signallingRefused:
    'The telephone could not sign in at the gateway. Sign out and in again, or ask your administrator.',
  microphoneLight: {
    off: 'Off',
    asking: 'Waiting for permission',
    ready: 'Ready',
    refused: 'Blocked',
    none: 'Not found',
    unplugged: 'Unplugged',
    failed: 'Not working',
  } satisfies Record<MicrophoneState, string>,
  microphoneProblems: {
    off: undefined,
    asking: 'Allow this page to use the microphone: without it you cannot take calls.',
    ready: undefined,
    refused:
      'The microphone is blocked for this page. Allow it in the browser, at the left of the address, then try again.',
    none: 'No microphone was found. Connect a headset, then try again.',
    unplugged: 'The microphone was unplugged: the caller cannot hear you. Connect it again or choose another one.',
    failed: 'The microphone could not be opened. Another program may be using it. Close that program, then try again.',
  } satisfies Record<MicrophoneState, string | undefined>,
  lightNames: { gateway: 'Gateway', signalling: 'Telephone', microphone: 'Microphone' },
  notices: {
    'not-registered': 'The telephone is not registered yet. Try again in a moment.',
    'not-connected': 'The telephone is reconnecting. Try again in a moment.',
    'no-free-line': 'Both lines are in use. Hang up one of them first.',
    'other-call-first': 'Wait until the other call is answered, or end it first.',
    'hold-refused': 'The call could not be put on hold. During a payment it has to stay active.',
    'resume-refused': 'The call could not be resumed. Try again.',
    'no-microphone': 'The call could not be answered without a microphone.',
    'bad-destination': 'Enter a number, such as +44 20 7946 0000, or a name without spaces.',
  } satisfies Record<Notice | 'bad-destination', string>,
  ended: {
    'you-hung-up': 'You hung up',
    'they-hung-up': 'The other side hung up',
    'you-declined': 'You declined the call',
    missed: 'Missed call',
    busy: 'Busy',
    declined: 'Call declined',
    'no-answer': 'No answer',
    'not-found': 'This number is not known',
    forbidden: 'You may not call this number',
    'no-common-audio': 'The two sides have no audio in common',
    'connection-lost': 'The connection was lost',
    'no-microphone': 'No microphone',
    failed: 'The call failed',
  } satisfies Record<EndReason, string>,
} as const;

/** 0:07, 12:34, 1:02:03. */
export function durationText(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const padded = (part: number): string => String(part).padStart(2, '0');
  return h > 0 ? `${h}:${padded(m)}:${padded(s)}` : `${m}:${padded(s)}`;
}
