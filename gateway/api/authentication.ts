/**
 * Who asks: bearer tokens bound to accounts. Only SHA-256 digests are kept, every digest is compared in constant time
 * whatever matched before, and failed tries are counted by source.
 *
 * A source that failed too often is told `too-many-requests` for every further wrong token. A right one is still
 * let in: agents share addresses (an office, a reverse proxy), and one integration with an old token must not shut
 * the others out. Guessing is kept out by the length of the tokens instead, see MIN_TOKEN_LENGTH.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Account, Role } from './roles.js';
import { SourceReports, SourceTable } from './source-table.js';
import { type BucketRate, fullBucket, type TokenBucket, take, waitMs } from './token-bucket.js';

export type AccountCredential = { readonly name: string; readonly role: Role; readonly token: string };

export type FailedTry = {
  readonly kind: 'refused';
  readonly code: 'unauthorized' | 'too-many-requests';
  readonly retryAfterMs: number;
  /** Failed tries of this source since the last time they were reported; 0 when this one need not be audited. */
  readonly reportFailures: number;
};

export type AuthenticationResult = { readonly kind: 'account'; readonly account: Account } | FailedTry;

/** 128 bits in base64url: what cannot be guessed needs no lock-out. */
export const MIN_TOKEN_LENGTH = 22;
/** Longer than any token we make; a longer header is not worth hashing. */
const MAX_TOKEN_LENGTH = 512;
/** Ten typing mistakes at once, then one in six seconds. */
const FAILURE_RATE: BucketRate = { burst: 10, perSecond: 1 / 6 };

/** The token68 of RFC 6750 §2.1. */
const TOKEN_SYNTAX = /^[A-Za-z0-9\-._~+/]+=*$/;

export class Authenticator {
  readonly #accounts: readonly { readonly account: Account; readonly digest: Buffer }[];
  readonly #panelOf: (token: string, nowMs: number) => Account | undefined;
  readonly #failures = new SourceTable<TokenBucket>();
  readonly #reports = new SourceReports();

  /**
   * @param panelOf whose embedded panel a short-lived bearer belongs to
   * @throws Error when a token is too short or two accounts share one: a mistake of the operator, named at start.
   */
  constructor(
    accounts: readonly AccountCredential[],
    panelOf: (token: string, nowMs: number) => Account | undefined = () => undefined,
  ) {
    this.#panelOf = panelOf;
    const seen = new Set<string>();
    this.#accounts = accounts.map(({ name, role, token }) => {
      if (token.length < MIN_TOKEN_LENGTH || token.length > MAX_TOKEN_LENGTH) {
        throw new Error(`account ${name}: a bearer token needs ${MIN_TOKEN_LENGTH} to ${MAX_TOKEN_LENGTH} characters`);
      }
      if (!TOKEN_SYNTAX.test(token))
        throw new Error(`account ${name}: the bearer token has characters HTTP cannot carry`);
      const digest = digestOf(token);
      if (seen.has(digest.toString('hex')))
        throw new Error(`account ${name}: the bearer token belongs to another account`);
      seen.add(digest.toString('hex'));
      return { account: { name, role }, digest };
    });
  }

  get sourcesRemembered(): number {
    return this.#failures.size;
  }

  authenticate(token: string, source: string, nowMs: number): AuthenticationResult {
    const account = token.length <= MAX_TOKEN_LENGTH ? this.#accountOf(token, nowMs) : undefined;
    return account === undefined ? this.failed(source, nowMs) : { kind: 'account', account };
  }

  /** Counts a failed try of `source`: a wrong token, or a wrong panel ticket. */
  failed(source: string, nowMs: number): FailedTry {
    const taken = take(this.#failures.get(source) ?? fullBucket(FAILURE_RATE, nowMs), FAILURE_RATE, nowMs);
    this.#failures.set(source, taken.bucket);
    return {
      kind: 'refused',
      code: taken.granted ? 'unauthorized' : 'too-many-requests',
      retryAfterMs: waitMs(taken.bucket, FAILURE_RATE),
      reportFailures: this.#reports.count(source, nowMs),
    };
  }

  #accountOf(token: string, nowMs: number): Account | undefined {
    const digest = digestOf(token);
    let found: Account | undefined;
    // No early exit: the time taken says nothing about which account, if any, matched.
    for (const { account, digest: known } of this.#accounts) {
      if (timingSafeEqual(known, digest)) found = account;
    }
    return found ?? this.#panelOf(token, nowMs);
  }
}

/** The token of an `Authorization: Bearer` header (RFC 6750 §2.1), or undefined. */
export function bearerToken(header: string | undefined): string | undefined {
  const token = header === undefined ? undefined : /^Bearer +(\S+) *$/i.exec(header)?.[1];
  return token !== undefined && TOKEN_SYNTAX.test(token) ? token : undefined;
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}
