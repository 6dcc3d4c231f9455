/** `sweep`: finishes what was begun and left. */
import { printFields } from '../fields.ts';
import { openVerbs } from '../open.ts';
import type { Session } from '../session.ts';

export interface SweepArguments {
  /** In seconds. */
  readonly grace?: number;
}

export async function sweep(session: Session, { grace }: SweepArguments): Promise<void> {
  const { terminal, signal } = session;
  await using opened = await openVerbs(session);
  const options = grace === undefined ? { signal } : { grace: grace * 1000, signal };
  const { failed, ...counts } = await opened.vault.sweep(options);
  for (const error of failed) terminal.report(error);
  const report = { ...counts, failed: failed.length };
  if (terminal.json) await terminal.printJson(report);
  else
    await printFields(
      terminal,
      Object.entries(report).map(([label, count]) => [label, String(count)]),
    );
}
