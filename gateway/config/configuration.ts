/** The configuration: one YAML file, checked here. Every key has a default that makes sense on one machine. */
import { z } from 'zod';
import { WEBHOOK_TYPES } from '../api/webhook-schemas.js';

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
    .array(z.enum(['udp', 'tcp', 'ws', 'wss']))
    .min(1)
    .default(['udp', 'tcp'])
    .describe('Of tcp, ws and wss one at most: each takes the TCP port.'),
  tls: z
    .strictObject({ certificateFile: z.string().min(1), keyFile: z.string().min(1) })
    .optional()
    .describe('Certificate chain and key (PEM) of a wss listener.'),
  allowedOrigins: z
    .array(z.string())
    .default([])
    .describe("Origins whose pages may connect by ws or wss, beside the gateway's own."),
  digest: z
    .array(z.enum(['SHA-256', 'MD5']))
    .min(1)
    .default(['SHA-256', 'MD5'])
    .describe('Algorithms offered to registered users, best first. sip.js knows MD5 alone.'),
  publicAddress: z
    .string()
    .optional()
    .describe('Address written into Via, Contact and SDP; the bind address if missing.'),
});

const media = z
  .enum(['rtp', 'webrtc'])
  .describe('How its media comes: plain RTP, or ICE and DTLS-SRTP as browsers do. The paying caller has plain RTP.');

const addressPeer = z.strictObject({
  kind: z.literal('address').default('address'),
  name,
  listener: name.describe('Listener on which this peer is heard and from which it is called.'),
  media: media.default('rtp'),
  addresses: z.array(z.string()).min(1).describe('IP addresses or CIDR blocks; requests from elsewhere are refused.'),
  target: hostPort
    .extend({ transport: z.enum(['udp', 'tcp']).default('udp') })
    .describe('Where calls to this peer go.'),
});

const registeredPeer = z.strictObject({
  kind: z.literal('registered').describe('The users of sip.users, who register on the listener.'),
  name,
  listener: name.describe('Listener on which they register. No other peer uses it.'),
  media: media.default('webrtc'),
});

const peer = z.discriminatedUnion('kind', [addressPeer, registeredPeer], {
  error: 'must be address or registered',
});

const user = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/, 'use letters, digits, dots, hyphens, underscores and plus signs')
    .describe('User part of its address, and its name in digest authentication.'),
  passwordFile: z.string().optional().describe('File (mode 0600) with the password; made under secrets/ if missing.'),
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

const iceServer = z.discriminatedUnion('kind', [
  hostPort.extend({ kind: z.literal('stun') }),
  hostPort.extend({
    kind: z.literal('turn'),
    userName: z.string().min(1).optional().describe('Only with passwordFile.'),
    passwordFile: z
      .string()
      .min(1)
      .optional()
      .describe('File (mode 0600) with a password that stays; every agent gets it.'),
    secretFile: z
      .string()
      .min(1)
      .optional()
      .describe('File (mode 0600) with the secret shared with the server; each agent gets a password for an hour.'),
  }),
]);

const account = z.strictObject({
  name,
  role: z
    .enum(['supervisor', 'auditor', 'integration', 'administrator'])
    .describe('What the account may do; agents stand under agents.'),
  tokenFile: z.string().optional().describe('File (mode 0600) with the bearer token; made under secrets/ if missing.'),
});

const webhook = z.strictObject({
  name,
  url: z.string().describe('https, or http to this machine.'),
  secretFile: z
    .string()
    .optional()
    .describe('File (mode 0600) with the whsec_ secret that signs; made under secrets/ if missing.'),
  events: z
    .array(z.enum(WEBHOOK_TYPES))
    .min(1)
    .default([...WEBHOOK_TYPES]),
  allowPlaintext: z.boolean().default(false).describe('Lets tokens go over http to another machine.'),
});

export const configurationSchema = z.strictObject({
  dataDirectory: z.string().default('./tonegate-data'),
  sip: z
    .strictObject({
      listeners: z
        .array(listener)
        .min(1)
        .default([
          {
            name: 'caller-side',
            address: '127.0.0.1',
            port: 5060,
            transports: ['udp', 'tcp'],
            allowedOrigins: [],
            digest: ['SHA-256', 'MD5'],
          },
          {
            name: 'agent-side',
            address: '127.0.0.1',
            port: 5062,
            transports: ['udp', 'tcp'],
            allowedOrigins: [],
            digest: ['SHA-256', 'MD5'],
          },
        ]),
      maxCalls: z.int().min(1).max(100_000).default(2000),
      realm: z
        .string()
        .regex(/^[A-Za-z0-9.-]{1,64}$/, 'use letters, digits, dots and hyphens')
        .default('tonegate')
        .describe('What registered users are asked the password for.'),
      users: z.array(user).default([]).describe('Who may register, and call from a peer of the kind registered.'),
    })
    .prefault({}),
  peers: z.array(peer).default([
    {
      kind: 'address',
      name: 'trunk',
      media: 'rtp',
      listener: 'caller-side',
      addresses: ['127.0.0.0/8'],
      target: { address: '127.0.0.1', port: 5070, transport: 'udp' },
    },
    {
      kind: 'address',
      name: 'pbx',
      media: 'rtp',
      listener: 'agent-side',
      addresses: ['127.0.0.0/8'],
      target: { address: '127.0.0.1', port: 5080, transport: 'udp' },
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
        .describe(
          'Origins whose pages may use the API and the event socket, beside our own; "null" for sandboxed frames.',
        ),
      accounts: z.array(account).default([]).describe('Who else may ask, and in which role.'),
      frameAncestors: z
        .array(z.string())
        .default([])
        .describe('Origins whose pages may show the panel in a frame, with a ticket.'),
      softphone: z
        .strictObject({
          server: z
            .string()
            .optional()
            .describe('Address of the SIP WebSocket as browsers reach it; that of the listener if missing.'),
          iceServers: z.array(iceServer).max(4).default([]).describe('STUN and TURN servers that browsers ask.'),
        })
        .prefault({}),
      panelSessionLifetimeMs: z
        .int()
        .min(60_000)
        .max(86_400_000)
        .default(43_200_000)
        .describe('How long a panel in a frame works without another ticket.'),
    })
    .prefault({}),
  webhooks: z.array(webhook).default([]).describe('Servers of others that are told what happens.'),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info') }).prefault({}),
});

export type Configuration = z.infer<typeof configurationSchema>;
export type RouteConfiguration = Configuration['routes'][number];
export type ListenerConfiguration = Configuration['sip']['listeners'][number];
export type PeerConfiguration = Configuration['peers'][number];
