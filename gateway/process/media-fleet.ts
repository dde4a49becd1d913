/** The media processes, one a core, and which call lives in which: a call stays in one process for its whole life. */

import { wipeableBuffer } from '../../vault-client/wire-frames.js';
import {
  INFO_FRAME,
  INFO_HEADER_SIZE_BYTES,
  type InfoBodyType,
  type LegName,
  type LegPorts,
  type MediaCommand,
  type MediaConfiguration,
  type MediaEvent,
  type MediaStatistics,
  type RefusalCode,
} from '../media/control-wire.js';
import type { Answer } from './answer.js';
import { type Request, SupervisedProcess } from './supervised-process.js';

export type MediaFleetOptions = {
  readonly script: string;
  /** One a process; their port ranges do not overlap. */
  readonly configurations: readonly MediaConfiguration[];
  readonly onReady: (processIndex: number) => void;
  readonly onEvent: (call: CallMedia, event: MediaEvent) => void;
  /** The process is gone and with it the media of the given calls. */
  readonly onLost: (processIndex: number, calls: readonly CallMedia[], reason: string) => void;
  readonly onErrorOutput: (processIndex: number, line: string) => void;
  readonly onFault: (error: unknown) => void;
};

/** A command to one call, as its owner writes it. */
type CallRequest = Request<Extract<MediaCommand, { readonly callHandle: number }>>;
type WithoutHandle<Command> = Command extends { readonly callHandle: number } ? Omit<Command, 'callHandle'> : never;
export type CallCommand = WithoutHandle<Exclude<CallRequest, { readonly kind: 'create-call' }>>;
export type CallSettings = Omit<
  Extract<MediaCommand, { readonly kind: 'create-call' }>,
  'kind' | 'requestId' | 'callHandle'
>;

/** `unreachable`: the media process did not answer. */
export type MediaAnswer = Answer<RefusalCode | 'unreachable'>;

export type CreatedCall =
  | { readonly ok: true; readonly call: CallMedia }
  | Extract<MediaAnswer, { readonly ok: false }>;

type Member = {
  readonly process: SupervisedProcess<MediaCommand, MediaEvent>;
  readonly calls: Map<number, MediaCall>;
  ready: boolean;
};

export class MediaFleet {
  readonly #options: MediaFleetOptions;
  readonly #members: Member[] = [];
  #nextHandle = 1;

  constructor(options: MediaFleetOptions) {
    this.#options = options;
    options.configurations.forEach((configuration, index) => {
      const member: Member = {
        calls: new Map(),
        ready: false,
        process: new SupervisedProcess<MediaCommand, MediaEvent>({
          script: options.script,
          onStarted: () => member.process.send({ kind: 'configure', configuration }),
          onEvent: (event) => this.#take(index, member, event),
          onLost: (reason) => {
            const calls = [...member.calls.values()];
            member.calls.clear();
            member.ready = false;
            options.onLost(index, calls, reason);
          },
          onErrorOutput: (line) => options.onErrorOutput(index, line),
          onFault: options.onFault,
        }),
      };
      this.#members.push(member);
    });
  }

  get pids(): readonly (number | undefined)[] {
    return this.#members.map((member) => member.process.pid);
  }

  get readyCount(): number {
    return this.#members.filter((member) => member.ready).length;
  }

  start(): void {
    for (const member of this.#members) member.process.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.process.stop()));
  }

  /** Takes the process with the fewest calls. */
  async createCall(settings: CallSettings): Promise<CreatedCall> {
    const ready = this.#members.filter((member) => member.ready);
    const member = ready.reduce<Member | undefined>(
      (least, next) => (least === undefined || next.calls.size < least.calls.size ? next : least),
      undefined,
    );
    if (!member) return { ok: false, code: 'unreachable' };
    const callHandle = this.#nextHandle;
    // Handles are 32 bits wide on the wire.
    this.#nextHandle = this.#nextHandle === 0xffffffff ? 1 : this.#nextHandle + 1;
    const call = new MediaCall(member.process, callHandle, settings.callId, () => member.calls.delete(callHandle));
    member.calls.set(callHandle, call);
    const reply = await member.process.request({ kind: 'create-call', callHandle, ...settings });
    if (reply?.kind !== 'call-created') {
      // It may have been made all the same, and only the answer come too late.
      void call.request({ kind: 'close-call' });
      return { ok: false, code: reply?.kind === 'refused' ? reply.code : 'unreachable' };
    }
    call.ports = { caller: reply.caller, agent: reply.agent };
    return { ok: true, call };
  }

  /** Sums the counters of all processes; a process that does not answer adds nothing. */
  async statistics(): Promise<MediaStatistics> {
    const replies = await Promise.all(this.#members.map((member) => member.process.request({ kind: 'statistics' })));
    const sums: Record<string, number> = {};
    for (const reply of replies) {
      if (reply?.kind !== 'statistics') continue;
      for (const [name, count] of Object.entries(reply.counters)) sums[name] = (sums[name] ?? 0) + count;
    }
    return sums;
  }

  #take(index: number, member: Member, event: MediaEvent): void {
    if (event.kind === 'ready') {
      member.ready = true;
      this.#options.onReady(index);
      return;
    }
    const call = 'callHandle' in event ? member.calls.get(event.callHandle) : undefined;
    if (call) this.#options.onEvent(call, event);
  }
}

/** What a call's owner may ask of its media. */
export type CallMedia = Pick<MediaCall, 'callId' | 'ports' | 'request' | 'handInfo'>;

/** The media of one call. */
export class MediaCall {
  readonly callId: string;
  ports: Readonly<Record<LegName, LegPorts>> | undefined;
  readonly #process: SupervisedProcess<MediaCommand, MediaEvent>;
  readonly #callHandle: number;
  readonly #onClosed: () => void;

  constructor(
    process: SupervisedProcess<MediaCommand, MediaEvent>,
    callHandle: number,
    callId: string,
    onClosed: () => void,
  ) {
    this.#process = process;
    this.#callHandle = callHandle;
    this.callId = callId;
    this.#onClosed = onClosed;
  }

  async request(command: CallCommand): Promise<MediaAnswer> {
    const reply = await this.#process.request({ ...command, callHandle: this.#callHandle } as CallRequest);
    if (command.kind === 'close-call') this.#onClosed();
    if (reply?.kind === 'done') return { ok: true };
    return { ok: false, code: reply?.kind === 'refused' ? reply.code : 'unreachable' };
  }

  /** Hands a SIP INFO body over, unread. */
  handInfo(leg: LegName, type: InfoBodyType, body: Uint8Array): void {
    const payload = wipeableBuffer(INFO_HEADER_SIZE_BYTES + body.length);
    payload.writeUInt32BE(this.#callHandle, 0);
    payload[4] = leg === 'caller' ? 0 : 1;
    payload[5] = type === 'application/dtmf-relay' ? 0 : 1;
    payload.set(body, INFO_HEADER_SIZE_BYTES);
    this.#process.sendBytes(INFO_FRAME, payload);
    payload.fill(0);
  }
}
