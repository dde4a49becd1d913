/**
 * Microphone, loudspeaker and what the calls sound like. One microphone is open while the agent is signed in, so that it
 * is known to work before a call comes; each call gets a track of its own, cloned from it.
 */
import { LevelMeter } from './level-meter.js';

export type MicrophoneState = 'off' | 'asking' | 'ready' | 'refused' | 'none' | 'unplugged' | 'failed';

export type AudioDevice = { readonly id: string; readonly label: string };

export type AudioDevices = {
  readonly microphones: readonly AudioDevice[];
  readonly loudspeakers: readonly AudioDevice[];
  /** Empty for the system's default. */
  readonly microphoneId: string;
  readonly loudspeakerId: string;
  /** Not every browser lets a page choose. */
  readonly canChooseLoudspeaker: boolean;
};

export type PhoneAudioOptions = {
  /** Microphone or devices have changed. */
  readonly onChanged: () => void;
  /** Running calls have to send another track from now on. */
  readonly onMicrophoneReplaced: () => void;
};

const MICROPHONE_KEY = 'tonegate-microphone';
const LOUDSPEAKER_KEY = 'tonegate-loudspeaker';

export class PhoneAudio {
  /** For ringing and meters; plays only after the page was clicked once, as browsers demand. */
  readonly context = new AudioContext();
  readonly #options: PhoneAudioOptions;
  readonly #players = new Map<string, HTMLAudioElement>();
  readonly #input = new LevelMeter(this.context);
  readonly #output = new LevelMeter(this.context);
  readonly #devicesChanged = (): void => void this.#refresh();
  #stream: MediaStream | undefined;
  #opening: Promise<MediaStream> | undefined;
  #microphone: MicrophoneState = 'off';
  #devices: AudioDevices = {
    microphones: [],
    loudspeakers: [],
    microphoneId: localStorage.getItem(MICROPHONE_KEY) ?? '',
    loudspeakerId: localStorage.getItem(LOUDSPEAKER_KEY) ?? '',
    canChooseLoudspeaker: 'setSinkId' in HTMLMediaElement.prototype,
  };
  #audible: string | undefined;

  constructor(options: PhoneAudioOptions) {
    this.#options = options;
  }

  get microphone(): MicrophoneState {
    return this.#microphone;
  }

  get devices(): AudioDevices {
    return this.#devices;
  }

  /** From 0 to 1, as loud as they sound. */
  levels(): { readonly input: number; readonly output: number } {
    return { input: this.#input.level(), output: this.#output.level() };
  }

  start(): void {
    // Undefined where the page is not served securely: then there is no microphone either.
    navigator.mediaDevices?.addEventListener('devicechange', this.#devicesChanged);
    addEventListener('pointerdown', this.#wake);
    addEventListener('keydown', this.#wake);
    void this.openMicrophone();
  }

  stop(): void {
    navigator.mediaDevices?.removeEventListener('devicechange', this.#devicesChanged);
    removeEventListener('pointerdown', this.#wake);
    removeEventListener('keydown', this.#wake);
    this.#release();
    for (const session of [...this.#players.keys()]) this.silence(session);
    this.#become('off');
  }

  /** Asks for the microphone where it is not open yet. The outcome is told by `microphone`. */
  async openMicrophone(): Promise<void> {
    await this.#opened().catch(() => {});
  }

  /** A track for one call. @throws when there is no microphone */
  async trackForCall(): Promise<MediaStreamTrack> {
    const [track] = (await this.#opened()).getAudioTracks();
    if (track === undefined) throw new Error('the microphone has no track');
    return track.clone();
  }

  async chooseMicrophone(id: string): Promise<void> {
    remember(MICROPHONE_KEY, id);
    this.#devices = { ...this.#devices, microphoneId: id };
    this.#release();
    await this.openMicrophone();
    if (this.#microphone === 'ready') this.#options.onMicrophoneReplaced();
  }

  async chooseLoudspeaker(id: string): Promise<void> {
    remember(LOUDSPEAKER_KEY, id);
    this.#devices = { ...this.#devices, loudspeakerId: id };
    await this.#routeSound();
    this.#options.onChanged();
  }

  /** What a call brings, heard once `hearOnly` says so. */
  play(session: string, stream: MediaStream): void {
    const known = this.#players.get(session);
    const player = known ?? document.createElement('audio');
    if (known === undefined) {
      player.autoplay = true;
      player.dataset.session = session;
      this.#players.set(session, player);
      document.body.append(player);
      void this.#routeSound();
    }
    player.srcObject = stream;
    this.#applyAudible();
  }

  silence(session: string): void {
    const player = this.#players.get(session);
    if (player === undefined) return;
    player.srcObject = null;
    player.remove();
    this.#players.delete(session);
    this.#applyAudible();
  }

  /** At most one call is heard at a time. */
  hearOnly(session: string | undefined): void {
    if (session === this.#audible) return;
    this.#audible = session;
    this.#applyAudible();
  }

  #applyAudible(): void {
    for (const [session, player] of this.#players) player.muted = session !== this.#audible;
    const heard = this.#audible === undefined ? undefined : this.#players.get(this.#audible)?.srcObject;
    this.#output.follow(heard instanceof MediaStream ? heard : undefined);
  }

  readonly #wake = (): void => {
    if (this.context.state === 'suspended') void this.context.resume();
  };

  #opened(): Promise<MediaStream> {
    if (this.#stream !== undefined) return Promise.resolve(this.#stream);
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<MediaStream> {
    this.#become('asking');
    try {
      const stream = await this.#ask();
      this.#stream = stream;
      for (const track of stream.getAudioTracks()) track.addEventListener('ended', () => this.#lost(stream));
      this.#input.follow(stream);
      this.#become('ready');
      void this.#refresh();
      return stream;
    } catch (error) {
      this.#become(microphoneStateOf(error));
      throw error;
    }
  }

  /** The chosen microphone, or any where that one is not there today. */
  async #ask(): Promise<MediaStream> {
    const { mediaDevices } = navigator;
    if (mediaDevices === undefined) throw new DOMException('no secure context', 'NotAllowedError');
    const { microphoneId } = this.#devices;
    if (microphoneId === '') return mediaDevices.getUserMedia({ audio: true });
    try {
      return await mediaDevices.getUserMedia({ audio: { deviceId: { exact: microphoneId } } });
    } catch (error) {
      if (microphoneStateOf(error) === 'refused') throw error;
      return mediaDevices.getUserMedia({ audio: true });
    }
  }

  /** A microphone that goes, or whose permission is taken back, ends its track: another may be there. */
  #lost(stream: MediaStream): void {
    if (stream !== this.#stream) return;
    this.#release();
    this.#become('unplugged');
    void this.#replaceLost();
  }

  async #replaceLost(): Promise<void> {
    try {
      await this.#opened();
      this.#options.onMicrophoneReplaced();
    } catch {
      // There is none: that is what the agent has to know, more than why the next one could not be opened.
      if (this.#microphone === 'none') this.#become('unplugged');
    }
  }

  async #refresh(): Promise<void> {
    const found = await navigator.mediaDevices.enumerateDevices();
    const ofKind = (kind: MediaDeviceKind): readonly AudioDevice[] =>
      found
        .filter((device) => device.kind === kind && device.deviceId !== '' && device.deviceId !== 'default')
        .map(({ deviceId, label }) => ({ id: deviceId, label }));
    this.#devices = {
      ...this.#devices,
      microphones: ofKind('audioinput'),
      loudspeakers: ofKind('audiooutput'),
    };
    this.#options.onChanged();
    // The chosen loudspeaker may have just been found, or have come back: a call that rings is heard there too.
    await this.#routeSound();
    const isBack =
      this.#devices.microphones.length > 0 && (this.#microphone === 'unplugged' || this.#microphone === 'none');
    if (isBack) await this.#replaceLost();
  }

  async #routeSound(): Promise<void> {
    const id = this.#devices.loudspeakers.some((device) => device.id === this.#devices.loudspeakerId)
      ? this.#devices.loudspeakerId
      : '';
    // A loudspeaker that has just gone: the system's default plays on.
    await Promise.allSettled([
      routeContext(this.context, id),
      ...[...this.#players.values()].map((player) => player.setSinkId?.(id)),
    ]);
  }

  #release(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    this.#input.follow(undefined);
  }

  #become(microphone: MicrophoneState): void {
    this.#microphone = microphone;
    this.#options.onChanged();
  }
}

/** Media Capture and Streams §10: why `getUserMedia` refuses. */
export function microphoneStateOf(error: unknown): 'refused' | 'none' | 'failed' {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused';
  return name === 'NotFoundError' || name === 'OverconstrainedError' ? 'none' : 'failed';
}

function remember(key: string, id: string): void {
  if (id === '') localStorage.removeItem(key);
  else localStorage.setItem(key, id);
}

/** Chromium lets a page choose where Web Audio plays as well; the DOM's types do not know of it yet. */
async function routeContext(context: AudioContext, id: string): Promise<void> {
  if ('setSinkId' in context && typeof context.setSinkId === 'function') await context.setSinkId(id);
}
