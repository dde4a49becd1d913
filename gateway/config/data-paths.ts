/** Where everything lies below the data directory. Pure. */
import { join, resolve } from 'node:path';
import type { Configuration } from './configuration.js';

export type DataPaths = {
  readonly directory: string;
  readonly auditLog: string;
  readonly recordings: string;
  /** Messages of webhooks that are still to be delivered. */
  readonly outbox: string;
  /** Process ids and sockets; nothing in it outlives the gateway. */
  readonly run: string;
  readonly secrets: string;
};

export function dataPaths(dataDirectory: string): DataPaths {
  const directory = resolve(dataDirectory);
  return {
    directory,
    auditLog: join(directory, 'audit.db'),
    recordings: join(directory, 'recordings'),
    outbox: join(directory, 'outbox.db'),
    run: join(directory, 'run'),
    secrets: join(directory, 'secrets'),
  };
}

export type SecretPaths = {
  readonly redeemCredential: string;
  readonly envelopeKey: string;
  /** Agent's name to the file of the agent's bearer token. */
  readonly agentTokens: ReadonlyMap<string, string>;
  /** SIP user's name to the file of the user's password. */
  readonly sipPasswords: ReadonlyMap<string, string>;
  /** The same of the other accounts. */
  readonly accountTokens: ReadonlyMap<string, string>;
  /** Webhook's name to the file of its secret. */
  readonly webhookSecrets: ReadonlyMap<string, string>;
};

/** The files that the configuration names, or those of our own making. */
export function secretPaths({ api, dataDirectory, sip, vault, webhooks }: Configuration): SecretPaths {
  const { secrets } = dataPaths(dataDirectory);
  return {
    redeemCredential: resolve(vault.redeemCredentialFile ?? join(secrets, 'redeem.token')),
    envelopeKey: resolve(vault.envelopeKeyFile ?? join(secrets, 'envelope.key')),
    agentTokens: new Map(
      api.agents.map(({ name, tokenFile }) => [name, resolve(tokenFile ?? join(secrets, `agent-${name}.token`))]),
    ),
    sipPasswords: new Map(
      sip.users.map(({ name, passwordFile }) => [name, resolve(passwordFile ?? join(secrets, `sip-${name}.password`))]),
    ),
    accountTokens: new Map(
      api.accounts.map(({ name, role, tokenFile }) => [
        name,
        resolve(tokenFile ?? join(secrets, `${role}-${name}.token`)),
      ]),
    ),
    webhookSecrets: new Map(
      webhooks.map(({ name, secretFile }) => [name, resolve(secretFile ?? join(secrets, `webhook-${name}.secret`))]),
    ),
  };
}
