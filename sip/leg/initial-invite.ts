/** The INVITE that starts a call of ours (RFC 3261 §8.1.1). Nothing in it is copied unread from another message. */
import { MAX_FORWARDS } from '../dialog.js';
import { writeNameAddress } from '../headers.js';
import type { Flow, HeaderField, SipRequest } from '../message.js';
import { newCallId, type RandomSource } from '../random-identifiers.js';
import { ALLOWED_METHODS, SDP_TYPE } from './leg-events.js';

export type InviteParty = { readonly displayName: string; readonly uri: string };

export type InviteTarget = {
  readonly flow: Flow;
  readonly requestUri: string;
  readonly from: InviteParty;
  readonly to: InviteParty;
  /** One less than what came in, where the call is passed on; 70 otherwise. */
  readonly maxForwards?: number;
};

/** Longer names are cut: some phones show them, none needs them. */
const MAX_DISPLAY_NAME_LENGTH = 128;

const EMPTY_BODY = Buffer.alloc(0);

export function initialInvite(
  target: InviteTarget,
  local: { readonly tag: string; readonly contact: string; readonly sdp: Buffer | undefined },
  random: RandomSource,
): SipRequest {
  const headers: HeaderField[] = [
    { name: 'Max-Forwards', value: target.maxForwards === undefined ? MAX_FORWARDS : String(target.maxForwards) },
    { name: 'From', value: addressOf(target.from, new Map([['tag', local.tag]])) },
    { name: 'To', value: addressOf(target.to, new Map()) },
    { name: 'Call-ID', value: newCallId(random) },
    { name: 'CSeq', value: '1 INVITE' },
    { name: 'Contact', value: local.contact },
    { name: 'Allow', value: ALLOWED_METHODS },
  ];
  if (local.sdp !== undefined) {
    headers.push({ name: 'Content-Type', value: SDP_TYPE });
  }
  return { kind: 'request', method: 'INVITE', requestUri: target.requestUri, headers, body: local.sdp ?? EMPTY_BODY };
}

function addressOf(party: InviteParty, params: ReadonlyMap<string, string>): string {
  return writeNameAddress({ displayName: plainText(party.displayName), uri: party.uri, params });
}

/** A display name without control characters and bidirectional overrides, which could make it look like another one. */
export function plainText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
    .slice(0, MAX_DISPLAY_NAME_LENGTH)
    .trim();
}
