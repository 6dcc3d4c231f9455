/** The bucket that the encrypted bytes go to: what is to be done about it. */
import {
  CreateBucketCommand,
  GetBucketPolicyCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import type { BucketLocationConstraint, PublicAccessBlockConfiguration } from '@aws-sdk/client-s3';
import { SealroomError } from '../../errors.ts';
import { failureOf } from '../failure.ts';
import { partitionOf } from '../partition.ts';
import { addressOf, getLifecycle } from './bucket.ts';
import type { BucketAddress, BucketFacts, BucketWish, Lifecycle, Presence } from './bucket.ts';
import { NONCURRENT_DAYS, UPLOAD_DAYS, harmfulRules, hasOwnRule, withOwnRule } from './lifecycle.ts';
import { says, statementsOf, withStatement } from './policy-document.ts';
import type { Statement } from './policy-document.ts';
import type { Seen } from './seen.ts';
import { NOTHING_TO_DO, notSeen } from './step.ts';
import type { Change, Made, SetupContext, Step } from './step.ts';
import { onceKnown } from './wait.ts';
import { sendOptions } from '../send-options.ts';

/** Changes of one bucket that come together are refused for a moment; and not all of S3 knows a new bucket at once. */
const NOT_YET = ['OperationAborted', 'NoSuchBucket'];

export const NO_PUBLIC_ACCESS: Required<PublicAccessBlockConfiguration> = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

/** Refuses every call that does not come over TLS, whoever makes it. */
export function tlsOnly(bucket: string, region: string): Statement & { readonly Sid: string } {
  const arn = `arn:${partitionOf(region)}:s3:::${bucket}`;
  return {
    Sid: 'SealroomTlsOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [arn, `${arn}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}

/** What is to be done about the bucket, and in which order. */
export function planBucket(facts: BucketFacts, wish: BucketWish, region: string): Step[] {
  const bucket = bucketStep(facts.presence, wish, region);
  const there = facts.presence.kind === 'here';
  if (!there && facts.presence.kind !== 'absent') return [bucket];
  const subject = { ...wish, there };
  return [
    bucket,
    publicAccessStep(facts, subject),
    ownershipStep(facts, subject),
    versioningStep(facts, subject),
    lifecycleStep(facts, subject),
    policyStep(facts, subject, region),
    encryptionStep(facts, subject),
  ];
}

interface Subject extends BucketWish {
  /** False while it is still to be made. */
  readonly there: boolean;
}

function bucketStep(presence: Presence, { bucket, account }: BucketWish, region: string): Step {
  const step = { name: 'bucket', purpose: 'Keeps the encrypted bytes.', lack: 'fault' } as const;
  const stuck = (found: string, mend: string, code: SealroomError['code'] = 'access-denied'): Step => ({
    ...step,
    found,
    todo: { kind: 'stuck', code, mend },
  });
  switch (presence.kind) {
    case 'here': {
      return {
        ...step,
        found: `${bucket} in ${region}${account === undefined ? '' : `, of ${account}`}`,
        todo: NOTHING_TO_DO,
      };
    }
    case 'absent': {
      const make = (_made: Made, context: SetupContext): Promise<void> => createBucket(bucket, context);
      const todo = { kind: 'change', does: `make it in ${region}`, action: 's3:CreateBucket', make } as const;
      return { ...step, found: 'there is none', todo };
    }
    case 'elsewhere': {
      const mend = `Name that Region with --region, or another bucket.`;
      return stuck(`${bucket} is in ${presence.region}, not in ${region}`, mend, 'bad-configuration');
    }
    case 'foreign': {
      const mend = 'Names of buckets are shared by all accounts: name another one.';
      return stuck(`${bucket} belongs to another account`, mend);
    }
    case 'closed': {
      const mend = `Have s3:ListBucket on it allowed to whoever runs this.`;
      return stuck(`${bucket} is of this account, and may not be looked at`, mend);
    }
    case 'refused': {
      const mend = 'Name another bucket; if it is your own, have s3:ListBucket on it allowed.';
      return stuck(`${bucket} belongs to another account, or may not be looked at`, mend);
    }
    default: {
      return presence satisfies never;
    }
  }
}

/** The SDK lists the Regions of its day; S3 takes those of its own. */
function locationOf(region: string): BucketLocationConstraint {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return region as BucketLocationConstraint;
}

async function createBucket(bucket: string, context: SetupContext): Promise<void> {
  const { s3, region } = context.clients;
  const command = new CreateBucketCommand({
    Bucket: bucket,
    ObjectOwnership: 'BucketOwnerEnforced',
    // The first Region has no name here: S3 refuses it.
    ...(region !== 'us-east-1' && { CreateBucketConfiguration: { LocationConstraint: locationOf(region) } }),
  });
  try {
    await s3.send(command, sendOptions(context));
  } catch (error) {
    const { name } = failureOf(error);
    // An earlier try, of which the answer was lost.
    if (name === 'BucketAlreadyOwnedByYou') return;
    if (name !== 'BucketAlreadyExists') throw error;
    throw new SealroomError('access-denied', `the bucket ${bucket} belongs to another account: name another one`);
  }
}

/** A step about one setting of the bucket, from what was seen of it. */
function setting<Value>(
  seen: Seen<Value>,
  step: Pick<Step, 'name' | 'purpose' | 'lack'>,
  of: (value: Value) => Pick<Step, 'found' | 'todo'>,
): Step {
  if ('unseen' in seen) return { ...step, ...notSeen(seen.unseen) };
  return { ...step, ...of(seen.value) };
}

/** @param make gets the bucket with its owner, who is known by now */
function change(
  { bucket, account: known, there }: Subject,
  { does, action }: Pick<Change, 'does' | 'action'>,
  make: (at: BucketAddress, context: SetupContext) => Promise<unknown>,
): Change {
  return {
    kind: 'change',
    does,
    action,
    // Until it is known whose account this is, a bucket that is there may be anybody's: the key's answer tells.
    needs: [known === undefined && there ? 'key' : 'bucket'],
    make: async ({ account }: Made, context) => {
      const at = addressOf(bucket, account ?? known);
      await onceKnown(() => make(at, context), NOT_YET, context);
    },
  };
}

function publicAccessStep({ publicAccess }: BucketFacts, wish: Subject): Step {
  const purpose = 'No setting of the bucket or of an object opens it to everybody.';
  return setting(publicAccess, { name: 'bucket public access', purpose, lack: 'fault' }, (value = {}) => {
    const open = Object.keys(NO_PUBLIC_ACCESS).filter((name) => Reflect.get(value, name) !== true);
    if (open.length === 0) return { found: 'blocked', todo: NOTHING_TO_DO };
    const found = open.length === 4 ? 'not blocked' : `not all of it is blocked: ${open.join(', ')}`;
    const todo = change(wish, { does: 'block it', action: 's3:PutBucketPublicAccessBlock' }, (at, context) =>
      context.clients.s3.send(
        new PutPublicAccessBlockCommand({ ...at, PublicAccessBlockConfiguration: NO_PUBLIC_ACCESS }),
        sendOptions(context),
      ),
    );
    return { found, todo };
  });
}

function ownershipStep({ ownership }: BucketFacts, wish: Subject): Step {
  const purpose = 'Policies alone say who may do what: access lists of objects count for nothing.';
  return setting(ownership, { name: 'bucket ownership', purpose, lack: 'warning' }, (value) => {
    if (value === 'BucketOwnerEnforced') return { found: 'access lists are off', todo: NOTHING_TO_DO };
    const does = 'turn access lists off';
    const todo = change(wish, { does, action: 's3:PutBucketOwnershipControls' }, (at, context) =>
      context.clients.s3.send(
        new PutBucketOwnershipControlsCommand({
          ...at,
          OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        }),
        sendOptions(context),
      ),
    );
    return { found: value === undefined ? 'access lists are on' : `${value}: access lists are on`, todo };
  });
}

function versioningStep({ versioning }: BucketFacts, wish: Subject): Step {
  const purpose = `What was removed or replaced by mistake can be brought back for ${NONCURRENT_DAYS} days.`;
  return setting(versioning, { name: 'bucket versioning', purpose, lack: 'warning' }, (value) => {
    if (value === 'Enabled') return { found: 'on', todo: NOTHING_TO_DO };
    const todo = change(wish, { does: 'turn it on', action: 's3:PutBucketVersioning' }, (at, context) =>
      context.clients.s3.send(
        new PutBucketVersioningCommand({ ...at, VersioningConfiguration: { Status: 'Enabled' } }),
        sendOptions(context),
      ),
    );
    return { found: 'off', todo };
  });
}

function lifecycleStep({ lifecycle }: BucketFacts, wish: Subject): Step {
  const purpose =
    `Old versions go after ${NONCURRENT_DAYS} days, parts of uploads that nobody finished after ${UPLOAD_DAYS}: ` +
    'longer than the longest upload takes.';
  return setting(lifecycle, { name: 'bucket lifecycle', purpose, lack: 'warning' }, (value) => {
    const rules = value?.rules ?? [];
    const harmful = harmfulRules(rules, wish.prefix);
    if (harmful.length > 0) {
      const mend = 'Take them away, or have them leave out what the vault keeps: every file would be lost.';
      const found = `rules that take away, or archive, what the vault keeps: ${harmful.join(', ')}`;
      return { found, todo: { kind: 'stuck', code: 'bad-configuration', mend } };
    }
    if (hasOwnRule(rules)) return { found: 'as wanted', todo: NOTHING_TO_DO };
    const others = rules.length === 0 ? 'no rules' : `${rules.length} of others' rules`;
    const does = `add a rule${rules.length === 0 ? '' : ' to them'}`;
    const todo = change(wish, { does, action: 's3:PutLifecycleConfiguration' }, addRule);
    return { found: others, todo };
  });
}

async function addRule(at: BucketAddress, context: SetupContext): Promise<void> {
  // Read again: what others wrote meanwhile stays, too.
  const { rules, minimum } = await getLifecycle(at, context).catch((error: unknown): Lifecycle => {
    if (failureOf(error).name !== 'NoSuchLifecycleConfiguration') throw error;
    return { rules: [], minimum: undefined };
  });
  await context.clients.s3.send(
    new PutBucketLifecycleConfigurationCommand({
      ...at,
      LifecycleConfiguration: { Rules: withOwnRule(rules) },
      ...(minimum !== undefined && { TransitionDefaultMinimumObjectSize: minimum }),
    }),
    sendOptions(context),
  );
}

function policyStep({ policy }: BucketFacts, wish: Subject, region: string): Step {
  const purpose = 'Calls come over TLS or not at all.';
  return setting(policy, { name: 'bucket policy', purpose, lack: 'warning' }, (value) => {
    const statement = tlsOnly(wish.bucket, region);
    if (value !== undefined && statementsOf(value) === undefined) {
      const mend = 'Mend the policy of the bucket by hand.';
      return { found: 'it cannot be read', todo: { kind: 'stuck', code: 'bad-configuration', mend } };
    }
    if (value !== undefined && says(value, statement)) return { found: 'TLS only', todo: NOTHING_TO_DO };
    const does = value === undefined ? 'refuse calls without TLS' : 'refuse calls without TLS, by a statement more';
    const todo = change(wish, { does, action: 's3:PutBucketPolicy' }, (at, context) =>
      addStatement(at, statement, context),
    );
    return { found: value === undefined ? 'there is none' : "others' statements, none about TLS", todo };
  });
}

async function addStatement(
  at: BucketAddress,
  statement: ReturnType<typeof tlsOnly>,
  context: SetupContext,
): Promise<void> {
  const { s3 } = context.clients;
  const { Policy: policy } = await s3
    .send(new GetBucketPolicyCommand(at), sendOptions(context))
    .catch((error: unknown): { Policy?: string } => {
      if (failureOf(error).name !== 'NoSuchBucketPolicy') throw error;
      return {};
    });
  const command = new PutBucketPolicyCommand({ ...at, Policy: withStatement(policy, statement) });
  await s3.send(command, sendOptions(context));
}

function encryptionStep({ encryption }: BucketFacts, wish: Subject): Step {
  const purpose =
    'S3 encrypts what it stores, too: what lies there is sealed already, and rules of a house may ask for it.';
  return setting(encryption, { name: 'bucket encryption', purpose, lack: 'warning' }, (value) => {
    // Any other that somebody chose is one, too.
    if (value !== undefined) return { found: value, todo: NOTHING_TO_DO };
    const todo = change(wish, { does: 'turn it on (SSE-S3)', action: 's3:PutEncryptionConfiguration' }, (at, context) =>
      context.clients.s3.send(
        new PutBucketEncryptionCommand({
          ...at,
          ServerSideEncryptionConfiguration: {
            Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
          },
        }),
        sendOptions(context),
      ),
    );
    return { found: 'off', todo };
  });
}
