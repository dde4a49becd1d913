import { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type {
  EmbeddedVaultStore,
  RedeemOutcome,
  RedeemRefusal,
  RedeemRequest,
  RevealedCard,
} from './embedded-vault-store.js';
import { VaultError } from './errors.js';
import { isAuthorized, parseRedeemRequest } from './redeem-request.js';
import type { RedemptionRefusal, VaultEvent } from './wire.js';
import { tokenDigestOf } from './wire-digest.js';

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
/** The prefix and 24 of the 128 random bits. */
const TOKEN_HINT_LENGTH = 8;

export type AuditEvent = Extract<VaultEvent, { readonly kind: 'audit' }>;

export type RedemptionEvent = Extract<VaultEvent, { readonly kind: 'redemption' }>;

/** As many digits as the shortest card number: an order id with so many of them stays in the vault. */
const MAX_ORDER_ID_DIGITS = 11;

export type RedeemServerOptions = {
  readonly store: Pick<EmbeddedVaultStore, 'redeem'>;
  readonly credential: string;
  readonly allowReveal: boolean;
  readonly monotonicClock: () => number;
  readonly audit: (event: AuditEvent) => void;
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
 * | 409    | `token_already_redeemed`, also for the same order: the first answer was the only one              |
 * | 410    | `token_expired`, `token_voided`                                                                   |
 * | 413    | `request_too_large`                                                                               |
 * | 500    | `internal_error`: whether the token is used up is not known to the caller, the store knows        |
 *
 * All but 200 have `{"error": {"code", "message"}}` as their body; programs go by the code.
 *
 * The credential is looked at before anything else. Every decision about a token is audited before it is answered.
 */
export class RedeemServer {
  readonly #options: RedeemServerOptions;
  readonly #server: Server;
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
      this.#auditUnauthorized();
      response.setHeader('www-authenticate', 'Bearer');
      refuse(request, response, 'unauthorized');
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
      if (!tooLarge) this.#redeem(parseRedeemRequest(body.subarray(0, sizeBytes)), response);
    });
    request.on('error', () => response.destroy());
  }

  #redeem(request: RedeemRequest | undefined, response: ServerResponse): void {
    if (request === undefined) {
      answerError(response, 'malformed_request');
    } else if (request.reveal && !this.#options.allowReveal) {
      this.#audit('token-refused', request, 'reveal_not_allowed');
      this.#tell(request, 'reveal_not_allowed');
      answerError(response, 'reveal_not_allowed');
    } else {
      this.#answerOutcome(request, this.#outcome(request), response);
    }
  }

  #answerOutcome(request: RedeemRequest, outcome: RedeemOutcome | undefined, response: ServerResponse): void {
    if (outcome === undefined) {
      this.#audit('token-refused', request, 'internal_error');
      answerError(response, 'internal_error');
    } else if (outcome.kind === 'refused') {
      this.#audit('token-refused', request, outcome.code);
      if (outcome.code !== 'token_unknown') this.#tell(request, outcome.code);
      answerError(response, outcome.code);
    } else {
      this.#audit('token-redeemed', request, outcome.card === undefined ? 'redeemed' : 'redeemed-and-revealed');
      this.#tell(request, 'redeemed');
      answer(response, 200, redeemedBody(request, outcome));
    }
  }

  #outcome(request: RedeemRequest): RedeemOutcome | undefined {
    try {
      return this.#options.store.redeem(request);
    } catch {
      // The error's text is not looked at: it might quote what was bound.
      return undefined;
    }
  }

  #audit(action: AuditEvent['action'], request: RedeemRequest, outcome: string): void {
    this.#options.audit({ kind: 'audit', action, tokenHint: tokenHint(request.token), outcome });
  }

  #tell({ token, orderId }: RedeemRequest, outcome: 'redeemed' | RedemptionRefusal): void {
    const digits = orderId.replaceAll(/\D/g, '').length;
    const tokenDigest = tokenDigestOf(token);
    this.#options.onRedemption({
      kind: 'redemption',
      tokenDigest,
      outcome,
      ...(digits <= MAX_ORDER_ID_DIGITS ? { orderId } : {}),
    });
  }

  #auditUnauthorized(): void {
    const nowMs = this.#options.monotonicClock();
    if (nowMs - this.#unauthorizedAuditedMs < UNAUTHORIZED_AUDIT_INTERVAL_MS) return;
    this.#unauthorizedAuditedMs = nowMs;
    this.#options.audit({ kind: 'audit', action: 'token-refused', tokenHint: '', outcome: 'unauthorized' });
  }
}

/** As much of a token as a log may know. */
export function tokenHint(token: string): string {
  return token.slice(0, TOKEN_HINT_LENGTH);
}

/** The rest of the request is not read: the connection ends with the answer. */
function refuse(request: IncomingMessage, response: ServerResponse, code: RedeemErrorCode): void {
  response.setHeader('connection', 'close');
  answerError(response, code);
  request.resume();
}

/** Sends `body` and wipes it when it is out, or when there is nobody left to send it to. */
function answer(response: ServerResponse, status: number, body: Buffer): void {
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

function redeemedBody(request: RedeemRequest, outcome: Extract<RedeemOutcome, { readonly kind: 'redeemed' }>): Buffer {
  const { brand, masked, last4, maskedExpirationDate, card } = outcome;
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
  card.cardNumber.fill(0);
  card.expirationDate.fill(0);
  return body;
}
