/** The wrapping key, a symmetric key in AWS KMS with an alias, and its replica: what is there. */
import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  ListAliasesCommand,
  ListKeysCommand,
} from '@aws-sdk/client-kms';
import type { KMSClient, KeyMetadata } from '@aws-sdk/client-kms';
import { parseKmsArn } from '../../message/kms-arn.ts';
import { NOTHING, look } from './seen.ts';
import type { Seen } from './seen.ts';
import type { SetupContext } from './step.ts';
import { sendOptions } from '../send-options.ts';

/** Which key is wanted, or examined. */
export interface KeyWish {
  /** With `alias/` in front; a key is found, and made, by its alias, or by its ARN alone. */
  readonly alias?: string | undefined;
  readonly arn?: string | undefined;
  /** Where a replica is wanted. */
  readonly replicaRegion?: string | undefined;
}

export interface KeyFacts {
  /** The key, or the one that a run left which was broken off before the alias. */
  readonly key: Seen<KeyMetadata | undefined>;
  /** Whether the alias leads to it; true where none is asked for. */
  readonly named: boolean;
  readonly rotation: Seen<boolean | undefined>;
  readonly policy: Seen<string | undefined>;
  /** The replica, and what its alias leads to. */
  readonly replica: Seen<KeyMetadata | undefined>;
  readonly replicaAlias: Seen<string | undefined>;
  /** As far as it can be told from here. */
  readonly account: string | undefined;
}

export const NOT_FOUND = 'NotFoundException';

/** The name of an alias as KMS has it. */
export function aliasName(name: string): string {
  return name.startsWith('alias/') ? name : `alias/${name}`;
}

/** By which a run finds the key of one that was broken off before it could give it its alias. */
export function descriptionFor(alias: string): string {
  return `Sealroom: wraps the data keys of a vault (${alias})`;
}

export async function lookAtKey(wish: KeyWish, context: SetupContext): Promise<KeyFacts> {
  const { region } = context.clients;
  const kms = context.clients.kms.of(regionOf(wish.arn) ?? region);
  const reference = wish.arn ?? wish.alias ?? '';
  const named = await describe(kms, reference, context);
  const search = wish.alias !== undefined && 'value' in named && named.value === undefined;
  const { key, account } = search ? await findLeft(kms, wish.alias, context) : { key: named, account: undefined };
  const metadata = 'value' in key ? key.value : undefined;
  const facts = { key, named: !search, account: metadata?.AWSAccountId ?? account };
  if (metadata === undefined) {
    return { ...facts, rotation: NOTHING, policy: NOTHING, replica: NOTHING, replicaAlias: NOTHING };
  }
  const rotation = await look(
    async () => (await kms.send(rotationOf(metadata), sendOptions(context))).KeyRotationEnabled,
    {
      action: 'kms:GetKeyRotationStatus',
      absent: ['UnsupportedOperationException', 'KMSInvalidStateException'],
      ...lookOptions(context),
    },
  );
  const policy = await look(async () => (await kms.send(policyOf(metadata), sendOptions(context))).Policy, {
    action: 'kms:GetKeyPolicy',
    ...lookOptions(context),
  });
  return { ...facts, rotation, policy, ...(await lookAtReplica(metadata, wish, context)) };
}

const rotationOf = ({ Arn }: KeyMetadata): GetKeyRotationStatusCommand =>
  new GetKeyRotationStatusCommand({ KeyId: Arn });
const policyOf = ({ Arn }: KeyMetadata): GetKeyPolicyCommand =>
  new GetKeyPolicyCommand({ KeyId: Arn, PolicyName: 'default' });

const lookOptions = ({
  signal,
}: SetupContext): { readonly thing: string; readonly signal: AbortSignal | undefined } => ({
  thing: 'the key',
  signal,
});

function regionOf(arn: string | undefined): string | undefined {
  return arn === undefined ? undefined : parseKmsArn(arn)?.region;
}

function describe(kms: KMSClient, id: string, context: SetupContext): Promise<Seen<KeyMetadata | undefined>> {
  return look(async () => (await kms.send(new DescribeKeyCommand({ KeyId: id }), sendOptions(context))).KeyMetadata, {
    action: 'kms:DescribeKey',
    absent: [NOT_FOUND],
    ...lookOptions(context),
  });
}

/**
 * The key of a run that was broken off between making the key and giving it its alias: one without an alias that is
 * described as such a run describes it.
 */
async function findLeft(
  kms: KMSClient,
  alias = '',
  context: SetupContext,
): Promise<{ readonly key: Seen<KeyMetadata | undefined>; readonly account: string | undefined }> {
  const aliases = await look(() => listAliases(kms, context), { action: 'kms:ListAliases', ...lookOptions(context) });
  if ('unseen' in aliases) return { key: aliases, account: undefined };
  // The aliases of AWS's own are in every account.
  const account = aliases.value?.map(({ arn }) => parseKmsArn(arn)?.account).find((found) => found !== undefined);
  const keys = await look(() => listKeys(kms, context), { action: 'kms:ListKeys', ...lookOptions(context) });
  if ('unseen' in keys) return { key: keys, account };
  const taken = new Set(aliases.value?.map(({ target }) => target));
  for (const id of keys.value ?? []) {
    if (taken.has(id)) continue;
    const found = await describe(kms, id, context);
    // One that may not be looked at is somebody else's.
    if ('unseen' in found || found.value?.Description !== descriptionFor(alias)) continue;
    if (found.value.KeyState === 'Enabled') return { key: found, account };
  }
  return { key: NOTHING, account };
}

async function listAliases(
  kms: KMSClient,
  context: SetupContext,
): Promise<{ arn: string; target: string | undefined }[]> {
  const found: { arn: string; target: string | undefined }[] = [];
  for (let marker: string | undefined; ;) {
    const page = await kms.send(new ListAliasesCommand({ Marker: marker }), sendOptions(context));
    for (const { AliasArn = '', TargetKeyId } of page.Aliases ?? []) found.push({ arn: AliasArn, target: TargetKeyId });
    if (page.Truncated !== true) return found;
    marker = page.NextMarker;
  }
}

async function listKeys(kms: KMSClient, context: SetupContext): Promise<string[]> {
  const found: string[] = [];
  for (let marker: string | undefined; ;) {
    const page = await kms.send(new ListKeysCommand({ Marker: marker }), sendOptions(context));
    for (const { KeyId = '' } of page.Keys ?? []) found.push(KeyId);
    if (page.Truncated !== true) return found;
    marker = page.NextMarker;
  }
}

async function lookAtReplica(
  key: KeyMetadata,
  { alias, replicaRegion }: KeyWish,
  context: SetupContext,
): Promise<Pick<KeyFacts, 'replica' | 'replicaAlias'>> {
  if (replicaRegion === undefined || key.MultiRegion !== true) return { replica: NOTHING, replicaAlias: NOTHING };
  const kms = context.clients.kms.of(replicaRegion);
  const replica = await describe(kms, key.KeyId ?? '', context);
  const named = alias === undefined ? NOTHING : await describe(kms, alias, context);
  return { replica, replicaAlias: 'unseen' in named ? named : { value: named.value?.KeyId } };
}
