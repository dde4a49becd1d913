/** What another zone says to a request: yes, or no and why. */
export type Answer<Code extends string> = { readonly ok: true } | { readonly ok: false; readonly code: Code };
