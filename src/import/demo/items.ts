/** The table of the demonstration application: an item for each upload. */
import { DeleteItemCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { AttributeValue, ScanCommandOutput } from '@aws-sdk/client-dynamodb';
import { clientConfig } from '../../aws/client-options.ts';
import type { AwsClientOptions } from '../../aws/client-options.ts';
import { awsError, failureOf } from '../../aws/failure.ts';
import { sendOptions } from '../../aws/send-options.ts';
import { SealroomError } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';

/** What the application wrote down about one upload. Where a field is not there, or of another type, it is undefined. */
export interface DemoItem {
  readonly id: string | undefined;
  /** Key of the object. */
  readonly fileName: string | undefined;
  readonly encryptedDataKey: Uint8Array | undefined;
}

export interface DemoTable extends Disposable {
  readonly name: string;
  /** All items, in no order. */
  items(options?: CallOptions): AsyncIterable<DemoItem>;
  /**
   * Removes an item as long as it is as it was read. One that is gone is no error.
   *
   * @throws SealroomError `conflict`
   */
  remove(item: DemoItem, options?: CallOptions): Promise<void>;
}

/** Opens a table, which is not looked at before it is used. Disposing it closes the connections. */
export function openDemoTable({
  table,
  client = {},
}: {
  readonly table: string;
  readonly client?: AwsClientOptions | undefined;
}): DemoTable {
  const context = { dynamodb: new DynamoDBClient(clientConfig(client)), table };
  return {
    name: table,
    items: (options) => items(context, options),
    remove: (item, options) => remove(context, item, options),
    [Symbol.dispose]: () => context.dynamodb.destroy(),
  };
}

interface Context {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
}

async function* items(
  { dynamodb, table }: Context,
  { signal }: CallOptions = {},
): AsyncGenerator<DemoItem, void, undefined> {
  let start: Record<string, AttributeValue> | undefined;
  do {
    const page: ScanCommandOutput = await asked(table, signal, (options) =>
      dynamodb.send(new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: start }), options),
    );
    for (const { id, fileName, encryptedDataKey } of page.Items ?? []) {
      yield { id: id?.S, fileName: fileName?.S, encryptedDataKey: encryptedDataKey?.B };
    }
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

async function remove(
  { dynamodb, table }: Context,
  { id = '', fileName = '', encryptedDataKey = new Uint8Array(0) }: DemoItem,
  { signal }: CallOptions = {},
): Promise<void> {
  await asked(table, signal, async (options) => {
    try {
      await dynamodb.send(
        new DeleteItemCommand({
          TableName: table,
          Key: { id: { S: id } },
          ConditionExpression: 'attribute_not_exists(#id) OR (#file = :file AND #key = :key)',
          ExpressionAttributeNames: { '#id': 'id', '#file': 'fileName', '#key': 'encryptedDataKey' },
          ExpressionAttributeValues: { ':file': { S: fileName }, ':key': { B: encryptedDataKey } },
        }),
        options,
      );
    } catch (error) {
      if (failureOf(error).name !== 'ConditionalCheckFailedException') throw error;
      throw new SealroomError('conflict', `the item ${id} of the table ${table} was changed since it was read`);
    }
  });
}

async function asked<T>(
  table: string,
  signal: AbortSignal | undefined,
  call: (options: ReturnType<typeof sendOptions>) => Promise<T>,
): Promise<T> {
  try {
    return await call(sendOptions({ signal }));
  } catch (error) {
    if (failureOf(error).name === 'ResourceNotFoundException') {
      throw new SealroomError('bad-configuration', `there is no table ${table}`);
    }
    throw awsError(error, { thing: `the table ${table}`, signal });
  }
}
