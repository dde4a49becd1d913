/** What signalling and media say, in the words of whoever is told. Pure. */
import type { CallParty } from '../../sip/back-to-back-events.js';
import { mediaTypeOf } from '../../sip/headers.js';
import { parseUri } from '../../sip/uri.js';
import type { SessionErrorCode } from '../../vault-client/wire.js';
import type { AuditEntry } from '../audit/audit-trail.js';
import type { InfoBodyType, MediaEvent, RecordingState } from '../media/control-wire.js';
import type { MediaAnswer } from '../process/media-fleet.js';

/**
 * RFC 3261 §8.1.1.1: a request is for its Request-URI, whatever To says. A To that names somebody else is not passed on: the
 * next element might go by it, and the route has not been asked about that one.
 */
export function dialledParty(arrival: { readonly requestUri: string; readonly to: CallParty }): CallParty {
  const { requestUri, to } = arrival;
  const user = parseUri(requestUri)?.user ?? to.user;
  return user === to.user ? to : { displayName: '', uri: requestUri, user };
}

const INFO_BODY_TYPES: readonly InfoBodyType[] = ['application/dtmf-relay', 'application/dtmf'];

/** Why media cannot secure the call, in the words of a session. */
export function sessionErrorOf(code: Extract<MediaAnswer, { readonly ok: false }>['code']): SessionErrorCode {
  switch (code) {
    case 'vault-link-down':
      return 'vault-unreachable';
    case 'recorder-failed':
      return 'recorder-not-paused';
    case 'audio-not-inspectable':
      return 'audio-not-inspectable';
    default:
      return 'media-unreachable';
  }
}

export function infoBodyType(contentType: string): InfoBodyType | undefined {
  const type = mediaTypeOf(contentType);
  return INFO_BODY_TYPES.find((known) => known === type);
}

/** A recording that goes on through the window, masked, stays `recording`. */
export function recordingAction(
  before: RecordingState,
  event: Extract<MediaEvent, { readonly kind: 'recording' }>,
): AuditEntry['action'] {
  if (event.reason === 'failed') return 'recording-failed';
  if (event.state === 'paused') return 'recording-paused';
  if (event.state !== 'recording') return 'recording-stopped';
  if (before === 'paused') return 'recording-resumed';
  return before === 'recording' ? 'recording-masked' : 'recording-started';
}
