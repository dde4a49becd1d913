/** WebRTC for sip.js where there is no browser: what its session description handler does there, @roamhq/wrtc does here. */
import type { BodyAndContentType, SessionDescriptionHandler } from 'sip.js';
import type { WebRtcEndpoint } from './webrtc-phone.js';

export class WrtcDescriptions implements SessionDescriptionHandler {
  readonly #endpoint: WebRtcEndpoint;
  #offered = false;
  #offer: string | undefined;

  constructor(endpoint: WebRtcEndpoint) {
    this.#endpoint = endpoint;
  }

  close(): void {}

  hasDescription(contentType: string): boolean {
    return contentType === 'application/sdp';
  }

  /** An answer where the other side has made an offer, an offer otherwise. */
  async getDescription(): Promise<BodyAndContentType> {
    const offer = this.#offer;
    this.#offer = undefined;
    this.#offered = offer === undefined;
    const body = offer === undefined ? await this.#endpoint.offer() : await this.#endpoint.answer(offer);
    return { body, contentType: 'application/sdp' };
  }

  async setDescription(sdp: string): Promise<void> {
    if (this.#offered) await this.#endpoint.accept(sdp);
    else this.#offer = sdp;
    this.#offered = false;
  }

  sendDtmf(): boolean {
    return false;
  }
}
