/**
 * The panel's files: a fixed list, read once at start and served from memory, so that no request names a file. The
 * modules are exactly those that `panel.html` reaches; a test follows the imports.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';

const MODULES = [
  'desk-client.js',
  'desk-state.js',
  'element-builder.js',
  'event-connection.js',
  'icons.js',
  'page-styles.js',
  'panel-announcements.js',
  'panel-page.js',
  'panel-parts.js',
  'panel-styles.js',
  'panel-texts.js',
  'panel-view-model.js',
  'reconnection-policy.js',
  'tonegate-panel.js',
] as const;

export type PanelFile = {
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
  readonly etag: string;
};

/** Scripts and styles from here only, no frame around it but our own, nowhere to send anything but here. */
export const PANEL_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  // Nothing of ours turns text into script or markup; this makes the browser refuse anything that tries.
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#0f766e"/><g fill="#fff"><circle cx="10" cy="10" r="2.6"/><circle cx="16" cy="10" r="2.6"/><circle cx="22" cy="10" r="2.6"/><circle cx="10" cy="16" r="2.6"/><circle cx="16" cy="16" r="2.6"/><path d="M15 22.5l3 3 6-6.5" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></g></svg>`;

/** @throws Error naming the file that is missing: the panel has not been built. */
export async function readPanelFiles(directory: string): Promise<readonly PanelFile[]> {
  const read = async (name: string, path: string, contentType: string): Promise<PanelFile> => {
    const body = await readFile(join(directory, name)).catch(() => {
      throw new Error(`panel file ${name} is missing in ${directory}: build the panel first (npm run build)`);
    });
    return file(path, contentType, body);
  };
  return Promise.all([
    read('panel.html', '/panel/', 'text/html; charset=utf-8'),
    ...MODULES.map((name) => read(name, `/panel/${name}`, 'text/javascript; charset=utf-8')),
    file('/panel/icon.svg', 'image/svg+xml', Buffer.from(ICON)),
  ]);
}

export function addPanelRoutes(app: FastifyInstance, files: readonly PanelFile[]): void {
  for (const { path, contentType, body, etag } of files) {
    app.get(path, (request, reply) => {
      reply.headers({
        'Content-Security-Policy': PANEL_POLICY,
        'Cache-Control': 'no-cache',
        'Content-Type': contentType,
        ETag: etag,
      });
      return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(body);
    });
  }
  for (const path of ['/', '/panel']) app.get(path, (_request, reply) => reply.redirect('/panel/', 302));
}

function file(path: string, contentType: string, body: Buffer): PanelFile {
  return { path, contentType, body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"` };
}
