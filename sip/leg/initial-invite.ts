/** The INVITE that starts a call of ours (RFC 3261 §8.1.1). Nothing in it is copied unread from another message. */
import { plainText } from '../characters.js';
import { writeNameAddress } from '../headers.js';
import { EMPTY_BODY, type Flow, type HeaderField, MAX_FORWARDS, type SipRequest } from '../message.js';
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
  /** For whoever is called, beside those that every INVITE has. */
  readonly headers?: readonly HeaderField[];
};

export function initialInvite(
  target: InviteTarget,
  local: { readonly tag: string; readonly contact: string; readonly sdp: Buffer | undefined },
  random: RandomSource,
): SipRequest {
  const headers: HeaderField[] = [
    { name: 'Max-Forwards', value: String(target.maxForwards ?? MAX_FORWARDS) },
    { name: 'From', value: addressOf(target.from, new Map([['tag', local.tag]])) },
    { name: 'To', value: addressOf(target.to, new Map()) },
    { name: 'Call-ID', value: newCallId(random) },
    { name: 'CSeq', value: '1 INVITE' },
    { name: 'Contact', value: local.contact },
    { name: 'Allow', value: ALLOWED_METHODS },
    ...(target.headers ?? []),
  ];
  if (local.sdp !== undefined) {
    headers.push({ name: 'Content-Type', value: SDP_TYPE });
  }
  return { kind: 'request', method: 'INVITE', requestUri: target.requestUri, headers, body: local.sdp ?? EMPTY_BODY };
}

function addressOf(party: InviteParty, params: ReadonlyMap<string, string>): string {
  return writeNameAddress({ displayName: plainText(party.displayName), uri: party.uri, params });
}
