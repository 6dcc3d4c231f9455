/** `import`: seals what is in a bucket already. */
import { parseS3Address } from '../../import/address.ts';
import { openBucket } from '../../import/bucket.ts';
import type { DemoResult } from '../../import/demo/import.ts';
import { linesOf } from '../../import/lines.ts';
import { importObjects } from '../../import/objects.ts';
import { usage } from '../arguments.ts';
import { ImportReport } from '../import-report.ts';
import { openInput } from '../input.ts';
import { openFiles } from '../open.ts';
import { refuseOwnFile } from '../own-files.ts';
import { askWhether } from '../question.ts';
import type { Session } from '../session.ts';

export interface ImportArguments {
  readonly list?: string;
  readonly stripPrefix?: boolean;
  readonly tags?: boolean;
  readonly bucket?: string;
  readonly table?: string;
  readonly pick?: readonly string[];
  readonly confirm?: readonly string[];
  readonly region?: string;
  readonly pathStyle?: boolean;
  readonly parallel?: number;
  readonly dryRun?: boolean;
  readonly remove?: boolean;
}

/** Options that stand with one kind of source only. */
const OF_OBJECTS = { list: '--list', stripPrefix: '--strip-prefix', tags: '--tags' } as const;
const OF_DEMO = { bucket: '--bucket', table: '--table', pick: '--pick', confirm: '--confirm' } as const;

const PARALLEL = 4;

export async function importFrom(session: Session, source: string, options: ImportArguments): Promise<void> {
  if (source !== 'demo') {
    refuseOptions(options, OF_DEMO, 'import demo');
    await importFromBucket(session, source, options);
    return;
  }
  refuseOptions(options, OF_OBJECTS, 'import s3://BUCKET/PREFIX');
  const { bucket, table } = options;
  if (bucket === undefined || table === undefined) throw usage('import demo needs --bucket and --table');
  await importFromDemo(session, { ...options, bucket, table });
}

function refuseOptions(
  options: ImportArguments,
  refused: Partial<Record<keyof ImportArguments, string>>,
  where: string,
): void {
  for (const [name, option] of Object.entries(refused)) {
    if (Object.hasOwn(options, name)) throw usage(`${option} is for ${where}`);
  }
}

async function importFromBucket(session: Session, address: string, options: ImportArguments): Promise<void> {
  const { signal } = session;
  const { bucket: name, key: prefix } = parseS3Address(address);
  const { list: path, stripPrefix, tags, dryRun, remove, parallel = PARALLEL } = options;
  await using opened = await openFiles(session);
  if (path !== undefined && path !== '-') await refuseOwnFile(path, opened.ownFiles);
  await using list = path === undefined ? undefined : await openInput(path, { signal });
  using bucket = openBucket({ bucket: name, ...storeOptions(options) });
  await reported(session, address, (told) =>
    importObjects({
      files: opened.files,
      bucket,
      prefix,
      list: list && linesOf(list.chunks),
      stripPrefix,
      tags,
      dryRun,
      remove,
      parallel,
      signal,
      onResult: told.onResult,
      onBytes: told.onBytes,
    }),
  );
}

async function importFromDemo(
  session: Session,
  options: ImportArguments & { readonly bucket: string; readonly table: string },
): Promise<void> {
  const { signal } = session;
  const { bucket: name, table: tableName, pick = [], region, dryRun, remove, parallel = PARALLEL } = options;
  const confirmed = new Set(options.confirm);
  // Two more clients of AWS, which objects that are not encrypted have no use for.
  const [{ KmsClients }, { importDemo }, { openDemoTable }] = await Promise.all([
    import('../../aws/kms-clients.ts'),
    import('../../import/demo/import.ts'),
    import('../../import/demo/items.ts'),
  ]);
  await using opened = await openFiles(session);
  using bucket = openBucket({ bucket: name, ...storeOptions(options) });
  using table = openDemoTable({ table: tableName, client: { region } });
  using kms = new KmsClients();
  await reported(session, tableName, (told) =>
    importDemo({
      files: opened.files,
      bucket,
      table,
      kms,
      region,
      picks: new Set(pick),
      dryRun,
      remove,
      confirm: async (result) => {
        told.hide();
        if (result.item !== undefined && confirmed.has(result.item)) return true;
        return (await askWhether(questionAbout(result), signal)) ?? false;
      },
      parallel,
      signal,
      onResult: told.onResult,
      onBytes: told.onBytes,
    }),
  );
}

/** How an import tells what it does. */
interface Told {
  readonly onResult: (result: DemoResult) => Promise<void>;
  readonly onBytes: (count: number) => void;
  /** Makes room for something else on the terminal. */
  readonly hide: () => void;
}

/** Tells what an import does, and what it had done, whatever ends it. */
async function reported({ terminal }: Session, label: string, work: (told: Told) => Promise<void>): Promise<void> {
  using progress = terminal.progress(label, undefined);
  const report = new ImportReport(terminal, progress);
  try {
    await work({
      onResult: (result) => report.add(result),
      onBytes: (count) => progress.add(count),
      hide: () => progress.hide(),
    });
  } finally {
    await report.end();
  }
}

function questionAbout({ source, id }: DemoResult): string {
  return `${source} begins as no known kind of file: sealroom get ${id} shows whether it was opened rightly. Remove the original?`;
}

function storeOptions({ region, pathStyle }: ImportArguments): {
  readonly pathStyle: boolean | undefined;
  readonly client: { readonly region: string | undefined };
} {
  return { pathStyle, client: { region } };
}
