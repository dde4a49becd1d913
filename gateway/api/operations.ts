/**
 * Everything that can be asked, one row each: method, path, who may, what it takes, what it answers, how it refuses.
 * Routes, role checks and the OpenAPI document are all made of this table.
 */
import { z } from 'zod';
import { accountRecord, configurationSummary } from './administration-desk.js';
import type { ApiErrorCode } from './api-errors.js';
import {
  auditLine,
  auditVerdict,
  callRecord,
  recordingNotes,
  recordingRecord,
  sessionRecord,
} from './evidence-desk.js';
import type { Permission } from './roles.js';
import { softphoneAccess } from './softphone-access.js';
import { accountName, callView, fieldName, identifier, instant, role, sessionView } from './view-schemas.js';

export type OperationContract = Permission & {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** As OpenAPI writes it; the only parameter of a path is `{id}`. */
  readonly path: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  readonly query?: z.ZodType;
  /** Operations that take nothing take no body, or an empty object. */
  readonly body?: z.ZodType;
  readonly status: 200 | 201;
  /**
   * Takes an `Idempotency-Key`: what of the answer is kept for a day under it, so that it must name no secret. Missing
   * where the answer is one; asking twice gives two.
   */
  readonly keptAnswer?: z.ZodObject;
  /** Missing where the answer is no JSON of ours, see `contentType`. */
  readonly answer?: z.ZodType;
  readonly contentType?: string;
  /** Where the usual time for an operation is too short, e.g. for an hour of sound over a slow line. */
  readonly timeoutMs?: number;
  /** Beside those that every operation can end in. */
  readonly refusals: readonly ApiErrorCode[];
};

export const TAGS = {
  calls: 'Calls as they are now, and the event socket.',
  payments: 'Payment sessions: three fields that the caller keys, and one token for them.',
  panels: 'The panel in pages of another origin.',
  evidence: 'What was: for auditors.',
  administration: 'What runs: for administrators.',
  service: 'Who asks, and whether the gateway is up.',
  webhooks: 'What the gateway tells configured servers by itself: signed as Standard Webhooks has it, at least once.',
  orders: "A token becomes an order's means of payment. Another server with a credential of its own: the vault.",
} as const;

export type Tag = keyof typeof TAGS;

/** Items of one page. */
export const MAX_PAGE = 200;
const DEFAULT_PAGE = 50;

const count = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const limit = z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE);
const newestFirst = z.strictObject({
  before: count
    .default(Number.MAX_SAFE_INTEGER)
    .describe('Only what is older than this sequence number: `nextBefore` of the page before.'),
  limit,
});
const oldestFirst = z.strictObject({ after: count.default(0), limit });
const nothing = z.strictObject({}).optional();

const origin = z
  .string()
  .max(256)
  .describe('Origin of the page that embeds the panel, such as `https://crm.example`; one of `api.frameAncestors`.');

const oneCall = z.strictObject({ call: callView });
const oneSession = z.strictObject({ session: sessionView });

// Without what spends the card: members that a schema of this kind does not name are left away.
const { token: _token, tokenExpiresAt: _expiry, ...maskedSession } = sessionView.shape;
const sessionWithoutToken = z.object(maskedSession);
const keptSession = z.object({ session: sessionWithoutToken });
const keptCall = z.object({ call: z.object({ ...callView.shape, session: sessionWithoutToken.exactOptional() }) });

function pageOf<Name extends string, Item extends z.ZodType>(name: Name, item: Item) {
  return z.strictObject({
    [name]: z.array(item).readonly(),
    nextBefore: z.int().exactOptional().describe('Missing on the last page.'),
  } as { [Key in Name]: z.ZodReadonly<z.ZodArray<Item>> } & { nextBefore: z.ZodExactOptional<z.ZodInt> });
}

const agentsAndSupervisors = ['agent', 'supervisor'] as const;
const agents = ['agent'] as const;
const auditors = ['auditor'] as const;
const administrators = ['administrator'] as const;

const ALWAYS: readonly ApiErrorCode[] = [
  'bad-request',
  'request-too-large',
  'request-timeout',
  'operation-timeout',
  'internal-error',
];
const WITH_BEARER: readonly ApiErrorCode[] = ['unauthorized', 'forbidden-role', 'too-many-requests'];
const WITH_BODY: readonly ApiErrorCode[] = ['unsupported-media-type'];
const WITH_KEY: readonly ApiErrorCode[] = ['idempotency-in-flight', 'idempotency-key-reused'];

export const operations = {
  'read-account': {
    method: 'GET',
    path: '/v1/me',
    tag: 'service',
    summary: 'Who the bearer is, and what it may ask',
    roles: ['agent', 'supervisor', 'auditor', 'integration', 'administrator'],
    status: 200,
    answer: z.strictObject({
      name: accountName,
      role,
      callId: z.string().exactOptional().describe("The one call that a panel's bearer is for."),
      operations: z.array(z.string()).readonly(),
    }),
    refusals: [],
  },
  'list-calls': {
    method: 'GET',
    path: '/v1/calls',
    tag: 'calls',
    summary: 'The own calls; a supervisor gets those of everybody, without tokens',
    roles: agentsAndSupervisors,
    status: 200,
    answer: z.strictObject({ calls: z.array(callView).readonly() }),
    refusals: [],
  },
  'read-call': {
    method: 'GET',
    path: '/v1/calls/{id}',
    tag: 'calls',
    summary: 'A call',
    roles: agentsAndSupervisors,
    status: 200,
    answer: oneCall,
    refusals: ['not-found'],
  },
  'hang-up': {
    method: 'DELETE',
    path: '/v1/calls/{id}',
    tag: 'calls',
    summary: 'Hangs up',
    roles: agents,
    status: 200,
    answer: oneCall,
    refusals: ['not-found', 'call-not-active'],
  },
  record: {
    method: 'POST',
    path: '/v1/calls/{id}/recording',
    tag: 'calls',
    summary: 'Starts, pauses, resumes or stops the recording',
    roles: agents,
    body: z.strictObject({ action: z.enum(['start', 'pause', 'resume', 'stop']) }),
    keptAnswer: keptCall,
    status: 200,
    answer: oneCall,
    refusals: ['not-found', 'call-not-active', 'recording-locked', 'recording-unavailable', 'media-unreachable'],
  },
  'start-session': {
    method: 'POST',
    path: '/v1/calls/{id}/payment-sessions',
    tag: 'payments',
    summary: 'Start, Try Again and Start New Capture',
    description: 'Answers once suppression is on, the recorder paused and the vault ready.',
    roles: agents,
    body: nothing,
    keptAnswer: keptSession,
    status: 201,
    answer: oneSession,
    refusals: [
      'not-found',
      'call-not-active',
      'session-in-progress',
      'session-not-in-state',
      'vault-unreachable',
      'media-unreachable',
      'recorder-not-paused',
      'audio-not-inspectable',
    ],
  },
  'read-session': {
    method: 'GET',
    path: '/v1/payment-sessions/{id}',
    tag: 'payments',
    summary: 'A payment session',
    roles: agentsAndSupervisors,
    status: 200,
    answer: oneSession,
    refusals: ['not-found'],
  },
  capture: {
    method: 'POST',
    path: '/v1/payment-sessions/{id}/capture',
    tag: 'payments',
    summary: 'Capture and Re-capture: the field awaits keys',
    roles: agents,
    body: z.strictObject({ field: fieldName }),
    keptAnswer: keptSession,
    status: 200,
    answer: oneSession,
    refusals: ['not-found', 'session-not-in-state', 'vault-unreachable', 'media-unreachable', 'audio-not-inspectable'],
  },
  complete: {
    method: 'POST',
    path: '/v1/payment-sessions/{id}/complete',
    tag: 'payments',
    summary: 'Complete Tokenization, with three captured fields',
    roles: agents,
    body: nothing,
    keptAnswer: keptSession,
    status: 200,
    answer: oneSession,
    refusals: ['not-found', 'session-not-in-state', 'vault-unreachable'],
  },
  cancel: {
    method: 'POST',
    path: '/v1/payment-sessions/{id}/cancel',
    tag: 'payments',
    summary: 'Cancel: all that was keyed is wiped',
    roles: agents,
    body: nothing,
    keptAnswer: keptSession,
    status: 200,
    answer: oneSession,
    refusals: ['not-found', 'session-not-in-state'],
  },
  'watch-events': {
    method: 'GET',
    path: '/v1/events',
    tag: 'calls',
    summary: 'Upgrades to the event socket',
    roles: agentsAndSupervisors,
    status: 200,
    refusals: ['upgrade-required', 'forbidden-origin', 'unavailable'],
  },
  'list-past-sessions': {
    method: 'GET',
    path: '/v1/history/sessions',
    tag: 'evidence',
    summary: 'Payment sessions of the past, newest first',
    roles: auditors,
    query: newestFirst,
    status: 200,
    answer: pageOf('sessions', sessionRecord),
    refusals: ['bad-request'],
  },
  'list-past-calls': {
    method: 'GET',
    path: '/v1/history/calls',
    tag: 'evidence',
    summary: 'Calls of the past, newest first',
    roles: auditors,
    query: newestFirst,
    status: 200,
    answer: pageOf('calls', callRecord),
    refusals: ['bad-request'],
  },
  'list-recordings': {
    method: 'GET',
    path: '/v1/recordings',
    tag: 'evidence',
    summary: 'Recordings with their gaps, newest first',
    roles: auditors,
    query: newestFirst,
    status: 200,
    answer: pageOf('recordings', recordingRecord),
    refusals: ['bad-request'],
  },
  'read-recording': {
    method: 'GET',
    path: '/v1/recordings/{id}',
    tag: 'evidence',
    summary: 'The sound of a recording',
    description: 'One range of bytes may be asked for (RFC 9110 §14.2). Each reading is a record of the audit log.',
    roles: auditors,
    status: 200,
    contentType: 'audio/wav',
    timeoutMs: 3_600_000,
    refusals: ['not-found', 'range-not-satisfiable'],
  },
  'read-recording-notes': {
    method: 'GET',
    path: '/v1/recordings/{id}/notes',
    tag: 'evidence',
    summary: 'Length and gaps of a recording',
    roles: auditors,
    status: 200,
    answer: z.strictObject({ notes: recordingNotes }),
    refusals: ['not-found'],
  },
  'read-audit-log': {
    method: 'GET',
    path: '/v1/audit',
    tag: 'evidence',
    summary: 'Records of the audit log, oldest first',
    description: 'Each reading is itself a record of the log.',
    roles: auditors,
    query: oldestFirst,
    status: 200,
    answer: z.strictObject({
      records: z.array(auditLine).readonly(),
      nextAfter: z.int().exactOptional().describe('Missing at the end of the log.'),
    }),
    refusals: ['bad-request'],
  },
  'verify-audit-log': {
    method: 'GET',
    path: '/v1/audit/verification',
    tag: 'evidence',
    summary: 'Checks the chain of the whole audit log',
    roles: auditors,
    timeoutMs: 600_000,
    status: 200,
    answer: auditVerdict,
    refusals: [],
  },
  'read-configuration': {
    method: 'GET',
    path: '/v1/configuration',
    tag: 'administration',
    summary: 'What runs, without secrets',
    roles: administrators,
    status: 200,
    answer: configurationSummary,
    refusals: [],
  },
  'list-accounts': {
    method: 'GET',
    path: '/v1/accounts',
    tag: 'administration',
    summary: 'Accounts and their roles',
    roles: administrators,
    status: 200,
    answer: z.strictObject({ accounts: z.array(accountRecord).readonly() }),
    refusals: [],
  },
  'open-softphone': {
    method: 'POST',
    path: '/v1/softphone',
    tag: 'calls',
    summary: 'Where the own telephone registers, and a password for it that is good for an hour',
    roles: agents,
    inPanels: false,
    body: nothing,
    status: 200,
    answer: z.strictObject({ softphone: softphoneAccess }),
    refusals: ['softphone-unavailable'],
  },
  'create-panel-ticket': {
    method: 'POST',
    path: '/v1/panel-tickets',
    tag: 'panels',
    summary: "A ticket with which a page of another origin may show an agent's panel, once, within a minute",
    roles: ['agent', 'integration'],
    inPanels: false,
    body: z.strictObject({
      agent: accountName.exactOptional().describe('Needed from an integration; an agent has tickets for itself only.'),
      callId: identifier.exactOptional().describe('Binds the panel to this call.'),
      origin,
    }),
    status: 201,
    answer: z.strictObject({ ticket: z.string(), expiresAt: instant }),
    refusals: ['bad-request', 'agent-unknown', 'not-found', 'ticket-origin'],
  },
  'open-panel-session': {
    method: 'POST',
    path: '/v1/panel-sessions',
    tag: 'panels',
    summary: 'Trades a ticket for a short-lived bearer token',
    description: 'Without a bearer. Wrong tickets of one source are limited as wrong tokens are.',
    roles: 'anybody',
    body: z.strictObject({ ticket: z.string().min(1).max(128), origin }),
    status: 201,
    answer: z.strictObject({
      token: z.string().describe("Works wherever the agent's own does, for the one call if the ticket named one."),
      expiresAt: instant,
      agent: accountName,
      callId: z.string().exactOptional(),
    }),
    refusals: [
      'ticket-unknown',
      'ticket-expired',
      'ticket-used',
      'ticket-origin',
      'forbidden-origin',
      'too-many-requests',
    ],
  },
  'read-openapi': {
    method: 'GET',
    path: '/v1/openapi.json',
    tag: 'service',
    summary: 'This document',
    roles: 'anybody',
    status: 200,
    answer: z.looseObject({ openapi: z.string() }),
    refusals: [],
  },
  'read-health': {
    method: 'GET',
    path: '/healthz',
    tag: 'service',
    summary: 'Whether all parts are up; 503 with the same body when one is not',
    roles: 'anybody',
    status: 200,
    answer: z.strictObject({ ok: z.boolean(), parts: z.record(z.string(), z.boolean()) }),
    refusals: [],
  },
  'read-metrics': {
    method: 'GET',
    path: '/metrics',
    tag: 'administration',
    summary: 'Counters for Prometheus; without a token when asked from this machine',
    roles: administrators,
    status: 200,
    contentType: 'text/plain',
    refusals: [],
  },
} as const satisfies Readonly<Record<string, OperationContract>>;

export type OperationName = keyof typeof operations;

export const OPERATION_NAMES = Object.keys(operations) as readonly OperationName[];

export function contractOf(name: OperationName): OperationContract {
  return operations[name];
}

/** Every code in which the operation can end. */
export function refusalsOf({ body, keptAnswer, refusals, roles }: OperationContract): readonly ApiErrorCode[] {
  const all = [
    ...refusals,
    ...(roles === 'anybody' ? [] : WITH_BEARER),
    ...(body === undefined ? [] : WITH_BODY),
    ...(keptAnswer ? WITH_KEY : []),
    ...ALWAYS,
  ];
  return [...new Set(all)];
}
