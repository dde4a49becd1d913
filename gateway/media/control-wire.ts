/**
 * What control and a media process say to each other, over a socket pair inherited as file descriptor 3: JSON frames
 * (`MediaCommand` in, `MediaEvent` out) and one binary frame, INFO_FRAME, which hands a SIP INFO body over unread:
 *
 * ```
 *  0          3 4     5      6 ...
 * +------------+-----+------+--------------------+
 * | call handle| leg | type |  INFO body         |
 * +------------+-----+------+--------------------+
 * ```
 *
 * leg: 0 caller, 1 agent. type: 0 `application/dtmf-relay`, 1 `application/dtmf`.
 */

export const INFO_FRAME = 4;
export const INFO_HEADER_SIZE_BYTES = 6;
export type InfoBodyType = 'application/dtmf-relay' | 'application/dtmf';

/** The caller is the one who pays, whoever dialled. */
export type LegName = 'caller' | 'agent';

/** All of them on an RTP clock of 8 kHz and one octet a unit: G.722 too (RFC 3551 §4.5.2). */
export type AudioEncoding = 'PCMU' | 'PCMA' | 'G722';
export type AudioFormat = { readonly payloadType: number; readonly encoding: AudioEncoding };
export type EventFormat = { readonly payloadType: number; readonly clockRateHz: number };

/** The ways to a leg: plain RTP over UDP, or RTP through ICE and DTLS-SRTP. */
export type LegTransport = 'rtp' | 'webrtc';
export type WebRtcFingerprint = { readonly algorithm: 'sha-256' | 'sha-384' | 'sha-512'; readonly value: string };
export type WebRtcCandidate = {
  readonly foundation: string;
  readonly priority: number;
  readonly address: string;
  readonly port: number;
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay';
};
/** By what one end of a WebRTC transport is known to the other. */
export type WebRtcIdentity = {
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly fingerprint: WebRtcFingerprint;
};
/** The peer's end; the `active` one begins the DTLS handshake. */
export type WebRtcPeer = WebRtcIdentity & {
  readonly setup: 'active' | 'passive';
  readonly candidates: readonly WebRtcCandidate[];
};

/** One leg's media as offer and answer left it. */
export type LegMedia = {
  /** On a WebRTC leg, and there only; the remote address is one that no packet has then. */
  readonly webRtc?: WebRtcPeer;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly remoteRtcpPort: number;
  readonly rtcpMux: boolean;
  /** Payload types that the peer may send to us, in the order of our own description. */
  readonly receiveAudio: readonly AudioFormat[];
  readonly receiveEvents: readonly EventFormat[];
  /** Payload types that the peer wants to be sent, most wanted first. */
  readonly sendAudio: readonly AudioFormat[];
  readonly sendEvents: readonly EventFormat[];
  readonly ptimeMs: number;
  /** From the gateway's point of view. */
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
};

/** A WebRTC leg has an identity, and hears everything on its RTP port. */
export type LegPorts = { readonly rtpPort: number; readonly rtcpPort: number; readonly webRtc?: WebRtcIdentity };

export type RecordingMode = 'pause' | 'masked-continuous';
/** What is muted in a window: the keys, or, while a capture is armed, all of the caller as well. */
export type Suppression = 'tones' | 'strict';
export type RecordingAction = 'start' | 'pause' | 'resume' | 'stop';
export type RecordingState = 'off' | 'recording' | 'paused' | 'stopped';

export type MediaConfiguration = {
  /** Address the RTP sockets bind to. */
  readonly address: string;
  readonly portMin: number;
  readonly portMax: number;
  readonly keySocketPath: string;
  readonly linkSecret: string;
  readonly recordingDirectory: string;
  /** No packet from a leg for so long is reported as `leg-silent`, once. */
  readonly silenceTimeoutMs: number;
};

export type MediaCommand =
  | { readonly kind: 'configure'; readonly configuration: MediaConfiguration }
  | {
      readonly kind: 'create-call';
      readonly requestId: number;
      /** Small number, unique in this media process while the call lives. */
      readonly callHandle: number;
      readonly callId: string;
      readonly mask: 'window' | 'always';
      readonly replacement: 'comfort-noise' | 'silence' | 'tone';
      readonly suppression: Suppression;
      /** The caller's leg is always plain RTP: what the caller keys must pass no buffer that we cannot wipe. */
      readonly agentTransport: LegTransport;
      readonly recording: { readonly start: 'automatic' | 'manual' | 'off'; readonly mode: RecordingMode };
    }
  | {
      readonly kind: 'set-leg';
      readonly requestId: number;
      readonly callHandle: number;
      readonly leg: LegName;
      readonly media: LegMedia;
    }
  /**
   * Answered by `done` when suppression is on and the recorder is paused (or masking): the acknowledgement of AC-3. So it
   * is when the window is open already, or is closing: then it stays open.
   */
  | { readonly kind: 'open-window'; readonly requestId: number; readonly callHandle: number }
  | {
      readonly kind: 'arm-capture';
      readonly requestId: number;
      readonly callHandle: number;
      readonly captureId: string;
      /** Base64, from the vault's `ready`. */
      readonly vaultPublicKey: string;
    }
  | { readonly kind: 'disarm-capture'; readonly requestId: number; readonly callHandle: number }
  /** Suppression goes on until a press under way has ended, which `window-closed` tells; the recorder resumes at once. */
  | { readonly kind: 'close-window'; readonly requestId: number; readonly callHandle: number }
  | {
      readonly kind: 'record';
      readonly requestId: number;
      readonly callHandle: number;
      readonly action: RecordingAction;
    }
  | { readonly kind: 'close-call'; readonly requestId: number; readonly callHandle: number }
  | { readonly kind: 'statistics'; readonly requestId: number }
  | { readonly kind: 'ping'; readonly requestId: number }
  | { readonly kind: 'shut-down' };

export type RefusalCode =
  | 'unknown-call'
  | 'no-ports'
  | 'too-many-calls'
  | 'audio-not-inspectable'
  | 'vault-link-down'
  | 'recorder-failed'
  | 'window-open'
  | 'window-closed'
  /** The library for WebRTC cannot be loaded here. */
  | 'webrtc-unavailable'
  | 'bad-command';

/** Counters of one media process since its start, and, with names that end in `_now`, gauges; suffixes of Prometheus metrics. */
export type MediaStatistics = Readonly<Record<string, number>>;

export type MediaEvent =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'call-created';
      readonly requestId: number;
      readonly callHandle: number;
      readonly caller: LegPorts;
      readonly agent: LegPorts;
    }
  | { readonly kind: 'done'; readonly requestId: number }
  | { readonly kind: 'refused'; readonly requestId: number; readonly code: RefusalCode }
  | { readonly kind: 'statistics'; readonly requestId: number; readonly counters: MediaStatistics }
  | {
      readonly kind: 'recording';
      readonly callHandle: number;
      readonly state: RecordingState;
      readonly reason: 'automatic' | 'manual' | 'window' | 'call-ended' | 'failed';
      /** Name of the WAV file below the recording directory. */
      readonly file: string;
      /** Sample position in the file, and monotonic time of the media process. */
      readonly atSample: number;
      readonly monotonicMs: number;
    }
  /**
   * The window is closed for good: what was pressed in it has died away, and from now on the caller's audio passes
   * untouched, unless the call's mask is `always`. Once for each `close-window` that no `open-window` overtook.
   */
  | { readonly kind: 'window-closed'; readonly callHandle: number }
  /** Keys pressed in an open window while no capture was armed. */
  | { readonly kind: 'keys-dropped'; readonly callHandle: number; readonly count: number }
  /** Media from a source that is not the leg's locked one; counted, never used. At most one event a second and call. */
  | { readonly kind: 'foreign-media'; readonly callHandle: number; readonly leg: LegName; readonly count: number }
  | { readonly kind: 'leg-silent'; readonly callHandle: number; readonly leg: LegName }
  /** A WebRTC leg's peer is connected: only now is it heard, and sent to. */
  | { readonly kind: 'leg-connected'; readonly callHandle: number; readonly leg: LegName }
  /** The transport of a WebRTC leg has ended, or never came up. It does not come back. */
  | { readonly kind: 'leg-lost'; readonly callHandle: number; readonly leg: LegName }
  | { readonly kind: 'fault'; readonly callHandle: number; readonly code: RefusalCode };
