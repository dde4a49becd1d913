/** Header names: one spelling each, their compact forms (RFC 3261 §7.3.3), and what may be repeated or listed. */

/** Of these a message holds at most one, with one value; a second one is an attack on whoever reads the other. */
const singleNames = [
  'Call-ID',
  'Content-Disposition',
  'Content-Length',
  'Content-Type',
  'CSeq',
  'Date',
  'Event',
  'Expires',
  'From',
  'Max-Forwards',
  'Min-Expires',
  'Min-SE',
  'MIME-Version',
  'RAck',
  'Refer-To',
  'Referred-By',
  'Replaces',
  'Retry-After',
  'RSeq',
  'Session-Expires',
  'Subject',
  'Subscription-State',
  'Timestamp',
  'To',
] as const;

/** Values of these may stand on one line, with commas between them (RFC 3261 §7.3.1), or on several lines. */
const listNames = [
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Alert-Info',
  'Allow',
  'Allow-Events',
  'Call-Info',
  'Contact',
  'Content-Encoding',
  'Content-Language',
  'Diversion',
  'Error-Info',
  'History-Info',
  'In-Reply-To',
  'P-Asserted-Identity',
  'P-Preferred-Identity',
  'Path',
  'Proxy-Require',
  'Reason',
  'Record-Route',
  'Require',
  'Route',
  'Service-Route',
  'Supported',
  'Unsupported',
  'Via',
  'Warning',
] as const;

/** May be repeated, but a comma inside is part of the value (RFC 3261 §7.3.1 names the four of digest). */
const otherNames = [
  'Accept-Contact',
  'Authorization',
  'Identity',
  'Organization',
  'Priority',
  'Privacy',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Reject-Contact',
  'Reply-To',
  'Request-Disposition',
  'Server',
  'User-Agent',
  'WWW-Authenticate',
] as const;

const compactForms: ReadonlyArray<readonly [string, string]> = [
  ['a', 'Accept-Contact'],
  ['b', 'Referred-By'],
  ['c', 'Content-Type'],
  ['d', 'Request-Disposition'],
  ['e', 'Content-Encoding'],
  ['f', 'From'],
  ['i', 'Call-ID'],
  ['j', 'Reject-Contact'],
  ['k', 'Supported'],
  ['l', 'Content-Length'],
  ['m', 'Contact'],
  ['o', 'Event'],
  ['r', 'Refer-To'],
  ['s', 'Subject'],
  ['t', 'To'],
  ['u', 'Allow-Events'],
  ['v', 'Via'],
  ['x', 'Session-Expires'],
  ['y', 'Identity'],
];

const singles: ReadonlySet<string> = new Set(singleNames);
const lists: ReadonlySet<string> = new Set(listNames);

/** Lower-case and usual spellings to the one spelling. Fixed after start: names from the network never get in. */
const spellings = new Map<string, string>();
for (const name of [...singleNames, ...listNames, ...otherNames]) {
  spellings.set(name, name).set(name.toLowerCase(), name);
}
for (const [compact, name] of compactForms) {
  spellings.set(compact, name).set(compact.toUpperCase(), name);
}

/** The one spelling of a known name, long for compact; an unknown name comes back as it is. */
export function canonicalName(name: string): string {
  return spellings.get(name) ?? spellings.get(name.toLowerCase()) ?? name;
}

/** Both are canonical names: unknown ones may still differ in case. */
export function isSameName(name: string, other: string): boolean {
  return name === other || (name.length === other.length && name.toLowerCase() === other.toLowerCase());
}

/** @param name - canonical. */
export function isSingleName(name: string): boolean {
  return singles.has(name);
}

/** @param name - canonical. */
export function isListName(name: string): boolean {
  return lists.has(name);
}
