/** The running gateway as its administrator sees it. Pure; names every key it shows, so that no secret comes to be one. */
import { createHash } from 'node:crypto';
import type { AccountRecord, AdministrationDesk, ConfigurationSummary } from '../api/administration-desk.js';
import { canonicalJson } from '../audit/hash-chain.js';
import type { Configuration } from '../config/configuration.js';

export function administrationOf(configuration: Configuration): AdministrationDesk {
  return { configuration: () => summaryOf(configuration), accounts: () => accountsOf(configuration) };
}

/**
 * The SHA-256 of the configuration's canonical JSON, defaults and overrides included: equal hashes, equal configurations.
 * Secrets are not in it, only the paths of their files.
 */
export function hashOfConfiguration(configuration: Configuration): string {
  return createHash('sha256').update(canonicalJson(configuration)).digest('hex');
}

function summaryOf(configuration: Configuration): ConfigurationSummary {
  const { api, payment, peers, routes, sip, vault, webhooks } = configuration;
  const { acceptedBrands, maxAttempts, firstDigitTimeoutMs, interDigitTimeoutMs, timeZone } = payment;
  return {
    sha256: hashOfConfiguration(configuration),
    listeners: sip.listeners.map(({ name, address, port }) => ({ name, address, port })),
    peers: peers.map(({ name, listener }) => ({ name, listener })),
    routes: routes.map(({ name, from, to, callerSide, recording, recordingMode, mask, suppression }) => ({
      name,
      from,
      to,
      callerSide,
      recording,
      recordingMode,
      mask,
      suppression,
    })),
    payment: { acceptedBrands, maxAttempts, firstDigitTimeoutMs, interDigitTimeoutMs, timeZone },
    api: { ...api.listen, allowedOrigins: api.allowedOrigins, frameAncestors: api.frameAncestors },
    redeem: { address: vault.redeem.address, port: vault.redeem.port, allowReveal: vault.redeem.allowReveal },
    webhooks: webhooks.map(({ name, events }) => ({ name, events })),
  };
}

function accountsOf({ api }: Configuration): readonly AccountRecord[] {
  return [
    ...api.agents.map(({ name, users }) => ({ name, role: 'agent', users }) as const),
    ...api.accounts.map(({ name, role }) => ({ name, role })),
  ];
}
