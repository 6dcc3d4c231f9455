/** The least that IAM has to allow to whoever uses a vault: what each of three roles calls, and nothing else. */
import { partitionOf } from './partition.ts';

/** What a vault is made of, as far as permissions go. */
export interface PolicySubject {
  /** Id of the vault: the key is used for nothing else. */
  readonly vault: string;
  /** ARNs of its keys, replicas among them. */
  readonly keys: readonly string[];
  readonly bucket: string;
  /** What the keys of blobs begin with, without a slash at either end; empty for none. */
  readonly prefix: string;
  readonly table: string;
  readonly region: string;
  readonly account: string;
}

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/**
 * - `reader` lists, reads and verifies files. Nothing is written for it.
 * - `writer` does everything with files, tenants, tokens and links, and sweeps. A service is one.
 * - `operator` does that, moves files to other keys, and may look at all that an examination looks at. It changes no
 *   setting, and deletes neither key, bucket, table nor old versions of objects.
 */
export type PolicyRole = 'reader' | 'writer' | 'operator';

export const POLICY_ROLES: readonly PolicyRole[] = ['reader', 'writer', 'operator'];

interface Permissions {
  /** On the key, under the context of the vault. */
  readonly key: readonly string[];
  /** On the key, whatever the context: calls that have none. */
  readonly keySettings: readonly string[];
  readonly objects: readonly string[];
  readonly bucket: readonly string[];
  readonly table: readonly string[];
}

const reader: Permissions = {
  key: ['kms:Decrypt'],
  keySettings: [],
  objects: ['s3:GetObject'],
  // Without it, S3 answers 403 in place of 404 where an object is absent.
  bucket: ['s3:ListBucket'],
  table: ['dynamodb:GetItem', 'dynamodb:Query'],
};

const writer: Permissions = {
  // Encrypt is for a vault with several keys: the first makes data keys, the others encrypt them.
  key: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'],
  keySettings: [],
  objects: [
    's3:AbortMultipartUpload',
    // Of the current version only: what was removed can be brought back until the lifecycle rule takes it.
    's3:DeleteObject',
    's3:GetObject',
    's3:PutObject',
  ],
  // What an unfinished put left is found by its key.
  bucket: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
  // A transaction is allowed by what it consists of.
  table: [
    'dynamodb:ConditionCheckItem',
    'dynamodb:DeleteItem',
    'dynamodb:GetItem',
    'dynamodb:PutItem',
    'dynamodb:Query',
  ],
};

const operator: Permissions = {
  key: [...writer.key, 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
  keySettings: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus'],
  objects: writer.objects,
  bucket: [
    's3:GetBucketOwnershipControls',
    's3:GetBucketPolicy',
    's3:GetBucketPublicAccessBlock',
    's3:GetBucketVersioning',
    's3:GetEncryptionConfiguration',
    's3:GetLifecycleConfiguration',
    ...writer.bucket,
  ],
  table: [
    'dynamodb:DescribeContinuousBackups',
    'dynamodb:DescribeTable',
    'dynamodb:DescribeTimeToLive',
    ...writer.table,
  ],
};

const roles: Readonly<Record<PolicyRole, Permissions>> = { reader, writer, operator };

/** The policy of a role, to be attached to whoever has it. */
export function policyOf(role: PolicyRole, subject: PolicySubject): PolicyDocument {
  const { vault, keys, bucket, prefix, table, region, account } = subject;
  const permissions = roles[role];
  const partition = partitionOf(region);
  const bucketArn = `arn:${partition}:s3:::${bucket}`;
  const objects = `${bucketArn}/${prefix === '' ? '' : `${prefix}/`}*`;
  const tableArn = `arn:${partition}:dynamodb:${region}:${account}:table/${table}`;
  const statements: PolicyStatement[] = [
    {
      ...allow('Keys', permissions.key, keys),
      Condition: { StringEquals: { 'kms:EncryptionContext:sealroom:vault': vault } },
    },
    allow('KeySettings', permissions.keySettings, keys),
    allow('Objects', permissions.objects, [objects]),
    allow('Bucket', permissions.bucket, [bucketArn]),
    allow('Table', permissions.table, [tableArn]),
  ];
  return { Version: '2012-10-17', Statement: statements.filter(({ Action }) => Action.length > 0) };
}

function allow(sid: string, actions: readonly string[], resources: readonly string[]): PolicyStatement {
  return { Sid: sid, Effect: 'Allow', Action: actions, Resource: resources };
}

/** The policies of all roles. */
export function policiesOf(subject: PolicySubject): Readonly<Record<PolicyRole, PolicyDocument>> {
  return {
    reader: policyOf('reader', subject),
    writer: policyOf('writer', subject),
    operator: policyOf('operator', subject),
  };
}
