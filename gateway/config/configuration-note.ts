/** A remark on the configuration for the person who wrote it. */
export type ConfigurationNote = {
  /** Path of the key, `peers[1].addresses[0]`; empty for the file as a whole. */
  readonly key: string;
  readonly text: string;
};

/** `['peers', 1, 'name']` is `peers[1].name`. */
export function keyPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

export function describeNote(note: ConfigurationNote): string {
  return note.key === '' ? note.text : `${note.key}: ${note.text}`;
}

export type Path = readonly (string | number)[];

/** What checks find, problems and warnings apart. */
export class Notes {
  readonly problems: ConfigurationNote[] = [];
  readonly warnings: ConfigurationNote[] = [];

  problem(path: Path, text: string): void {
    this.problems.push({ key: keyPath(path), text });
  }

  warn(path: Path, text: string): void {
    this.warnings.push({ key: keyPath(path), text });
  }
}
