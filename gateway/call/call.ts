/** What control knows of one call. State only: `call-control.ts` acts. */
import type { LegSide } from '../../sip/back-to-back-events.js';
import { type CallView, MAX_CALLER_NUMBER_LENGTH } from '../api/call-desk.js';
import type { RouteConfiguration } from '../config/configuration.js';
import type { LegName, RecordingState } from '../media/control-wire.js';
import type { SessionView } from '../payment/session-view.js';
import type { CallMedia } from '../process/media-fleet.js';
import type { MediaNegotiation } from './media-negotiation.js';

export type CallOptions = {
  readonly id: string;
  readonly route: RouteConfiguration;
  readonly callerLeg: LegSide;
  readonly agent: string | undefined;
  readonly caller: string;
  readonly callerNumber: string;
  readonly media: CallMedia;
  readonly negotiation: MediaNegotiation;
  readonly startedAt: string;
};

export class Call {
  readonly id: string;
  readonly route: RouteConfiguration;
  readonly agent: string | undefined;
  readonly media: CallMedia;
  readonly negotiation: MediaNegotiation;
  recording: RecordingState = 'off';
  /** Of the recording that goes on or went on last. */
  recordingFile = '';
  /** From the opening of a secure window until media has let the last press of it die away. */
  isSuppressed = false;
  /** The transport of a WebRTC leg has ended: nobody can be told any more what the caller keys, or hears the caller. */
  isLegLost = false;
  /** The gateway itself could not agree to what was offered before the call was answered. */
  isRefused = false;
  answeredAt: string | undefined;
  endedAt: string | undefined;
  readonly #options: CallOptions;

  constructor(options: CallOptions) {
    this.#options = options;
    this.id = options.id;
    this.route = options.route;
    this.agent = options.agent;
    this.media = options.media;
    this.negotiation = options.negotiation;
  }

  legName(side: LegSide): LegName {
    return side === this.#options.callerLeg ? 'caller' : 'agent';
  }

  get state(): CallView['state'] {
    if (this.endedAt !== undefined) return 'ended';
    if (this.answeredAt === undefined) return 'ringing';
    return this.negotiation.onHold ? 'held' : 'active';
  }

  view(session: SessionView | undefined, lockedByPayment: boolean): CallView {
    const callerNumber = this.#options.callerNumber.slice(0, MAX_CALLER_NUMBER_LENGTH);
    return {
      id: this.id,
      direction: this.#options.callerLeg === 'a' ? 'inbound' : 'outbound',
      state: this.state,
      caller: this.#options.caller,
      ...(callerNumber !== '' && { callerNumber }),
      agent: this.agent ?? '',
      startedAt: this.#options.startedAt,
      ...(this.answeredAt !== undefined && { answeredAt: this.answeredAt }),
      ...(this.endedAt !== undefined && { endedAt: this.endedAt }),
      recording: { state: this.recording, lockedByPayment },
      ...(session && { session }),
    };
  }
}
