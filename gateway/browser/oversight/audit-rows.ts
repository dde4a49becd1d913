/**
 * One record of the audit log as it is shown. Pure. Somebody may have changed the log: whatever a record holds is read as
 * text, and what is not there is empty.
 */
import type { AuditLine, AuditVerdict } from '../../api/evidence-desk.js';
import { auditTexts, type IconName, type Tone } from './oversight-texts.js';
import { counted } from './time-texts.js';

export type AuditRow = {
  readonly sequence: number;
  readonly atIso: string;
  readonly actor: string;
  readonly origin: string;
  readonly action: string;
  readonly outcome: string;
  readonly callId: string;
  readonly sessionId: string;
  /** What it is about and what else is known: `field: cardNumber`. */
  readonly about: readonly string[];
};

export function auditRowOf({ sequence, record }: AuditLine): AuditRow {
  const resource = entriesOf(record.resource);
  const part = (name: string): string => resource.find(([key]) => key === name)?.[1] ?? '';
  return {
    sequence,
    atIso: textOf(record.atIso),
    actor: textOf(record.actor),
    origin: textOf(record.origin),
    action: textOf(record.action),
    outcome: textOf(record.outcome),
    callId: part('callId'),
    sessionId: part('sessionId'),
    about: [...resource, ...entriesOf(record.detail)].map(([key, value]) => `${key}: ${value}`),
  };
}

/** `capture-accepted` as people say it: `Capture accepted`. */
export function actionText(action: string): string {
  const words = action.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const TONES: Readonly<Record<string, readonly [Tone, IconName]>> = {
  'session-vaulted': ['green', 'check'],
  'capture-accepted': ['green', 'check'],
  'session-failed': ['red', 'alert'],
  'capture-rejected': ['red', 'alert'],
  'recording-failed': ['red', 'alert'],
  'media-fault': ['red', 'alert'],
  'foreign-media': ['red', 'alert'],
  'capture-disturbed': ['red', 'alert'],
  'process-crashed': ['red', 'alert'],
  'window-opened': ['yellow', 'lock'],
  'capture-started': ['yellow', 'keypad'],
  'recording-paused': ['yellow', 'pause'],
  'recording-masked': ['yellow', 'pause'],
  'recording-resumed': ['neutral', 'record'],
  'recording-started': ['neutral', 'record'],
  'recording-stopped': ['neutral', 'stop'],
  'session-ended': ['neutral', 'hangUp'],
  'call-ended': ['neutral', 'hangUp'],
};

export function signOf({ action, outcome }: AuditRow): { readonly tone: Tone; readonly icon: IconName } {
  const [tone, icon] = TONES[action] ?? (outcome === 'success' ? ['neutral', 'empty'] : ['red', 'alert']);
  return { tone, icon };
}

export function outcomeBadge(outcome: string): {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly text: string;
} {
  const known = Object.entries(auditTexts.outcomes).find(([name]) => name === outcome);
  return known?.[1] ?? { tone: 'red', icon: 'alert', text: outcome };
}

export type VerdictView = {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly title: string;
  readonly note: string;
  readonly hash: string | undefined;
  /** The first record that is broken, where there is one. */
  readonly brokenSequence: number | undefined;
};

export function verdictViewOf({ ok, records = 0, hash, sequence = 0, problem = '' }: AuditVerdict): VerdictView {
  if (ok) {
    return {
      tone: 'green',
      icon: 'check',
      title: auditTexts.intact,
      note: `${counted(records, 'record')}, each as it was written.`,
      hash,
      brokenSequence: undefined,
    };
  }
  const known = Object.entries(auditTexts.problems).find(([code]) => code === problem);
  const text = known?.[1] ?? auditTexts.unknownProblem;
  return {
    tone: 'red',
    icon: 'alert',
    title: auditTexts.broken,
    note: sequence === 0 ? text : `Record ${sequence}: ${text}`,
    hash: undefined,
    brokenSequence: sequence === 0 ? undefined : sequence,
  };
}

/** As `tonegate audit list` prints it. */
export function jsonLineOf({ sequence, record }: AuditLine): string {
  return `${JSON.stringify({ sequence, record })}\n`;
}

function entriesOf(value: unknown): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([key, part]) => [key, textOf(part)]);
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
