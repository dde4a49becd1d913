/**
 * Offer and answer between the two legs of one call: what each description becomes on its way to the other leg, and
 * what media has to know once both sides agree. Pure; the rules of RFC 3264 are in `sip/offer-answer.ts`.
 */
import { type LegSide, other } from '../../sip/back-to-back-events.js';
import { mediaAddressProblem } from '../../sip/media-address.js';
import {
  type AudioEncoding,
  alsoOffering,
  answerForOffer,
  answerInOfferedAudio,
  inspectableOffer,
  type NegotiatedAudio,
  negotiatedAudio,
  withMediaAddress,
} from '../../sip/offer-answer.js';
import { parseSdp, writeSdp } from '../../sip/sdp.js';
import type { SessionDescription } from '../../sip/session-description.js';
import { isLoopback } from '../config/cidr.js';
import type { LegMedia, WebRtcIdentity } from '../media/control-wire.js';
import { WebRtcSide } from './webrtc-side.js';

/** Where the gateway itself receives media on a leg; with `webRtc` by that transport instead. */
export type MediaEnd = {
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly webRtc?: WebRtcIdentity;
};

export type NegotiationOptions = {
  readonly ends: Readonly<Record<LegSide, MediaEnd>>;
  /** Session id of our own descriptions (RFC 8866 §5.2). */
  readonly originId: number;
};

export type NegotiationRefusal = { readonly ok: false; readonly status: 400 | 488 | 491; readonly reason: string };
export type Offered = { readonly ok: true; readonly sdp: Buffer } | NegotiationRefusal;
export type Answered = { readonly ok: true; readonly sdp: Buffer; readonly agreement: Agreement } | NegotiationRefusal;

/** What both sides have said; it stands once media has taken it over. */
export type Agreement = {
  readonly audio: Readonly<Record<LegSide, NegotiatedAudio>>;
  readonly media: Readonly<Record<LegSide, LegMedia>>;
};

/** What every telephone speaks: offered besides an offer of nothing but G.722. */
const SPOKEN_BY_ALL: readonly AudioEncoding[] = ['PCMU', 'PCMA'];
/** RFC 3551 §4.5: the packet time of all our encodings where nobody says another one. */
const DEFAULT_PTIME_MS = 20;

const NOT_ACCEPTABLE: NegotiationRefusal = { ok: false, status: 488, reason: 'Not Acceptable Here' };
const BAD_DESCRIPTION: NegotiationRefusal = { ok: false, status: 400, reason: 'Bad Session Description' };
const NO_CHANGE_IN_PAYMENT: NegotiationRefusal = { ok: false, status: 488, reason: 'Payment Session In Progress' };

export class MediaNegotiation {
  readonly #options: NegotiationOptions;
  readonly #webRtc: Readonly<Record<LegSide, WebRtcSide | undefined>>;
  readonly #allowLoopback: boolean;
  #versions: Record<LegSide, number> = { a: 0, b: 0 };
  /** The offer as it came, and as it went on. */
  #pending:
    | { readonly from: LegSide; readonly offer: SessionDescription; readonly asked: SessionDescription }
    | undefined;
  #isSettled = true;
  #agreed: Agreement | undefined;

  constructor(options: NegotiationOptions) {
    this.#options = options;
    const { a, b } = options.ends;
    // Loopback is a place for media only where the gateway itself lives on it.
    const allowLoopback = [a, b].some((end) => isLoopback(end.address));
    const sideOf = ({ address, rtpPort: port, webRtc }: MediaEnd) =>
      webRtc && new WebRtcSide({ identity: webRtc, address, port, allowLoopback });
    this.#allowLoopback = allowLoopback;
    this.#webRtc = { a: sideOf(a), b: sideOf(b) };
  }

  /** One side has stopped the other, as far as the last agreement says. */
  get onHold(): boolean {
    const audio = this.#agreed?.audio;
    return audio !== undefined && (audio.a.direction !== 'sendrecv' || audio.b.direction !== 'sendrecv');
  }

  /** An offer is on its way and has not been answered for good. */
  get isUnderWay(): boolean {
    return !this.#isSettled;
  }

  /**
   * @param from the leg that offers
   * @param policy `frozen` refuses an offer that would change anything of what is agreed
   * @returns the offer for the other leg: what media can inspect of it, with our own address
   */
  offered(from: LegSide, sdp: Buffer, policy: 'free' | 'frozen'): Offered {
    const parsed = parseSdp(sdp);
    if ('kind' in parsed) return BAD_DESCRIPTION;
    const heard = this.#heard('offer', from, parsed);
    if (!heard) return NOT_ACCEPTABLE;
    const { description } = heard;
    const inspectable = inspectableOffer(description);
    if (inspectable.kind === 'not-inspectable') return NOT_ACCEPTABLE;
    const audio = negotiatedAudio(description);
    if (!audio || !this.#isReachable(audio)) return NOT_ACCEPTABLE;
    const agreed = this.#agreed?.audio[from];
    if (policy === 'frozen' && agreed && !saysTheSame(audio, agreed)) return NO_CHANGE_IN_PAYMENT;
    this.#isSettled = false;
    heard.take();
    const spoken = this.#agreed?.audio[other(from)].audio.map(({ encoding }) => encoding);
    const asked = alsoOffering(inspectable.description, spoken ?? SPOKEN_BY_ALL);
    this.#pending = { from, offer: description, asked };
    return { ok: true, sdp: this.#written('offer', other(from), asked) };
  }

  /** @param from the leg that answers; `agree` follows once media has taken it over */
  answered(from: LegSide, sdp: Buffer): Answered {
    const pending = this.#pending;
    if (!pending || pending.from === from) return BAD_DESCRIPTION;
    const parsed = parseSdp(sdp);
    if ('kind' in parsed) return BAD_DESCRIPTION;
    const heard = this.#heard('answer', from, parsed);
    if (!heard) return NOT_ACCEPTABLE;
    const fitting = answerForOffer(pending.asked, heard.description);
    if (fitting.kind === 'not-inspectable') return NOT_ACCEPTABLE;
    const told = answerInOfferedAudio(pending.offer, fitting.description);
    const askedAudio = negotiatedAudio(pending.asked);
    const offerAudio = negotiatedAudio(pending.offer);
    const answerAudio = negotiatedAudio(fitting.description);
    const toldAudio = negotiatedAudio(told);
    if (!askedAudio || !offerAudio || !answerAudio || !toldAudio || !this.#isReachable(answerAudio)) {
      return NOT_ACCEPTABLE;
    }
    heard.take();
    const answerer = this.#transported(from, legMedia(answerAudio, answerAudio, askedAudio));
    const offerer = this.#transported(pending.from, legMedia(offerAudio, toldAudio, toldAudio));
    const agreement: Agreement =
      from === 'b'
        ? { audio: { a: offerAudio, b: answerAudio }, media: { a: offerer, b: answerer } }
        : { audio: { a: answerAudio, b: offerAudio }, media: { a: answerer, b: offerer } };
    return { ok: true, sdp: this.#written('answer', pending.from, told, offerAudio.rtcpMux), agreement };
  }

  /** Media has taken over what the last answer said: from here on it is what stands. */
  agree(agreement: Agreement): void {
    this.#agreed = agreement;
    this.#webRtc.a?.agree();
    this.#webRtc.b?.agree();
    this.#isSettled = true;
  }

  /** Whether media would go on just as agreed before: who sends what to where. */
  isUnchanged(agreement: Agreement): boolean {
    const told = ({ media }: Agreement) =>
      JSON.stringify([media.a, media.b], (key, value) => (key === 'ptimeMs' ? 0 : value));
    return this.#agreed !== undefined && told(agreement) === told(this.#agreed);
  }

  /** The exchange under way came to nothing. @returns what was agreed before and stands, if anything was */
  rollBack(): Readonly<Record<LegSide, LegMedia>> | undefined {
    this.#pending = undefined;
    this.#webRtc.a?.rollBack();
    this.#webRtc.b?.rollBack();
    this.#isSettled = true;
    return this.#agreed?.media;
  }

  /** @param rtcpMux whether an answer may say so: only where its offer did (RFC 5761 §5.1.1) */
  #written(role: 'offer' | 'answer', to: LegSide, description: SessionDescription, rtcpMux = true): Buffer {
    this.#versions = { ...this.#versions, [to]: this.#versions[to] + 1 };
    const plain = withMediaAddress(description, {
      ...this.#options.ends[to],
      rtcpMux,
      sessionId: String(this.#options.originId),
      sessionVersion: String(this.#versions[to]),
    });
    return writeSdp(this.#webRtc[to]?.write(role, plain) ?? plain);
  }

  /** A description as one of plain audio. `take` has to follow where it is not refused after all. */
  #heard(
    role: 'offer' | 'answer',
    from: LegSide,
    description: SessionDescription,
  ): { readonly description: SessionDescription; readonly take: () => void } | undefined {
    const webRtc = this.#webRtc[from];
    if (!webRtc) return { description, take: () => {} };
    const read = webRtc.read(role, description);
    return read && { description: read.description, take: () => webRtc.take(read.word) };
  }

  #transported(side: LegSide, media: LegMedia): LegMedia {
    const webRtc = this.#webRtc[side]?.peer;
    return webRtc ? { ...media, webRtc, rtcpMux: true } : media;
  }

  #isReachable(audio: NegotiatedAudio): boolean {
    if (audio.hold === 'address') return true;
    return mediaAddressProblem(audio.remoteAddress, { allowLoopback: this.#allowLoopback }) === undefined;
  }
}

/**
 * @param remote what this leg's peer said of itself
 * @param answer the answer of the exchange: only its formats are in use
 * @param otherSide what the other leg's peer said: our own description on this leg repeats its formats
 */
function legMedia(remote: NegotiatedAudio, answer: NegotiatedAudio, otherSide: NegotiatedAudio): LegMedia {
  const encodings = new Set(answer.audio.map((format) => format.encoding));
  const withEvents = answer.events.length > 0;
  return {
    remoteAddress: remote.remoteAddress,
    remotePort: remote.remotePort,
    remoteRtcpPort: remote.remoteRtcpPort,
    rtcpMux: remote.rtcpMux && otherSide.rtcpMux,
    receiveAudio: otherSide.audio.filter((format) => encodings.has(format.encoding)),
    receiveEvents: withEvents ? otherSide.events : [],
    sendAudio: remote.audio.filter((format) => encodings.has(format.encoding)),
    sendEvents: withEvents ? remote.events : [],
    ptimeMs: remote.ptimeMs ?? DEFAULT_PTIME_MS,
    direction: reversed(directionOf(remote)),
  };
}

function saysTheSame(one: NegotiatedAudio, other: NegotiatedAudio): boolean {
  const told = (audio: NegotiatedAudio) => [
    audio.remoteAddress,
    audio.remotePort,
    directionOf(audio),
    ...audio.audio.map(({ payloadType, encoding }) => `${payloadType} ${encoding}`).sort(),
    ...audio.events.map(({ payloadType, clockRateHz }) => `${payloadType} event ${clockRateHz}`).sort(),
  ];
  return told(one).join() === told(other).join();
}

function directionOf(audio: NegotiatedAudio): NegotiatedAudio['direction'] {
  return audio.hold === 'address' && audio.direction === 'sendrecv' ? 'sendonly' : audio.direction;
}

/** A peer that only sends is one from which we only receive (RFC 3264 §6.1). */
function reversed(direction: NegotiatedAudio['direction']): LegMedia['direction'] {
  if (direction === 'sendonly') return 'recvonly';
  return direction === 'recvonly' ? 'sendonly' : direction;
}
