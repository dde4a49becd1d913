/** What `POST /v1/softphone` answers, looked at before anything is done with it: all of it decides where calls go. */
import type { SoftphoneAccess } from '../api/softphone-access.js';

type IceServer = SoftphoneAccess['iceServers'][number];

const TEXTS = ['server', 'aor', 'user', 'password', 'realm', 'expiresAt'] as const;
/** As `RTCPeerConnection` takes them; anything else it refuses, and with it every call. */
const ICE_URL = /^(?:stun|turn)s?:[^\s]+$/;

/** Undefined when it is no such answer. */
export function softphoneAccessOf(body: unknown): SoftphoneAccess | undefined {
  const access = isRecord(body) ? body.softphone : undefined;
  if (!isRecord(access)) return undefined;
  const [server, aor, user, password, realm, expiresAt] = TEXTS.map((key) => textOf(access[key]));
  const iceServers = Array.isArray(access.iceServers) ? access.iceServers.map(iceServerOf) : [undefined];
  if (server === undefined || !/^wss?:\/\//.test(server) || !URL.canParse(server)) return undefined;
  if (aor === undefined || !/^sips?:[^@\s]+@[^@\s]+$/.test(aor)) return undefined;
  if (user === undefined || password === undefined || realm === undefined) return undefined;
  if (expiresAt === undefined || Number.isNaN(Date.parse(expiresAt))) return undefined;
  if (!iceServers.every((each) => each !== undefined)) return undefined;
  return { server, aor, user, password, realm, expiresAt, iceServers };
}

function iceServerOf(value: unknown): IceServer | undefined {
  if (!isRecord(value) || !Array.isArray(value.urls) || value.urls.length === 0) return undefined;
  const urls = value.urls.map((url) => (textOf(url) !== undefined && ICE_URL.test(url) ? String(url) : undefined));
  if (!urls.every((url) => url !== undefined)) return undefined;
  const [username, credential] = [textOf(value.username), textOf(value.credential)];
  if (username === undefined && credential === undefined) return { urls };
  return username === undefined || credential === undefined ? undefined : { urls, username, credential };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
