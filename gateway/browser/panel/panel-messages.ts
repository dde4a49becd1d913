/**
 * The catalogue of the panel's texts: one type, one object a language, and the rules of numbers in each. A page may set
 * any part of it, see `TonegatePanel.messages`; what it leaves out is taken from the language's own catalogue.
 */
import type {
  CardBrand,
  FieldErrorCode,
  FieldName,
  RedemptionRefusal,
  SessionErrorCode,
} from '../../../vault-client/wire.js';
import type { CallView } from '../../api/call-desk.js';
import type { RecordingState } from '../../media/control-wire.js';
import type { FieldView, SessionView } from '../../payment/session-view.js';

/** By the plural rule of the language (CLDR, as `Intl.PluralRules` has it); `{count}` stands for the number. */
export type PluralForms = { readonly other: string } & {
  readonly [rule in Exclude<Intl.LDMLPluralRule, 'other'>]?: string;
};

/** Why a request of the panel did not succeed; what is not here is shown as the gateway says it. */
export type RequestErrorCode =
  | 'not-found'
  | 'call-not-active'
  | 'session-in-progress'
  | 'session-not-in-state'
  | 'recording-locked'
  | 'recording-unavailable'
  | 'vault-unreachable'
  | 'media-unreachable'
  | 'recorder-not-paused'
  | 'audio-not-inspectable'
  | 'unauthorized'
  | 'too-many-requests'
  | 'operation-timeout'
  | 'unavailable'
  | 'internal-error'
  // The panel's own: no answer, and an answer that says nothing.
  | 'network'
  | 'unknown';

type ForEachField = Readonly<Record<FieldName, string>>;

export type PanelMessages = {
  readonly title: string;
  readonly fields: ForEachField;
  readonly fieldEmpty: string;
  readonly fieldAwaiting: string;
  /** `{label}` is the field's; `{digits}` the last four of a card number. */
  readonly fieldCaptured: string;
  readonly fieldCapturedEnding: string;
  readonly fieldErrors: Readonly<Record<FieldErrorCode, string>>;
  /** While a field awaits an entry that the line has disturbed. */
  readonly fieldDisturbed: string;
  readonly sessionErrors: Readonly<Record<SessionErrorCode, string>>;
  readonly requestErrors: Readonly<Record<RequestErrorCode, string>>;
  readonly keys: PluralForms;
  readonly droppedKeys: PluralForms;
  readonly secondsLeft: PluralForms;
  readonly buttons: Readonly<
    Record<
      | 'start'
      | 'capture'
      | 'recapture'
      | 'complete'
      | 'cancel'
      | 'tryAgain'
      | 'startNew'
      | 'copy'
      | 'copied'
      | 'record'
      | 'pause'
      | 'resume'
      | 'stop',
      string
    >
  >;
  readonly vaulted: string;
  readonly tokenLabel: string;
  readonly tokenNote: string;
  readonly tokenSelected: string;
  /** What became of the token; refusals by the code of the order system's answer. */
  readonly redemption: {
    readonly used: string;
    readonly usedFor: string;
    readonly refused: Readonly<Record<RedemptionRefusal, string>>;
  };
  readonly sayToCaller: string;
  readonly reconnecting: string;
  readonly reconnected: string;
  readonly connecting: string;
  readonly crowded: string;
  readonly signedOut: string;
  readonly covered: string;
  readonly callStates: Readonly<Record<CallView['state'], string>>;
  readonly brands: Readonly<Record<CardBrand, string>>;
  readonly status: Readonly<
    Record<
      | 'noCall'
      | 'noCallNote'
      | 'idle'
      | 'notActive'
      | 'starting'
      | 'startingNote'
      | 'collecting'
      | 'collectingNote'
      | 'complete'
      | 'completeNote'
      | 'tokenizing'
      | 'tokenizingNote'
      | 'vaultedNote'
      | 'failed'
      | 'failedNote'
      | 'canceled'
      | 'canceledNote'
      | 'ended'
      | 'endedNote'
      | 'callOverNote',
      string
    >
  >;
  /** Spoken by the agent, in the caller's language. */
  readonly say: Readonly<
    Record<'idle' | 'starting' | 'ready' | 'next' | 'complete' | 'vaulted' | 'failed' | 'tooMany', string>
  > & {
    readonly capture: ForEachField;
    readonly again: ForEachField;
    readonly disturbed: ForEachField;
    readonly uncertain: ForEachField;
  };
  readonly clearHint: string;
  readonly recording: Readonly<
    Record<RecordingState | 'group' | 'lockedPaused' | 'lockedMasked' | 'locked' | 'resumed', string>
  >;
};

/** Any part of it, for a page that changes some texts. */
export type MessageChanges<T = PanelMessages> = {
  readonly [K in keyof T]?: T[K] extends string | undefined ? string : MessageChanges<T[K]>;
};

/** A catalogue in use: its texts, and the language by whose rules they are put together. */
export type Catalogue = {
  /** BCP 47, e.g. `de`. */
  readonly language: string;
  readonly direction: 'ltr' | 'rtl';
  readonly texts: PanelMessages;
};

/** The text with its `{name}` parts put in; a part without a value stays as it is. */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (part, name: string) => values[name] ?? part);
}

export function counted(forms: PluralForms, count: number, language: string): string {
  const rule = new Intl.PluralRules(language).select(count);
  return filled(forms[rule] ?? forms.other, { count: new Intl.NumberFormat(language).format(count) });
}

/** The catalogue with the page's changes in it: texts only, and only where the catalogue has one. */
export function changed(texts: PanelMessages, changes: MessageChanges): PanelMessages {
  return merged(texts, changes) as PanelMessages;
}

function merged(texts: object, changes: object): object {
  const result = Object.entries(texts).map(([key, text]: [string, unknown]) => {
    const change: unknown = Object.hasOwn(changes, key) ? Reflect.get(changes, key) : undefined;
    if (typeof text === 'string') return [key, typeof change === 'string' ? change : text];
    const nested = typeof text === 'object' && text !== null && typeof change === 'object' && change !== null;
    return [key, nested ? merged(text, change) : text];
  });
  return Object.fromEntries(result);
}

/** A code that this version does not know is shown in the gateway's own words. */
export function textOfFieldError({ error }: FieldView, texts: PanelMessages): string {
  if (error === undefined) return texts.requestErrors.unknown;
  return textOf(texts.fieldErrors, error.code) ?? error.message;
}

export function textOfSessionError({ error }: SessionView, texts: PanelMessages): string {
  if (error === undefined) return texts.status.failed;
  return textOf(texts.sessionErrors, error.code) ?? error.message;
}

/** What an order system has done with the token; undefined while there was none. */
export function textOfRedemption({ redemption }: SessionView, texts: PanelMessages): string | undefined {
  if (redemption === undefined) return undefined;
  const { used, usedFor, refused } = texts.redemption;
  const { state, orderId, lastRefusal } = redemption;
  const order = orderId === undefined ? used : filled(usedFor, { order: orderId });
  const refusal = lastRefusal === undefined ? undefined : textOf(refused, lastRefusal);
  return [state === 'redeemed' ? order : undefined, refusal].filter((part) => part !== undefined).join(' ');
}

export function textOfRefusal(
  refusal: { readonly code: string; readonly message: string },
  texts: PanelMessages,
): string {
  return textOf(texts.requestErrors, refusal.code) ?? refusal.message;
}

function textOf(table: Readonly<Record<string, string>>, code: string): string | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}
