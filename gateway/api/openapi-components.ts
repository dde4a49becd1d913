/** What operations of the document share, and the way from a zod schema into it. Pure. */
import { z } from 'zod';
import { memberFault } from './member-fault.js';

export type JsonSchema = { readonly [key: string]: unknown };
export type Components = {
  readonly schemas: Map<string, JsonSchema>;
  readonly responses: Map<string, OpenApiResponse>;
};

export type OpenApiResponse = { readonly description: string; readonly content?: Content };

export type Content = Readonly<Record<string, { readonly schema?: JsonSchema }>>;

export type ErrorTable = Readonly<Record<string, { readonly status: number; readonly message: string }>>;

/** One response a status; its schema takes just the codes that this operation can end in. */
export function refusals(
  codes: readonly string[],
  table: ErrorTable,
  components: Components,
): Readonly<Record<string, { readonly $ref: string }>> {
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    const status = table[code]?.status ?? 500;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, all]) => {
      // Operations share the refusals they have in common: the document would be ten times as long.
      const name = all.sort().join('.');
      const description = all.map((code) => `\`${code}\`: ${table[code]?.message}`).join('\n\n');
      components.responses.set(name, { description, content: json(errorSchema(all, components)) });
      return [status, { $ref: `#/components/responses/${name}` }];
    }),
  );
}

function errorSchema(codes: readonly string[], components: Components): JsonSchema {
  const details = { type: 'array', items: schemaOf(memberFault, 'output', components) };
  return {
    type: 'object',
    properties: {
      error: {
        type: 'object',
        properties: {
          code: { enum: codes },
          message: { type: 'string' },
          ...(codes.includes('bad-request') && { details }),
        },
        required: ['code', 'message'],
        additionalProperties: false,
      },
    },
    required: ['error'],
    additionalProperties: false,
  };
}

/** The schema in place, with those that have an id among the components. */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output', components: Components): JsonSchema {
  const { $schema: _, $defs = {}, ...made } = z.toJSONSchema(schema, { io, override: tidy }) as JsonSchema;
  for (const [id, definition] of Object.entries($defs as Record<string, JsonSchema>)) {
    components.schemas.set(id, withoutIds(referring(definition)));
  }
  const here = referring(made);
  if (typeof here.id !== 'string') return here;
  components.schemas.set(here.id, withoutIds(here));
  return { $ref: `#/components/schemas/${here.id}` };
}

/** Not ours to say in an answer, and noise where the format says the same. */
function tidy({ jsonSchema }: { readonly jsonSchema: JsonSchema & { readOnly?: boolean; pattern?: string } }): void {
  delete jsonSchema.readOnly;
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete (jsonSchema as { maximum?: number }).maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete (jsonSchema as { minimum?: number }).minimum;
}

export function inOrder<T>(entries: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
  return Object.fromEntries([...entries].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function withoutIds({ id: _, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

function referring(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}

export function json(schema: JsonSchema): Content {
  return { 'application/json': { schema } };
}
