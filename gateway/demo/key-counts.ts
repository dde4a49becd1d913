/** How many keys were pressed, and how many of them the strongest listener found where. */
export type Counts = { readonly pressed: number; readonly caller: number; readonly agent: number };
export type KeyCounts = { readonly inPayment: Counts; readonly outside: Counts };
