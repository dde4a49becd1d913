/**
 * Session descriptions (RFC 8866). What the gateway decides on is typed; every other line is kept as it came, so that a
 * description that is read and written says the same. What may pass is policy, and that is `offer-answer.ts`.
 */
export type SdpLine = { readonly type: string; readonly value: string };

export type SdpOrigin = {
  readonly userName: string;
  /** Decimal digits; too long for a number (RFC 8866 §5.2). */
  readonly sessionId: string;
  readonly sessionVersion: string;
  readonly address: string;
};

export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export type RtpMap = { readonly encoding: string; readonly clockRateHz: number; readonly channels?: number };

export type MediaSection = {
  /** `audio`, `video`, … */
  readonly media: string;
  /** 0 rejects or ends the section (RFC 3264 §6, §8.2). */
  readonly port: number;
  readonly portCount?: number;
  /** `RTP/AVP`, `RTP/SAVPF`, `udptl`, … as written. */
  readonly protocol: string;
  /** As written; payload types, where the protocol is RTP, each 0 to 127 and there once. */
  readonly formats: readonly string[];
  /** IP address or name out of this section's own `c=`. */
  readonly connection?: string;
  readonly rtpMaps: ReadonlyMap<number, RtpMap>;
  /** Payload type to the raw value of `a=fmtp`. */
  readonly formatParameters: ReadonlyMap<number, string>;
  readonly ptimeMs?: number;
  readonly maxptimeMs?: number;
  readonly direction?: MediaDirection;
  /** RFC 3605. */
  readonly rtcp?: { readonly port: number; readonly address?: string };
  /** RFC 5761. */
  readonly rtcpMux: boolean;
  /** The lines that are none of these, in order. */
  readonly others: readonly SdpLine[];
};

export type SessionDescription = {
  readonly origin: SdpOrigin;
  readonly sessionName: string;
  readonly connection?: string;
  readonly direction?: MediaDirection;
  /** Session-level lines that are none of these, in order; `t=` among them. */
  readonly others: readonly SdpLine[];
  readonly media: readonly MediaSection[];
};
