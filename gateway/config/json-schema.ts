/** The published JSON Schema of the configuration file, `tonegate.schema.json`, made from the schema that checks it. */
import { z } from 'zod';
import { configurationSchema } from './configuration.js';

type SchemaNode = {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  /** Kinds of one thing. */
  readonly oneOf?: readonly SchemaNode[];
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
  let nodes: readonly SchemaNode[] = [configurationJsonSchema()];
  for (const part of path) {
    nodes = nodes
      .map((node) => (typeof part === 'number' ? node.items : node.properties?.[String(part)]))
      .flatMap((node) => (node === undefined ? [] : (node.oneOf ?? [node])));
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}
