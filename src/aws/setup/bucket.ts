/** The bucket that the encrypted bytes go to: what is there. */
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListBucketsCommand,
} from '@aws-sdk/client-s3';
import type {
  LifecycleRule,
  PublicAccessBlockConfiguration,
  TransitionDefaultMinimumObjectSize,
} from '@aws-sdk/client-s3';
import { awsError, failureOf } from '../failure.ts';
import { NOTHING, look } from './seen.ts';
import type { Seen } from './seen.ts';
import type { SetupContext } from './step.ts';
import { sendOptions } from '../send-options.ts';

export interface BucketWish {
  readonly bucket: string;
  /** Under which the blobs are; empty for none. */
  readonly prefix: string;
  /** Account that it must belong to, once it is known. */
  readonly account: string | undefined;
}

/** Where a bucket of this name is. */
export type Presence =
  | { readonly kind: 'absent' }
  | { readonly kind: 'here' }
  | { readonly kind: 'elsewhere'; readonly region: string }
  /** Another account's. */
  | { readonly kind: 'foreign' }
  /** Ours, and closed to whoever asks. */
  | { readonly kind: 'closed' }
  /** One of the two: it could not be found out which. */
  | { readonly kind: 'refused' };

export interface Lifecycle {
  readonly rules: readonly LifecycleRule[];
  readonly minimum: TransitionDefaultMinimumObjectSize | undefined;
}

export interface BucketFacts {
  readonly presence: Presence;
  readonly publicAccess: Seen<PublicAccessBlockConfiguration | undefined>;
  readonly ownership: Seen<string | undefined>;
  readonly versioning: Seen<string | undefined>;
  readonly lifecycle: Seen<Lifecycle | undefined>;
  readonly policy: Seen<string | undefined>;
  readonly encryption: Seen<string | undefined>;
}

const ABSENT = {
  publicAccess: NOTHING,
  ownership: NOTHING,
  versioning: NOTHING,
  lifecycle: NOTHING,
  policy: NOTHING,
  encryption: NOTHING,
} as const;

export async function lookAtBucket(wish: BucketWish, context: SetupContext): Promise<BucketFacts> {
  const presence = await presenceOf(wish, context);
  if (presence.kind !== 'here') return { presence, ...ABSENT };
  const { s3 } = context.clients;
  const at = addressOf(wish.bucket, wish.account);
  const options = sendOptions(context);
  const seen = <Value>(action: string, absent: string, call: () => Promise<Value>): Promise<Seen<Value | undefined>> =>
    look(call, { action, absent: [absent], thing: `the bucket ${wish.bucket}`, signal: context.signal });
  const [publicAccess, ownership, versioning, lifecycle, policy, encryption] = await Promise.all([
    seen('s3:GetBucketPublicAccessBlock', 'NoSuchPublicAccessBlockConfiguration', async () => {
      const answer = await s3.send(new GetPublicAccessBlockCommand(at), options);
      return answer.PublicAccessBlockConfiguration;
    }),
    seen('s3:GetBucketOwnershipControls', 'OwnershipControlsNotFoundError', async () => {
      const answer = await s3.send(new GetBucketOwnershipControlsCommand(at), options);
      return answer.OwnershipControls?.Rules?.[0]?.ObjectOwnership;
    }),
    seen('s3:GetBucketVersioning', '', async () => {
      const answer = await s3.send(new GetBucketVersioningCommand(at), options);
      return answer.Status;
    }),
    seen('s3:GetLifecycleConfiguration', 'NoSuchLifecycleConfiguration', () => getLifecycle(at, context)),
    seen('s3:GetBucketPolicy', 'NoSuchBucketPolicy', async () => {
      const answer = await s3.send(new GetBucketPolicyCommand(at), options);
      return answer.Policy;
    }),
    seen('s3:GetEncryptionConfiguration', 'ServerSideEncryptionConfigurationNotFoundError', async () => {
      const answer = await s3.send(new GetBucketEncryptionCommand(at), options);
      const [rule] = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
      return rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm;
    }),
  ]);
  return { presence, publicAccess, ownership, versioning, lifecycle, policy, encryption };
}

/** How a bucket is named in a request: with the account that it must be of, so that no other's is taken for it. */
export interface BucketAddress {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string;
}

export function addressOf(bucket: string, account: string | undefined): BucketAddress {
  return { Bucket: bucket, ...(account !== undefined && { ExpectedBucketOwner: account }) };
}

export async function getLifecycle(at: BucketAddress, context: SetupContext): Promise<Lifecycle> {
  const command = new GetBucketLifecycleConfigurationCommand(at);
  const answer = await context.clients.s3.send(command, sendOptions(context));
  return { rules: answer.Rules ?? [], minimum: answer.TransitionDefaultMinimumObjectSize };
}

async function presenceOf({ bucket, account }: BucketWish, context: SetupContext): Promise<Presence> {
  const { s3, region } = context.clients;
  try {
    const head = await s3.send(new HeadBucketCommand(addressOf(bucket, account)), sendOptions(context));
    const { BucketRegion: found = region } = head;
    return found === region ? { kind: 'here' } : { kind: 'elsewhere', region: found };
  } catch (error) {
    const { status } = failureOf(error);
    if (status === 404) return { kind: 'absent' };
    if (status === 301) return { kind: 'elsewhere', region: redirectRegion(error) };
    if (status !== 403) throw awsError(error, { thing: `the bucket ${bucket}`, signal: context.signal });
  }
  // S3 says no more to whom it refuses; whether a bucket is among one's own, another call tells.
  const own = await look(() => s3.send(new ListBucketsCommand({ Prefix: bucket }), sendOptions(context)), {
    action: 's3:ListAllMyBuckets',
    thing: 'the list of buckets',
    signal: context.signal,
  });
  if ('unseen' in own) return { kind: 'refused' };
  return { kind: own.value?.Buckets?.some(({ Name }) => Name === bucket) ? 'closed' : 'foreign' };
}

function redirectRegion(error: unknown): string {
  const response: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, '$response') : undefined;
  const headers: unknown = typeof response === 'object' && response !== null ? Reflect.get(response, 'headers') : {};
  const region: unknown = Reflect.get(Object(headers), 'x-amz-bucket-region');
  return typeof region === 'string' ? region : 'another Region';
}
