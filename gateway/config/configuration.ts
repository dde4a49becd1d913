/** The configuration: one YAML file, checked here. Every key has a default that makes sense on one machine. */
import { z } from 'zod';

const port = z.int().min(0).max(65535);
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'use lower-case letters, digits and hyphens');
const hostPort = z.strictObject({ address: z.string().min(1), port });
/** Where a service listens; each of the two may be given alone. */
const onLoopback = (usualPort: number) =>
  z.strictObject({ address: z.string().min(1).default('127.0.0.1'), port: port.default(usualPort) });
const brand = z.enum(['visa', 'mastercard', 'amex', 'discover', 'jcb', 'diners', 'unionpay', 'maestro']);

const listener = z.strictObject({
  name: name.describe('Peers refer to it.'),
  address: z.string().describe('IP address to bind to.'),
  port,
  transports: z
    .array(z.enum(['udp', 'tcp']))
    .min(1)
    .default(['udp', 'tcp']),
  publicAddress: z
    .string()
    .optional()
    .describe('Address written into Via, Contact and SDP; the bind address if missing.'),
});

const peer = z.strictObject({
  name,
  listener: name.describe('Listener on which this peer is heard and from which it is called.'),
  addresses: z.array(z.string()).min(1).describe('IP addresses or CIDR blocks; requests from elsewhere are refused.'),
  target: hostPort
    .extend({ transport: z.enum(['udp', 'tcp']).default('udp') })
    .describe('Where calls to this peer go.'),
  media: z
    .enum(['rtp', 'webrtc'])
    .default('rtp')
    .describe('How its media comes: plain RTP, or ICE and DTLS-SRTP as browsers do. The paying caller has plain RTP.'),
});

const route = z.strictObject({
  name,
  from: name.describe('Peer whose calls take this route.'),
  to: name.describe('Peer that is called.'),
  callerSide: z.enum(['from', 'to']).describe('The side on which the paying caller is: suppression sits on its audio.'),
  users: z.string().optional().describe('Regular expression that the dialled user part must match.'),
  recording: z.enum(['automatic', 'manual', 'off']).default('automatic'),
  recordingMode: z
    .enum(['pause', 'masked-continuous'])
    .default('pause')
    .describe('Whether the recorder is silent during a payment, or goes on with the suppressed audio.'),
  mask: z
    .enum(['window', 'always'])
    .default('window')
    .describe('Whether the caller is suppressed in secure windows only, or, 20 ms later, all through the call.'),
  replacement: z
    .enum(['comfort-noise', 'silence', 'tone'])
    .default('comfort-noise')
    .describe('What is heard instead of what is muted; never depends on the key.'),
  suppression: z
    .enum(['tones', 'strict'])
    .default('tones')
    .describe('In a secure window keys are muted, or, while a field awaits them, all of the caller as well (strict).'),
  info: z
    .enum(['capture', 'refuse'])
    .default('capture')
    .describe('What becomes of SIP INFO digits in a secure window.'),
});

const agent = z.strictObject({
  name,
  tokenFile: z.string().optional().describe('File (mode 0600) with the bearer token; made under secrets/ if missing.'),
  users: z.array(z.string()).default([]).describe('SIP user parts of this agent; an asterisk takes every user.'),
});

export const configurationSchema = z.strictObject({
  dataDirectory: z.string().default('./tonegate-data'),
  sip: z
    .strictObject({
      listeners: z
        .array(listener)
        .min(1)
        .default([
          { name: 'caller-side', address: '127.0.0.1', port: 5060, transports: ['udp', 'tcp'] },
          { name: 'agent-side', address: '127.0.0.1', port: 5062, transports: ['udp', 'tcp'] },
        ]),
      maxCalls: z.int().min(1).max(100_000).default(2000),
    })
    .prefault({}),
  peers: z.array(peer).default([
    {
      name: 'trunk',
      listener: 'caller-side',
      addresses: ['127.0.0.0/8'],
      target: { address: '127.0.0.1', port: 5070, transport: 'udp' },
      media: 'rtp',
    },
    {
      name: 'pbx',
      listener: 'agent-side',
      addresses: ['127.0.0.0/8'],
      target: { address: '127.0.0.1', port: 5080, transport: 'udp' },
      media: 'rtp',
    },
  ]),
  routes: z.array(route).prefault([
    { name: 'inbound', from: 'trunk', to: 'pbx', callerSide: 'from' },
    { name: 'outbound', from: 'pbx', to: 'trunk', callerSide: 'to' },
  ]),
  media: z
    .strictObject({
      address: z.string().default('127.0.0.1'),
      portMin: port.default(20000).describe('Keep the range below 32768: other programs draw their ports from above.'),
      portMax: port.default(29999),
      processes: z.union([z.literal('auto'), z.int().min(1).max(64)]).default('auto'),
      silenceTimeoutMs: z.int().min(1000).default(60_000),
    })
    .prefault({}),
  payment: z
    .strictObject({
      acceptedBrands: z.array(brand).min(1).default(['visa', 'mastercard', 'amex', 'discover', 'jcb', 'diners']),
      maxAttempts: z.int().min(1).max(10).default(3),
      firstDigitTimeoutMs: z.int().min(1000).default(30_000),
      interDigitTimeoutMs: z.int().min(500).default(10_000),
      timeZone: z.string().default('UTC'),
      showExpiry: z.boolean().default(false),
      startTimeoutMs: z
        .int()
        .min(100)
        .default(1000)
        .describe('Start fails when recorder or vault have not answered by then.'),
      tokenizeTimeoutMs: z.int().min(100).default(10_000),
    })
    .prefault({}),
  vault: z
    .strictObject({
      redeem: onLoopback(8090)
        .extend({ allowReveal: z.boolean().default(false) })
        .prefault({}),
      redeemCredentialFile: z.string().optional(),
      envelopeKeyFile: z.string().optional(),
      tokenLifetimeMs: z.int().min(1000).default(3_600_000),
    })
    .prefault({}),
  api: z
    .strictObject({
      listen: onLoopback(8080).prefault({}),
      agents: z.array(agent).default([{ name: 'agent', users: ['*'] }]),
      allowedOrigins: z
        .array(z.string())
        .default([])
        .describe('Origins whose pages may open the event socket, beside our own.'),
    })
    .prefault({}),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info') }).prefault({}),
});

export type Configuration = z.infer<typeof configurationSchema>;
export type RouteConfiguration = Configuration['routes'][number];
export type PeerConfiguration = Configuration['peers'][number];
