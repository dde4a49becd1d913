import type { ApiErrorCode } from './api-errors.js';

/** What comes of an operation: its answer, or the code it is refused with. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: ApiErrorCode };
