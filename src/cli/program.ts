/** The commands and their options. What a command does is loaded when it is called. */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { addLinkCommands, addTenantCommands, addTokenCommands } from './access-program.ts';
import { TIME, parseRange, repeated, repeatedPair, usage, wholeNumber } from './arguments.ts';
import type { DecryptArguments } from './commands/decrypt.ts';
import type { EditArguments } from './commands/edit.ts';
import type { EncryptArguments } from './commands/encrypt.ts';
import type { ExportArguments } from './commands/export.ts';
import type { GetArguments } from './commands/get.ts';
import type { InitArguments } from './commands/init.ts';
import type { KeyNewArguments } from './commands/key-new.ts';
import type { ListArguments } from './commands/ls.ts';
import type { PutArguments } from './commands/put.ts';
import type { ServeArguments } from './commands/serve.ts';
import type { SweepArguments } from './commands/sweep.ts';
import type { VerifyArguments } from './commands/verify.ts';
import { addImportCommand } from './import-program.ts';
import type { SetupAwsArguments } from './commands/setup-aws.ts';
import type { Session } from './session.ts';

export interface GlobalOptions {
  readonly vault?: string;
  readonly tenant?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Makes the session of a command from the options that all commands have. */
export type StartSession = (options: GlobalOptions) => Session;

export function createProgram(startSession: StartSession): Command {
  const program = new Command('sealroom')
    .description('Keeps files so that whoever holds the storage cannot read them.')
    .version(packageVersion())
    .option(
      '--vault <dir>',
      'folder of the vault (else the service SEALROOM_URL, else SEALROOM_VAULT, else ./sealroom)',
    )
    .option('--tenant <name>', "tenant to work on (else SEALROOM_TENANT, else the token's own, else default)")
    .option('--json', 'results as one JSON document, errors as {"code","message"}')
    .option('--quiet', 'no progress and no notes')
    .configureHelp({ showGlobalOptions: true })
    .helpCommand(false);
  const start = (command: Command): Session => startSession(command.optsWithGlobals<GlobalOptions>());
  addVaultCommands(program, start);
  addFileCommands(program, start);
  addImportCommand(program, start);
  addTokenCommands(program, start);
  addLinkCommands(program, start);
  addMessageCommands(program, start);
  program
    .command('help')
    .description('show what a command does')
    .argument('[command...]')
    .action((words: string[]) => named(program, words).help());
  return program;
}

/** The command that words name, each within the one before: commander's own `help` takes but one. */
function named(program: Command, words: readonly string[]): Command {
  return words.reduce((command, word) => {
    const inner = command.commands.find((candidate) => candidate.name() === word);
    if (inner === undefined) throw usage(`there is no command ${JSON.stringify(words.join(' '))}`);
    return inner;
  }, program);
}

/** Makes the session of a command that is called. */
export type Start = (command: Command) => Session;

const collected = <T>(flags: string, description: string, collect: (text: string, previous?: T) => T): Option =>
  new Option(flags, description).argParser<T>(collect);

const keyOption = (description: string): Option => collected('-k, --key <spec>', description, repeated);
const contextOption = (description: string): Option =>
  collected('--context <name=value>', description, repeatedPair('--context'));
const tagOption = (description: string): Option => collected('--tag <name=value>', description, repeatedPair('--tag'));
const outputOption = (): Option => new Option('-o, --output <file>', 'where to write; - for stdout, never a terminal');
const forceOption = (): Option => new Option('--force', 'replace a file that is there');

function addVaultCommands(program: Command, start: Start): void {
  program
    .command('init')
    .description('make a vault')
    .argument('[dir]', 'folder of the vault (else --vault)')
    .addOption(collected('--key <spec>', 'key to use in place of a new one; may be repeated', repeated))
    .option('--blobs <spec>', 'where the bytes go (else a folder in the vault): fs:FOLDER or s3:BUCKET/PREFIX')
    .option('--catalog <spec>', 'where the records go (else a file in the vault): sqlite:FILE or dynamodb:TABLE')
    .action(async (folder: string | undefined, options: InitArguments, command: Command) =>
      (await import('./commands/init.ts')).init(start(command), folder, options),
    );
  program
    .command('setup')
    .description('make what a vault needs elsewhere, and the vault')
    .command('aws')
    .description('make key, bucket and table on AWS, as far as they are missing, and the vault in them')
    .requiredOption('--bucket <name>', 'bucket for the bytes')
    .requiredOption('--table <name>', 'table for the records')
    .requiredOption('--alias <name>', 'alias of the key')
    .option('--region <region>', "Region of all three (else the AWS SDK's own setting)")
    .option('--replica-region <region>', 'Region of a replica of the key; makes a multi-Region key')
    .option('--yes', 'do what the plan says without asking')
    .option('--check', 'change nothing: examine what is there')
    .action(async (options: SetupAwsArguments, command: Command) =>
      (await import('./commands/setup-aws.ts')).setupAws(start(command), options),
    );
  program
    .command('doctor')
    .description('examine the vault: keys, stores, settings, permissions; say how to mend what is wrong')
    .action(async (_: object, command: Command) => (await import('./commands/doctor.ts')).doctor(start(command)));
  program
    .command('serve')
    .description('offer the vault over HTTP, until a signal ends it')
    .option('--host <address>', 'address to listen on (else 127.0.0.1); any other needs TLS')
    .option('--port <number>', 'port to listen on (else 8080); 0 for a free one', wholeNumber('--port', 0))
    .option('--tls-cert <file>', 'certificate with its chain, in PEM; read again on SIGHUP')
    .option('--tls-key <file>', 'its private key, in PEM')
    .option('--insecure-http', 'listen on any address without TLS, as behind a proxy that does it')
    .option('--trust-proxy [list]', 'believe these proxies, or all in private networks, about who calls')
    .option('--init', 'make the vault when it is absent, and the first token')
    .action(async (options: ServeArguments, command: Command) =>
      (await import('./commands/serve.ts')).serve(start(command), options),
    );
  program
    .command('sweep')
    .description('finish what was begun and left')
    .option('--grace <seconds>', 'how long work must have been silent', wholeNumber('--grace', 0))
    .action(async (options: SweepArguments, command: Command) =>
      (await import('./commands/sweep.ts')).sweep(start(command), options),
    );
  addTenantCommands(program, start);
}

function addFileCommands(program: Command, start: Start): void {
  program
    .command('put')
    .description('store files; print their ids')
    .argument('<file...>', 'files to store; - for stdin')
    .option('--name <name>', "name to keep it under (else the file's own)")
    .option('--type <type>', 'media type (else by the extension of the name)')
    .addOption(tagOption('tag, kept encrypted; may be repeated'))
    .addOption(contextOption('public pair to bind to the file; may be repeated'))
    .option('--expires <when>', `when it goes by itself: ${TIME}`)
    .option('--retain-until <when>', 'until when nothing removes it: the same')
    .option('--resume', 'through a service: go on with a large file whose put was stopped')
    .action(async (paths: string[], options: PutArguments, command: Command) =>
      (await import('./commands/put.ts')).put(start(command), paths, options),
    );
  program
    .command('get')
    .description('read a file')
    .argument('<id>')
    .addOption(outputOption())
    .option('--range <range>', 'bytes to read: FIRST-LAST, FIRST- or -SUFFIX', parseRange)
    .addOption(forceOption())
    .action(async (id: string, options: GetArguments, command: Command) =>
      (await import('./commands/get.ts')).get(start(command), id, options),
    );
  program
    .command('ls')
    .description('list files, newest first')
    .option('--limit <count>', 'most files to list (else all)', wholeNumber('--limit', 1))
    .option('--cursor <cursor>', 'where the listing before ended')
    .option('-q, --query <text>', 'only files whose name contains this, whatever the case')
    .action(async (options: ListArguments, command: Command) =>
      (await import('./commands/ls.ts')).ls(start(command), options),
    );
  program
    .command('info')
    .description('show what is kept about a file')
    .argument('<id>')
    .action(async (id: string, _: object, command: Command) =>
      (await import('./commands/info.ts')).info(start(command), id),
    );
  program
    .command('edit')
    .description('change what is kept about a file')
    .argument('<id>')
    .option('--name <name>', 'new name')
    .option('--type <type>', 'new media type')
    .addOption(tagOption('tag to set, beside those it has; may be repeated'))
    .addOption(collected('--untag <name>', 'tag to take away; may be repeated', repeated))
    .action(async (id: string, options: EditArguments, command: Command) =>
      (await import('./commands/edit.ts')).edit(start(command), id, options),
    );
  program
    .command('rm')
    .description('remove files')
    .argument('<id...>')
    .action(async (ids: string[], _: object, command: Command) =>
      (await import('./commands/rm.ts')).rm(start(command), ids),
    );
  program
    .command('verify')
    .description('open every frame of files')
    .argument('[id...]')
    .option('--all', 'all files of the tenant')
    .action(async (ids: string[], options: VerifyArguments, command: Command) =>
      (await import('./commands/verify.ts')).verify(start(command), ids, options),
    );
  program
    .command('export')
    .description('write a file as one message that any AWS Encryption SDK opens')
    .argument('<id>')
    .addOption(outputOption())
    .addOption(forceOption())
    .action(async (id: string, options: ExportArguments, command: Command) =>
      (await import('./commands/export.ts')).exportFile(start(command), id, options),
    );
}

function addMessageCommands(program: Command, start: Start): void {
  program
    .command('encrypt')
    .description('make a message of a file, without a vault')
    .argument('<in>', 'file to encrypt; - for stdin')
    .addOption(outputOption())
    .addOption(keyOption('key to seal it under; may be repeated').makeOptionMandatory())
    .addOption(contextOption('public pair to authenticate with it; may be repeated'))
    .option('--frame-length <bytes>', 'bytes a frame holds (else 98304)', wholeNumber('--frame-length', 1))
    .addOption(forceOption())
    .action(async (path: string, options: EncryptArguments, command: Command) =>
      (await import('./commands/encrypt.ts')).encrypt(start(command), path, options),
    );
  program
    .command('decrypt')
    .description('open a message, without a vault')
    .argument('<in>', 'message to open; - for stdin')
    .addOption(outputOption())
    .addOption(keyOption('key to try; may be repeated').makeOptionMandatory())
    .addOption(contextOption('pair that it must have been sealed with; may be repeated'))
    .option('--allow-uncommitted', 'take messages without key commitment too')
    .option('--max-edks <count>', 'most encrypted data keys to take (else 16)', wholeNumber('--max-edks', 1))
    .addOption(forceOption())
    .action(async (path: string, options: DecryptArguments, command: Command) =>
      (await import('./commands/decrypt.ts')).decrypt(start(command), path, options),
    );
  program
    .command('inspect')
    .description('show what a message says without any key')
    .argument('<file>', 'message to look at; - for stdin')
    .action(async (path: string, _: object, command: Command) =>
      (await import('./commands/inspect.ts')).inspect(start(command), path),
    );
  const key = program.command('key').description('wrapping keys in files');
  key
    .command('new')
    .description('make a key; print how to name it to other commands')
    .requiredOption('-o, --output <file>', 'where to write it')
    .option('--rsa', 'an RSA-3072 pair for recovery, FILE and FILE.pub (else an AES-256 key as a JWK)')
    .action(async (options: KeyNewArguments, command: Command) =>
      (await import('./commands/key-new.ts')).keyNew(start(command), options),
    );
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}
