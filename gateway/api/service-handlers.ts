/** The operations on the gateway itself: who asks, what runs, whether it runs. */
import type { AdministrationDesk } from './administration-desk.js';
import { METRICS_CONTENT_TYPE } from './metrics.js';
import { type OpenApiDocument, openApiDocument } from './openapi-document.js';
import { contractOf, OPERATION_NAMES } from './operations.js';
import { mayPerform } from './roles.js';
import type { Handlers } from './routes.js';

export type ApiHealth = {
  readonly ok: boolean;
  /** By name: `vault`, and `media` for all media processes together. */
  readonly parts: Readonly<Record<string, boolean>>;
};

export type ServiceHandlerOptions = {
  readonly administration: AdministrationDesk;
  readonly health: () => ApiHealth;
  readonly metrics: () => Promise<string>;
};

type ServiceOperation =
  | 'read-account'
  | 'watch-events'
  | 'read-openapi'
  | 'read-configuration'
  | 'list-accounts'
  | 'read-health'
  | 'read-metrics';

export function serviceHandlers({
  administration,
  health,
  metrics,
}: ServiceHandlerOptions): Pick<Handlers, ServiceOperation> {
  let document: OpenApiDocument | undefined;
  return {
    'read-account': ({ account }) => {
      if (account === undefined) throw new Error('nobody was let through to ask for the own account');
      const { name, role, panel } = account;
      const operations = OPERATION_NAMES.filter((operation) => mayPerform(account, contractOf(operation)));
      return {
        ok: true,
        value: { name, role, ...(panel?.callId === undefined ? {} : { callId: panel.callId }), operations },
      };
    },
    'read-openapi': () => {
      document ??= openApiDocument(administration.configuration().redeem);
      return { ok: true, value: document };
    },
    // Without a WebSocket handshake; with one the request never comes here.
    'watch-events': () => ({ ok: false, code: 'upgrade-required' }),
    'read-configuration': () => ({ ok: true, value: administration.configuration() }),
    'list-accounts': () => ({ ok: true, value: { accounts: administration.accounts() } }),
    'read-health': ({ reply }) => {
      const value = health();
      if (!value.ok) reply.code(503);
      return { ok: true, value };
    },
    'read-metrics': async ({ reply }) => {
      reply.header('Content-Type', METRICS_CONTENT_TYPE).send(await metrics());
      return { ok: true, value: undefined };
    },
  };
}
