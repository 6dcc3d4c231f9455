/** Tokens, links, tickets, tenants and sweeps, as they are asked for and answered. */
import { z } from 'zod';
import { ROLES } from '../../access/roles.ts';
import type { Role } from '../../access/roles.ts';
import type { Quota } from '../../vault/item-kinds.ts';
import { GivenTime, Time } from './common.ts';

const RoleName: z.ZodType<Role> = z.enum(ROLES).describe('Each may do what those before it may');
const TENANT = '[a-z0-9][a-z0-9-]{0,62}';
const TENANT_GRAMMAR = 'expected 1 to 63 lower-case letters, digits and hyphens, no hyphen first';
const TenantName: z.ZodType<string> = z
  .string()
  .regex(new RegExp(`^(${TENANT}|\\*)$`), { error: `${TENANT_GRAMMAR}, or *` })
  .describe('A tenant, or `*` for the vault itself');

/** Who calls. */
export const Session: z.ZodType = z
  .object({ id: z.string(), name: z.string(), tenant: z.string(), role: RoleName })
  .meta({ id: 'Session', description: 'Whose token it is' });

const token = {
  id: z.string(),
  name: z.string().nullable(),
  tenant: z.string(),
  role: RoleName,
  createdAt: Time,
  createdBy: z.string().nullable(),
  expires: Time,
};

export const Token: z.ZodType = z.object(token).meta({ id: 'Token', description: 'A token, without its secret' });

export const NewToken: z.ZodType = z
  .object({ ...token, token: z.string().describe('What is sent as `Authorization: Bearer …`; told once') })
  .meta({ id: 'NewToken', description: 'A token that was just made' });

export const Tokens: z.ZodType = z.object({ tokens: z.array(Token) }).meta({ id: 'Tokens' });

export interface TokenBody {
  readonly role: Role;
  readonly tenant?: string | undefined;
  readonly name?: string | undefined;
  readonly expires?: string | undefined;
}

export const TokenRequest: z.ZodType<TokenBody> = z.strictObject({
  role: RoleName,
  tenant: TenantName.optional(),
  name: z.string().min(1).max(128).optional().describe('For people'),
  expires: GivenTime.optional().describe('ISO 8601; 90 days from now unless given'),
});

export const ByTenant: z.ZodType<{ tenant?: string | undefined }> = z.object({ tenant: TenantName.optional() });

const link = {
  id: z.string(),
  file: z.string(),
  createdAt: Time,
  createdBy: z.string().nullable(),
  expires: Time,
  downloads: z.int().nullable().describe('How often it may be used; null for any number of times'),
  used: z.int(),
};

export const Link: z.ZodType = z.object(link).meta({ id: 'Link', description: 'A share link, without its secret' });

export const NewLink: z.ZodType = z
  .object({ ...link, secret: z.string(), url: z.string().describe('The whole address; told once') })
  .meta({ id: 'NewLink', description: 'A share link that was just made' });

export const Links: z.ZodType = z.object({ links: z.array(Link) }).meta({ id: 'Links' });

export interface LinkBody {
  readonly expires: string;
  readonly downloads?: number | undefined;
}

export const LinkRequest: z.ZodType<LinkBody> = z.strictObject({
  expires: GivenTime.describe('ISO 8601; at most a year from now'),
  downloads: z.int().min(1).max(1_000_000).optional().describe('Any number of times unless given'),
});

export const ByFile: z.ZodType<{ file?: string | undefined }> = z.object({ file: z.string().optional() });

export const Ticket: z.ZodType = z
  .object({ ticket: z.string().describe('Goes into `?ticket=` in place of a token, once'), expires: Time })
  .meta({
    id: 'Ticket',
    description: 'One download of one file, to be started in time, and within an hour its further ranges',
  });

const limit = z.int().min(0).nullable().describe('Null for no limit');

const QuotaLimits: z.ZodType<Quota> = z.strictObject({ bytes: limit, files: limit });

/** A quota in a request: what is not named has no limit. */
const GivenQuota: z.ZodType<Quota> = z.strictObject({ bytes: limit.default(null), files: limit.default(null) });

export const Tenant: z.ZodType = z
  .object({ name: z.string(), createdAt: Time, quota: QuotaLimits.nullable() })
  .meta({ id: 'Tenant' });

export const Usage: z.ZodType = z
  .object({ bytes: z.int(), files: z.int() })
  .meta({ id: 'Usage', description: 'What a tenant holds: bytes as they were put, and files' });

export const TenantStat: z.ZodType = z
  .object({
    name: z.string(),
    createdAt: Time,
    quota: QuotaLimits.nullable(),
    usage: Usage.nullable().describe('Null where it is not on record: without a quota, or before a put needed to know'),
  })
  .meta({ id: 'TenantStat', description: 'A tenant, and what it holds' });

export const Tenants: z.ZodType = z.object({ tenants: z.array(TenantStat) }).meta({ id: 'Tenants' });

export interface TenantBody {
  readonly name: string;
  readonly quota?: Quota | null | undefined;
}

export const TenantRequest: z.ZodType<TenantBody> = z.strictObject({
  name: z
    .string()
    .regex(new RegExp(`^${TENANT}$`), { error: TENANT_GRAMMAR })
    .describe('1 to 63 lower-case letters, digits and hyphens, no hyphen first'),
  quota: GivenQuota.nullable().optional(),
});

export const TenantChanges: z.ZodType<{ quota: Quota | null }> = z.strictObject({ quota: GivenQuota.nullable() });

export const ByName: z.ZodType<{ name: string }> = z.object({ name: z.string() });

export const SweepRequest: z.ZodType<{ grace?: number | undefined } | null | undefined> = z
  .strictObject({
    grace: z
      .number()
      .min(0)
      .max(90 * 24 * 60 * 60)
      .optional()
      .describe('Seconds without a sign of life after which an upload is given up'),
  })
  .nullish();

const count = z.int();

export const SweepReport: z.ZodType = z
  .object({
    expired: count,
    claimed: count,
    finished: count,
    waiting: count,
    ignored: count,
    failed: z.array(z.object({ code: z.string(), message: z.string() })),
  })
  .meta({ id: 'SweepReport' });
