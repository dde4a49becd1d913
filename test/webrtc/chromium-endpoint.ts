/** An agent's browser: a page in Debian's Chromium with one RTCPeerConnection and a microphone that beeps. */
import { type Browser, chromium, type Page } from 'playwright-core';
import type { WebRtcEndpoint } from './webrtc-phone.js';

const CHROMIUM = '/usr/bin/chromium';
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
];
/** Microphones are for secure pages, of which this is one; nobody is asked for it. */
const ADDRESS = 'http://localhost/';

/** Runs in the page. */
const SET_UP = `(async () => {
  globalThis.connection = new RTCPeerConnection();
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  for (const track of stream.getTracks()) connection.addTrack(track, stream);
  // Sound is decoded only for whom it is played.
  connection.ontrack = ({ streams }) => {
    const audio = document.createElement('audio');
    audio.srcObject = streams[0];
    void audio.play();
  };
  globalThis.described = async () => {
    while (connection.iceGatheringState !== 'complete') {
      await new Promise((resolve) => connection.addEventListener('icegatheringstatechange', resolve, { once: true }));
    }
    return connection.localDescription.sdp;
  };
})()`;
const OFFER = `(async () => {
  await connection.setLocalDescription(await connection.createOffer());
  return described();
})()`;
const STATISTICS = `(async () => {
  const all = [...(await connection.getStats()).values()];
  const heard = all.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
  return { energy: heard?.totalAudioEnergy ?? 0, packets: heard?.packetsReceived ?? 0, lost: heard?.packetsLost ?? 0 };
})()`;

export type ChromiumStatistics = { readonly energy: number; readonly packets: number; readonly lost: number };

export class ChromiumEndpoint implements WebRtcEndpoint {
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
  }

  static async launch(): Promise<ChromiumEndpoint> {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
    const page = await browser.newPage();
    await page.route(ADDRESS, (route) => route.fulfill({ contentType: 'text/html', body: '<title>Agent</title>' }));
    await page.goto(ADDRESS);
    await page.evaluate(SET_UP);
    return new ChromiumEndpoint(browser, page);
  }

  offer(): Promise<string> {
    return this.#page.evaluate(OFFER);
  }

  answer(offer: string): Promise<string> {
    return this.#page.evaluate(`(async () => {
      await connection.setRemoteDescription({ type: 'offer', sdp: ${JSON.stringify(offer)} });
      await connection.setLocalDescription(await connection.createAnswer());
      return described();
    })()`);
  }

  async accept(answer: string): Promise<void> {
    await this.#page.evaluate(
      `connection.setRemoteDescription({ type: 'answer', sdp: ${JSON.stringify(answer)} }).then(() => null)`,
    );
  }

  /** From here on offers begin ICE anew. */
  async restartIce(): Promise<void> {
    await this.#page.evaluate('connection.restartIce()');
  }

  /** Presses keys, by RFC 4733. */
  async press(keys: string): Promise<void> {
    await this.#page.evaluate(`connection.getSenders()[0].dtmf.insertDTMF(${JSON.stringify(keys)}, 100, 70)`);
  }

  statistics(): Promise<ChromiumStatistics> {
    return this.#page.evaluate(STATISTICS);
  }

  /** Ends the connection as a page does that says so. */
  async hangUp(): Promise<void> {
    await this.#page.evaluate('connection.close()');
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}
