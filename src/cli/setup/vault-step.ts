/** The last step of a set-up: the vault in what was set up, and its configuration in a folder. */
import { parseKmsArn } from '../../message/kms-arn.ts';
import type { Wish } from '../../aws/setup/plan.ts';
import type { Made, Step } from '../../aws/setup/step.ts';
import { initVault } from '../../compose/init.ts';
import type { ComposeOptions } from '../../compose/open.ts';
import { loadConfig } from '../../config/config.ts';
import type { Config } from '../../config/config.ts';
import { SealroomError, isSealroomError } from '../../errors.ts';
import { parseKeySpec } from '../../specs/key-spec.ts';
import type { S3Spec } from '../../specs/store-spec.ts';

export interface VaultWish extends Pick<Wish, 'bucket' | 'table'> {
  /** Where `sealroom.json` is, or is to be. */
  readonly folder: string;
  readonly region: string;
}

/** The configuration of the vault in a folder; undefined where there is none. */
export async function configOf(folder: string): Promise<Config | undefined> {
  try {
    return await loadConfig(folder);
  } catch (error) {
    if (isSealroomError(error, 'no-vault')) return undefined;
    throw error;
  }
}

/** @param earlier names of all steps before: a vault is made in what is whole */
export function vaultStep(
  config: Config | undefined,
  wish: VaultWish,
  {
    made,
    earlier,
    options,
  }: { readonly made: Made; readonly earlier: readonly string[]; readonly options: ComposeOptions },
): Step {
  const { folder, table } = wish;
  const step = {
    name: 'vault',
    purpose:
      'Its keys are made and go into the table, sealed; sealroom.json says where everything is. Keep a copy of it.',
    lack: 'fault',
  } as const;
  if (config === undefined) {
    return {
      ...step,
      found: `there is none in ${folder}`,
      todo: {
        kind: 'change',
        does: 'make it',
        action: 'kms:GenerateDataKey',
        needs: earlier,
        make: (known) => makeVault(wish, known, options),
      },
    };
  }
  const different = differences(config, wish, made);
  if (different.length === 0) return { ...step, found: `${config.id} in ${folder}`, todo: { kind: 'nothing' } };
  return {
    ...step,
    found: `the vault in ${folder} is made of something else than the ${different.join(' and the ')} that are named`,
    todo: {
      kind: 'stuck',
      code: 'exists',
      mend: `Name what it is made of, or another folder with --vault; ${table} stays as it is.`,
    },
  };
}

/** What of a configuration is not what was named. */
function differences({ keys, blobs, catalog }: Config, { bucket, table }: VaultWish, { keyArn }: Made): string[] {
  const key = parseKmsArn(keyArn ?? '');
  const sameKey = keys.some((spec) => spec.scheme === 'aws-kms' && parseKmsArn(spec.keyId)?.id === key?.id);
  return [
    ...(sameKey && key !== undefined ? [] : ['key']),
    ...(blobs.kind === 's3' && blobs.bucket === bucket ? [] : ['bucket']),
    ...(catalog.kind === 'dynamodb' && catalog.table === table ? [] : ['table']),
  ];
}

async function makeVault(
  { folder, region, bucket, table }: VaultWish,
  { keyArn, account }: Made,
  options: ComposeOptions,
): Promise<void> {
  const blobs: S3Spec = {
    kind: 's3',
    bucket,
    prefix: '',
    region,
    owner: account,
    pathStyle: false,
    partSize: undefined,
    parts: undefined,
  };
  try {
    await initVault(folder, {
      ...options,
      keys: [parseKeySpec(`aws-kms:${keyArn}`)],
      blobs,
      catalog: { kind: 'dynamodb', table, region },
    });
  } catch (error) {
    // A plan takes what has no name for an answer of AWS's.
    if (!isSealroomError(error))
      throw new SealroomError('unexpected', 'the vault: an unexpected error', { cause: error });
    if (error.code !== 'exists' || error.message.includes(folder)) throw error;
    throw new SealroomError(
      'exists',
      `the table ${table} holds a vault already: bring its sealroom.json into ${folder}, or name another table`,
      { cause: error },
    );
  }
}
