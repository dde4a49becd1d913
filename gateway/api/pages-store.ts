/**
 * The files of the pages: what the build has put into one folder, read once at start and served from memory, so that no
 * request names a file. A page is a folder with an `index.html`; `chunks/` holds what pages share.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type PageContext, pageHeaders } from './page-policy.js';

export type PageFile = {
  /** As it is asked for: `/panel/`, `/panel/panel-page.js`. */
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
  readonly etag: string;
};

/** Modules are no secret, and pages of other origins may load them; what the modules ask for is another matter. */
const SCRIPT_HEADERS = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' } as const;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** Where the root of the server leads. */
const FIRST_PAGE = '/panel/';

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#0f766e"/><g fill="#fff"><circle cx="10" cy="10" r="2.6"/><circle cx="16" cy="10" r="2.6"/><circle cx="22" cy="10" r="2.6"/><circle cx="10" cy="16" r="2.6"/><circle cx="16" cy="16" r="2.6"/><path d="M15 22.5l3 3 6-6.5" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></g></svg>`;

/** @throws Error when the folder is not there: the pages have not been built. */
export async function readPages(directory: string): Promise<readonly PageFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => {
    throw new Error(`there are no pages in ${directory}: build them first (npm run build)`);
  });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length));
  const read = names.map(async (name) => {
    const path = name.replace(/\/index\.html$/, '/');
    return file(
      path,
      CONTENT_TYPES[extname(name)] ?? 'application/octet-stream',
      await readFile(join(directory, name)),
    );
  });
  return [...(await Promise.all(read)), file('/icon.svg', 'image/svg+xml', Buffer.from(ICON))];
}

export function addPageRoutes(app: FastifyInstance, files: readonly PageFile[], context: PageContext): void {
  for (const { path, contentType, body, etag } of files.map((file) => inContext(file, context))) {
    const headers = { ...pageHeaders(path, context), ...(path.endsWith('.js') ? SCRIPT_HEADERS : {}) };
    app.get(path, (request, reply) => {
      reply.headers({
        ...headers,
        'Cache-Control': 'no-cache',
        'Content-Type': contentType,
        ETag: etag,
      });
      return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(body);
    });
    if (path.endsWith('/')) app.get(path.slice(0, -1), (_request, reply) => reply.redirect(path, 302));
  }
  app.get('/', (_request, reply) => reply.redirect(FIRST_PAGE, 302));
}

/** The embedded panel's page says in a `<meta>` whom it may listen to: `{frameAncestors}`, which are checked origins. */
function inContext(page: PageFile, { frameAncestors }: PageContext): PageFile {
  if (!page.path.endsWith('/')) return page;
  const text = page.body.toString().replace('{frameAncestors}', frameAncestors.join(' '));
  return file(page.path, page.contentType, Buffer.from(text));
}

function file(path: string, contentType: string, body: Buffer): PageFile {
  return { path, contentType, body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"` };
}
