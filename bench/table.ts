/** What a bench reports: rows for people, printed as text, and the same rows as data. */

export type Cell = string | number;

export type BenchTable = {
  readonly title: string;
  readonly columns: readonly string[];
  /** As many cells a row as there are columns. */
  readonly rows: readonly (readonly Cell[])[];
  /** What was compared with what, on what, and what is missing. */
  readonly notes: readonly string[];
};

/** Columns side by side, numbers to the right, notes below. Ends without a line break. */
export function formatTable(table: BenchTable): string {
  const text = [table.columns, ...table.rows.map((row) => row.map(formatCell))];
  const widths = table.columns.map((_, column) => Math.max(...text.map((row) => row[column].length)));
  const line = (cells: readonly string[], row: readonly Cell[]): string =>
    cells
      .map((cell, column) =>
        typeof row[column] === 'number' ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
      )
      .join('  ')
      .trimEnd();
  return [
    table.title,
    '',
    line(text[0], table.rows[0] ?? table.columns),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...table.rows.map((row, index) => line(text[index + 1], row)),
    '',
    ...table.notes.map((note) => `* ${note}`),
  ].join('\n');
}

/** The table as objects with the column names as keys. */
export function tableAsData(table: BenchTable): { title: string; rows: Record<string, Cell>[]; notes: string[] } {
  return {
    title: table.title,
    rows: table.rows.map((row) => Object.fromEntries(row.map((cell, column) => [table.columns[column], cell]))),
    notes: [...table.notes],
  };
}

/** Numbers as short as they are still worth something. */
export function formatCell(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  if (Number.isInteger(cell)) return String(cell);
  return cell.toFixed(Math.abs(cell) < 10 ? 2 : 1);
}
