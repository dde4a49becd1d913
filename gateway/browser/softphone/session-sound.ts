/** The sound of one call: what its peer connection sends, whether it gets through, and the keys the agent presses. */
import type { DialKey } from '../keypad.js';
import type { MediaPath } from './phone-line.js';

/** Where calls take their microphone from and where they are heard; see `phone-audio.ts`. */
export type SoundSystem = {
  /** A track of its own for one call. @throws when there is no microphone */
  trackForCall(): Promise<MediaStreamTrack>;
  play(session: string, stream: MediaStream): void;
  silence(session: string): void;
};

/** As long as a finger on a key, and far enough from the next for any receiver. */
const KEY_MS = 120;
const KEY_GAP_MS = 80;

/** G.711 and telephone-events, which the gateway inspects; it takes nothing else, so nothing else is offered. */
const TELEPHONY = ['audio/pcmu', 'audio/pcma', 'audio/telephone-event'];
const TELEPHONY_RATE_HZ = 8000;

export class SessionSound {
  readonly #connection: RTCPeerConnection;
  #isOpen = false;

  /** @param onMedia hears when sound stops or begins to get through */
  constructor(connection: RTCPeerConnection, onMedia: (media: MediaPath) => void) {
    this.#connection = connection;
    connection.addEventListener('connectionstatechange', () => {
      const { connectionState } = connection;
      if (connectionState === 'connected') onMedia('up');
      if (connectionState === 'disconnected' || connectionState === 'failed') onMedia('broken');
    });
  }

  /** Whether the far side hears the agent. */
  setMicrophone(isOpen: boolean): void {
    this.#isOpen = isOpen;
    for (const { track } of this.#connection.getSenders()) if (track !== null) track.enabled = isOpen;
  }

  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    track.enabled = this.#isOpen;
    for (const sender of this.#connection.getSenders()) {
      sender.track?.stop();
      await sender.replaceTrack(track);
    }
  }

  /** As a telephone-event (RFC 4733). */
  sendKey(key: DialKey): void {
    for (const { dtmf } of this.#connection.getSenders()) {
      if (dtmf?.canInsertDTMF) dtmf.insertDTMF(dtmf.toneBuffer + key, KEY_MS, KEY_GAP_MS);
    }
  }
}

/** Before a description is made. */
export function preferTelephony(connection: RTCPeerConnection): void {
  const known = RTCRtpReceiver.getCapabilities('audio')?.codecs ?? [];
  const wanted = TELEPHONY.flatMap((type) =>
    known.filter(({ mimeType, clockRate }) => mimeType.toLowerCase() === type && clockRate === TELEPHONY_RATE_HZ),
  );
  for (const transceiver of connection.getTransceivers()) transceiver.setCodecPreferences(wanted);
}
