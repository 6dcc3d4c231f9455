/** The settings of what a vault on AWS is made of, and the way there. */
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import type { Finding } from '../../finding.ts';
import { keyArn } from '../../message/kms-arn.ts';
import type { CallOptions } from '../../ports.ts';
import type { AwsClients } from '../clients.ts';
import { lookAtBucket } from '../setup/bucket.ts';
import { planBucket } from '../setup/bucket-steps.ts';
import { lookAtKey } from '../setup/key.ts';
import { planKey } from '../setup/key-steps.ts';
import { setupContext } from '../setup/plan.ts';
import { lookAtTable, planTable } from '../setup/table.ts';
import { clockFinding, watchClock } from './clock.ts';
import { findingsOf } from './findings.ts';
import { sendOptions } from '../send-options.ts';

export interface BucketPlace {
  readonly bucket: string;
  readonly prefix: string;
  readonly owner: string | undefined;
}

export interface AwsExamination extends CallOptions {
  /** Of the Region of what is examined. */
  readonly clients: AwsClients;
}

/** @param arn of a key that a vault uses */
export async function examineKey(arn: string, { clients, signal }: AwsExamination): Promise<Finding[]> {
  return findingsOf(planKey(await lookAtKey({ arn }, setupContext(clients, { signal })), { arn }));
}

export async function examineBucket(
  { bucket, prefix, owner }: BucketPlace,
  { clients, signal }: AwsExamination,
): Promise<Finding[]> {
  const wish = { bucket, prefix, account: owner };
  return findingsOf(planBucket(await lookAtBucket(wish, setupContext(clients, { signal })), wish, clients.region));
}

export async function examineTable(table: string, { clients, signal }: AwsExamination): Promise<Finding[]> {
  return findingsOf(planTable(await lookAtTable(table, setupContext(clients, { signal })), table));
}

/** What to ask for the time of: any of them, whose answer need not be a good one. */
export interface ClockSource {
  readonly bucket?: string | undefined;
  readonly table?: string | undefined;
  readonly key?: string | undefined;
}

/** The clock of this machine; undefined when AWS did not answer. */
export async function examineClock(
  { bucket, table, key }: ClockSource,
  { clients, signal }: AwsExamination,
): Promise<Finding | undefined> {
  const options = sendOptions({ signal });
  const { s3, dynamodb, kms } = clients;
  const asked = async (): Promise<number | undefined> => {
    if (bucket !== undefined) {
      using watch = watchClock(s3);
      await s3.send(new HeadBucketCommand({ Bucket: bucket }), options).catch(() => undefined);
      return watch.ahead();
    }
    if (table !== undefined) {
      using watch = watchClock(dynamodb);
      await dynamodb.send(new DescribeTableCommand({ TableName: table }), options).catch(() => undefined);
      return watch.ahead();
    }
    if (key === undefined) return undefined;
    const client = kms.of(keyArn(key).region);
    using watch = watchClock(client);
    await client.send(new DescribeKeyCommand({ KeyId: key }), options).catch(() => undefined);
    return watch.ahead();
  };
  const ahead = await asked();
  return ahead === undefined ? undefined : clockFinding(ahead);
}
