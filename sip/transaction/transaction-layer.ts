/**
 * All transactions of one element (RFC 3261 §17): matches messages to machines, keeps their deadlines and bounds their
 * number. Its user calls the methods and then takes `nextOutput()` until there is none.
 *
 * `Owner` is whatever the user wants back with a response.
 */
import { createHmac } from 'node:crypto';
import { headerValue, headerValues, topVia, withSource, writeVia } from '../headers.js';
import type { Flow, HeaderField, SipRequest, SipResponse } from '../message.js';
import { buildResponse, writeMessage } from '../message-writer.js';
import { lettersOf, newBranch, type RandomSource } from '../random-identifiers.js';
import type { ClientFailure, ClientInput, ClientMachine } from './client-machine.js';
import { DeadlineQueue, type Scheduled } from './deadline-queue.js';
import { InviteClient } from './invite-client.js';
import { InviteServer } from './invite-server.js';
import { NonInviteClient } from './non-invite-client.js';
import { NonInviteServer } from './non-invite-server.js';
import type { ServerInput, ServerMachine } from './server-machine.js';
import { type BaseIntervals, RFC_INTERVALS } from './timers.js';
import { clientKey, clientKeyOf, mergeKey, serverKey } from './transaction-keys.js';
import { buildCancel, buildFailureAck } from './transaction-requests.js';

/** 2000 calls with two INVITEs and two BYEs each, lingering for 32 s, with room for as much again. */
export const DEFAULT_MAX_TRANSACTIONS = 50_000;

/** Under a flood of new requests those inside calls, and our own, still find this much room (a share of the limit). */
const RESERVE_SHARE = 0.25;

/** What a client is told to wait when the tables are full. Long enough for a burst to pass. */
const RETRY_AFTER_SECONDS = '5';

export type ServerTransaction = Scheduled & {
  readonly key: string;
  readonly mergeKey: string | undefined;
  /** With `received` and `rport` filled in. */
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly machine: ServerMachine;
};

export type ClientTransaction<Owner> = Scheduled & {
  readonly key: string;
  /** As sent, with our Via. */
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly owner: Owner | undefined;
  readonly machine: ClientMachine;
};

export type LayerOutput<Owner> =
  | { readonly kind: 'send'; readonly flow: Flow; readonly bytes: Buffer }
  /** A new request that is not an ACK. `cancels` is the INVITE that a CANCEL speaks of, if it is still known. */
  | { readonly kind: 'request'; readonly transaction: ServerTransaction; readonly cancels?: ServerTransaction }
  /** An ACK that no failure answer was waiting for: one for a 2xx, or a stray one. */
  | { readonly kind: 'ack'; readonly request: SipRequest; readonly flow: Flow }
  | { readonly kind: 'response'; readonly owner: Owner; readonly response: SipResponse; readonly flow: Flow }
  | { readonly kind: 'failed'; readonly owner: Owner; readonly cause: ClientFailure }
  | { readonly kind: 'counted'; readonly code: string };

export type TransactionLayerOptions = {
  readonly random: RandomSource;
  /** Our address as peers on that flow see it: `host` or `host:port` of the Via. */
  readonly sentBy: (flow: Flow) => { readonly host: string; readonly port: number };
  readonly intervals?: BaseIntervals;
  readonly maxTransactions?: number;
};

class Server implements ServerTransaction {
  queuePosition = -1;
  readonly key: string;
  readonly mergeKey: string | undefined;
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly machine: ServerMachine;

  constructor(key: string, request: SipRequest, flow: Flow, machine: ServerMachine) {
    this.key = key;
    this.mergeKey = mergeKey(request);
    this.request = request;
    this.flow = flow;
    this.machine = machine;
  }

  get deadlineMs(): number {
    return this.machine.deadlineMs;
  }
}

class Client<Owner> implements ClientTransaction<Owner> {
  queuePosition = -1;
  readonly key: string;
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly owner: Owner | undefined;
  readonly machine: ClientMachine;

  constructor(key: string, request: SipRequest, flow: Flow, owner: Owner | undefined, machine: ClientMachine) {
    this.key = key;
    this.request = request;
    this.flow = flow;
    this.owner = owner;
    this.machine = machine;
  }

  get deadlineMs(): number {
    return this.machine.deadlineMs;
  }
}

export class TransactionLayer<Owner> {
  readonly #options: TransactionLayerOptions;
  readonly #intervals: BaseIntervals;
  readonly #maxTransactions: number;
  readonly #statelessSecret: Buffer;
  readonly #servers = new Map<string, Server>();
  readonly #merged = new Map<string, Server>();
  readonly #clients = new Map<string, Client<Owner>>();
  /** Those on connections, so that a lost one is looked for among few. */
  readonly #streamClients = new Set<Client<Owner>>();
  readonly #queue = new DeadlineQueue<Server | Client<Owner>>();
  #outputs: LayerOutput<Owner>[] = [];
  #taken = 0;

  constructor(options: TransactionLayerOptions) {
    this.#options = options;
    this.#intervals = options.intervals ?? RFC_INTERVALS;
    this.#maxTransactions = options.maxTransactions ?? DEFAULT_MAX_TRANSACTIONS;
    this.#statelessSecret = options.random(16);
  }

  get deadlineMs(): number {
    return this.#queue.deadlineMs;
  }

  /** Live transactions, lingering ones among them. */
  get size(): number {
    return this.#servers.size + this.#clients.size;
  }

  nextOutput(): LayerOutput<Owner> | undefined {
    if (this.#taken === this.#outputs.length) {
      this.#outputs = [];
      this.#taken = 0;
      return undefined;
    }
    this.#taken += 1;
    return this.#outputs[this.#taken - 1];
  }

  receiveRequest(received: SipRequest, flow: Flow, nowMs: number): void {
    const isAck = received.method === 'ACK';
    const key = serverKey(received, isAck ? 'INVITE' : received.method);
    const known = this.#servers.get(key);
    if (known !== undefined) {
      this.#feedServer(known, { kind: isAck ? 'ack' : 'request-again' }, nowMs, received);
      return;
    }
    if (isAck) {
      this.#outputs.push({ kind: 'ack', request: received, flow });
      return;
    }
    const request = withSource(received, { address: flow.remoteAddress, port: flow.remotePort });
    const merged = mergeKey(request);
    if (merged !== undefined && request.method !== 'CANCEL' && this.#merged.has(merged)) {
      // RFC 3261 §8.2.2.2.
      this.#answer(request, flow, { status: 482, reason: 'Loop Detected' });
      this.#outputs.push({ kind: 'counted', code: 'merged-request' });
    } else if (this.size >= this.#limit(merged === undefined)) {
      const headers = [{ name: 'Retry-After', value: RETRY_AFTER_SECONDS }];
      this.#answer(request, flow, { status: 503, reason: 'Service Unavailable', headers });
      this.#outputs.push({ kind: 'counted', code: 'transactions-full' });
    } else {
      this.#open(key, request, flow);
    }
  }

  /** Whence the transaction came that this request belongs to: it is sent again, or an ACK or CANCEL of that INVITE. */
  flowOfRequest(request: SipRequest): Flow | undefined {
    const isOfInvite = request.method === 'ACK' || request.method === 'CANCEL';
    return this.#servers.get(serverKey(request, isOfInvite ? 'INVITE' : request.method))?.flow;
  }

  /** Answers a request, no ACK, that is to become no transaction: nothing is kept of it, not even for a moment. */
  refuse(
    received: SipRequest,
    flow: Flow,
    answer: { readonly status: number; readonly reason: string; readonly headers?: readonly HeaderField[] },
  ): void {
    this.#answer(withSource(received, { address: flow.remoteAddress, port: flow.remotePort }), flow, answer);
  }

  receiveResponse(response: SipResponse, flow: Flow, nowMs: number): void {
    const key = clientKeyOf(response);
    const client = key === undefined ? undefined : this.#clients.get(key);
    if (client === undefined || headerValues(response, 'Via').length !== 1) {
      // RFC 3261 §18.1.2 and §8.1.3.3: not ours, or of a transaction long gone.
      this.#outputs.push({ kind: 'counted', code: 'stray-response' });
      return;
    }
    this.#feedClient(client, { kind: 'response', response }, nowMs, flow);
  }

  /** Sends a request in a transaction of its own. `undefined`: the tables are full and nothing was sent. */
  request(
    request: SipRequest,
    route: { readonly flow: Flow; readonly owner?: Owner },
    nowMs: number,
  ): ClientTransaction<Owner> | undefined {
    if (this.size >= this.#limit(true)) {
      this.#outputs.push({ kind: 'counted', code: 'transactions-full' });
      return undefined;
    }
    const branch = newBranch(this.#options.random);
    const sent = this.#withVia(request, route.flow, branch);
    return this.#start(clientKey(branch, request.method), sent, route, nowMs);
  }

  /** Sends an ACK for a 2xx: no transaction, but a branch of its own (RFC 3261 §13.2.2.4). Gives back its bytes. */
  sendAck(ack: SipRequest, flow: Flow): Buffer {
    const bytes = writeMessage(this.#withVia(ack, flow, newBranch(this.#options.random)));
    this.#outputs.push({ kind: 'send', flow, bytes });
    return bytes;
  }

  /** For the ACK whose 2xx came once more. */
  sendAgain(flow: Flow, bytes: Buffer): void {
    this.#outputs.push({ kind: 'send', flow, bytes });
  }

  /** RFC 3261 §9.1. Only after a provisional answer, and never twice: both are the caller's to know. */
  cancel(invite: ClientTransaction<Owner>, extraHeaders: readonly HeaderField[], nowMs: number): void {
    const branch = topVia(invite.request)?.branch ?? '';
    const request = buildCancel(invite.request, extraHeaders);
    this.#start(clientKey(branch, 'CANCEL'), request, { flow: invite.flow }, nowMs);
  }

  /** Stops waiting for an answer; the user has given up (RFC 3261 §9.1 after a CANCEL without effect). */
  abandon(transaction: ClientTransaction<Owner>): void {
    const client = this.#clients.get(transaction.key);
    if (client === transaction) {
      this.#forgetClient(client);
    }
  }

  respond(transaction: ServerTransaction, response: SipResponse, nowMs: number): void {
    const server = this.#servers.get(transaction.key);
    if (server === transaction) {
      this.#feedServer(server, { kind: 'respond', status: response.status, bytes: writeMessage(response) }, nowMs);
    }
  }

  /**
   * Answers and forgets (RFC 3261 §8.2.7): whatever the request does next, it costs us nothing. For refusals, so that a
   * flood leaves no state behind.
   */
  respondStatelessly(
    transaction: ServerTransaction,
    answer: { readonly status: number; readonly reason: string; readonly headers?: readonly HeaderField[] },
  ): void {
    const server = this.#servers.get(transaction.key);
    if (server !== undefined) {
      this.#forgetServer(server);
    }
    this.#answer(transaction.request, transaction.flow, answer);
  }

  /** The connection is gone: what waited for an answer on it fails (RFC 3261 §8.1.3.1). */
  flowFailed(flow: Flow, nowMs: number): void {
    for (const client of [...this.#streamClients]) {
      if (isOnFlow(client.flow, flow)) {
        this.#feedClient(client, { kind: 'transport-error' }, nowMs, flow);
      }
    }
  }

  handleDeadline(nowMs: number): void {
    for (let due = this.#queue.peekDue(nowMs); due !== undefined; due = this.#queue.peekDue(nowMs)) {
      // Out first: should it throw, it cannot come round for ever.
      this.#queue.remove(due);
      if (due instanceof Server) {
        this.#feedServer(due, { kind: 'deadline' }, nowMs);
      } else {
        this.#feedClient(due, { kind: 'deadline' }, nowMs, due.flow);
      }
    }
  }

  #open(key: string, request: SipRequest, flow: Flow): void {
    const options = { reliable: flow.transport !== 'udp', intervals: this.#intervals };
    const machine = request.method === 'INVITE' ? new InviteServer(options) : new NonInviteServer(options);
    const server = new Server(key, request, flow, machine);
    this.#servers.set(key, server);
    if (server.mergeKey !== undefined) {
      this.#merged.set(server.mergeKey, server);
    }
    const cancels = request.method === 'CANCEL' ? this.#servers.get(serverKey(request, 'INVITE')) : undefined;
    this.#outputs.push({ kind: 'request', transaction: server, ...(cancels === undefined ? undefined : { cancels }) });
  }

  #start(
    key: string,
    request: SipRequest,
    route: { readonly flow: Flow; readonly owner?: Owner },
    nowMs: number,
  ): ClientTransaction<Owner> {
    const options = {
      bytes: writeMessage(request),
      reliable: route.flow.transport !== 'udp',
      intervals: this.#intervals,
      buildAck: (response: SipResponse) => writeMessage(buildFailureAck(request, response)),
    };
    const machine = request.method === 'INVITE' ? new InviteClient(options) : new NonInviteClient(options);
    const client = new Client<Owner>(key, request, route.flow, route.owner, machine);
    this.#clients.set(key, client);
    if (options.reliable) {
      this.#streamClients.add(client);
    }
    this.#feedClient(client, { kind: 'start' }, nowMs, route.flow);
    return client;
  }

  #feedServer(server: Server, input: ServerInput, nowMs: number, ack?: SipRequest): void {
    for (const output of server.machine.handle(input, nowMs)) {
      if (output.kind === 'send') {
        this.#outputs.push({ kind: 'send', flow: server.flow, bytes: output.bytes });
      } else if (output.kind === 'ack-missing') {
        this.#outputs.push({ kind: 'counted', code: 'ack-missing' });
      } else if (ack !== undefined) {
        this.#outputs.push({ kind: 'ack', request: ack, flow: server.flow });
      }
    }
    if (server.machine.state === 'terminated') {
      this.#forgetServer(server);
    } else {
      this.#queue.update(server);
    }
  }

  #feedClient(client: Client<Owner>, input: ClientInput, nowMs: number, flow: Flow): void {
    for (const output of client.machine.handle(input, nowMs)) {
      if (output.kind === 'send') {
        this.#outputs.push({ kind: 'send', flow: client.flow, bytes: output.bytes });
      } else if (client.owner !== undefined) {
        this.#outputs.push(
          output.kind === 'response'
            ? { kind: 'response', owner: client.owner, response: output.response, flow }
            : { kind: 'failed', owner: client.owner, cause: output.cause },
        );
      }
    }
    if (client.machine.state === 'terminated') {
      this.#forgetClient(client);
    } else {
      this.#queue.update(client);
    }
  }

  #forgetClient(client: Client<Owner>): void {
    this.#queue.remove(client);
    this.#clients.delete(client.key);
    this.#streamClients.delete(client);
  }

  #forgetServer(server: Server): void {
    this.#queue.remove(server);
    this.#servers.delete(server.key);
    if (server.mergeKey !== undefined && this.#merged.get(server.mergeKey) === server) {
      this.#merged.delete(server.mergeKey);
    }
  }

  #answer(
    request: SipRequest,
    flow: Flow,
    answer: { readonly status: number; readonly reason: string; readonly headers?: readonly HeaderField[] },
  ): void {
    // RFC 3261 §8.2.7: the tag is the same for the same request, though nothing is kept of it.
    const identity = `${serverKey(request, request.method)}|${headerValue(request, 'Call-ID') ?? ''}`;
    const digest = createHmac('sha256', this.#statelessSecret).update(identity).digest();
    const toTag = lettersOf(digest.subarray(0, 8));
    this.#outputs.push({ kind: 'send', flow, bytes: writeMessage(buildResponse(request, { ...answer, toTag })) });
  }

  #withVia(request: SipRequest, flow: Flow, branch: string): SipRequest {
    const transport = flow.transport.toUpperCase();
    const { host, port } = this.#options.sentBy(flow);
    // RFC 3581 §3: always ask for the port we are seen with.
    const value = writeVia({ transport, host, port, branch, rport: 'requested', params: new Map() });
    return { ...request, headers: [{ name: 'Via', value }, ...request.headers] };
  }

  #limit(isReserved: boolean): number {
    return isReserved ? this.#maxTransactions * (1 + RESERVE_SHARE) : this.#maxTransactions;
  }
}

/** A flow without a connection number is one to be opened: any failure towards its address is its own. */
function isOnFlow(flow: Flow, failed: Flow): boolean {
  return (
    flow.listener === failed.listener &&
    flow.transport === failed.transport &&
    flow.remoteAddress === failed.remoteAddress &&
    flow.remotePort === failed.remotePort &&
    (flow.connectionId === undefined || failed.connectionId === undefined || flow.connectionId === failed.connectionId)
  );
}
