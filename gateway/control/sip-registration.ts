/** Who may register with the gateway, where and how, from the configuration and the password files. */
import type { SipRegistration } from '../../sip/sip-endpoint-socket.js';
import type { Configuration } from '../config/configuration.js';
import { secretPaths } from '../config/data-paths.js';
import { readOrCreateSecret } from '../config/secrets-store.js';

/** A page that is signed in asks for another one well before. */
export const SOFTPHONE_PASSWORD_LIFETIME_MS = 3_600_000;

/** What a browser registers with. `expiresAtMs` is by the wall clock. */
export type SoftphoneCredential = {
  readonly user: string;
  readonly password: string;
  readonly realm: string;
  readonly expiresAtMs: number;
};

/**
 * Users and the listeners on which they may register, where there are any.
 *
 * @throws SecretFileError when a password's file is open to others or holds nothing
 */
export function registrationSettings(configuration: Configuration): SipRegistration | undefined {
  const { sip, peers } = configuration;
  const passwords = secretPaths(configuration).sipPasswords;
  const listeners = sip.listeners.filter(({ name }) =>
    peers.some((peer) => peer.kind === 'registered' && peer.listener === name),
  );
  if (listeners.length === 0) return undefined;
  return {
    realm: sip.realm,
    users: [...passwords].map(([name, path]) => ({ name, password: readOrCreateSecret(path) })),
    listeners: new Map(listeners.map((listener) => [listener.name, listener.digest])),
  };
}

export function isOriginListed({ sip }: Configuration, origin: string, listener: string): boolean {
  return sip.listeners.some(({ name, allowedOrigins }) => name === listener && allowedOrigins.includes(origin));
}
