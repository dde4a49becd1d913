/**
 * Who asks: bearer tokens bound to agents. Only SHA-256 digests are kept, every digest is compared in constant time
 * whatever matched before, and failed tries are counted by source.
 *
 * A source that failed too often is told `too-many-requests` for every further wrong token. A right one is still
 * let in: agents share addresses (an office, a reverse proxy), and one integration with an old token must not shut
 * the others out. Guessing is kept out by the length of the tokens instead, see MIN_TOKEN_LENGTH.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { type BucketRate, fullBucket, type TokenBucket, take, waitMs } from './token-bucket.js';

export type AgentCredential = { readonly name: string; readonly token: string };

export type AuthenticationResult =
  | { readonly kind: 'agent'; readonly agent: string }
  | {
      readonly kind: 'refused';
      readonly code: 'unauthorized' | 'too-many-requests';
      readonly retryAfterMs: number;
      /** Failed tries of this source since the last time they were reported; 0 when this one need not be audited. */
      readonly reportFailures: number;
    };

/** 128 bits in base64url: what cannot be guessed needs no lock-out. */
export const MIN_TOKEN_LENGTH = 22;
/** Longer than any token we make; a longer header is not worth hashing. */
const MAX_TOKEN_LENGTH = 512;
/** Ten typing mistakes at once, then one in six seconds. */
const FAILURE_RATE: BucketRate = { burst: 10, perSecond: 1 / 6 };
/** Sources remembered at a time; the one heard of longest ago makes room. About 1 MB when full. */
const MAX_SOURCES = 4096;
/** One audit record a source and minute, carrying the number of tries, so that a flood cannot fill the audit log. */
const REPORT_INTERVAL_MS = 60_000;

/** The token68 of RFC 6750 §2.1. */
const TOKEN_SYNTAX = /^[A-Za-z0-9\-._~+/]+=*$/;

type SourceFailures = { bucket: TokenBucket; unreported: number; reportedAtMs: number };

export class Authenticator {
  readonly #agents: readonly { readonly name: string; readonly digest: Buffer }[];
  readonly #failures = new Map<string, SourceFailures>();

  /** @throws Error when a token is too short or two agents share one: a mistake of the operator, named at start. */
  constructor(agents: readonly AgentCredential[]) {
    const seen = new Set<string>();
    this.#agents = agents.map(({ name, token }) => {
      if (token.length < MIN_TOKEN_LENGTH || token.length > MAX_TOKEN_LENGTH) {
        throw new Error(`agent ${name}: a bearer token needs ${MIN_TOKEN_LENGTH} to ${MAX_TOKEN_LENGTH} characters`);
      }
      if (!TOKEN_SYNTAX.test(token))
        throw new Error(`agent ${name}: the bearer token has characters HTTP cannot carry`);
      const digest = digestOf(token);
      if (seen.has(digest.toString('hex'))) throw new Error(`agent ${name}: the bearer token belongs to another agent`);
      seen.add(digest.toString('hex'));
      return { name, digest };
    });
  }

  get sourcesRemembered(): number {
    return this.#failures.size;
  }

  authenticate(token: string, source: string, nowMs: number): AuthenticationResult {
    const agent = token.length <= MAX_TOKEN_LENGTH ? this.#agentOf(token) : undefined;
    if (agent !== undefined) return { kind: 'agent', agent };
    return this.#refuse(sourceKey(source), nowMs);
  }

  #agentOf(token: string): string | undefined {
    const digest = digestOf(token);
    let found: string | undefined;
    // No early exit: the time taken says nothing about which agent, if any, matched.
    for (const agent of this.#agents) {
      if (timingSafeEqual(agent.digest, digest)) found = agent.name;
    }
    return found;
  }

  #refuse(source: string, nowMs: number): AuthenticationResult {
    const known = this.#failures.get(source);
    const before = known ?? {
      bucket: fullBucket(FAILURE_RATE, nowMs),
      unreported: 0,
      reportedAtMs: Number.NEGATIVE_INFINITY,
    };
    const taken = take(before.bucket, FAILURE_RATE, nowMs);
    const failures = before.unreported + 1;
    const due = nowMs - before.reportedAtMs >= REPORT_INTERVAL_MS;
    // Deleting first keeps the map in order of last use.
    this.#failures.delete(source);
    this.#failures.set(source, {
      bucket: taken.bucket,
      unreported: due ? 0 : failures,
      reportedAtMs: due ? nowMs : before.reportedAtMs,
    });
    this.#dropOldest();
    return {
      kind: 'refused',
      code: taken.granted ? 'unauthorized' : 'too-many-requests',
      retryAfterMs: waitMs(taken.bucket, FAILURE_RATE),
      reportFailures: due ? failures : 0,
    };
  }

  #dropOldest(): void {
    if (this.#failures.size <= MAX_SOURCES) return;
    const oldest = this.#failures.keys().next();
    if (!oldest.done) this.#failures.delete(oldest.value);
  }
}

/** The token of an `Authorization: Bearer` header (RFC 6750 §2.1), or undefined. */
export function bearerToken(header: string | undefined): string | undefined {
  const token = header === undefined ? undefined : /^Bearer +(\S+) *$/i.exec(header)?.[1];
  return token !== undefined && TOKEN_SYNTAX.test(token) ? token : undefined;
}

/** One holder of an IPv6 network has 2^64 addresses in it, so the network is the source; IPv4 counts by address. */
function sourceKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}
