/** What an account finds here, and what an address of this page means. Pure: the gateway itself refuses what is not for a role. */
import type { Role } from '../../api/roles.js';

export type SectionName = 'live' | 'sessions' | 'recordings' | 'audit' | 'health' | 'accounts';

/** The part of `GET /v1/me` that decides what is shown. */
export type AccountView = {
  readonly name: string;
  readonly role: Role;
  readonly operations: readonly string[];
};

/**
 * An agent may watch events too, but only of the own calls, which the panel shows with what an agent can do in them: so a
 * section asks for a role beside the operations it cannot be without.
 */
const SECTIONS: readonly { readonly name: SectionName; readonly role: Role; readonly needs: readonly string[] }[] = [
  { name: 'live', role: 'supervisor', needs: ['watch-events'] },
  { name: 'sessions', role: 'auditor', needs: ['list-past-sessions', 'read-audit-log'] },
  { name: 'recordings', role: 'auditor', needs: ['list-recordings', 'read-recording'] },
  { name: 'audit', role: 'auditor', needs: ['read-audit-log', 'verify-audit-log'] },
  { name: 'health', role: 'administrator', needs: ['read-health', 'read-configuration'] },
  { name: 'accounts', role: 'administrator', needs: ['list-accounts'] },
];

export const SECTION_NAMES: readonly SectionName[] = SECTIONS.map(({ name }) => name);

export function sectionsOf(account: AccountView): readonly SectionName[] {
  return SECTIONS.filter(
    ({ role, needs }) => role === account.role && needs.every((operation) => account.operations.includes(operation)),
  ).map(({ name }) => name);
}

export type Place = {
  readonly section: SectionName;
  /** The one record, by its sequence number in the audit log: a session, a recording, a line of the log. */
  readonly sequence?: number;
};

export type Route =
  | { readonly kind: 'place'; readonly place: Place }
  /** A section that there is, for somebody else. */
  | { readonly kind: 'forbidden' }
  /** Nothing here is for this account. */
  | { readonly kind: 'nothing' };

/** `#sessions`, `#sessions/17`; anything that is no address of ours leads to the first section. */
export function routeOf(fragment: string, sections: readonly SectionName[]): Route {
  const [first] = sections;
  if (first === undefined) return { kind: 'nothing' };
  const [, name = '', number] = /^#([a-z]+)(?:\/(\d{1,15}))?$/.exec(fragment) ?? [];
  const section = SECTION_NAMES.find((known) => known === name);
  if (section === undefined) return { kind: 'place', place: { section: first } };
  if (!sections.includes(section)) return { kind: 'forbidden' };
  return { kind: 'place', place: { section, ...(number !== undefined && { sequence: Number(number) }) } };
}

export function fragmentOf({ section, sequence }: Place): string {
  return sequence === undefined ? `#${section}` : `#${section}/${sequence}`;
}
