/** The demonstration application of KMS, S3 and DynamoDB that is widely copied: what it leaves, and how it does that. */
import { createCipheriv, randomUUID } from 'node:crypto';
import { EncryptCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { openBucket } from '../../src/import/bucket.ts';
import { importDemo } from '../../src/import/demo/import.ts';
import type { DemoResult, ImportDemoOptions } from '../../src/import/demo/import.ts';
import { openDemoTable } from '../../src/import/demo/items.ts';
import { KmsDouble, kmsClientsFor } from '../support/aws/kms-double.ts';
import type { DoubleKey } from '../support/aws/kms-double.ts';
import type { AwsServer } from '../support/aws/servers.ts';
import { Originals } from './originals.ts';

export class DemoApplication implements AsyncDisposable {
  readonly originals: Originals;
  readonly kms: KmsDouble;
  readonly key: DoubleKey;
  readonly table: string;
  readonly dynamodb: DynamoDBClient;
  readonly #scope: AsyncDisposableStack;

  private constructor(
    made: Pick<DemoApplication, 'originals' | 'kms' | 'key' | 'table' | 'dynamodb'>,
    scope: AsyncDisposableStack,
  ) {
    ({ originals: this.originals, kms: this.kms, key: this.key } = made);
    ({ table: this.table, dynamodb: this.dynamodb } = made);
    this.#scope = scope;
  }

  static async make(server: AwsServer): Promise<DemoApplication> {
    await using scope = new AsyncDisposableStack();
    const originals = scope.use(await Originals.make(server));
    const kms = scope.use(await KmsDouble.start());
    const dynamodb = new DynamoDBClient({ ...server });
    scope.defer(() => dynamodb.destroy());
    const table = `demo-${randomUUID()}`;
    await dynamodb.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    scope.defer(async () => void (await dynamodb.send(new DeleteTableCommand({ TableName: table }))));
    return new DemoApplication({ originals, kms, key: kms.createKey(), table, dynamodb }, scope.move());
  }

  /** Stores a file as the application does; the id of its item. */
  async upload(fileName: string, bytes: Uint8Array, id: string = randomUUID()): Promise<string> {
    using clients = kmsClientsFor(this.kms);
    const { Plaintext, CiphertextBlob } = await clients
      .of('us-east-1')
      .send(new GenerateDataKeyCommand({ KeyId: this.key.arn, KeySpec: 'AES_256' }));
    const cipher = createCipheriv('aes-256-ctr', Plaintext!, Buffer.alloc(16));
    await this.originals.put(fileName, cipher.update(bytes));
    await this.putItem({ id: { S: id }, encryptedDataKey: { B: CiphertextBlob! }, fileName: { S: fileName } });
    return id;
  }

  async putItem(item: Record<string, AttributeValue>): Promise<void> {
    await this.dynamodb.send(new PutItemCommand({ TableName: this.table, Item: item }));
  }

  /** What encrypts to a data key that has any length. */
  async wrapped(bytes: Uint8Array): Promise<Uint8Array> {
    using clients = kmsClientsFor(this.kms);
    const command = new EncryptCommand({ KeyId: this.key.arn, Plaintext: bytes });
    return (await clients.of('us-east-1').send(command)).CiphertextBlob!;
  }

  /** Ids of all items. */
  async items(): Promise<string[]> {
    const { Items = [] } = await this.dynamodb.send(new ScanCommand({ TableName: this.table }));
    return Items.map(({ id }) => id?.S ?? '').sort();
  }

  /** Imports all of it; what became of each item, by its id. */
  async import({
    endpoint = this.originals.server.endpoint,
    ...options
  }: Partial<ImportDemoOptions> & { readonly endpoint?: string } = {}): Promise<Record<string, DemoResult>> {
    const { store, server } = this.originals;
    const client = { ...server, endpoint, maxAttempts: 2 };
    using bucket = openBucket({ bucket: store.bucket, pathStyle: true, client });
    using table = openDemoTable({ table: this.table, client });
    using kms = kmsClientsFor(this.kms, { maxAttempts: 2 });
    const results: Record<string, DemoResult> = {};
    await importDemo({
      files: this.originals.files,
      bucket,
      table,
      kms,
      region: 'us-east-1',
      picks: new Set(),
      confirm: async () => false,
      parallel: 4,
      onResult: (result) => void (results[result.item ?? ''] = result),
      ...options,
    });
    return results;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope.disposeAsync();
  }
}

/** What became of each, in a word or three. */
export function told(results: Readonly<Record<string, DemoResult>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(results).map(([id, { outcome, error, kind, reason, removed }]) => [
      id,
      [outcome, error?.code, kind, reason, removed ? 'removed' : undefined]
        .filter((part) => part !== undefined)
        .join(' '),
    ]),
  );
}
