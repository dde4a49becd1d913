/** What a softphone needs to be a telephone: where the gateway's SIP is, and who the agent is there for the next hours. */

export type IceServer = {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
};

export type SoftphoneAccess = {
  /** `wss:` address of the SIP WebSocket. */
  readonly server: string;
  /** The agent's own SIP address, at which calls arrive. */
  readonly aor: string;
  readonly user: string;
  /** For SIP digest; good until `expiresAt`. */
  readonly password: string;
  readonly realm: string;
  readonly expiresAt: string;
  readonly iceServers: readonly IceServer[];
};
