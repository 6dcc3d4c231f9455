import type { Terminal } from './terminal.ts';

/** What a thing has, in order; null is left out. */
export type Fields = readonly (readonly [label: string, value: string | null])[];

const WIDTH = 14;

/** Prints one field a line. */
export async function printFields(terminal: Terminal, fields: Fields): Promise<void> {
  const present = fields.filter((field) => field[1] !== null);
  await terminal.print(...present.map(([label, value]) => `${label.padEnd(WIDTH)}${value}`));
}

/** `1 frame`, `2 frames`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
