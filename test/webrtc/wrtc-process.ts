/**
 * An agent's browser without the browser, in a process of its own: libwebrtc by way of @roamhq/wrtc, with a microphone and an
 * ear of raw samples. It does what messages of `wrtc-endpoint.ts` ask for.
 */
import { writeFileSync } from 'node:fs';
import wrtc from '@roamhq/wrtc';
import type { WrtcAnswer, WrtcRequest } from './wrtc-endpoint.js';

/** What is used of it; its own types are a browser's, which this project does not have. */
type Track = object;
type Description = { readonly type: 'offer' | 'answer'; readonly sdp: string };
type Connection = {
  readonly iceGatheringState: string;
  readonly localDescription: Description | null;
  ontrack: (event: { readonly track: Track }) => void;
  onicegatheringstatechange: () => void;
  addTrack(track: Track): void;
  createOffer(): Promise<Description>;
  createAnswer(): Promise<Description>;
  setLocalDescription(description: Description): Promise<void>;
  setRemoteDescription(description: Description): Promise<void>;
  close(): void;
};
type AudioFrame = {
  readonly samples: Int16Array;
  readonly sampleRate: number;
  readonly bitsPerSample: number;
  readonly channelCount: number;
  readonly numberOfFrames: number;
};
type AudioSource = { createTrack(): Track; onData(frame: AudioFrame): void };
type AudioSink = { ondata: (frame: AudioFrame) => void; stop(): void };
type IceServers = readonly { readonly urls: string; readonly username: string; readonly credential: string }[];
type Library = {
  readonly RTCPeerConnection: new (configuration: {
    readonly iceServers: IceServers;
    readonly iceTransportPolicy: 'all' | 'relay';
  }) => Connection;
  readonly nonstandard: {
    readonly RTCAudioSource: new () => AudioSource;
    readonly RTCAudioSink: new (track: Track) => AudioSink;
  };
};
const { RTCPeerConnection, nonstandard }: Library = wrtc;

const FRAME_MS = 10;
const SAMPLE_RATE_HZ = 8000;
const FRAME_SAMPLES = (SAMPLE_RATE_HZ / 1000) * FRAME_MS;
const GATHERING_LIMIT_MS = 5000;
/** Ten minutes. */
const MAX_HEARD_SAMPLES = 600 * 16_000;

class Agent {
  readonly #connection: Connection;
  readonly #source = new nonstandard.RTCAudioSource();
  readonly #frames: Int16Array[] = [];
  #heardSamples = 0;
  #sampleRateHz = 0;
  #sink: AudioSink | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param relays TURN servers by which alone it is to be reached */
  constructor(relays: IceServers = []) {
    const iceTransportPolicy = relays.length === 0 ? 'all' : 'relay';
    this.#connection = new RTCPeerConnection({ iceServers: relays, iceTransportPolicy });
    this.#connection.addTrack(this.#source.createTrack());
    this.#connection.ontrack = ({ track }) => this.#listen(track);
  }

  async offer(): Promise<string> {
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    return this.#described();
  }

  async answer(offer: string): Promise<string> {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp: offer });
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    return this.#described();
  }

  async accept(answer: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  /** Says these samples of 8 kHz over and over, paced by the clock. */
  say(samples: Int16Array): void {
    const sinceMs = performance.now();
    let frames = 0;
    this.#timer = setInterval(() => {
      for (const due = (performance.now() - sinceMs) / FRAME_MS; frames < due; frames += 1) {
        const frame = new Int16Array(FRAME_SAMPLES);
        for (let at = 0; at < FRAME_SAMPLES; at += 1)
          frame[at] = samples[(frames * FRAME_SAMPLES + at) % samples.length];
        this.#source.onData({
          samples: frame,
          sampleRate: SAMPLE_RATE_HZ,
          bitsPerSample: 16,
          channelCount: 1,
          numberOfFrames: FRAME_SAMPLES,
        });
      }
    }, FRAME_MS / 2);
  }

  /** What came out of its jitter buffer. */
  heard(): Int16Array {
    const all = new Int16Array(this.#heardSamples);
    let at = 0;
    for (const frame of this.#frames) {
      all.set(frame, at);
      at += frame.length;
    }
    return all;
  }

  get heardSampleRateHz(): number {
    return this.#sampleRateHz;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#sink?.stop();
    this.#connection.close();
  }

  #listen(track: Track): void {
    this.#sink = new nonstandard.RTCAudioSink(track);
    this.#sink.ondata = ({ samples, sampleRate }) => {
      this.#sampleRateHz = sampleRate;
      if (this.#heardSamples + samples.length > MAX_HEARD_SAMPLES) return;
      this.#frames.push(Int16Array.from(samples));
      this.#heardSamples += samples.length;
    };
  }

  async #described(): Promise<string> {
    const connection = this.#connection;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, GATHERING_LIMIT_MS).unref();
      const look = () => {
        if (connection.iceGatheringState === 'complete') resolve();
      };
      connection.onicegatheringstatechange = look;
      look();
    });
    return connection.localDescription?.sdp ?? '';
  }
}

const [turnServer] = process.argv.slice(2);
const agent = new Agent(
  turnServer === undefined ? [] : [{ urls: `turn:${turnServer}`, username: 'agent', credential: 'secret' }],
);

async function carryOut(request: WrtcRequest): Promise<string> {
  switch (request.kind) {
    case 'offer':
      return agent.offer();
    case 'answer':
      return agent.answer(request.sdp);
    case 'accept':
      await agent.accept(request.sdp);
      return '';
    case 'say':
      agent.say(Int16Array.from(request.samples));
      return '';
    case 'save-heard':
      writeFileSync(request.file, new Uint8Array(agent.heard().buffer));
      return String(agent.heardSampleRateHz);
    case 'close':
      agent.close();
      return '';
  }
}

function tell(answer: WrtcAnswer): void {
  process.send?.(answer);
}

process.on('message', (request: WrtcRequest) => {
  carryOut(request).then(
    (text) => tell({ id: request.id, text }),
    (error: unknown) => tell({ id: request.id, fault: String(error) }),
  );
});
// Its native threads would keep it alive.
process.on('disconnect', () => process.exit(0));
