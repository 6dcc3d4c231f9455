/** The command that takes over what is stored elsewhere. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { repeated, usage } from './arguments.ts';
import type { ImportArguments } from './commands/import.ts';
import type { Start } from './program.ts';

const MOST_PARALLEL = 64;

export function addImportCommand(program: Command, start: Start): void {
  program
    .command('import')
    .description('seal what is in a bucket')
    .argument(
      '<source>',
      's3://BUCKET or s3://BUCKET/PREFIX: every object whose key begins so; ' +
        'or demo: what the demonstration application of KMS, S3 and DynamoDB has stored',
    )
    .option('--list <file>', 'only the objects of this list, one key or address a line; - for stdin')
    .option('--strip-prefix', 'leave the prefix, up to its last slash, out of names')
    .option('--tags', 'take tags over, too')
    .option('--bucket <name>', 'bucket of the demonstration application')
    .option('--table <name>', 'its table')
    .addOption(idOption('--pick <id>', 'item of it to take although others name the same object; may be repeated'))
    .addOption(idOption('--confirm <id>', 'item of it whose file is right, so that --remove goes on; may be repeated'))
    .option('--remove', 'remove each original once its copy was read back and compared')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--parallel <count>', 'most objects at once (else 4)', parallel)
    .option('--region <name>', 'Region of AWS (else that of the AWS SDK)')
    .option('--path-style', 'address the bucket by the path, as many stores other than AWS want it')
    .action(async (source: string, options: ImportArguments, command: Command) =>
      (await import('./commands/import.ts')).importFrom(start(command), source, options),
    );
}

function idOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser<readonly string[]>(repeated);
}

function parallel(text: string): number {
  const count = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MOST_PARALLEL) throw usage(`--parallel is a whole number from 1 to ${MOST_PARALLEL}`);
  return count;
}
