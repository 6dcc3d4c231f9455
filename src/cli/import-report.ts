/** What `import` tells: a line for each original as soon as it is done with, and how many there were of each kind. */
import type { DemoResult } from '../import/demo/import.ts';
import type { Outcome } from '../import/result.ts';
import { formatSize } from './progress.ts';
import type { Progress } from './progress.ts';
import { printableJson } from './printable.ts';
import type { Terminal } from './terminal.ts';

export class ImportReport {
  readonly #terminal: Terminal;
  readonly #progress: Progress;
  readonly #counts: Record<Outcome, number> = { imported: 0, present: 0, planned: 0, skipped: 0, failed: 0 };
  #removed = 0;
  #versionKept = false;
  #separator = '{"objects":[\n';

  constructor(terminal: Terminal, progress: Progress) {
    this.#terminal = terminal;
    this.#progress = progress;
  }

  /** Tells one result: in one piece, because several are told at once. */
  async add(result: DemoResult): Promise<void> {
    this.#counts[result.outcome]++;
    if (result.removed) this.#removed++;
    if (result.versionKept) this.#versionKept = true;
    this.#progress.hide();
    if (result.error !== undefined) this.#terminal.report(result.error, result.source);
    if (!this.#terminal.json) return this.#terminal.print(lineOf(result));
    const text = `${this.#separator}${printableJson(documentOf(result))}`;
    this.#separator = ',\n';
    await this.#terminal.printText(text);
  }

  /** Tells the numbers. What was done is told, whatever stopped the rest. */
  async end(): Promise<void> {
    this.#progress.hide();
    if (this.#terminal.json) {
      const start = this.#separator.startsWith(',') ? '\n' : this.#separator.trimEnd();
      const counts = JSON.stringify({ ...this.#counts, removed: this.#removed }).slice(1, -1);
      await this.#terminal.printText(`${start}],${counts}}\n`);
    } else await this.#terminal.print(this.#summary());
    if (this.#versionKept) {
      this.#terminal.note('the bucket keeps versions: what was removed is there yet, as older versions, until they go');
    }
  }

  #summary(): string {
    const { planned, ...others } = this.#counts;
    const counts = Object.entries(planned > 0 ? this.#counts : others).map(([outcome, count]) => `${count} ${outcome}`);
    return `${counts.join(', ')}${this.#removed > 0 ? `; ${this.#removed} removed` : ''}`;
  }
}

/** As wide as an id. */
const MIDDLE = 36;

function lineOf({ source, outcome, id, size, error, reason, removed, item, kind }: DemoResult): string {
  const middle = error?.code ?? id ?? reason ?? '';
  const rest = [
    item === undefined ? source : `${source} (item ${item})`,
    kind,
    removed ? 'original removed' : undefined,
    id !== undefined && reason !== undefined ? `original not removed: ${reason}` : undefined,
  ];
  const length = size === undefined ? '' : formatSize(size);
  const end = rest.filter((part) => part !== undefined).join(', ');
  return `${outcome.padEnd(8)}  ${middle.padEnd(MIDDLE)}  ${length.padStart(8)}  ${end}`;
}

/** Every field of every result, so that a program finds what it looks for. */
function documentOf({ source, item, outcome, id, size, kind, reason, removed, error }: DemoResult): object {
  return {
    source,
    ...(item !== undefined && { item, kind: kind ?? null }),
    outcome,
    id: id ?? null,
    size: size ?? null,
    removed: removed ?? false,
    reason: reason ?? null,
    error: error === undefined ? null : { code: error.code, message: error.message },
  };
}
