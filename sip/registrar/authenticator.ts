/**
 * Whether a request comes from the user it says (RFC 3261 §22.2). An unknown user is told the same as one with a wrong
 * password, in the same time; and who fails too often is not listened to for a while.
 */
import { timingSafeEqual } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { headerValues } from '../headers.js';
import type { SipRequest } from '../message.js';
import { lettersOf, type RandomSource } from '../random-identifiers.js';
import type { Refusal } from '../request-checks.js';
import { parseUri } from '../uri.js';
import {
  type DigestAlgorithm,
  type DigestCredentials,
  digestChallenge,
  digestResponse,
  parseDigestCredentials,
} from './digest.js';
import { FailureLimiter } from './failure-limiter.js';
import { Nonces } from './nonces.js';
import { MAX_PASSWORDS_PER_USER, ShortLivedPasswords } from './short-lived-passwords.js';

export type SipUser = { readonly name: string; readonly password: string };

export type Verdict =
  | { readonly kind: 'authenticated'; readonly user: string }
  /**
   * `code` is a metric suffix. `failures` is there where this one should be told: the first of a source within a minute,
   * and the one after which somebody is not listened to any more.
   */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly code: string; readonly failures?: number };

export type AuthenticatorOptions = {
  readonly realm: string;
  readonly users: readonly SipUser[];
  readonly random: RandomSource;
};

const WINDOW_MS = 60_000;
/** A person mistypes three times; a phone that is set up wrongly tries twice a minute. */
export const MAX_FAILURES_PER_USER = 10;
/** A whole office may come from one address. */
export const MAX_FAILURES_PER_SOURCE = 30;
/** Some 100 bytes each. */
const MAX_KEYS = 10_000;
/** No user's name is longer; what an attacker writes there may be. */
const MAX_KEY_LENGTH = 65;
/** Where a user was let in lately: failures elsewhere, or of others, do not keep the user out from there. */
const MAX_GOOD_SOURCES_PER_USER = 4;

export class Authenticator {
  readonly #realm: string;
  readonly #passwords: ReadonlyMap<string, string>;
  readonly #shortLived: ShortLivedPasswords;
  readonly #nonces: Nonces;
  /** Nobody's: what is tried for an unknown user, and to make every try take as long. */
  readonly #decoy: string;
  readonly #sources = new FailureLimiter({
    maxFailures: MAX_FAILURES_PER_SOURCE,
    windowMs: WINDOW_MS,
    maxKeys: MAX_KEYS,
  });
  readonly #users = new FailureLimiter({ maxFailures: MAX_FAILURES_PER_USER, windowMs: WINDOW_MS, maxKeys: MAX_KEYS });
  /** Of a user at an address where the user was let in lately: an office's other people may guess there, too. */
  readonly #atHome = new FailureLimiter({
    maxFailures: MAX_FAILURES_PER_SOURCE,
    windowMs: WINDOW_MS,
    maxKeys: MAX_KEYS,
  });
  readonly #goodSources = new Map<string, readonly string[]>();

  constructor(options: AuthenticatorOptions) {
    this.#realm = options.realm;
    this.#passwords = new Map(options.users.map(({ name, password }) => [name, password]));
    this.#shortLived = new ShortLivedPasswords(options.random);
    this.#nonces = new Nonces(options.random);
    this.#decoy = lettersOf(options.random(16));
  }

  knows(user: string): boolean {
    return this.#passwords.has(user);
  }

  /** A password that is good for that long; `undefined` for an unknown user. */
  issuePassword(user: string, lifetimeMs: number, nowMs: number): string | undefined {
    return this.knows(user) ? this.#shortLived.issue(user, lifetimeMs, nowMs) : undefined;
  }

  /** @param algorithms offered, the best liked first; no other one is taken */
  judge(request: SipRequest, address: string, algorithms: readonly DigestAlgorithm[], nowMs: number): Verdict {
    const credentials = headerValues(request, 'Authorization')
      .map(parseDigestCredentials)
      .find((one) => one?.realm === this.#realm && algorithms.includes(one.algorithm));
    const source = sourceOf(address);
    if (credentials === undefined) {
      return this.#challenge(source, algorithms, 'challenged', nowMs);
    }
    const user = credentials.username;
    const userKey = user.slice(0, MAX_KEY_LENGTH);
    const place = `${userKey} ${source}`;
    const isAtHome = this.#goodSources.get(user)?.includes(source) === true;
    const blockedMs = isAtHome
      ? this.#atHome.blockedForMs(place, nowMs)
      : Math.max(this.#sources.blockedForMs(source, nowMs), this.#users.blockedForMs(userKey, nowMs));
    if (blockedMs > 0) {
      return { kind: 'refused', refusal: blocked(blockedMs), code: 'authentication-blocked' };
    }
    if (!isSameTarget(credentials.uri, request.requestUri) || !this.#isProven(credentials, request.method, nowMs)) {
      if (isAtHome) {
        this.#atHome.fail(place, nowMs);
      }
      const ofSource = this.#sources.fail(source, nowMs);
      const isTold = ofSource === 1 || ofSource === MAX_FAILURES_PER_SOURCE;
      const refused = this.#challenge(source, algorithms, 'authentication-failed', nowMs);
      const isLastOfUser = this.#users.fail(userKey, nowMs) === MAX_FAILURES_PER_USER;
      return isTold || isLastOfUser ? { ...refused, failures: ofSource } : refused;
    }
    if (!this.#nonces.spend(credentials.nonce, Number.parseInt(credentials.nonceCount, 16), source, nowMs)) {
      // RFC 7616 §3.3: the password was right, so the client tries once more by itself.
      return this.#challenge(source, algorithms, 'nonce-stale', nowMs);
    }
    this.#welcome(user, source);
    return { kind: 'authenticated', user };
  }

  #isProven(credentials: DigestCredentials, method: string, nowMs: number): boolean {
    const { username, response, ...proof } = credentials;
    const candidates = [this.#passwords.get(username), ...this.#shortLived.of(username, nowMs)];
    let isProven = false;
    for (let index = 0; index <= MAX_PASSWORDS_PER_USER; index += 1) {
      const candidate = candidates[index];
      const expected = digestResponse({ ...proof, username, method, password: candidate ?? this.#decoy });
      if (isSameText(expected, response) && candidate !== undefined && this.knows(username)) {
        isProven = true;
      }
    }
    return isProven;
  }

  #challenge(
    source: string,
    algorithms: readonly DigestAlgorithm[],
    code: 'challenged' | 'authentication-failed' | 'nonce-stale',
    nowMs: number,
  ): Verdict & { readonly kind: 'refused' } {
    const nonce = this.#nonces.issue(source, nowMs);
    const headers = algorithms.map((algorithm) => ({
      name: 'WWW-Authenticate',
      value: digestChallenge({ realm: this.#realm, nonce, algorithm, isStale: code === 'nonce-stale' }),
    }));
    return { kind: 'refused', refusal: { status: 401, reason: 'Unauthorized', headers }, code };
  }

  #welcome(user: string, source: string): void {
    const others = (this.#goodSources.get(user) ?? []).filter((other) => other !== source);
    this.#goodSources.set(user, [...others, source].slice(-MAX_GOOD_SOURCES_PER_USER));
  }
}

/** SIP's 429 means something else (RFC 3892 §5): 403 says that trying again now is of no use, Retry-After when it is. */
function blocked(waitMs: number): Refusal {
  const headers = [{ name: 'Retry-After', value: String(Math.ceil(waitMs / 1000)) }];
  return { status: 403, reason: 'Too Many Failures', headers };
}

/** One who has an IPv6 address has the other 2**64 of its network as well. */
function sourceOf(address: string): string {
  return isIPv6(address) ? `${expandedGroups(address).slice(0, 4).join(':')}::/64` : address;
}

function expandedGroups(address: string): readonly string[] {
  const [head, tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  return [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'), ...after];
}

/** RFC 3261 §22.4: the URI of the digest is that of the request, as written or in another spelling of it. */
function isSameTarget(claimed: string, requestUri: string): boolean {
  if (claimed === requestUri) {
    return true;
  }
  const [one, other] = [parseUri(claimed), parseUri(requestUri)];
  return (
    one !== undefined &&
    one.scheme === other?.scheme &&
    one.user === other.user &&
    one.host?.toLowerCase() === other.host?.toLowerCase() &&
    (one.port ?? 5060) === (other.port ?? 5060)
  );
}

function isSameText(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'));
}
