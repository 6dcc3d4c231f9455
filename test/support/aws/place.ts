/** Places for vaults on S3, DynamoDB and KMS: for this process, and as specifications and variables for others. */
import type { TestContext } from 'node:test';
import type { AwsClientOptions } from '../../../src/aws/client-options.ts';
import { KmsClients } from '../../../src/aws/kms-clients.ts';
import { openS3Blobs } from '../../../src/blobs/s3.ts';
import type { S3BlobsOptions } from '../../../src/blobs/s3.ts';
import { openDynamodbCatalog } from '../../../src/catalogs/dynamodb.ts';
import { awsKmsKeyring } from '../../../src/keyrings/aws-kms.ts';
import { checkVault } from '../../../src/testing/check.ts';
import type { VaultPorts } from '../../../src/vault/vault.ts';
import { withResumedReads } from '../../../src/with/retry.ts';
import { newTable } from './dynamodb-table.ts';
import type { TestTable } from './dynamodb-table.ts';
import { KmsDouble } from './kms-double.ts';
import { newBucket } from './s3-bucket.ts';
import type { TestBucket } from './s3-bucket.ts';
import { dynamodbLocal, leftOut, moto } from './servers.ts';
import type { AwsServer } from './servers.ts';

export interface AwsServers {
  readonly s3: AwsServer;
  readonly dynamodb: AwsServer;
  readonly kms: KmsDouble;
}

/** What speaks the three protocols here; undefined when some of it is not installed, which the test then says. */
export async function startAwsServers(t: TestContext): Promise<(AwsServers & AsyncDisposable) | undefined> {
  const [s3, dynamodb] = await Promise.all([moto(), dynamodbLocal()]);
  if (leftOut(t, s3, 'moto') || leftOut(t, dynamodb, 'DynamoDB Local')) return undefined;
  const kms = await KmsDouble.start();
  return { s3, dynamodb, kms, [Symbol.asyncDispose]: () => kms[Symbol.asyncDispose]() };
}

const PREFIX = 'vault';

/** A bucket, a table and a key that are nobody else's. */
export interface AwsPlace extends AsyncDisposable {
  readonly servers: AwsServers;
  readonly bucket: TestBucket;
  readonly table: TestTable;
  /** ARN of the key. */
  readonly arn: string;
  /** Specifications of the same. */
  readonly key: string;
  readonly blobs: string;
  readonly catalog: string;
  /** By which the SDK of another process finds them. */
  readonly variables: Readonly<Record<string, string>>;
}

export async function newAwsPlace({ s3, dynamodb, kms }: AwsServers): Promise<AwsPlace> {
  await using scope = new AsyncDisposableStack();
  const bucket = scope.use(await newBucket(s3));
  const table = scope.use(await newTable(dynamodb));
  const { arn } = kms.createKey();
  const { credentials, region } = s3;
  const variables = {
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: region,
  };
  const made = scope.move();
  return {
    servers: { s3, dynamodb, kms },
    bucket,
    table,
    arn,
    key: `aws-kms:${arn}`,
    blobs: `s3:${bucket.bucket}/${PREFIX}?path-style=true`,
    catalog: `dynamodb:${table.table}`,
    variables,
    [Symbol.asyncDispose]: () => made.disposeAsync(),
  };
}

/** How the stores of a place are asked. */
export interface AskingOptions {
  /** Other addresses, such as those of proxies. */
  readonly endpoints?: { readonly s3: string; readonly dynamodb: string; readonly kms: string } | undefined;
  readonly tries?: Pick<AwsClientOptions, 'maxAttempts' | 'silenceTimeout'> | undefined;
  readonly blobs?: Pick<S3BlobsOptions, 'partSize' | 'parts'> | undefined;
}

/** The ports of a vault there, as a configuration that names the place would open them. */
export function openPlace(
  { servers, bucket, table, arn }: AwsPlace,
  { endpoints, tries, blobs: blobsOptions }: AskingOptions = {},
): VaultPorts & AsyncDisposable {
  const scope = new AsyncDisposableStack();
  const { credentials, region } = servers.s3;
  const client = { credentials, region, ...tries };
  const clients = scope.use(
    new KmsClients({ credentials, ...tries, endpoint: endpoints?.kms ?? servers.kms.endpoint }),
  );
  const s3 = scope.use(
    openS3Blobs({
      bucket: bucket.bucket,
      prefix: PREFIX,
      pathStyle: true,
      client: { ...client, endpoint: endpoints?.s3 ?? servers.s3.endpoint },
      ...blobsOptions,
    }),
  );
  const dynamodb = { ...client, endpoint: endpoints?.dynamodb ?? servers.dynamodb.endpoint };
  return {
    keyring: awsKmsKeyring({ keyId: arn, clients }),
    blobs: withResumedReads(s3),
    catalog: scope.use(openDynamodbCatalog({ table: table.table, client: dynamodb })),
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}

/** Keys of all blobs there, unfinished ones included. */
export async function blobKeysOf({ bucket }: AwsPlace): Promise<string[]> {
  return (await bucket.keys()).map((key) => key.slice(PREFIX.length + 1));
}

/** The invariant, over what is there. Nobody else may use the vault meanwhile. */
export async function checkPlace(
  place: AwsPlace,
  vault: { readonly id: string; readonly pins: readonly string[] },
): Promise<void> {
  await using ports = openPlace(place);
  const { keyring, blobs, catalog } = ports;
  const { id, pins } = vault;
  await checkVault({ id, pins, keyring, blobs, catalog, blobKeys: () => blobKeysOf(place) });
}
