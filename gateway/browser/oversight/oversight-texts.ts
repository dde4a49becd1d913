/** Every text of these pages, and the colour and icon that stand with each state: colour is never the only sign. */
import type { CardBrand, FieldName } from '../../../vault-client/wire.js';
import type { CallView } from '../../api/call-desk.js';
import type { RecordingRecord, SessionRecord } from '../../api/evidence-desk.js';
import type { Role } from '../../api/roles.js';
import type { AuditProblem } from '../../audit/audit-verify-store.js';
import type { SessionState } from '../../payment/session-view.js';
import type { ConnectionStatus } from '../desk-state.js';
import type { IconName as AnyIconName } from '../icons.js';
import type { SectionName } from './oversight-sections.js';

export type Tone = 'neutral' | 'yellow' | 'green' | 'red';
export type IconName = AnyIconName;
type Worded = { readonly tone: Tone; readonly icon: IconName; readonly text: string };

export const pageTexts = {
  name: 'Tonegate',
  part: 'Oversight',
  signInNote:
    'Enter the access token of your supervisor, auditor or administrator account. It is kept in this tab only.',
  signOut: 'Sign out',
  sections: {
    live: 'Live calls',
    sessions: 'Payment sessions',
    recordings: 'Recordings',
    audit: 'Audit log',
    health: 'Health',
    accounts: 'Accounts',
  } satisfies Record<SectionName, string>,
  navigation: 'Sections',
  roles: {
    agent: 'Agent',
    supervisor: 'Supervisor',
    auditor: 'Auditor',
    integration: 'Integration',
    administrator: 'Administrator',
  } satisfies Record<Role, string>,
  nothing: {
    title: 'There is nothing here for this account',
    note: 'Live calls are for supervisors, history and recordings for auditors, health and accounts for administrators.',
    agent: 'Your own calls are on the payment panel.',
    agentLink: 'Open the payment panel',
  },
  forbidden: {
    title: 'This page is not for your role',
    note: 'What you may see is in the list of sections.',
  },
  loading: 'Loading…',
  retry: 'Try again',
  older: 'Older',
} as const;

export const liveTexts = {
  title: 'Live calls',
  connection: {
    'signed-out': undefined,
    connecting: 'Connecting…',
    open: undefined,
    reconnecting: 'Reconnecting… What is shown may be out of date.',
    crowded: 'Too many connections of this account. What is shown may be out of date.',
    refused: undefined,
  } satisfies Record<ConnectionStatus, string | undefined>,
  connected: 'Connected. Everything is up to date.',
  live: 'Live',
  tiles: { calls: 'Calls', payments: 'Payments under way', held: 'On hold' },
  agentLabel: 'Agent',
  allAgents: 'All agents',
  none: 'No calls at the moment. A call appears here as soon as it rings.',
  noneOfAgent: 'This agent has no call at the moment.',
  ended: 'Just ended',
  noAgent: 'No agent',
  unknownCaller: 'Unknown caller',
  noPayment: 'No payment on this call',
  recordingLocked: 'Locked during the payment',
  dropped: 'ignored: pressed while no field was waiting',
  directions: { inbound: 'Inbound', outbound: 'Outbound' } satisfies Record<CallView['direction'], string>,
  callStates: {
    ringing: { tone: 'yellow', icon: 'bell', text: 'Ringing' },
    active: { tone: 'green', icon: 'phone', text: 'Talking' },
    held: { tone: 'neutral', icon: 'pause', text: 'On hold' },
    ended: { tone: 'neutral', icon: 'hangUp', text: 'Ended' },
  } satisfies Record<CallView['state'], Worded>,
  recording: {
    off: { tone: 'neutral', icon: 'record', text: 'Not recording' },
    recording: { tone: 'red', icon: 'record', text: 'Recording' },
    paused: { tone: 'yellow', icon: 'pause', text: 'Recording paused' },
    stopped: { tone: 'neutral', icon: 'stop', text: 'Recording stopped' },
  } satisfies Record<CallView['recording']['state'], Worded>,
  sessionStates: {
    starting: { tone: 'yellow', icon: 'wait', text: 'Securing the line' },
    ready: { tone: 'yellow', icon: 'lock', text: 'Secure window open' },
    capturing: { tone: 'yellow', icon: 'keypad', text: 'Caller is keying' },
    tokenizing: { tone: 'yellow', icon: 'wait', text: 'Vaulting the card' },
    vaulted: { tone: 'green', icon: 'check', text: 'Card securely vaulted' },
    failed: { tone: 'red', icon: 'alert', text: 'Payment failed' },
    canceled: { tone: 'neutral', icon: 'stop', text: 'Payment canceled' },
    ended: { tone: 'neutral', icon: 'hangUp', text: 'Ended with the call' },
  } satisfies Record<SessionState, Worded>,
  fields: {
    cardNumber: 'Card number',
    expirationDate: 'Expiration date',
    securityCode: 'Security code',
  } satisfies Record<FieldName, string>,
  fieldStates: { empty: 'Not captured yet', awaiting: 'Awaiting input', captured: 'Captured', error: 'Error' },
  brands: {
    visa: 'Visa',
    mastercard: 'Mastercard',
    amex: 'American Express',
    discover: 'Discover',
    jcb: 'JCB',
    diners: 'Diners Club',
    unionpay: 'UnionPay',
    maestro: 'Maestro',
  } satisfies Record<CardBrand, string>,
} as const;

export const filterTexts = {
  legend: 'Filter',
  from: 'From',
  until: 'Until',
  agent: 'Agent',
  outcome: 'Outcome',
  any: 'Any',
  clear: 'Clear filter',
  none: 'Nothing fits.',
  nothingYet: 'Nothing yet.',
  searchedTo: 'Searched back to',
  searchedAll: 'That is everything.',
  searchOn: 'Search further back',
} as const;

export const sessionTexts = {
  title: 'Payment sessions',
  back: 'All payment sessions',
  one: 'Payment session',
  outcomes: {
    open: { tone: 'yellow', icon: 'wait', text: 'Open' },
    vaulted: { tone: 'green', icon: 'check', text: 'Vaulted' },
    canceled: { tone: 'neutral', icon: 'stop', text: 'Canceled' },
    failed: { tone: 'red', icon: 'alert', text: 'Failed' },
    ended: { tone: 'neutral', icon: 'hangUp', text: 'Ended with the call' },
  } satisfies Record<SessionRecord['outcome'], Worded>,
  columns: {
    started: 'Started',
    agent: 'Agent',
    outcome: 'Outcome',
    duration: 'Duration',
    captures: 'Captures',
    rejected: 'Refused entries',
  },
  facts: { session: 'Session', call: 'Call', ended: 'Ended', error: 'Error' },
  timeline: 'What happened',
  timelineCut: 'More records follow than are searched for here. Go on in the audit log.',
  recordings: 'Recordings of this call',
  noRecording: 'None is found near this session.',
  missing: 'There is no such payment session.',
} as const;

export const recordingTexts = {
  title: 'Recordings',
  back: 'All recordings',
  one: 'Recording',
  outcomes: {
    open: { tone: 'yellow', icon: 'wait', text: 'Going on' },
    complete: { tone: 'green', icon: 'check', text: 'Complete' },
    failed: { tone: 'red', icon: 'alert', text: 'Failed' },
    missing: { tone: 'red', icon: 'alert', text: 'File is missing' },
  } satisfies Record<RecordingRecord['outcome'], Worded>,
  columns: { started: 'Started', agent: 'Agent', outcome: 'State', duration: 'Length', gaps: 'Gaps' },
  noGaps: 'None',
  missing: 'There is no such recording.',
  loadingSound: 'Loading the sound…',
  notARecording: 'This file is not a recording of this gateway.',
  play: 'Play',
  pause: 'Pause',
  position: 'Position',
  download: 'Download WAV',
  waveform: 'Waveform of caller and agent, with the gaps marked',
  channels: { caller: 'Caller', agent: 'Agent' },
  gaps: 'Gaps',
  gapColumns: {
    reason: 'Reason',
    span: 'In the recording',
    clock: 'Time of day',
    length: 'Length',
    sound: 'Sound in it',
  },
  reasons: {
    window: { paused: 'Payment: recording paused', masked: 'Payment: recorded with keys hidden' },
    manual: { paused: 'Paused by the agent', masked: 'Masked by hand' },
  } satisfies Record<'window' | 'manual', Record<'paused' | 'masked', string>>,
  shortReasons: { window: 'Payment', manual: 'Pause' },
  none: 'This recording has no gaps.',
  silent: 'Silent, checked',
  soundFound: 'Sound found',
  masked: 'Goes on with keys hidden',
  facts: { id: 'File', call: 'Call' },
} as const;

export const auditTexts = {
  title: 'Audit log',
  columns: { sequence: 'Record', time: 'Time', actor: 'Who', action: 'What', outcome: 'Result', about: 'About' },
  outcomes: {
    success: { tone: 'neutral', icon: 'check', text: 'Success' },
    failure: { tone: 'red', icon: 'alert', text: 'Failure' },
    refused: { tone: 'yellow', icon: 'lock', text: 'Refused' },
  },
  verification: 'Verification of the chain',
  verify: 'Verify again',
  verifying: 'Reading the whole log…',
  intact: 'The log is intact',
  broken: 'The log is broken',
  headHash: 'Hash of the last record',
  headNote: 'Note it down elsewhere: a log cut short and closed anew would have another.',
  showBroken: 'Show record',
  problems: {
    'log-missing': 'There is no audit log.',
    'log-unreadable': 'The log cannot be read from here on.',
    'not-append-only': 'The triggers that keep the log append-only are gone.',
    'record-missing': 'The record is missing.',
    'record-changed': 'The record, its place or its hash was changed.',
    'tail-missing': 'The log ends before this record, which its head file counts.',
    'head-missing': 'The head file is missing, so that lost records at the end would not show.',
    'head-unreadable': 'The head file is not one.',
    'head-differs': 'The head file holds another hash for this record.',
    'index-differs': 'The indexes do not find the record, so the history of its call would be another.',
    'log-damaged': 'The file is damaged beside its records, so what is looked up in it may not be found.',
  } satisfies Record<AuditProblem, string>,
  unknownProblem: 'The chain does not hold.',
  first: 'First',
  previous: 'Previous',
  next: 'Next',
  last: 'Latest',
  goTo: 'Record number',
  go: 'Go',
  empty: 'There is no record here.',
  exportLines: 'Export as JSON lines',
  stopExport: 'Stop',
  exportEmpty: 'There is nothing to export.',
  exportLimit: 'That is as much as is exported at once. All of it is printed by: tonegate audit list',
  readNote: 'Each reading of the log is itself recorded in it.',
} as const;

export const administrationTexts = {
  health: 'Health',
  allWell: 'Every part is up',
  notWell: 'A part is down',
  unknownHealth: 'The gateway does not answer',
  up: 'Up',
  down: 'Down',
  configuration: 'Configuration',
  configurationNote: 'What runs, without secrets.',
  hash: 'SHA-256 of the configuration',
  api: 'API',
  redeem: 'Redeem endpoint',
  listeners: 'SIP listeners',
  routes: 'Routes',
  payment: 'Payment',
  accounts: 'Accounts',
  accountColumns: { name: 'Name', role: 'Role', users: 'SIP users' },
  routeColumns: { name: 'Route', from: 'From', to: 'To', recording: 'Recording', mask: 'Keys hidden' },
} as const;
