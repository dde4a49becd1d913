/** The vault's errors: one class, a closed set of codes, and one table of the texts people read. */

/** Why a vault cannot start or go on. Each is fatal to the process that meets it. */
export type VaultErrorCode =
  | 'inspector-enabled'
  | 'control-channel-missing'
  | 'control-channel-broken'
  | 'control-not-reading'
  | 'bad-configuration'
  | 'secret-file-unavailable'
  | 'secret-file-mode'
  | 'secret-file-content'
  | 'envelope-key-missing'
  | 'envelope-key-mismatch'
  | 'store-unavailable'
  | 'store-version'
  | 'store-not-durable'
  | 'audit-outbox-full'
  | 'socket-path-too-long'
  | 'socket-path-taken'
  | 'socket-directory-mode'
  | 'socket-unavailable'
  | 'redeem-port-unavailable'
  | 'broken-invariant';

export const VAULT_ERROR_TEXTS: Readonly<Record<VaultErrorCode, string>> = {
  'inspector-enabled': 'the vault does not run with an inspector, profiler or heap snapshot option of Node',
  'control-channel-missing': 'the vault is started by the gateway, with its control channel as file descriptor 3',
  'control-channel-broken': 'the control channel carried something that is no command',
  'control-not-reading': 'the control process has stopped reading what the vault reports',
  'bad-configuration': 'the configuration handed to the vault is not usable',
  'secret-file-unavailable': 'a secret file cannot be read or made',
  'secret-file-mode': 'a secret file, or its owner, lets others read it: it must be ours alone (mode 0600)',
  'secret-file-content': 'a secret file does not hold a secret of the right length',
  'envelope-key-missing': 'the vault holds tokens, but the envelope key file that opens them is gone',
  'envelope-key-mismatch': 'the envelope key is not the one this vault was made with',
  'store-unavailable': 'the vault database cannot be opened, or another vault has it open',
  'store-version': 'the vault database was written by another version of the program',
  'store-not-durable': 'the vault database does not keep what it acknowledges (synchronous is not FULL)',
  'audit-outbox-full': 'too many audit events of the vault wait for their record: nothing more is decided about tokens',
  'socket-path-too-long': 'the path of the key socket is longer than the system allows',
  'socket-path-taken': 'the path of the key socket is taken by something that is not a socket',
  'socket-directory-mode': 'the directory of the key socket must be ours alone (mode 0700)',
  'socket-unavailable': 'the key socket cannot be opened',
  'redeem-port-unavailable': 'the address and port of the redeem endpoint cannot be opened',
  'broken-invariant': 'the vault has found a mistake of its own and stops',
};

/** The message is the table's text; nothing of what was being handled ever goes into it. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly code: VaultErrorCode;

  constructor(code: VaultErrorCode) {
    super(VAULT_ERROR_TEXTS[code]);
    this.code = code;
  }
}
