/** Which agent is which SIP user, and where browsers reach SIP: from the configuration. */
import { createHmac } from 'node:crypto';
import { bracketed } from '../../sip/ip-address.js';
import type { SoftphoneAccess, SoftphoneDesk } from '../api/softphone-access.js';
import type { Configuration } from '../config/configuration.js';
import { softphoneServerOf } from '../config/softphone-server.js';
import type { SoftphoneCredential } from './sip-registration.js';

/** Where a browser learns its address outside (STUN), or is lent one (TURN); the gateway's own is known. */
export type IceServer = { readonly host: string; readonly port: number } & (
  | { readonly kind: 'stun' }
  | { readonly kind: 'turn'; readonly userName: string; readonly password: string }
  | { readonly kind: 'turn-for-a-while'; readonly secret: string }
);

export type SoftphoneDeskOptions = {
  readonly configuration: Configuration;
  readonly servers: readonly IceServer[];
  readonly issueCredential: (user: string) => SoftphoneCredential | undefined;
};

export function softphoneDeskOf({ configuration, servers, issueCredential }: SoftphoneDeskOptions): SoftphoneDesk {
  const server = softphoneServerOf(configuration);
  return {
    serverOrigin: server === undefined ? undefined : originOf(server),
    open: (agent) => {
      const user = sipUserOf(configuration, agent);
      const credential = server === undefined || user === undefined ? undefined : issueCredential(user);
      if (server === undefined || credential === undefined) return undefined;
      const { password, realm, expiresAtMs } = credential;
      return {
        server,
        aor: `sip:${credential.user}@${new URL(server).hostname}`,
        user: credential.user,
        password,
        realm,
        expiresAt: new Date(expiresAtMs).toISOString(),
        iceServers: servers.map((each) => iceServerOf(each, credential)),
      };
    },
  };
}

/** A user that the agent's own list names; for the agent of everybody else, one that nobody names. */
export function sipUserOf({ api, sip }: Configuration, agent: string): string | undefined {
  const users = api.agents.find(({ name }) => name === agent)?.users ?? [];
  const named = sip.users.find(({ name }) => users.includes(name))?.name;
  if (named !== undefined || !users.includes('*')) return named;
  const taken = api.agents.flatMap((each) => each.users);
  return sip.users.find(({ name }) => !taken.includes(name))?.name;
}

function iceServerOf(
  server: IceServer,
  { user, expiresAtMs }: SoftphoneCredential,
): SoftphoneAccess['iceServers'][number] {
  const place = `${bracketed(server.host)}:${server.port}`;
  switch (server.kind) {
    case 'stun':
      return { urls: [`stun:${place}`] };
    case 'turn':
      return { urls: [`turn:${place}`], username: server.userName, credential: server.password };
    case 'turn-for-a-while': {
      // draft-uberti-behave-turn-rest-00 §2.2, coturn's use-auth-secret: the name says until when, the secret that it is true.
      const username = `${Math.floor(expiresAtMs / 1000)}:${user}`;
      const credential = createHmac('sha1', server.secret).update(username).digest('base64');
      return { urls: [`turn:${place}`], username, credential };
    }
  }
}

/** Of `wss:` addresses `URL.origin` is the one that Content-Security-Policy means. */
function originOf(server: string): string {
  return new URL(server).origin;
}
