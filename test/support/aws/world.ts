/** Worlds kept in S3, DynamoDB and KMS, or in what speaks their protocols here. */
import { randomBytes } from 'node:crypto';
import { after } from 'node:test';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { openS3Blobs } from '../../../src/blobs/s3.ts';
import { openDynamodbCatalog } from '../../../src/catalogs/dynamodb.ts';
import { awsKmsKeyring } from '../../../src/keyrings/aws-kms.ts';
import { withResumedReads } from '../../../src/with/retry.ts';
import type { MakeStores } from '../stores.ts';
import { newTable } from './dynamodb-table.ts';
import { KmsDouble, kmsClientsFor } from './kms-double.ts';
import { MirroredBlobs } from './mirrored-blobs.ts';
import { MirroredCatalog } from './mirrored-catalog.ts';
import { prefixedCatalog } from './prefixed-catalog.ts';
import { RawBucket } from './raw-bucket.ts';
import { RawTable } from './raw-table.ts';
import { newBucket } from './s3-bucket.ts';
import { dynamodbLocal, moto, required } from './servers.ts';

/** Starts the servers; they end with this process. All worlds share a bucket and a table, and none sees another. */
export async function startAwsStores(): Promise<MakeStores> {
  const [s3, dynamodb, double] = await Promise.all([
    required(moto(), 'moto'),
    required(dynamodbLocal(), 'DynamoDB Local'),
    KmsDouble.start(),
  ]);
  const { bucket, client: s3Client, pathStyle } = await newBucket(s3);
  const { table, client: dynamodbClient } = await newTable(dynamodb);
  const rawS3 = new S3Client({ ...s3, forcePathStyle: true });
  const rawDynamodb = new DynamoDBClient({ ...dynamodb });
  const kms = kmsClientsFor(double);
  // What a world opened goes with it: thousands of idle connections would be left otherwise.
  const forgotten = new FinalizationRegistry<() => void>((close) => close());
  after(async () => {
    rawS3.destroy();
    rawDynamodb.destroy();
    kms[Symbol.dispose]();
    await double[Symbol.asyncDispose]();
  });
  return ({ now, pageLimit }) => {
    const prefix = randomBytes(4).toString('hex');
    const store = openS3Blobs({ bucket, prefix, pathStyle, client: s3Client });
    const catalog = openDynamodbCatalog({ table, client: dynamodbClient, now });
    const raw = new RawBucket({ client: rawS3, bucket, prefix });
    const stores = {
      blobs: new MirroredBlobs(withResumedReads(store), raw),
      catalog: new MirroredCatalog({
        catalog: prefixedCatalog(catalog, `${prefix}/`),
        raw: new RawTable({ client: rawDynamodb, table, prefix: `${prefix}/` }),
        pageLimit,
      }),
      makeKeyring: () => awsKmsKeyring({ keyId: double.createKey().arn, clients: kms }),
      blobKeys: () => raw.keys(),
    };
    forgotten.register(stores.catalog, () => void catalog[Symbol.asyncDispose]());
    forgotten.register(stores.blobs, () => store[Symbol.dispose]());
    return stores;
  };
}
