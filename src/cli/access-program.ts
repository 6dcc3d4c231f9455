/** The commands that say who may come in, and their options. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { TIME, wholeNumber } from './arguments.ts';
import type { LinkCreateArguments } from './commands/link.ts';
import type { TenantCreateArguments, TenantQuotaArguments } from './commands/tenant.ts';
import type { TokenCreateArguments } from './commands/token.ts';
import type { Start } from './program.ts';

export function addTenantCommands(program: Command, start: Start): void {
  const tenant = program.command('tenant').description('tenants: partitions with files of their own');
  tenant
    .command('create')
    .description('make a tenant')
    .argument('<name>')
    .option('--quota-bytes <bytes>', 'most bytes of its files (else no limit)', wholeNumber('--quota-bytes', 0))
    .option('--quota-files <count>', 'most files (else no limit)', wholeNumber('--quota-files', 0))
    .action(async (name: string, options: TenantCreateArguments, command: Command) =>
      (await import('./commands/tenant.ts')).createTenant(start(command), name, options),
    );
  tenant
    .command('quota')
    .description('say how much a tenant may hold; what is not named has no limit')
    .argument('<name>')
    .option('--bytes <bytes>', 'most bytes of its files', wholeNumber('--bytes', 0))
    .option('--files <count>', 'most files', wholeNumber('--files', 0))
    .option('--off', 'no limit')
    .action(async (name: string, options: TenantQuotaArguments, command: Command) =>
      (await import('./commands/tenant.ts')).setQuota(start(command), name, options),
    );
  tenant
    .command('ls')
    .description('list the tenants')
    .action(async (_: object, command: Command) => (await import('./commands/tenant.ts')).listTenants(start(command)));
}

export function addTokenCommands(program: Command, start: Start): void {
  const token = program.command('token').description('tokens: who may come in by the service');
  token
    .command('create')
    .description("make a token for the tenant ('*' for the operator of all); print it, this once")
    .addOption(new Option('--role <role>', 'what it may do: reader, writer or admin').makeOptionMandatory())
    .option('--name <name>', 'whose it is, for people')
    .option('--expires <when>', `${TIME}; else in 90 days`)
    .action(async (options: TokenCreateArguments, command: Command) =>
      (await import('./commands/token.ts')).createToken(start(command), options),
    );
  token
    .command('ls')
    .description('list tokens: of the tenant that --tenant names, else all')
    .action(async (_: object, command: Command) => (await import('./commands/token.ts')).listTokens(start(command)));
  token
    .command('revoke')
    .description('refuse tokens from now on')
    .argument('<id...>')
    .action(async (ids: string[], _: object, command: Command) =>
      (await import('./commands/token.ts')).revokeTokens(start(command), ids),
    );
}

export function addLinkCommands(program: Command, start: Start): void {
  const link = program.command('link').description('links: files for whoever has the link');
  link
    .command('create')
    .description('make a link to a file; print it, this once')
    .argument('<id>', 'the file')
    .addOption(new Option('--expires <when>', TIME).makeOptionMandatory())
    .option('--downloads <count>', 'how often it may be used (else any number of times)', wholeNumber('--downloads', 1))
    .option('--url <address>', 'address of the service (else that of the configuration, or as the service says)')
    .action(async (file: string, options: LinkCreateArguments, command: Command) =>
      (await import('./commands/link.ts')).createLink(start(command), file, options),
    );
  link
    .command('ls')
    .description('list links that are in force: to one file, or to all')
    .argument('[id]', 'the file')
    .action(async (file: string | undefined, _: object, command: Command) =>
      (await import('./commands/link.ts')).listLinks(start(command), file),
    );
  link
    .command('revoke')
    .description('have links lead nowhere from now on')
    .argument('<id...>', 'links, as link ls shows them')
    .action(async (ids: string[], _: object, command: Command) =>
      (await import('./commands/link.ts')).revokeLinks(start(command), ids),
    );
}
