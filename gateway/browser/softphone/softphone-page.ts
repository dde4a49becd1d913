/** The softphone's page: puts telephone, gateway, sound and what is shown together. */
import type { RecordingAction } from '../../media/control-wire.js';
import type { DeskClient } from '../desk-client.js';
import type { ConnectionStatus } from '../desk-state.js';
import { element, setAttribute, setText, show } from '../element-builder.js';
import { pageCss } from '../page-styles.js';
import { TonegatePanel } from '../panel/tonegate-panel.js';
import { SignIn } from '../sign-in.js';
import { destinationOf } from './destination.js';
import { DialPad } from './dial-pad.js';
import { PhoneAudio } from './phone-audio.js';
import { callIdOf, LINE_NUMBERS, type LineNumber, sessionOf } from './phone-line.js';
import {
  callIdsOfConversations,
  hasCall,
  newPhone,
  type PhoneInput,
  type PhoneState,
  talkingLine,
} from './phone-state.js';
import { type Ring, Ringer } from './ringer.js';
import type { AccessAnswer } from './sip-link-socket.js';
import { SipPhone } from './sip-phone-socket.js';
import { announcementBetween } from './softphone-announcements.js';
import { Banner, ControlButton, Lights, LineCard, Notices } from './softphone-parts.js';
import { handlePhone } from './softphone-state.js';
import { softphoneCss } from './softphone-styles.js';
import { texts } from './softphone-texts.js';
import { type BannerView, type ControlName, type SoftphoneView, softphoneViewOf } from './softphone-view-model.js';
import { SoundCard } from './sound-card.js';

const LEVEL_INTERVAL_MS = 100;
const CLOCK_INTERVAL_MS = 500;

class SoftphonePage {
  readonly #audio = new PhoneAudio({
    onChanged: () => this.#render(),
    onMicrophoneReplaced: () => void this.#sip?.replaceMicrophone(),
  });
  readonly #ringer = new Ringer(this.#audio.context);
  readonly #signOut = element('button', { class: 'button quiet', type: 'button' }, texts.signOut);
  readonly #lights = new Lights();
  readonly #notices = new Notices(() => void this.#audio.openMicrophone());
  readonly #banner = new Banner({
    onControl: (name) => this.#control(this.#view?.banner?.number, name),
    onMute: () => this.#handle({ kind: 'set-mute', muted: !this.#phone.muted }),
    onRecord: () => void this.#record(this.#view?.banner),
    onPayment: () => this.#openPayment(this.#view?.banner?.callId),
  });
  readonly #lines = LINE_NUMBERS.map((number) => new LineCard(number, (name) => this.#control(number, name)));
  readonly #pad = new DialPad({
    onDial: (typed) => this.#dial(typed),
    onKey: (key) => this.#handle({ kind: 'key', key }),
  });
  readonly #sound = new SoundCard({
    onMicrophone: (id) => void this.#audio.chooseMicrophone(id),
    onLoudspeaker: (id) => void this.#audio.chooseLoudspeaker(id),
  });
  readonly #panel = new TonegatePanel();
  readonly #closePayment = new ControlButton({
    name: 'close-payment',
    className: 'small',
    icon: 'check',
    onClick: () => this.#openPayment(undefined),
  });
  readonly #paymentEmpty = element('p', { class: 'none' }, texts.paymentEmptyNote);
  readonly #said = element('p', { class: 'said', role: 'status', 'aria-live': 'polite' });
  readonly #signIn: SignIn;

  #phone: PhoneState = newPhone;
  #sip: SipPhone | undefined;
  #client: DeskClient | undefined;
  #accessProblem: string | undefined;
  #problem: string | undefined;
  #recordingBusy = false;
  #paymentCallId: string | undefined;
  #view: SoftphoneView | undefined;
  #lastConnection: ConnectionStatus | undefined;
  #timers: ReturnType<typeof setInterval>[] = [];

  constructor(root: HTMLElement) {
    document.adoptedStyleSheets = [pageCss, softphoneCss].map((css) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      return sheet;
    });
    const content = this.#build();
    this.#signIn = new SignIn({
      content,
      onSignedIn: (client) => this.#start(client),
      onSignedOut: () => this.#stop(),
      onChanged: () => this.#gatewayChanged(),
    });
    root.replaceChildren(this.#signIn.root, content);
    addEventListener('beforeunload', (event) => {
      // A page that is left takes its calls with it.
      if (hasCall(this.#phone)) event.preventDefault();
    });
    addEventListener('pagehide', () => this.#leave());
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) this.#restart();
    });
    this.#signIn.begin();
  }

  #build(): HTMLElement {
    this.#signOut.addEventListener('click', () => this.#signIn.signOut());
    return element(
      'div',
      {},
      element(
        'header',
        { class: 'bar' },
        element('img', { class: 'mark', src: '/icon.svg', alt: '' }),
        element('h1', {}, texts.name),
        this.#lights.root,
        this.#signOut,
      ),
      element(
        'main',
        { class: 'softphone' },
        element(
          'div',
          { class: 'front' },
          this.#notices.root,
          this.#banner.root,
          this.#buildLines(),
          this.#buildPayment(),
        ),
        element('div', { class: 'tools' }, this.#pad.root, this.#sound.root),
      ),
      this.#said,
    );
  }

  #buildLines(): HTMLElement {
    return element(
      'section',
      { 'aria-labelledby': 'lines-title' },
      element('h2', { class: 'said', id: 'lines-title' }, texts.linesTitle),
      element('ul', { class: 'lines' }, ...this.#lines.map(({ root }) => root)),
    );
  }

  #buildPayment(): HTMLElement {
    // Its state and button stand with the call.
    this.#panel.setAttribute('hide-recording', '');
    return element(
      'section',
      { class: 'payment', 'aria-labelledby': 'payment-title' },
      element(
        'div',
        { class: 'payment-head' },
        element('h2', { id: 'payment-title' }, texts.paymentEmpty),
        this.#closePayment.root,
      ),
      this.#paymentEmpty,
      this.#panel,
    );
  }

  // ---- what the agent does

  #control(line: LineNumber | undefined, name: ControlName): void {
    if (line === undefined) return;
    this.#problem = undefined;
    const kind = name === 'decline' || name === 'dismiss' || name === 'hangUp' ? 'hang-up' : name;
    const callId = callIdOf(this.#phone.lines[line]);
    const isCutOff = name === 'hangUp' && this.#phone.signalling === 'reconnecting';
    this.#handle({ kind, line, nowMs: performance.now() });
    // A BYE has no way out just now; the API may have.
    if (isCutOff && callId !== undefined) void this.#client?.hangUp(callId);
  }

  #dial(typed: string): void {
    const user = destinationOf(typed);
    const refusal = this.#view?.call.refusal;
    this.#problem = user === undefined ? texts.notices['bad-destination'] : refusal;
    this.#pad.markDestination(user === undefined);
    if (user !== undefined && refusal === undefined) {
      this.#handle({ kind: 'dial', user });
      if (this.#phone.notice === undefined) this.#pad.clear();
    }
    this.#render();
  }

  async #record(banner: BannerView | undefined): Promise<void> {
    const action: RecordingAction | undefined = banner?.recording?.action;
    if (action === undefined || banner?.callId === undefined || this.#recordingBusy) return;
    this.#recordingBusy = true;
    this.#problem = undefined;
    this.#render();
    const outcome = await this.#client?.record(banner.callId, action);
    this.#recordingBusy = false;
    if (outcome?.ok === false) this.#problem = outcome.message;
    this.#render();
  }

  #openPayment(callId: string | undefined): void {
    this.#paymentCallId = callId;
    this.#render();
    if (callId === undefined) return;
    this.#panel.scrollIntoView({ block: 'nearest' });
    // The button that opened it is gone: who works by keyboard goes on in what it has opened (WCAG 2.4.3).
    this.#panel.focus({ preventScroll: true });
  }

  // ---- telephone and gateway

  #start(client: DeskClient): void {
    this.#client = client;
    this.#panel.client = client;
    this.#phone = newPhone;
    this.#sip = new SipPhone({
      openAccess: () => this.#openAccess(client),
      sound: this.#audio,
      onInput: (input) => this.#handle(input),
    });
    this.#audio.start();
    void this.#sip.start();
    this.#timers = [
      setInterval(() => this.#sound.showLevels(this.#audio.levels()), LEVEL_INTERVAL_MS),
      setInterval(() => this.#render(), CLOCK_INTERVAL_MS),
    ];
    this.#render();
  }

  /**
   * The page is closed, loaded anew or put aside: none of them has sockets or sound. The calls are ended within this turn,
   * and by the API besides: it also reaches a gateway whose SIP does not hear this page just now.
   */
  #leave(): void {
    void this.#sip?.stop();
    for (const callId of callIdsOfConversations(this.#phone)) void this.#client?.hangUp(callId);
  }

  /** The browser had put the page aside, without its telephone, and shows it again. */
  #restart(): void {
    const client = this.#client;
    if (client === undefined) return;
    this.#stop();
    this.#start(client);
  }

  #stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    void this.#sip?.stop();
    this.#sip = undefined;
    this.#client = undefined;
    this.#panel.client = undefined;
    this.#phone = newPhone;
    this.#accessProblem = undefined;
    this.#problem = undefined;
    this.#paymentCallId = undefined;
    this.#view = undefined;
    this.#ringer.set('none');
    this.#audio.stop();
    document.title = texts.name;
  }

  async #openAccess(client: DeskClient): Promise<AccessAnswer> {
    const outcome = await client.openSoftphone();
    if (client !== this.#client) return 'unreachable';
    const isRefused = !outcome.ok && outcome.code === 'softphone-unavailable';
    // Of anything else the light of the gateway tells.
    this.#accessProblem = isRefused ? outcome.message : undefined;
    this.#render();
    if (outcome.ok) return outcome.access;
    return isRefused ? 'refused' : 'unreachable';
  }

  #handle(input: PhoneInput): void {
    const { state, effects } = handlePhone(this.#phone, input);
    this.#phone = state;
    for (const effect of effects) this.#sip?.do(effect);
    const talking = talkingLine(state)?.session;
    this.#sip?.speakTo(state.muted ? undefined : talking);
    this.#audio.hearOnly(talking ?? earlySession(state));
    this.#ringer.set(ringOf(state));
    this.#render();
  }

  #gatewayChanged(): void {
    const snapshot = this.#client?.snapshot;
    if (snapshot === undefined) return;
    // What took the event socket may have taken the telephone's.
    if (snapshot.connection === 'reconnecting' && this.#lastConnection === 'open') void this.#sip?.probe();
    this.#lastConnection = snapshot.connection;
    const known = LINE_NUMBERS.map((number) => callIdOf(this.#phone.lines[number]));
    for (const { id, state } of snapshot.calls) {
      if (state === 'ended' && known.includes(id))
        this.#handle({ kind: 'call-over', callId: id, nowMs: performance.now() });
    }
    this.#render();
  }

  // ---- what is shown

  #render(): void {
    const snapshot = this.#client?.snapshot;
    if (snapshot === undefined) return;
    const before = this.#view;
    const view = softphoneViewOf({
      phone: this.#phone,
      ...snapshot,
      microphone: this.#audio.microphone,
      accessProblem: this.#accessProblem,
      problem: this.#problem,
      recordingBusy: this.#recordingBusy,
      paymentCallId: this.#paymentCallId,
      nowMs: performance.now(),
    });
    this.#view = view;
    const focused = document.activeElement;
    this.#patch(view);
    // A button that was pressed and is gone leaves the focus with the call it belonged to.
    if (focused instanceof HTMLButtonElement && !(focused.checkVisibility() && !focused.disabled)) {
      this.#banner.title.focus();
    }
    const said = announcementBetween(before, view);
    if (said !== '') setText(this.#said, said);
  }

  #patch(view: SoftphoneView): void {
    this.#signOut.disabled = !view.canSignOut;
    this.#lights.patch(view.lights);
    this.#notices.patch(view.notices);
    this.#banner.patch(view.banner);
    for (const [index, line] of view.lines.entries()) this.#lines[index]?.patch(line);
    this.#pad.patch(view);
    this.#sound.patch(this.#audio.devices);
    const { callId, isClosable } = view.payment;
    setAttribute(this.#panel, 'call-id', callId);
    show(this.#panel, callId !== undefined);
    show(this.#paymentEmpty, callId === undefined);
    this.#closePayment.patch({ visible: callId !== undefined, enabled: isClosable, label: texts.buttons.closePayment });
    if (document.title !== view.title) document.title = view.title;
  }
}

/** Somebody is being called and sends own ringing or an announcement. */
function earlySession({ lines }: PhoneState): string | undefined {
  const early = LINE_NUMBERS.map((number) => lines[number]).find((line) => line.kind === 'early');
  return early === undefined ? undefined : sessionOf(early);
}

function ringOf(state: PhoneState): Ring {
  const lines = LINE_NUMBERS.map((number) => state.lines[number]);
  if (lines.some((line) => line.kind === 'ringing-in' && line.step === 'ringing')) {
    return lines.some(({ kind }) => kind === 'active') ? 'call-waiting' : 'incoming';
  }
  return lines.some((line) => line.kind === 'early' && !line.hearsFarSide) ? 'ringing-there' : 'none';
}

const root = document.querySelector<HTMLElement>('#page');
if (root !== null) new SoftphonePage(root);
