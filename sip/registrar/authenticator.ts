/**
 * Whether a request comes from the user it says (RFC 3261 §22.2). An unknown user is told the same as one with a wrong
 * password, in the same time; and who fails too often is not listened to for a while.
 *
 * A failure counts only against where it came from, and only with a nonce that was given out there: neither by forging an
 * address nor by guessing elsewhere can anybody keep a user out. Guessing from everywhere at once is kept out by the
 * length of the passwords instead. A short-lived one is so long that a right answer made with it is never refused.
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
import { type LoginReport, LoginReports } from './login-reports.js';
import { Nonces } from './nonces.js';
import { MAX_PASSWORDS_PER_USER, ShortLivedPasswords } from './short-lived-passwords.js';

export type SipUser = { readonly name: string; readonly password: string };

export type Verdict =
  | { readonly kind: 'authenticated'; readonly user: string }
  /**
   * `code` is a metric suffix. `report` is there where this one should be told: the first of a source within a minute, and
   * the one after which somebody is not listened to any more.
   */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly code: string; readonly report?: LoginReport };

export type AuthenticatorOptions = {
  readonly realm: string;
  readonly users: readonly SipUser[];
  readonly random: RandomSource;
};

const WINDOW_MS = 60_000;
/** Of one user from one source. A person mistypes three times; a phone that is set up wrongly tries twice a minute. */
export const MAX_FAILURES_PER_PLACE = 10;
/** A whole office may come from one address. */
export const MAX_FAILURES_PER_SOURCE = 30;
/** Some 100 bytes each. */
const MAX_KEYS = 10_000;
/** No user's name is longer; what an attacker writes there may be. */
const MAX_KEY_LENGTH = 65;
/** Office, home, and the network of a telephone, each of two providers at times. */
const MAX_HOMES_PER_USER = 4;
/** Where a user was let in so lately, the failures of others at that address do not keep the user out. */
export const HOME_LIFETIME_MS = 86_400_000;

type Home = { readonly source: string; readonly seenMs: number };

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
  /** Of one user from one source. */
  readonly #places = new FailureLimiter({
    maxFailures: MAX_FAILURES_PER_PLACE,
    windowMs: WINDOW_MS,
    maxKeys: MAX_KEYS,
  });
  readonly #homes = new Map<string, readonly Home[]>();
  readonly #reports = new LoginReports();

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
    if (!this.#nonces.isFresh(credentials.nonce, source, nowMs)) {
      // RFC 7616 §3.3: the client tries once more by itself. Nothing was tried here, so that nothing can be learned by it.
      return this.#challenge(source, algorithms, 'nonce-stale', nowMs);
    }
    const user = credentials.username;
    const place = `${user.slice(0, MAX_KEY_LENGTH)} ${source}`;
    const blockedMs = Math.max(
      this.#places.blockedForMs(place, nowMs),
      this.#isHome(user, source, nowMs) ? 0 : this.#sources.blockedForMs(source, nowMs),
    );
    const { method } = request;
    const passwords = [blockedMs > 0 ? undefined : this.#passwords.get(user), ...this.#shortLived.of(user, nowMs)];
    const isProven =
      this.#isProven(credentials, method, passwords) && isSameTarget(credentials.uri, request.requestUri);
    if (blockedMs > 0 && !isProven) {
      return { kind: 'refused', refusal: blocked(blockedMs), code: 'authentication-blocked' };
    }
    if (!isProven) {
      return this.#fail(source, place, algorithms, nowMs);
    }
    if (!this.#nonces.spend(credentials.nonce, Number.parseInt(credentials.nonceCount, 16), source, nowMs)) {
      return this.#challenge(source, algorithms, 'nonce-stale', nowMs);
    }
    this.#welcome(user, source, nowMs);
    return { kind: 'authenticated', user };
  }

  /** Takes as long for every user and every number of passwords. */
  #isProven(credentials: DigestCredentials, method: string, passwords: readonly (string | undefined)[]): boolean {
    const { username, response, ...proof } = credentials;
    let isProven = false;
    for (let index = 0; index <= MAX_PASSWORDS_PER_USER; index += 1) {
      const candidate = passwords[index];
      const expected = digestResponse({ ...proof, username, method, password: candidate ?? this.#decoy });
      if (isSameText(expected, response) && candidate !== undefined && this.knows(username)) {
        isProven = true;
      }
    }
    return isProven;
  }

  #fail(source: string, place: string, algorithms: readonly DigestAlgorithm[], nowMs: number): Verdict {
    const ofSource = this.#sources.fail(source, nowMs);
    const isLastOfPlace = this.#places.fail(place, nowMs) === MAX_FAILURES_PER_PLACE;
    const isTold = ofSource === 1 || ofSource === MAX_FAILURES_PER_SOURCE || isLastOfPlace;
    const report = isTold ? this.#reports.report(ofSource, nowMs) : undefined;
    const refused = this.#challenge(source, algorithms, 'authentication-failed', nowMs);
    return report === undefined ? refused : { ...refused, report };
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

  #isHome(user: string, source: string, nowMs: number): boolean {
    const home = this.#homes.get(user)?.find((one) => one.source === source);
    return home !== undefined && nowMs - home.seenMs < HOME_LIFETIME_MS;
  }

  #welcome(user: string, source: string, nowMs: number): void {
    const others = (this.#homes.get(user) ?? []).filter((other) => other.source !== source);
    this.#homes.set(user, [...others, { source, seenMs: nowMs }].slice(-MAX_HOMES_PER_USER));
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
