/** The configured webhooks, each with the key that signs its messages. */
import { randomBytes } from 'node:crypto';
import type { Configuration } from '../config/configuration.js';
import { secretPaths } from '../config/data-paths.js';
import { readOrCreateSecret, SECRET_SIZE_BYTES } from '../config/secrets-store.js';
import { parseSecret, SECRET_PREFIX } from '../webhook/webhook-signature.js';
import type { WebhookEndpoint } from '../webhook/webhooks-socket.js';

/** @throws when a secret file cannot be used or holds no secret of Standard Webhooks; the text names the file */
export function webhookEndpointsOf(configuration: Configuration): readonly WebhookEndpoint[] {
  const { webhookSecrets } = secretPaths(configuration);
  return configuration.webhooks.map(({ name, url, events }) => {
    const path = webhookSecrets.get(name);
    if (path === undefined) throw new Error(`webhook ${name} has no file for its secret`);
    const key = parseSecret(readOrCreateSecret(path, newSecret));
    if (key === undefined) throw new Error(`${path}: must hold whsec_ and 24 to 64 bytes in base64`);
    return { name, url, events, key };
  });
}

function newSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_SIZE_BYTES).toString('base64');
}
