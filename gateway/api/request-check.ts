/** Checks what was sent against a schema, and says of what does not fit where it stands and which rule it breaks. Pure. */
import type { z } from 'zod';
import { ApiError } from './api-errors.js';
import type { MemberFault } from './member-fault.js';

/** @throws ApiError `bad-request`, which says nothing of what was sent. */
export function checked<T>(schema: z.ZodType<T>, given: unknown, part: 'body' | 'query'): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ApiError(
    'bad-request',
    parsed.error.issues.map((issue) => ({
      // Schemas of requests have no members of free names: each step of a path is a name of ours.
      path: [part, ...issue.path].map(String).join('.'),
      rule: ruleOf(issue, valueAt(given, issue.path)),
    })),
  );
}

function ruleOf({ code }: z.core.$ZodIssue, value: unknown): MemberFault['rule'] {
  if (value === undefined) return 'missing';
  switch (code) {
    case 'unrecognized_keys':
      return 'unknown member';
    case 'too_small':
      return 'too small';
    case 'too_big':
      return 'too large';
    case 'invalid_value':
      return 'not a choice';
    case 'invalid_type':
      return 'wrong type';
    default:
      return 'wrong form';
  }
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    given,
  );
}
