import { z } from 'zod';

export const memberFault = z
  .strictObject({
    path: z
      .string()
      .describe('The member as this document names it, after `body`, `query` or `headers`: `body.origin`.'),
    rule: z
      .enum(['missing', 'unknown member', 'wrong type', 'wrong form', 'too small', 'too large', 'not a choice'])
      .describe('How it breaks the schema. An unknown member is told of where it stands, without its name.'),
  })
  .meta({ id: 'MemberFault', description: 'What is wrong with a request; never anything that was sent.' });
export type MemberFault = Readonly<z.infer<typeof memberFault>>;
