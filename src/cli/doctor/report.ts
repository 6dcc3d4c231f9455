/** Findings, as people and programs read them. */
import type { Finding } from '../../finding.ts';
import { counted } from '../fields.ts';
import { HintedError } from '../hints.ts';
import type { Session } from '../session.ts';

const LEVEL_WIDTH = 9;
const NAME_WIDTH = 22;

/** Prints all of them; the exit code is that of the first fault. */
export async function reportFindings({ terminal }: Session, findings: readonly Finding[]): Promise<void> {
  if (terminal.json) {
    await terminal.printJson({ findings });
  } else {
    await terminal.print(...findings.flatMap(linesOf));
  }
  const faults = findings.filter((finding) => finding.level === 'fault');
  const [first] = faults;
  if (first === undefined) return;
  const message = `${counted(faults.length, 'fault')} found, the first of them: ${first.name}: ${first.what}`;
  terminal.report(new HintedError(first.code, message, first.mend));
}

function linesOf(finding: Finding): string[] {
  const { level, name, what } = finding;
  const line = `${level.padEnd(LEVEL_WIDTH)}${name.padEnd(NAME_WIDTH)}${what}`;
  return level === 'ok' ? [line] : [line, `${' '.repeat(LEVEL_WIDTH)}to mend it: ${finding.mend}`];
}
