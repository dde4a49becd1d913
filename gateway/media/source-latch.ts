/**
 * Whose packets a leg believes. A forged telephone-event packet would be a typed card digit, so the rule is strict, and
 * each of its lines is a test:
 *
 * 1. A packet from the signalled address and port locks the leg to it at once.
 * 2. Any other source (a peer behind NAT) must send LEARN_PACKETS packets in sequence from one SSRC over at least
 *    LEARN_SPAN_MS, with no packet from another source in between; only then the leg is locked to it. A source that
 *    shares the signalled IP address is not disturbed by one that does not. Port 0 is nobody's: nothing could be sent
 *    back there.
 * 3. A locked leg believes nobody else, unless the locked source has been silent for RELATCH_SILENCE_MS and no secure
 *    window is open, or signalling names a new address.
 * 4. While a window is open nothing is learnt and nothing re-latched; a leg not locked yet accepts rule 1 only.
 * 5. Within the locked source one SSRC is believed. While no window is open, another one takes over with SSRC_PACKETS
 *    packets in sequence over at least SSRC_SPAN_MS and none of the old one in between, or at once when the old one has
 *    been silent for SSRC_SILENCE_MS; never while a window is open. One that came by such a silence loses its place to
 *    the old one, when that speaks again or a window opens, until SSRC_PACKETS of its packets have come: a single
 *    packet, which anybody who can forge an address may send in a pause, must not keep the caller out of a window.
 *
 * Addresses are 128 bits in four words, IPv4 as ::ffff:a.b.c.d. Structure of arrays, indexed by leg.
 */
import { ADDRESS_WORDS, SOURCE_WORDS } from './ip-address.js';
import { sequenceDistance } from './rtp-header.js';

export const LEARN_PACKETS = 5;
export const LEARN_SPAN_MS = 80;
export const RELATCH_SILENCE_MS = 2000;
/** With packets of 20 ms a sender that begins anew is heard again after 40 ms. */
export const SSRC_PACKETS = 3;
/** A packet of the old SSRC was due in it: three that are forged in a burst find no such gap. */
export const SSRC_SPAN_MS = 30;
/** Longer than any packet, and than what a network in order holds one back: the old sender has stopped. */
export const SSRC_SILENCE_MS = 100;

/** Verdicts. ACCEPTED and those above it are packets to use. */
export const FOREIGN_SOURCE = 0;
/** Of a source, or of an SSRC of the locked source, that is not believed yet. */
export const LEARNING = 1;
export const FOREIGN_SSRC = 2;
export const ACCEPTED = 3;
/** Accepted, and the leg was locked to this source just now. */
export const LOCKED_NOW = 4;
/** Accepted, from a new SSRC of the locked source. */
export const NEW_SSRC = 5;

/** A packet as the latch sees it: `words[at, at + 5)` are the source's address and port. */
export type LatchPacket = {
  readonly words: Int32Array;
  readonly at: number;
  readonly sequence: number;
  readonly ssrc: number;
  readonly nowMs: number;
};

export class SourceLatch {
  readonly #expected: Int32Array;
  readonly #locked: Int32Array;
  readonly #candidate: Int32Array;
  readonly #isLocked: Uint8Array;
  readonly #isFrozen: Uint8Array;
  readonly #ssrc: Uint32Array;
  /** Packets of that SSRC since it took over, counted up to SSRC_PACKETS. */
  readonly #ssrcPackets: Uint8Array;
  /** The last one before it that had as many. */
  readonly #previousSsrc: Uint32Array;
  /** The SSRC that may take over next. */
  readonly #nextSsrc: Uint32Array;
  readonly #nextSsrcPackets: Uint8Array;
  readonly #nextSsrcSequence: Uint16Array;
  readonly #nextSsrcSinceMs: Float64Array;
  readonly #lastHeardMs: Float64Array;
  readonly #candidatePackets: Uint16Array;
  readonly #candidateSequence: Uint16Array;
  readonly #candidateSsrc: Uint32Array;
  readonly #candidateSinceMs: Float64Array;

  constructor(capacity: number) {
    this.#expected = new Int32Array(capacity * SOURCE_WORDS);
    this.#locked = new Int32Array(capacity * SOURCE_WORDS);
    this.#candidate = new Int32Array(capacity * SOURCE_WORDS);
    this.#isLocked = new Uint8Array(capacity);
    this.#isFrozen = new Uint8Array(capacity);
    this.#ssrc = new Uint32Array(capacity);
    this.#ssrcPackets = new Uint8Array(capacity);
    this.#previousSsrc = new Uint32Array(capacity);
    this.#nextSsrc = new Uint32Array(capacity);
    this.#nextSsrcPackets = new Uint8Array(capacity);
    this.#nextSsrcSequence = new Uint16Array(capacity);
    this.#nextSsrcSinceMs = new Float64Array(capacity);
    this.#lastHeardMs = new Float64Array(capacity);
    this.#candidatePackets = new Uint16Array(capacity);
    this.#candidateSequence = new Uint16Array(capacity);
    this.#candidateSsrc = new Uint32Array(capacity);
    this.#candidateSinceMs = new Float64Array(capacity);
  }

  /** Signalling names the source, address and port in five words. The same one again changes nothing. */
  expect(leg: number, words: Int32Array): void {
    if (sameWords(this.#expected, leg * SOURCE_WORDS, words, 0, SOURCE_WORDS)) return;
    this.#expected.set(words.subarray(0, SOURCE_WORDS), leg * SOURCE_WORDS);
    this.#isLocked[leg] = 0;
    this.#candidatePackets[leg] = 0;
  }

  /** A secure window opens: from now on nothing is learnt. */
  freeze(leg: number): void {
    if (this.#isFrozen[leg] === 0 && this.#ssrcPackets[leg] < SSRC_PACKETS) this.#ssrc[leg] = this.#previousSsrc[leg];
    this.#isFrozen[leg] = 1;
    this.#candidatePackets[leg] = 0;
    this.#nextSsrcPackets[leg] = 0;
  }

  unfreeze(leg: number): void {
    this.#isFrozen[leg] = 0;
  }

  release(leg: number): void {
    this.#expected.fill(0, leg * SOURCE_WORDS, (leg + 1) * SOURCE_WORDS);
    this.#isLocked[leg] = 0;
    this.#isFrozen[leg] = 0;
    this.#candidatePackets[leg] = 0;
  }

  isLocked(leg: number): boolean {
    return this.#isLocked[leg] === 1;
  }

  /** Copies the locked source's five words into `words`. Returns false when they stood there already. */
  readLocked(leg: number, words: Int32Array): boolean {
    if (sameWords(this.#locked, leg * SOURCE_WORDS, words, 0, SOURCE_WORDS)) return false;
    for (let word = 0; word < SOURCE_WORDS; word += 1) words[word] = this.#locked[leg * SOURCE_WORDS + word];
    return true;
  }

  /** RTCP has its own port; its address must be that of the locked source, or else of the signalled one. */
  isPeerAddress(leg: number, words: Int32Array, at: number): boolean {
    const source = this.#isLocked[leg] === 1 ? this.#locked : this.#expected;
    return sameWords(source, leg * SOURCE_WORDS, words, at, ADDRESS_WORDS);
  }

  /** Returns one of the verdicts above. */
  judge(leg: number, packet: LatchPacket): number {
    if (this.#isLocked[leg] === 1) {
      if (sameWords(this.#locked, leg * SOURCE_WORDS, packet.words, packet.at, SOURCE_WORDS)) {
        return this.#judgeSsrc(leg, packet);
      }
      const isSilent = packet.nowMs - this.#lastHeardMs[leg] >= RELATCH_SILENCE_MS;
      if (!isSilent || this.#isFrozen[leg] === 1) return FOREIGN_SOURCE;
    }
    if (sameWords(this.#expected, leg * SOURCE_WORDS, packet.words, packet.at, SOURCE_WORDS)) {
      return this.#lock(leg, packet);
    }
    const hasNoPort = packet.words[packet.at + ADDRESS_WORDS] === 0;
    if (hasNoPort || this.#isFrozen[leg] === 1) return FOREIGN_SOURCE;
    return this.#learn(leg, packet);
  }

  #judgeSsrc(leg: number, packet: LatchPacket): number {
    this.#candidatePackets[leg] = 0;
    if (packet.ssrc === this.#ssrc[leg]) {
      this.#nextSsrcPackets[leg] = 0;
      if (this.#ssrcPackets[leg] < SSRC_PACKETS) this.#ssrcPackets[leg] += 1;
      this.#lastHeardMs[leg] = packet.nowMs;
      return ACCEPTED;
    }
    if (this.#isFrozen[leg] === 1) return FOREIGN_SSRC;
    const isUnproven = this.#ssrcPackets[leg] < SSRC_PACKETS;
    const isComeback = isUnproven && packet.ssrc === this.#previousSsrc[leg];
    const isSilent = packet.nowMs - this.#lastHeardMs[leg] >= SSRC_SILENCE_MS;
    const hasShownItself = this.#followNextSsrc(leg, packet);
    if (!isComeback && !isSilent && !hasShownItself) return LEARNING;
    if (!isUnproven) this.#previousSsrc[leg] = this.#ssrc[leg];
    this.#ssrc[leg] = packet.ssrc;
    this.#ssrcPackets[leg] = isComeback ? SSRC_PACKETS : this.#nextSsrcPackets[leg];
    this.#nextSsrcPackets[leg] = 0;
    this.#lastHeardMs[leg] = packet.nowMs;
    return NEW_SSRC;
  }

  /** Returns true when enough has been heard of the packet's SSRC for it to take over. */
  #followNextSsrc(leg: number, packet: LatchPacket): boolean {
    const isNext =
      this.#nextSsrcPackets[leg] > 0 &&
      packet.ssrc === this.#nextSsrc[leg] &&
      sequenceDistance(this.#nextSsrcSequence[leg], packet.sequence) === 1;
    if (!isNext) {
      this.#nextSsrc[leg] = packet.ssrc;
      this.#nextSsrcPackets[leg] = 0;
      this.#nextSsrcSinceMs[leg] = packet.nowMs;
    }
    this.#nextSsrcSequence[leg] = packet.sequence;
    if (this.#nextSsrcPackets[leg] < SSRC_PACKETS) this.#nextSsrcPackets[leg] += 1;
    const isLongEnough = packet.nowMs - this.#nextSsrcSinceMs[leg] >= SSRC_SPAN_MS;
    return this.#nextSsrcPackets[leg] >= SSRC_PACKETS && isLongEnough;
  }

  #learn(leg: number, packet: LatchPacket): number {
    const offset = leg * SOURCE_WORDS;
    const isCandidate =
      this.#candidatePackets[leg] > 0 &&
      sameWords(this.#candidate, offset, packet.words, packet.at, SOURCE_WORDS) &&
      packet.ssrc === this.#candidateSsrc[leg] &&
      sequenceDistance(this.#candidateSequence[leg], packet.sequence) === 1;
    if (!isCandidate) {
      if (this.#isWorseThanCandidate(leg, packet)) return FOREIGN_SOURCE;
      for (let word = 0; word < SOURCE_WORDS; word += 1) {
        this.#candidate[offset + word] = packet.words[packet.at + word];
      }
      this.#candidateSsrc[leg] = packet.ssrc;
      this.#candidatePackets[leg] = 0;
      this.#candidateSinceMs[leg] = packet.nowMs;
    }
    this.#candidateSequence[leg] = packet.sequence;
    if (this.#candidatePackets[leg] < LEARN_PACKETS) this.#candidatePackets[leg] += 1;
    const isLongEnough = packet.nowMs - this.#candidateSinceMs[leg] >= LEARN_SPAN_MS;
    if (this.#candidatePackets[leg] < LEARN_PACKETS || !isLongEnough) return LEARNING;
    return this.#lock(leg, packet);
  }

  /** The candidate has the signalled IP address (another port of the same machine) and this packet has not. */
  #isWorseThanCandidate(leg: number, packet: LatchPacket): boolean {
    const offset = leg * SOURCE_WORDS;
    return (
      this.#candidatePackets[leg] > 0 &&
      sameWords(this.#expected, offset, this.#candidate, offset, ADDRESS_WORDS) &&
      !sameWords(this.#expected, offset, packet.words, packet.at, ADDRESS_WORDS)
    );
  }

  #lock(leg: number, packet: LatchPacket): number {
    for (let word = 0; word < SOURCE_WORDS; word += 1) {
      this.#locked[leg * SOURCE_WORDS + word] = packet.words[packet.at + word];
    }
    this.#isLocked[leg] = 1;
    this.#ssrc[leg] = packet.ssrc;
    // There is no other to go back to.
    this.#ssrcPackets[leg] = SSRC_PACKETS;
    this.#nextSsrcPackets[leg] = 0;
    this.#lastHeardMs[leg] = packet.nowMs;
    this.#candidatePackets[leg] = 0;
    return LOCKED_NOW;
  }
}

function sameWords(left: Int32Array, leftAt: number, right: Int32Array, rightAt: number, count: number): boolean {
  for (let word = 0; word < count; word += 1) {
    if (left[leftAt + word] !== right[rightAt + word]) return false;
  }
  return true;
}
