/** The published JSON Schema of the configuration file, `tonegate.schema.json`, made from the schema that checks it. */
import { z } from 'zod';
import { configurationSchema } from './configuration.js';

type SchemaNode = {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
};

/** As a file may be written: what has a default may be left out. */
export function configurationJsonSchema(): object {
  return {
    ...z.toJSONSchema(configurationSchema, { io: 'input', target: 'draft-2020-12' }),
    title: 'Tonegate configuration',
  };
}

/** The whole text of the published file. */
export function configurationSchemaText(): string {
  return `${JSON.stringify(configurationJsonSchema(), null, 2)}\n`;
}

/** Keys that may stand at `path`; empty where none may. */
export function knownKeysAt(path: readonly PropertyKey[]): readonly string[] {
  let node: SchemaNode | undefined = configurationJsonSchema();
  for (const part of path) node = typeof part === 'number' ? node?.items : node?.properties?.[String(part)];
  return Object.keys(node?.properties ?? {});
}
