/** Writes the TypeScript client from the OpenAPI document. Pure: document in, source text out. */
import type { JsonSchema } from '../api/openapi-components.js';
import type { OpenApiDocument, OpenApiOperation } from '../api/openapi-document.js';

const HEAD = `/**
 * The typed client of the API. Written by \`node gateway/client/build.mjs\` from the OpenAPI document: do not change it by
 * hand. How requests are made is in \`client-transport.ts\`.
 */
import type { ApiTransport, RequestOptions } from './client-transport.js';
`;

export function clientSource(document: OpenApiDocument): string {
  const used = usedSchemas(document);
  const types = Object.entries(document.components.schemas)
    .filter(([name]) => used.has(name))
    .map(([name, schema]) => `${commentOf(schema.description)}export type ${name} = ${typeOf(schema)};\n`);
  const methods = operationsOf(document).map(methodOf);
  return [
    HEAD,
    ...types,
    `export class TonegateClient {
  readonly #transport: ApiTransport;

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

${methods.join('\n')}}
`,
  ].join('\n');
}

type LocatedOperation = { readonly method: string; readonly path: string; readonly operation: OpenApiOperation };

/** Without those of the vault, which is another server, and without the event socket. */
function operationsOf({ paths }: OpenApiDocument): readonly LocatedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, operation]) => !('servers' in operation) && !('x-event-socket' in operation))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

function methodOf({ method, path, operation }: LocatedOperation): string {
  const { requestBody, summary, operationId, parameters = [] } = operation;
  const query = parameters.filter((parameter) => parameter.in === 'query');
  const bodySchema = requestBody?.content['application/json']?.schema;
  const takesBody = requestBody?.required === true && bodySchema !== undefined;
  const asked = [
    ...(path.includes('{id}') ? ['id: string'] : []),
    ...(query.length > 0
      ? [`query: { ${query.map((q) => `readonly ${q.name}?: ${typeOf(q.schema)}`).join('; ')} } = {}`]
      : []),
    ...(takesBody ? [`body: ${typeOf(bodySchema)}`] : []),
    'options: RequestOptions = {}',
  ];
  const request = [
    `method: '${method}'`,
    `path: ${path.includes('{id}') ? `\`${path.replace('{id}', `\${encodeURIComponent(id)}`)}\`` : `'${path}'`}`,
    ...(query.length > 0 ? ['query'] : []),
    ...(takesBody ? ['body'] : []),
    '...options',
  ];
  const answer = answerOf(operation);
  // What is asked for follows from the method's own type.
  const call = answer === undefined ? 'send' : 'ask';
  return `${commentOf(summary)}  ${operationId}(${asked.join(', ')}): Promise<${answer ?? 'Response'}> {
    return this.#transport.${call}({ ${request.join(', ')} });
  }
`;
}

/** Undefined where the answer is no JSON. */
function answerOf({ responses }: OpenApiOperation): string | undefined {
  const done = responses['200'] ?? responses['201'];
  const schema = done !== undefined && 'content' in done ? done.content?.['application/json']?.schema : undefined;
  return schema && typeOf(schema);
}

/** The subset of JSON Schema that our own schemas come to. @throws Error for anything else: a mistake of ours */
export function typeOf(schema: JsonSchema): string {
  const { $ref, type, anyOf, oneOf, const: constant, enum: values } = schema;
  if (typeof $ref === 'string') return nameOf($ref);
  const union = anyOf ?? oneOf;
  if (Array.isArray(union)) return union.map(typeOf).join(' | ');
  if (constant !== undefined) return literal(constant);
  if (Array.isArray(values)) return values.map(literal).join(' | ');
  switch (type) {
    case 'object':
      return objectType(schema);
    case 'array':
      return arrayType(schema);
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'integer':
    case 'number':
      return 'number';
    case undefined:
      return 'unknown';
    default:
      throw new Error(`the client has no type for ${JSON.stringify(schema)}`);
  }
}

function objectType({ properties = {}, required = [], additionalProperties }: JsonSchema): string {
  const members = Object.entries(properties as Record<string, JsonSchema>).map(([name, schema]) => {
    const isRequired = (required as readonly string[]).includes(name);
    return `${commentOf(schema.description)}readonly ${name}${isRequired ? '' : '?'}: ${typeOf(schema)};`;
  });
  const others = typeof additionalProperties === 'object' ? (additionalProperties as JsonSchema) : undefined;
  if (others !== undefined)
    members.push(
      `readonly [name: string]: ${Object.keys(others).length > 0 && members.length === 0 ? typeOf(others) : 'unknown'};`,
    );
  return `{ ${members.join('\n')} }`;
}

function arrayType({ items, prefixItems }: JsonSchema): string {
  if (Array.isArray(prefixItems)) return `readonly [${prefixItems.map(typeOf).join(', ')}]`;
  return `readonly (${typeOf((items ?? {}) as JsonSchema)})[]`;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function commentOf(description: unknown): string {
  return typeof description === 'string' ? `/** ${description.replaceAll('*/', '* /')} */\n` : '';
}

function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

/** Components that the client's operations, and what these refer to, come to. */
function usedSchemas(document: OpenApiDocument): ReadonlySet<string> {
  const used = new Set<string>();
  const visit = (part: unknown): void => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name === undefined || used.has(name)) continue;
      used.add(name);
      visit(document.components.schemas[name]);
    }
  };
  for (const { operation } of operationsOf(document)) visit([operation.requestBody ?? {}, operation.responses]);
  return used;
}
