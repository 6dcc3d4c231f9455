/** A DynamoDB table for one test. */
import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { clientConfig } from '../../../src/aws/client-options.ts';
import type { AwsClientOptions } from '../../../src/aws/client-options.ts';
import type { AwsServer } from './servers.ts';

export interface TestTable extends AsyncDisposable {
  readonly table: string;
  readonly client: AwsClientOptions;
}

/** Makes a table of the catalog's shape under a name that nobody had before. It goes when it is disposed. */
export async function newTable({ endpoint, credentials, region }: AwsServer): Promise<TestTable> {
  const client: AwsClientOptions = { endpoint, credentials, region };
  const table = `sealroom-test-${randomUUID()}`;
  await withClient(client, async (dynamodb) => {
    await dynamodb.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['p', 's'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
        KeySchema: [
          { AttributeName: 'p', KeyType: 'HASH' },
          { AttributeName: 's', KeyType: 'RANGE' },
        ],
      }),
    );
    await waitUntilTableExists({ client: dynamodb, maxWaitTime: 120, minDelay: 1 }, { TableName: table });
  });
  return {
    table,
    client,
    [Symbol.asyncDispose]: () =>
      withClient(client, async (dynamodb) => {
        await dynamodb.send(new DeleteTableCommand({ TableName: table }));
      }),
  };
}

/** Lends a client of the SDK for one call. */
async function withClient<T>(options: AwsClientOptions, use: (dynamodb: DynamoDBClient) => Promise<T>): Promise<T> {
  const dynamodb = new DynamoDBClient(clientConfig(options));
  try {
    return await use(dynamodb);
  } finally {
    dynamodb.destroy();
  }
}
