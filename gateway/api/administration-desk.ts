/** The port between the API and the running gateway as its administrator sees it. No secret goes through it. */
import { z } from 'zod';
import { accountName, role } from './view-schemas.js';

const hostPort = z.strictObject({ address: z.string(), port: z.int() });

export const accountRecord = z
  .strictObject({
    name: accountName,
    role,
    users: z.array(z.string()).readonly().exactOptional().describe('SIP user parts of an agent.'),
  })
  .meta({ id: 'Account' });
export type AccountRecord = z.infer<typeof accountRecord>;

export const configurationSummary = z
  .strictObject({
    sha256: z.string().describe('Of the whole configuration, as the audit log records it at each start.'),
    listeners: z.array(z.strictObject({ name: z.string(), address: z.string(), port: z.int() })).readonly(),
    peers: z.array(z.strictObject({ name: z.string(), listener: z.string() })).readonly(),
    routes: z
      .array(
        z.strictObject({
          name: z.string(),
          from: z.string(),
          to: z.string(),
          callerSide: z.string(),
          recording: z.string(),
          recordingMode: z.string(),
          mask: z.string(),
          suppression: z.string(),
        }),
      )
      .readonly(),
    payment: z.strictObject({
      acceptedBrands: z.array(z.string()).readonly(),
      maxAttempts: z.int(),
      firstDigitTimeoutMs: z.int(),
      interDigitTimeoutMs: z.int(),
      timeZone: z.string(),
    }),
    api: hostPort.extend({
      allowedOrigins: z.array(z.string()).readonly(),
      frameAncestors: z.array(z.string()).readonly(),
    }),
    redeem: hostPort.extend({ allowReveal: z.boolean() }),
    webhooks: z.array(z.strictObject({ name: z.string(), events: z.array(z.string()).readonly() })).readonly(),
  })
  .meta({
    id: 'ConfigurationSummary',
    description: 'What runs, without secrets and without the paths of their files.',
  });
export type ConfigurationSummary = z.infer<typeof configurationSummary>;

export type AdministrationDesk = {
  configuration(): ConfigurationSummary;
  accounts(): readonly AccountRecord[];
};
