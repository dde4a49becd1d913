/**
 * For a test: relays packets of one call through a media core on a network in memory, and prints how many bytes of V8's
 * heap each took once the compiler has seen enough of them. `--window` opens a secure window first and arms a capture, so
 * that the caller's half of them is decoded, heard, suppressed and encoded anew. `--allocate` makes an object a packet on top,
 * which has to show. To be run with `--expose-gc` and a young generation so large that nothing is collected meanwhile.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { encodeG711 } from '../../dsp/g711.js';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { SOURCE_WORDS, writeAddress } from '../../gateway/media/ip-address.js';
import { rtpSocketOf } from '../../gateway/media/leg-table.js';
import { MediaCore } from '../../gateway/media/media-core.js';
import { RTP_HEADER_SIZE_BYTES, RtpHeader } from '../../gateway/media/rtp-header.js';
import {
  NO_SOCKET,
  OUT_SOCKET,
  ROW_LENGTH,
  SIZE,
  SLOT_SIZE_BYTES,
  SOCKET,
  SOURCE,
  type UdpEngine,
} from '../../gateway/media/udp-engine.js';
import { AGENT_PORT, CALLER_PORT, CAPTURE_ID, legMedia, VAULT_PUBLIC_KEY } from './simulated-call.js';

const PEER_ADDRESS = '192.0.2.10';
const PAYLOAD_SIZE_BYTES = 160;
/** Before the count, and counted. To suppress a packet takes fifty times as long as to relay one. */
const PACKETS = { relayed: 1_000_000, suppressed: 200_000 };
const SLOTS = 8;

/** Counts what it is given to send. */
class CountingEngine implements UdpEngine {
  readonly slab = new Uint8Array(SLOTS * SLOT_SIZE_BYTES);
  readonly rows = new Int32Array(SLOTS * ROW_LENGTH);
  sentPackets = 0;
  #used = 0;

  addLeg(): Promise<boolean> {
    return Promise.resolve(true);
  }

  connectLeg(): void {}

  removeLeg(): void {}

  onBatch(): void {}

  takeSlot(): number {
    const slot = this.#used;
    this.#used += 1;
    this.rows[slot * ROW_LENGTH + OUT_SOCKET] = NO_SOCKET;
    return slot;
  }

  flush(): void {
    for (let slot = 0; slot < this.#used; slot += 1) {
      if (this.rows[slot * ROW_LENGTH + OUT_SOCKET] !== NO_SOCKET) this.sentPackets += 1;
    }
    this.#used = 0;
  }
}

class RelayedCall {
  readonly #engine = new CountingEngine();
  readonly #core: MediaCore;
  readonly #header = new RtpHeader();
  readonly #source = new Int32Array(SOURCE_WORDS);
  /** A voice that is no tone. */
  readonly #payload = new Uint8Array(PAYLOAD_SIZE_BYTES);
  readonly #isAllocating: boolean;
  /** What is allocated on purpose. */
  readonly #ballast: object[] = [];
  #nowMs = 1_000;

  constructor(isAllocating: boolean) {
    this.#isAllocating = isAllocating;
    this.#core = new MediaCore({
      configuration: {
        address: '127.0.0.1',
        portMin: 20_000,
        portMax: 20_099,
        keySocketPath: '',
        linkSecret: '',
        recordingDirectory: '',
        silenceTimeoutMs: 60_000,
      },
      engine: this.#engine,
      keySink: { isUp: true, send: () => true },
      emit: () => {},
      makeRecorder: () => {
        throw new Error('nothing is recorded');
      },
      randomBelow: (bound) => Math.floor(bound / 2),
      wallClockMs: () => 0,
      maxCalls: 1,
    });
    writeAddress(PEER_ADDRESS, this.#source, 0);
    // Numbers beyond 31 bits, as half of all have: V8 keeps them apart from small ones.
    this.#header.timestamp = 0x9000_0000;
    this.#header.ssrc = 0xaabb_ccdd;
    const noise = new Int16Array(PAYLOAD_SIZE_BYTES);
    const random = new SeededRandom(1);
    for (let at = 0; at < noise.length; at += 1) noise[at] = 2_000 * (random.next() * 2 - 1);
    encodeG711('PCMU', noise, this.#payload, 0, noise.length);
  }

  get sentPackets(): number {
    return this.#engine.sentPackets;
  }

  async start(): Promise<void> {
    const masking = { mask: 'window', suppression: 'tones', replacement: 'silence', agentTransport: 'rtp' } as const;
    const recording = { start: 'off', mode: 'pause' } as const;
    this.#core.command({ kind: 'create-call', requestId: 1, callHandle: 1, callId: 'one', ...masking, recording }, 0);
    // Sockets are bound in turns of their own.
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
    const [caller, agent] = [legMedia(PEER_ADDRESS, CALLER_PORT), legMedia(PEER_ADDRESS, AGENT_PORT)];
    this.#core.command({ kind: 'set-leg', requestId: 2, callHandle: 1, leg: 'caller', media: caller }, 0);
    this.#core.command({ kind: 'set-leg', requestId: 3, callHandle: 1, leg: 'agent', media: agent }, 0);
  }

  /** Has the caller suppressed from now on, as while a field awaits. */
  openWindow(): void {
    const capture = { captureId: CAPTURE_ID, vaultPublicKey: VAULT_PUBLIC_KEY };
    this.#core.command({ kind: 'open-window', requestId: 4, callHandle: 1 }, this.#nowMs);
    this.#core.command({ kind: 'arm-capture', requestId: 5, callHandle: 1, ...capture }, this.#nowMs);
  }

  get suppressedFrames(): number {
    return this.#core.counters.framesSuppressed;
  }

  /** Both parties speak, a packet each in turn. The time is a whole number: a real clock's is in a box before it is ours. */
  relay(packets: number): void {
    for (let packet = 0; packet < packets; packet += 2) {
      this.#receive(rtpSocketOf(0), CALLER_PORT);
      this.#receive(rtpSocketOf(1), AGENT_PORT);
      this.#header.sequence = (this.#header.sequence + 1) & 0xffff;
      this.#header.timestamp = (this.#header.timestamp + PAYLOAD_SIZE_BYTES) >>> 0;
      this.#nowMs += 20;
    }
  }

  #receive(socket: number, port: number): void {
    const slot = this.#engine.takeSlot();
    const { rows, slab } = this.#engine;
    const row = slot * ROW_LENGTH;
    this.#header.write(slab, slot * SLOT_SIZE_BYTES);
    slab.set(this.#payload, slot * SLOT_SIZE_BYTES + RTP_HEADER_SIZE_BYTES);
    rows[row + SOCKET] = socket;
    rows[row + SIZE] = RTP_HEADER_SIZE_BYTES + PAYLOAD_SIZE_BYTES;
    for (let word = 0; word < SOURCE_WORDS - 1; word += 1) rows[row + SOURCE + word] = this.#source[word];
    rows[row + SOURCE + SOURCE_WORDS - 1] = port;
    if (this.#isAllocating) this.#ballast[0] = { slot, socket };
    this.#core.takeBatch(slot, 1, this.#nowMs);
  }
}

const relayed = new RelayedCall(process.argv.includes('--allocate'));
await relayed.start();
const isSuppressing = process.argv.includes('--window');
if (isSuppressing) relayed.openWindow();
const packets = isSuppressing ? PACKETS.suppressed : PACKETS.relayed;
relayed.relay(packets);
globalThis.gc?.();
await setImmediate();
let collections = 0;
const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().length;
});
observer.observe({ entryTypes: ['gc'] });
const sentBefore = relayed.sentPackets;
const suppressedBefore = relayed.suppressedFrames;
const usedBefore = getHeapStatistics().used_heap_size;
relayed.relay(packets);
const bytes = getHeapStatistics().used_heap_size - usedBefore;
const sent = relayed.sentPackets - sentBefore;
const suppressed = relayed.suppressedFrames - suppressedBefore;
await setImmediate();
collections += observer.takeRecords().length;
process.stdout.write(`${JSON.stringify({ sent, suppressed, bytes, collections })}\n`);
