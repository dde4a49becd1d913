/** What a softphone needs to be a telephone: where the gateway's SIP is, and who the agent is there for the next while. */
import { z } from 'zod';
import { instant } from './view-schemas.js';

const iceServer = z.strictObject({
  urls: z.array(z.string()).readonly(),
  username: z.string().exactOptional(),
  credential: z.string().exactOptional(),
});

export const softphoneAccess = z
  .strictObject({
    server: z.string().describe('Address of the SIP WebSocket.'),
    aor: z.string().describe("The agent's own SIP address, at which calls arrive."),
    user: z.string(),
    password: z.string().describe('For SIP digest, good until `expiresAt`; never the one in the gateway itself.'),
    realm: z.string(),
    expiresAt: instant,
    iceServers: z.array(iceServer).readonly().describe('For RTCPeerConnection.'),
  })
  .meta({ id: 'SoftphoneAccess' });
export type SoftphoneAccess = z.infer<typeof softphoneAccess>;

/** The port between the API and the gateway's registrar. */
export type SoftphoneDesk = {
  /** Origin of the SIP WebSocket; undefined where no browser can register. */
  readonly serverOrigin: string | undefined;
  /** A new password with each call; undefined for an agent who is no SIP user. */
  open(agent: string): SoftphoneAccess | undefined;
};
