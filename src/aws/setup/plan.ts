/** Looking at an account: what a vault needs there, what is there, and what is to be done. */
import type { CallOptions } from '../../ports.ts';
import type { AwsClients } from '../clients.ts';
import { lookAtBucket } from './bucket.ts';
import { planBucket } from './bucket-steps.ts';
import { aliasName, lookAtKey } from './key.ts';
import { planKey } from './key-steps.ts';
import { accountOfTable, lookAtTable, planTable } from './table.ts';
import type { Made, Patience, SetupContext, Step } from './step.ts';

/** What a vault is to be made of. */
export interface Wish {
  readonly bucket: string;
  readonly table: string;
  /** Alias of the key, with or without `alias/`. */
  readonly alias: string;
  /** Region of a replica of the key; none unless given. */
  readonly replicaRegion?: string | undefined;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** What is there already, and later steps have to know. */
  readonly made: Made;
}

const PATIENCE: Patience = { looks: 60, milliseconds: 1000 };

export function setupContext(
  clients: AwsClients,
  { patience = PATIENCE, signal }: CallOptions & { readonly patience?: Patience | undefined } = {},
): SetupContext {
  return { clients, patience, signal };
}

/** Looks at everything, and changes nothing. */
export async function planSetup(wish: Wish, context: SetupContext): Promise<Plan> {
  const { region } = context.clients;
  const keyWish = { alias: aliasName(wish.alias), replicaRegion: wish.replicaRegion };
  const key = await lookAtKey(keyWish, context);
  const table = await lookAtTable(wish.table, context);
  const account = key.account ?? accountOfTable(table);
  const bucketWish = { bucket: wish.bucket, prefix: '', account };
  const bucket = await lookAtBucket(bucketWish, context);
  return {
    steps: [...planKey(key, keyWish), ...planBucket(bucket, bucketWish, region), ...planTable(table, wish.table)],
    made: { account, keyArn: 'value' in key.key ? key.key.value?.Arn : undefined },
  };
}
