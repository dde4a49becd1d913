/** Holds answers of the API against its OpenAPI document, with a JSON Schema validator that is not ours. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { OpenApiResponse } from '../../gateway/api/openapi-components.js';
import { type OpenApiOperation, openApiDocument } from '../../gateway/api/openapi-document.js';

const DOCUMENT_ID = 'https://tonegate.example/openapi';

const document = openApiDocument();
// The document holds more than schemas, which strict mode would complain of.
const validator = new Ajv2020({ strict: false, validateFormats: false });
validator.addSchema(document, DOCUMENT_ID);
const compiled = new Map<string, ValidateFunction>();

export type CheckedAnswer = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
};

/** What the document does not allow in this answer; undefined when it is as documented. */
export function faultOf({ method, path, status, contentType, body }: CheckedAnswer): string | undefined {
  const where = `${method} ${path} ${status}`;
  const operation = operationAt(method, new URL(path, DOCUMENT_ID).pathname);
  if (operation === undefined) return undefined;
  const response = operation.responses[status];
  if (response === undefined) return `${where}: no such status is documented`;
  const resolved = '$ref' in response ? document.components.responses[nameOf(response.$ref)] : response;
  const content = resolved?.content?.[contentType.split(';', 1)[0] ?? ''];
  if (content === undefined) return `${where}: no ${contentType} is documented`;
  if (content.schema === undefined) return undefined;
  const validate = validatorOf(content.schema);
  return validate(body) ? undefined : `${where}: ${validator.errorsText(validate.errors)}: ${JSON.stringify(body)}`;
}

function operationAt(method: string, path: string): OpenApiOperation | undefined {
  const found = Object.entries(document.paths).find(([template]) => {
    const pattern = template.replaceAll(/[.]/g, '\\.').replace('{id}', '[^/]+');
    return new RegExp(`^${pattern}$`).test(path);
  });
  const operation = found?.[1][method.toLowerCase()];
  // The vault's endpoint is another server.
  return operation && 'servers' in operation ? undefined : operation;
}

function nameOf(reference: string): keyof typeof document.components.responses & string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

function validatorOf(schema: NonNullable<NonNullable<OpenApiResponse['content']>[string]['schema']>): ValidateFunction {
  // References of the schema are the document's own.
  const text = JSON.stringify(schema).replaceAll('"#/', `"${DOCUMENT_ID}#/`);
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const made = validator.compile(JSON.parse(text));
  compiled.set(text, made);
  return made;
}

const messages = validator.compile({ $ref: `${DOCUMENT_ID}#/components/schemas/EventSocketMessage` });

/** What the document does not allow in a message of the event socket. */
export function faultOfMessage(message: unknown): string | undefined {
  return messages(message) ? undefined : `${validator.errorsText(messages.errors)}: ${JSON.stringify(message)}`;
}
