/** Via (RFC 3261 §20.42) with `received` and `rport` (RFC 3581). */
import { isToken, parseDecimal } from './characters.js';
import { parseParameters, writeParameters } from './parameters.js';
import { parseHostPort } from './uri.js';

export type Via = {
  /** Upper case. */
  readonly transport: string;
  /** As written; an IPv6 reference keeps its brackets. */
  readonly host: string;
  readonly port?: number;
  readonly branch?: string;
  readonly received?: string;
  /** `requested`: the parameter stands there without a value (RFC 3581 §3). */
  readonly rport?: number | 'requested';
  /** All other parameters, names in lower case. */
  readonly params: ReadonlyMap<string, string>;
};

const noParameters: ReadonlyMap<string, string> = new Map();

/** @param text - one Via value, not a list. */
export function parseVia(text: string): Via | undefined {
  const semicolon = text.indexOf(';');
  const sent = semicolon < 0 ? text : text.slice(0, semicolon);
  const head = readSentProtocol(sent.trimEnd());
  if (head === undefined) {
    return undefined;
  }
  const hostPort = parseHostPort(head.sentBy);
  const params = semicolon < 0 ? noParameters : parseParameters(text, semicolon);
  if (hostPort === undefined || params === undefined) {
    return undefined;
  }
  const branch = params.get('branch');
  const received = params.get('received');
  const rport = readResponsePort(params.get('rport'));
  if ((branch !== undefined && !isToken(branch)) || rport === 'malformed') {
    return undefined;
  }
  return {
    transport: head.transport,
    ...hostPort,
    ...(branch === undefined ? undefined : { branch }),
    ...(received === undefined ? undefined : { received }),
    ...(rport === undefined ? undefined : { rport }),
    params: withoutKnown(params),
  };
}

export function writeVia(via: Via): string {
  let text = `SIP/2.0/${via.transport} ${via.host}`;
  if (via.port !== undefined) {
    text += `:${via.port}`;
  }
  if (via.rport !== undefined) {
    text += via.rport === 'requested' ? ';rport' : `;rport=${via.rport}`;
  }
  if (via.received !== undefined) {
    text += `;received=${via.received}`;
  }
  if (via.branch !== undefined) {
    text += `;branch=${via.branch}`;
  }
  return text + writeParameters(via.params);
}

/** `SIP / 2.0 / UDP host : port` with blanks wherever the grammar lets them stand (SLASH and COLON of §25.1). */
function readSentProtocol(text: string): { readonly transport: string; readonly sentBy: string } | undefined {
  if (text.startsWith('SIP/2.0/')) {
    const blank = text.indexOf(' ', 8);
    const transport = text.slice(8, Math.max(blank, 8));
    const sentBy = text.slice(blank + 1);
    if (isToken(transport) && sentBy.indexOf(' ') < 0 && sentBy.indexOf('\t') < 0) {
      return { transport: transport.toUpperCase(), sentBy };
    }
  }
  const parts =
    /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([^ \t/]+)[ \t]+([^ \t:]+|\[[^\]]*\])(?:[ \t]*:[ \t]*(\d+))?$/i.exec(text);
  if (parts === null || !isToken(parts[1])) {
    return undefined;
  }
  return { transport: parts[1].toUpperCase(), sentBy: parts[3] === undefined ? parts[2] : `${parts[2]}:${parts[3]}` };
}

function readResponsePort(text: string | undefined): number | 'requested' | 'malformed' | undefined {
  if (text === undefined || text === '') {
    return text === '' ? 'requested' : undefined;
  }
  const port = parseDecimal(text, 65535);
  return port === undefined || port === 0 ? 'malformed' : port;
}

function withoutKnown(params: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  let others: Map<string, string> | undefined;
  for (const [name, value] of params) {
    if (name !== 'branch' && name !== 'received' && name !== 'rport') {
      others ??= new Map();
      others.set(name, value);
    }
  }
  return others ?? noParameters;
}
