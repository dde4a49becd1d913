/**
 * The OpenAPI 3.1 document, made of `operations.ts` and of the schemas that check requests and shape answers. Pure.
 * What OpenAPI has no word for stands under `x-`: `x-roles`, `x-event-socket`.
 */
import { bracketed } from '../../sip/ip-address.js';
import { apiErrors } from './api-errors.js';
import { closings } from './event-protocol.js';
import { clientMessage, serverMessage } from './event-schemas.js';
import {
  type Components,
  type Content,
  inOrder,
  type JsonSchema,
  json,
  type OpenApiResponse,
  refusals,
  schemaOf,
} from './openapi-components.js';
import {
  contractOf,
  OPERATION_NAMES,
  type OperationContract,
  type OperationName,
  refusalsOf,
  TAGS,
} from './operations.js';
import { redeemOperation } from './redeem-contract.js';
import { WEBHOOK_SUMMARIES, WEBHOOK_TYPES, webhookBody } from './webhook-schemas.js';

export type OpenApiDocument = {
  readonly openapi: '3.1.1';
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly responses: Readonly<Record<string, OpenApiResponse>>;
    readonly securitySchemes: object;
  };
  readonly [key: string]: unknown;
};

export type OpenApiOperation = {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly OpenApiParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, OpenApiResponse | { readonly $ref: string }>>;
  readonly 'x-roles'?: readonly string[];
  readonly [key: string]: unknown;
};

export type OpenApiParameter = {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: JsonSchema;
  readonly description?: string;
};

const DESCRIPTION = `Takes card payments on live calls: see the operations under \`payments\`.

The version of this document is the API's own: it changes with what is written here, not with the gateway's releases.

Every request under \`/v1\` carries \`Authorization: Bearer …\`, unless it says otherwise. A bearer belongs to one account,
and the account has one role; \`x-roles\` names those that may ask. No answer and no event can hold a digit of a card.

Every refusal is \`{"error": {"code", "message", "details"?}}\`. Programs go by the code; messages are for people and may change.
The details of a \`bad-request\` name the members that are wrong and the rule each breaks.
Nothing that was sent is repeated in an answer. An address that is none of these is answered 404 \`unknown-route\`.`;

/** Where the vault takes orders. */
export type RedeemAddress = { readonly address: string; readonly port: number };

/** As the configuration has it by default. */
const USUAL_REDEEM_ADDRESS: RedeemAddress = { address: '127.0.0.1', port: 8090 };

export function openApiDocument(redeemAddress = USUAL_REDEEM_ADDRESS): OpenApiDocument {
  const components: Components = { schemas: new Map(), responses: new Map() };
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const name of OPERATION_NAMES) {
    const contract = contractOf(name);
    const atPath = paths[contract.path] ?? {};
    atPath[contract.method.toLowerCase()] = operationOf(name, contract, components);
    paths[contract.path] = atPath;
  }
  paths[redeemOperation.path] = { post: redeemOf(components, redeemAddress) };
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tonegate',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: "The gateway's API, `api.listen`." }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: webhooksOf(components),
    components: {
      schemas: inOrder(components.schemas),
      responses: inOrder(components.responses),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'Of an account, or of a panel that a ticket opened.' },
        redeem: { type: 'http', scheme: 'bearer', description: 'The redeem credential of the vault.' },
      },
    },
  };
}

function operationOf(name: OperationName, contract: OperationContract, components: Components): OpenApiOperation {
  const { body, roles } = contract;
  const parameters = parametersOf(contract, components);
  return {
    operationId: camelCase(name),
    tags: [contract.tag],
    summary: contract.summary,
    ...(contract.description !== undefined && { description: contract.description }),
    ...(roles === 'anybody' ? { security: [] } : { 'x-roles': roles, security: securityOf(name) }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: { required: !body.safeParse(undefined).success, content: json(schemaOf(body, 'input', components)) },
    }),
    responses: {
      ...answerOf(name, contract, components),
      ...refusals(refusalsOf(contract), apiErrors, components),
    },
    ...(name === 'watch-events' && { 'x-event-socket': eventSocket(components) }),
  };
}

const IDEMPOTENCY_KEY: OpenApiParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Of your making, new for each request and the same when it is repeated. For a day the same key and request get the ' +
    'same answer, with `Idempotency-Replayed: true`, and nothing is done again.',
  schema: { type: 'string', minLength: 1, maxLength: 130 },
};

/** The metrics are open to this machine. */
function securityOf(name: OperationName): readonly object[] {
  return name === 'read-metrics' ? [{ bearer: [] }, {}] : [{ bearer: [] }];
}

function parametersOf(
  { keptAnswer, path, query }: OperationContract,
  components: Components,
): readonly OpenApiParameter[] {
  const inPath: OpenApiParameter[] = path.includes('{id}')
    ? [{ name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 128 } }]
    : [];
  const { properties = {} } = query ? schemaOf(query, 'input', components) : {};
  const inQuery = Object.entries(properties as Record<string, JsonSchema>).map(
    ([name, { description, ...schema }]): OpenApiParameter => ({
      name,
      in: 'query',
      required: false,
      ...(typeof description === 'string' && { description }),
      schema,
    }),
  );
  return [...inPath, ...inQuery, ...(keptAnswer ? [IDEMPOTENCY_KEY] : [])];
}

function answerOf(
  name: OperationName,
  { answer, contentType, status }: OperationContract,
  components: Components,
): OpenApiOperation['responses'] {
  if (name === 'watch-events') return { '101': { description: 'Switching to WebSocket' } };
  if (answer !== undefined) {
    const content = json(schemaOf(answer, 'output', components));
    const answered = { [status]: { description: 'Done', content } };
    return name === 'read-health' ? { ...answered, '503': { description: 'A part is down', content } } : answered;
  }
  const content = { [contentType ?? 'application/octet-stream']: {} };
  const whole = { [status]: { description: 'Done', content } };
  return name === 'read-recording' ? { ...whole, '206': { description: 'The range asked for', content } } : whole;
}

function eventSocket(components: Components): object {
  return {
    description: 'JSON texts of at most 16 KiB. A page may open it from our own origin or one of `api.allowedOrigins`.',
    clientMessage: schemaOf(clientMessage, 'input', components),
    serverMessage: schemaOf(serverMessage, 'output', components),
    closeCodes: Object.values(closings).map(({ code, reason }) => ({ code, reason })),
  };
}

/** What we ask of others' servers, in the same words. */
function webhooksOf(components: Components): object {
  const header = (name: string, description: string): OpenApiParameter => ({
    name,
    in: 'header',
    required: true,
    description,
    schema: { type: 'string' },
  });
  const parameters = [
    header('webhook-id', 'The same on every try: who has seen it need not look at it again.'),
    header('webhook-timestamp', 'Of this try, in seconds since 1970. Refuse what is more than five minutes off.'),
    header(
      'webhook-signature',
      '`v1,` and the base64 of HMAC-SHA256 over id, timestamp and body, joined by full stops.',
    ),
  ];
  return Object.fromEntries(
    WEBHOOK_TYPES.map((type) => [
      type,
      {
        post: {
          operationId: camelCase(type.replaceAll('.', '-')),
          tags: ['webhooks'],
          summary: WEBHOOK_SUMMARIES[type],
          parameters,
          requestBody: { required: true, content: json(schemaOf(webhookBody(type), 'output', components)) },
          responses: {
            '2XX': { description: 'Taken. Anything else, or nothing within 15 seconds, and it is tried again later.' },
            '410': { description: 'Not wanted: it is not tried again.' },
          },
        },
      },
    ]),
  );
}

function redeemOf(components: Components, { address, port }: RedeemAddress): OpenApiOperation {
  const { answer, body, description, errors, summary } = redeemOperation;
  return {
    operationId: 'redeem',
    tags: ['orders'],
    summary,
    description,
    servers: [{ url: `http://${bracketed(address)}:${port}`, description: 'The vault, `vault.redeem`.' }],
    security: [{ redeem: [] }],
    requestBody: { required: true, content: json(schemaOf(body, 'input', components)) },
    responses: {
      '200': { description: 'The order is paid', content: json(schemaOf(answer, 'output', components)) },
      ...refusals(Object.keys(errors), errors, components),
    },
  };
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
