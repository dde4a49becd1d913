/** What control says, checked: the channel is trusted, but a command half understood must not open a session. */
import { Buffer } from 'node:buffer';
import { CARD_BRANDS } from './card-brands.js';
import { isTimeZone } from './expiration-date.js';
import type { CardBrand, CardRules, FieldName, VaultCommand, VaultConfiguration } from './wire.js';
import { FIELD_NAMES, LINK_SECRET_SIZE_BYTES } from './wire.js';

export type ParsedCommand =
  | { readonly kind: 'command'; readonly command: VaultCommand }
  /** The sender is told, if it can be told which of its requests it was. */
  | { readonly kind: 'malformed'; readonly requestId?: number; readonly code: 'bad-command' | 'bad-rules' };

type Fields = Readonly<Record<string, unknown>>;

/** A session id or an idempotency key; nobody makes longer ones. */
const MAX_ID_LENGTH = 200;
const MAX_PATH_LENGTH = 4096;
const CAPTURE_ID_PATTERN = /^[0-9a-f]{32}$/;
/** As `AuditOutbox` makes them. */
const EVENT_ID_PATTERN = /^[0-9a-f]{8}\.[1-9][0-9]{0,14}$/;
/** A day. Longer than any call, and short enough for every timer. */
const MAX_TIMEOUT_MS = 24 * 60 * 60_000;
const MAX_ATTEMPTS = 100;

export function parseVaultCommand(payload: Buffer): ParsedCommand {
  const fields = parseFields(payload);
  const { requestId } = fields;
  const known = isWhole(requestId, 0, Number.MAX_SAFE_INTEGER) ? { requestId } : {};
  if (fields.kind === 'open-session' && parseRules(fields.rules) === undefined) {
    return { kind: 'malformed', ...known, code: 'bad-rules' };
  }
  const command = parseCommand(fields);
  return command === undefined ? { kind: 'malformed', ...known, code: 'bad-command' } : { kind: 'command', command };
}

function parseCommand(fields: Fields): VaultCommand | undefined {
  const { kind, requestId, sessionId, eventId } = fields;
  if (kind === 'shut-down') return { kind };
  if (kind === 'audit-recorded') {
    return typeof eventId === 'string' && EVENT_ID_PATTERN.test(eventId) ? { kind, eventId } : undefined;
  }
  if (kind === 'configure') {
    const configuration = parseConfiguration(fields.configuration);
    return configuration && { kind, configuration };
  }
  if (!isWhole(requestId, 0, Number.MAX_SAFE_INTEGER)) return undefined;
  if (kind === 'ping' || kind === 'statistics') return { kind, requestId };
  return isText(sessionId, MAX_ID_LENGTH) ? parseSessionCommand(fields, requestId, sessionId) : undefined;
}

function parseSessionCommand(fields: Fields, requestId: number, sessionId: string): VaultCommand | undefined {
  const { kind, field, captureId, idempotencyKey, outcome } = fields;
  switch (kind) {
    case 'open-session': {
      const rules = parseRules(fields.rules);
      return rules && { kind, requestId, sessionId, rules };
    }
    case 'begin-capture':
      if (!isFieldName(field) || typeof captureId !== 'string' || !CAPTURE_ID_PATTERN.test(captureId)) return undefined;
      return { kind, requestId, sessionId, field, captureId };
    case 'tokenize':
      return isText(idempotencyKey, MAX_ID_LENGTH) ? { kind, requestId, sessionId, idempotencyKey } : undefined;
    case 'close-session':
      return outcome === 'vaulted' || outcome === 'abandoned' ? { kind, requestId, sessionId, outcome } : undefined;
    default:
      return undefined;
  }
}

function parseRules(value: unknown): CardRules | undefined {
  const { acceptedBrands, maxAttempts, firstDigitTimeoutMs, interDigitTimeoutMs, timeZone, showExpiry } =
    asFields(value);
  if (!Array.isArray(acceptedBrands) || !acceptedBrands.every(isCardBrand)) return undefined;
  if (!isWhole(maxAttempts, 1, MAX_ATTEMPTS)) return undefined;
  if (!isWhole(firstDigitTimeoutMs, 1, MAX_TIMEOUT_MS) || !isWhole(interDigitTimeoutMs, 1, MAX_TIMEOUT_MS))
    return undefined;
  if (!isText(timeZone, MAX_ID_LENGTH) || !isTimeZone(timeZone) || typeof showExpiry !== 'boolean') return undefined;
  return { acceptedBrands, maxAttempts, firstDigitTimeoutMs, interDigitTimeoutMs, timeZone, showExpiry };
}

function parseConfiguration(value: unknown): VaultConfiguration | undefined {
  const fields = asFields(value);
  const { dataDirectory, keySocketPath, linkSecret, redeemCredentialPath, envelopeKeyPath, tokenLifetimeMs } = fields;
  const { address, port, allowReveal } = asFields(fields.redeem);
  if (!isText(dataDirectory, MAX_PATH_LENGTH) || !isText(keySocketPath, MAX_PATH_LENGTH)) return undefined;
  if (!isText(redeemCredentialPath, MAX_PATH_LENGTH) || !isText(envelopeKeyPath, MAX_PATH_LENGTH)) return undefined;
  if (typeof linkSecret !== 'string' || decodedLength(linkSecret) !== LINK_SECRET_SIZE_BYTES) return undefined;
  if (!isText(address, MAX_ID_LENGTH) || !isWhole(port, 0, 65535) || typeof allowReveal !== 'boolean') return undefined;
  if (!isWhole(tokenLifetimeMs, 1, Number.MAX_SAFE_INTEGER / 2)) return undefined;
  const redeem = { address, port, allowReveal };
  return { dataDirectory, keySocketPath, linkSecret, redeem, redeemCredentialPath, envelopeKeyPath, tokenLifetimeMs };
}

function parseFields(payload: Buffer): Fields {
  try {
    return asFields(JSON.parse(payload.toString('utf8')));
  } catch {
    return {};
  }
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength;
}

function isWhole(value: unknown, from: number, to: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= from && Number(value) <= to;
}

function isFieldName(value: unknown): value is FieldName {
  return FIELD_NAMES.some((name) => name === value);
}

function isCardBrand(value: unknown): value is CardBrand {
  return CARD_BRANDS.some((row) => row.brand === value);
}

function decodedLength(base64: string): number {
  return Buffer.from(base64, 'base64').length;
}
