import { types } from 'node:util';

/** Whether what failed is that a program is not there at all. */
export function isMissingProgram(error: unknown): error is Error & { readonly code: 'ENOENT' } {
  return types.isNativeError(error) && 'code' in error && error.code === 'ENOENT';
}
