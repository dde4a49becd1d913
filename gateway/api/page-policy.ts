/**
 * What each page may do: one row a page, over a base that allows a page its own files and nothing else. The rows become
 * the headers `Content-Security-Policy` and `Permissions-Policy` of that page; what is not a page has the base.
 */

/** What rows take from the running gateway. */
export type PageContext = {
  /** Origins whose pages may hold the embedded panel in a frame: `api.frameAncestors`. */
  readonly frameAncestors: readonly string[];
  /** Origin of the SIP WebSocket, where there is one. */
  readonly softphoneServer: string | undefined;
};

/** Sources in the words of CSP, beside those of the base. */
export type PageRules = {
  /** Where the page may connect beside this server. */
  readonly connectSources?: readonly string[];
  readonly mediaSources?: readonly string[];
  /** Who may show the page in a frame, instead of pages of this server. Nobody, when empty. */
  readonly frameAncestors?: readonly string[];
  /** Features of the browser, instead of none, e.g. `microphone=(self)`. */
  readonly features?: readonly string[];
};

const PAGES: Readonly<Record<string, (context: PageContext) => PageRules>> = {
  '/panel/embed/': ({ frameAncestors }) => ({ frameAncestors }),
  '/softphone/': ({ softphoneServer }) => ({
    connectSources: softphoneServer === undefined ? [] : [softphoneServer],
    features: ['microphone=(self)'],
  }),
  // Recordings are fetched with the auditor's token, and played from the page's own memory.
  '/oversight/': () => ({ mediaSources: ['blob:'] }),
};

const FEATURES = ['camera', 'microphone', 'geolocation'] as const;

export type PageHeaders = {
  readonly 'Content-Security-Policy': string;
  readonly 'Permissions-Policy': string;
};

export function pageHeaders(path: string, context: PageContext): PageHeaders {
  const rules = PAGES[path]?.(context) ?? {};
  return { 'Content-Security-Policy': contentPolicy(rules), 'Permissions-Policy': permissions(rules.features ?? []) };
}

function contentPolicy(rules: PageRules): string {
  const { connectSources = [], mediaSources = [], frameAncestors = ["'self'"] } = rules;
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    ['connect-src', "'self'", ...connectSources].join(' '),
    ...(mediaSources.length === 0 ? [] : [['media-src', ...mediaSources].join(' ')]),
    ['frame-ancestors', ...(frameAncestors.length === 0 ? ["'none'"] : frameAncestors)].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
    // Nothing of ours turns text into script or markup; this makes the browser refuse anything that tries.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

function permissions(granted: readonly string[]): string {
  const refused = FEATURES.filter((feature) => !granted.some((grant) => grant.startsWith(`${feature}=`)));
  return [...refused.map((feature) => `${feature}=()`), ...granted].join(', ');
}
