import { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AuditDuty } from './audit-outbox-store.js';
import {
  type Claim,
  type EmbeddedVaultStore,
  orderIdOutside,
  type RedeemRefusal,
  type RedeemRequest,
  type Redemption,
  type RevealedCard,
  wipeCard,
} from './embedded-vault-store.js';
import { VaultError } from './errors.js';
import { isAuthorized, parseRedeemRequest } from './redeem-request.js';
import { ORDER_ID_HIDDEN, type RedemptionRefusal, type VaultEvent } from './wire.js';
import { tokenDigestOf, tokenHintOf } from './wire-digest.js';

/** A token and an order id; nobody has more to say. */
const MAX_BODY_SIZE_BYTES = 2048;
const MAX_HEADER_SIZE_BYTES = 8192;
/** An order system keeps a handful of connections; the rest is somebody trying. */
const MAX_CONNECTIONS = 128;
const HEADERS_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_TIMEOUT_MS = 30_000;
/** How often idle and slow connections are looked for. */
const CONNECTIONS_CHECK_MS = 1000;
/** Somebody who guesses credentials must not be able to flood the audit log. */
const UNAUTHORIZED_AUDIT_INTERVAL_MS = 1000;
export type RedemptionEvent = Extract<VaultEvent, { readonly kind: 'redemption' }>;

export type RedeemServerOptions = {
  readonly store: Pick<EmbeddedVaultStore, 'claim' | 'handOut' | 'note'>;
  readonly credential: string;
  readonly allowReveal: boolean;
  readonly monotonicClock: () => number;
  /** Resolves with true once the audit log has the event on disk, with false when it is not known to have it in time. */
  readonly recorded: (eventId: string) => Promise<boolean>;
  /** Only of tokens that there are: what becomes of them is of interest to the session they are from. */
  readonly onRedemption: (event: RedemptionEvent) => void;
};

export type RedeemErrorCode =
  | RedeemRefusal
  | 'malformed_request'
  | 'unauthorized'
  | 'reveal_not_allowed'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_too_large'
  | 'internal_error';

/** Every way this endpoint refuses. The sentences are fixed, so no answer can repeat what was sent. */
export const REDEEM_ERRORS: Readonly<Record<RedeemErrorCode, { readonly status: number; readonly message: string }>> = {
  malformed_request: { status: 400, message: 'The request is not in the form this endpoint takes.' },
  unauthorized: { status: 401, message: 'A valid credential is needed.' },
  reveal_not_allowed: { status: 403, message: 'Cards are not revealed here. The token is not used up.' },
  token_unknown: { status: 404, message: 'There is no such token.' },
  not_found: { status: 404, message: 'There is nothing at this address.' },
  method_not_allowed: { status: 405, message: 'Only POST is possible here.' },
  token_already_redeemed: { status: 409, message: 'The token has been redeemed before.' },
  token_expired: { status: 410, message: 'The token has expired.' },
  token_voided: { status: 410, message: 'The token was voided before it was used.' },
  request_too_large: { status: 413, message: 'The request is larger than this endpoint accepts.' },
  internal_error: { status: 500, message: 'Something went wrong inside the vault.' },
};

/**
 * The order system's door, `POST /v1/redeem` with a bearer credential:
 *
 * | status | body                                                                                              |
 * | ------ | ------------------------------------------------------------------------------------------------- |
 * | 200    | `status`, `brand`, `masked`, `last4`, `expiry` (as the merchant lets it show), `orderId`; with     |
 * |        | `reveal: true` also `cardNumber` and `expirationDate` (MMYY) in clear                             |
 * | 400    | `malformed_request`                                                                               |
 * | 401    | `unauthorized`                                                                                    |
 * | 403    | `reveal_not_allowed`: the token is not used up                                                    |
 * | 404    | `token_unknown`, or `not_found` for any other path                                                |
 * | 405    | `method_not_allowed`                                                                              |
 * | 409    | `token_already_redeemed`, also for the same order, once it has got its 200                        |
 * | 410    | `token_expired`, `token_voided`                                                                   |
 * | 413    | `request_too_large`                                                                               |
 * | 500    | `internal_error`: nobody got the token's 200 by this; to ask again for the same order is safe      |
 *
 * All but 200 have `{"error": {"code", "message"}}` as their body; programs go by the code.
 *
 * The credential is looked at before anything else. Every decision about a token is in the audit log before it is answered;
 * one of which that is not known within AUDIT_TIMEOUT_MS stands, is recorded later, and is answered with 500. An order
 * that got 500 asks again with the same token and order id, as often as it likes: it gets 200 once, nobody else does.
 */
export class RedeemServer {
  readonly #options: RedeemServerOptions;
  readonly #server: Server;
  /** Tokens of which an order is about to be answered, and when that is over. */
  readonly #underWay = new Map<string, Promise<void>>();
  #unauthorizedAuditedMs = Number.NEGATIVE_INFINITY;

  constructor(options: RedeemServerOptions) {
    this.#options = options;
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEADER_SIZE_BYTES,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
        connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
      },
      (request, response) => this.#handle(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Resolves with the port. @throws VaultError `redeem-port-unavailable`. */
  listen(address: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', () => reject(new VaultError('redeem-port-unavailable')));
      this.#server.listen(port, address, () => {
        const bound = this.#server.address();
        if (bound === null || typeof bound === 'string') reject(new VaultError('redeem-port-unavailable'));
        else resolve(bound.port);
      });
    });
  }

  /** Cuts every connection; a redemption is one turn of the event loop and so is never cut in half. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    if (!isAuthorized(request.headers.authorization, this.#options.credential)) {
      // The rest of the request is thrown away: the connection ends with the answer.
      request.resume();
      response.setHeader('connection', 'close');
      void this.#refuseStranger(originOf(request), response);
    } else if (request.url !== '/v1/redeem') {
      refuse(request, response, 'not_found');
    } else if (request.method !== 'POST') {
      refuse(request, response, 'method_not_allowed');
    } else {
      this.#receive(request, response);
    }
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const body = Buffer.alloc(MAX_BODY_SIZE_BYTES);
    let sizeBytes = 0;
    let tooLarge = false;
    request.on('data', (chunk: Buffer) => {
      if (tooLarge) return;
      tooLarge = sizeBytes + chunk.length > MAX_BODY_SIZE_BYTES;
      if (tooLarge) refuse(request, response, 'request_too_large');
      else sizeBytes += chunk.copy(body, sizeBytes);
    });
    request.on('end', () => {
      if (tooLarge) return;
      const asked = parseRedeemRequest(body.subarray(0, sizeBytes));
      if (asked === undefined) answerError(response, 'malformed_request');
      else void this.#redeem(asked, originOf(request), response);
    });
    request.on('error', () => response.destroy());
  }

  async #redeem(request: RedeemRequest, origin: string, response: ServerResponse): Promise<void> {
    if (request.reveal && !this.#options.allowReveal) {
      const { token, orderId } = request;
      const refusal = { tokenHint: tokenHintOf(token), origin, orderId: orderIdOutside(orderId) };
      const code = 'reveal_not_allowed';
      if (!(await this.#noted({ action: 'token-refused', outcome: code, ...refusal }))) {
        answerError(response, 'internal_error');
        return;
      }
      this.#tell(request, code);
      answerError(response, code);
      return;
    }
    // Somebody who has lost patience asks again before the first answer: it is worth knowing what became of that.
    while (this.#underWay.has(request.token)) await this.#underWay.get(request.token);
    const claim = attempt(() => this.#options.store.claim(request, { origin }));
    if (claim?.kind !== 'claimed') {
      await this.#refuseClaim(request, claim, response);
      return;
    }
    const answered = this.#answerClaim(request, claim.eventId, response).finally(() =>
      this.#underWay.delete(request.token),
    );
    this.#underWay.set(request.token, answered);
    await answered;
  }

  async #answerClaim(request: RedeemRequest, eventId: string, response: ServerResponse): Promise<void> {
    const isRecorded = await this.#options.recorded(eventId);
    // Whoever has gone meanwhile is still owed the answer, and may come back for it.
    const redemption =
      isRecorded && !response.destroyed ? attempt(() => this.#options.store.handOut(request)) : undefined;
    if (redemption === undefined) {
      answerError(response, 'internal_error');
      return;
    }
    this.#tell(request, 'redeemed');
    answer(response, 200, redeemedBody(request, redemption));
  }

  async #refuseClaim(
    request: RedeemRequest,
    claim: Extract<Claim, { readonly kind: 'refused' }> | undefined,
    response: ServerResponse,
  ): Promise<void> {
    if (claim === undefined || !(await this.#options.recorded(claim.eventId))) {
      answerError(response, 'internal_error');
      return;
    }
    if (claim.code !== 'token_unknown') this.#tell(request, claim.code);
    answerError(response, claim.code);
  }

  async #noted(duty: AuditDuty): Promise<boolean> {
    const eventId = attempt(() => this.#options.store.note(duty));
    return eventId !== undefined && this.#options.recorded(eventId);
  }

  #tell({ token, orderId }: RedeemRequest, outcome: 'redeemed' | RedemptionRefusal): void {
    const tokenDigest = tokenDigestOf(token);
    const told = orderIdOutside(orderId);
    this.#options.onRedemption({
      kind: 'redemption',
      tokenDigest,
      outcome,
      ...(told === ORDER_ID_HIDDEN ? {} : { orderId: told }),
    });
  }

  async #refuseStranger(origin: string, response: ServerResponse): Promise<void> {
    const nowMs = this.#options.monotonicClock();
    if (nowMs - this.#unauthorizedAuditedMs >= UNAUTHORIZED_AUDIT_INTERVAL_MS) {
      this.#unauthorizedAuditedMs = nowMs;
      if (!(await this.#noted({ action: 'token-refused', outcome: 'unauthorized', origin }))) {
        answerError(response, 'internal_error');
        return;
      }
    }
    response.setHeader('www-authenticate', 'Bearer');
    answerError(response, 'unauthorized');
  }
}

/** The error's text is not looked at: it might quote what was bound. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** An IPv4 address is written as one, also where the endpoint listens on both kinds. */
function originOf({ socket }: IncomingMessage): string {
  return (socket.remoteAddress ?? 'unknown').replace(/^::ffff:(?=\d+\.)/, '');
}

/** The rest of the request is thrown away: the connection ends with the answer. */
function refuse(request: IncomingMessage, response: ServerResponse, code: RedeemErrorCode): void {
  response.setHeader('connection', 'close');
  answerError(response, code);
  request.resume();
}

/** Sends `body` and wipes it when it is out, or when there is nobody left to send it to. */
function answer(response: ServerResponse, status: number, body: Buffer): void {
  if (response.destroyed) {
    body.fill(0);
    return;
  }
  response.once('close', () => body.fill(0));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  response.end(body);
}

function answerError(response: ServerResponse, code: RedeemErrorCode): void {
  const { status, message } = REDEEM_ERRORS[code];
  answer(response, status, Buffer.from(JSON.stringify({ error: { code, message } })));
}

function redeemedBody(request: RedeemRequest, redemption: Redemption): Buffer {
  const { brand, masked, last4, maskedExpirationDate, card } = redemption;
  const shown = { status: 'redeemed', brand, masked, last4, expiry: maskedExpirationDate, orderId: request.orderId };
  const text = JSON.stringify(shown);
  return card === undefined ? Buffer.from(text) : revealingBody(text, card);
}

/** Adds the card to the JSON object, as bytes all the way, and wipes the copy it was handed. */
function revealingBody(text: string, card: RevealedCard): Buffer {
  const pieces = [
    Buffer.from(`${text.slice(0, -1)},"cardNumber":"`),
    card.cardNumber,
    Buffer.from('","expirationDate":"'),
    card.expirationDate,
    Buffer.from('"}'),
  ];
  const body = Buffer.alloc(pieces.reduce((sizeBytes, piece) => sizeBytes + piece.length, 0));
  let at = 0;
  for (const piece of pieces) at += piece.copy(body, at);
  wipeCard(card);
  return body;
}
