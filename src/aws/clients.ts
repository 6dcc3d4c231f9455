/** The clients that setting up and examining take: all services, in one Region, and KMS in others too. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SealroomError } from '../errors.ts';
import { clientConfig } from './client-options.ts';
import type { AwsClientOptions } from './client-options.ts';
import { awsError, isRegionMissing } from './failure.ts';
import { KmsClients } from './kms-clients.ts';

export interface AwsClients extends Disposable {
  /** The Region of the bucket, of the table and of the key. */
  readonly region: string;
  readonly kms: KmsClients;
  readonly s3: S3Client;
  readonly dynamodb: DynamoDBClient;
}

/** Options of each service, where they are not alike. */
export interface AwsClientsOptions extends AwsClientOptions {
  readonly kms?: Pick<AwsClientOptions, 'endpoint' | 'credentials'> | undefined;
  readonly s3?: Pick<AwsClientOptions, 'endpoint' | 'credentials'> & { readonly pathStyle?: boolean | undefined };
  readonly dynamodb?: Pick<AwsClientOptions, 'endpoint' | 'credentials'> | undefined;
}

/**
 * Makes them; disposing them closes their connections.
 *
 * @throws SealroomError `usage` when no Region is named anywhere, `bad-configuration` when what is named is none
 */
export async function openAwsClients({ kms, s3, dynamodb, ...common }: AwsClientsOptions): Promise<AwsClients> {
  using scope = new DisposableStack();
  const { pathStyle, ...s3Options } = s3 ?? {};
  const s3Client = new S3Client({
    ...clientConfig({ ...common, ...s3Options }),
    ...(pathStyle !== undefined && { forcePathStyle: pathStyle }),
  });
  scope.defer(() => s3Client.destroy());
  const dynamodbClient = new DynamoDBClient(clientConfig({ ...common, ...dynamodb }));
  scope.defer(() => dynamodbClient.destroy());
  const { region: _, ...anyRegion } = common;
  const kmsClients = scope.use(new KmsClients({ ...anyRegion, ...kms }));
  const region = await dynamodbClient.config.region().catch((error: unknown) => {
    const named = awsError(error, { thing: 'the Region' });
    if (!isRegionMissing(error)) throw named;
    throw new SealroomError('usage', 'no Region is named: --region or AWS_REGION says which', { cause: named.cause });
  });
  const opened = scope.move();
  return {
    region,
    kms: kmsClients,
    s3: s3Client,
    dynamodb: dynamodbClient,
    [Symbol.dispose]: () => opened.dispose(),
  };
}
