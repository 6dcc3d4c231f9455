/** The table that the records go to. */
import {
  CreateTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { TableDescription, TimeToLiveDescription } from '@aws-sdk/client-dynamodb';
import { NOTHING, look } from './seen.ts';
import type { Seen } from './seen.ts';
import { NOTHING_TO_DO, notSeen } from './step.ts';
import type { Change, SetupContext, Step } from './step.ts';
import { onceKnown, orMadeBefore, until } from './wait.ts';
import { sendOptions } from '../send-options.ts';

/** Names of the attributes: partition key, sort key, and the time in seconds after which an item may go by itself. */
export const PARTITION_KEY = 'p';
export const SORT_KEY = 's';
export const EXPIRY = 't';

export interface TableFacts {
  readonly table: Seen<TableDescription | undefined>;
  readonly expiry: Seen<TimeToLiveDescription | undefined>;
  /** Whether the table can be brought back as it was at any time of the last 35 days. */
  readonly recovery: Seen<boolean | undefined>;
}

const NOT_FOUND = 'ResourceNotFoundException';
/** While a table is being made or changed, it takes no change. */
const NOT_YET = [
  NOT_FOUND,
  'ResourceInUseException',
  'ContinuousBackupsUnavailableException',
  'LimitExceededException',
];

/* ----------------------------------------------------------------------------------------------------------- look -- */

export async function lookAtTable(name: string, context: SetupContext): Promise<TableFacts> {
  const { dynamodb } = context.clients;
  const TableName = name;
  const options = sendOptions(context);
  const seen = <Value>(action: string, call: () => Promise<Value>): Promise<Seen<Value | undefined>> =>
    look(call, {
      action,
      absent: [NOT_FOUND, 'TableNotFoundException'],
      thing: `the table ${name}`,
      signal: context.signal,
    });
  const table = await seen('dynamodb:DescribeTable', () => describe(name, context));
  if ('unseen' in table || table.value === undefined) return { table, expiry: NOTHING, recovery: NOTHING };
  const [expiry, recovery] = await Promise.all([
    seen('dynamodb:DescribeTimeToLive', async () => {
      const answer = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }), options);
      return answer.TimeToLiveDescription;
    }),
    seen('dynamodb:DescribeContinuousBackups', async () => {
      const answer = await dynamodb.send(new DescribeContinuousBackupsCommand({ TableName }), options);
      const { PointInTimeRecoveryDescription: description } = answer.ContinuousBackupsDescription ?? {};
      return description?.PointInTimeRecoveryStatus === 'ENABLED';
    }),
  ]);
  return { table, expiry, recovery };
}

async function describe(name: string, context: SetupContext): Promise<TableDescription | undefined> {
  const command = new DescribeTableCommand({ TableName: name });
  return (await context.clients.dynamodb.send(command, sendOptions(context))).Table;
}

/** The account in the ARN of a table. */
export function accountOfTable({ table }: TableFacts): string | undefined {
  const arn = 'value' in table ? table.value?.TableArn : undefined;
  return arn?.split(':')[4];
}

/* ----------------------------------------------------------------------------------------------------------- plan -- */

/** What is to be done about the table, and in which order. */
export function planTable(facts: TableFacts, name: string): Step[] {
  const table = tableStep(facts, name);
  if (table.todo.kind === 'stuck' || table.todo.kind === 'unseen') return [table];
  return [
    table,
    billingStep(facts),
    expiryStep(facts, name),
    recoveryStep(facts, name),
    protectionStep(facts, name),
  ].filter((step) => step !== undefined);
}

function tableStep({ table }: TableFacts, name: string): Step {
  const step = {
    name: 'table',
    purpose: 'Keeps the records, sealed, and the encrypted data keys.',
    lack: 'fault',
  } as const;
  if ('unseen' in table) return { ...step, ...notSeen(table.unseen) };
  if (table.value === undefined) {
    const todo: Change = {
      kind: 'change',
      does: 'make it, on demand and protected from deletion',
      action: 'dynamodb:CreateTable',
      make: (_made, context) => createTable(name, context),
    };
    return { ...step, found: 'there is none', todo };
  }
  const keys = keysOf(table.value);
  if (keys !== `${PARTITION_KEY} (S), ${SORT_KEY} (S)`) {
    const mend = 'Keys of a table cannot be changed: name another table, which is made.';
    const found = `${name} has the keys ${keys}, and ${PARTITION_KEY} (S), ${SORT_KEY} (S) are needed`;
    return { ...step, found, todo: { kind: 'stuck', code: 'bad-configuration', mend } };
  }
  return { ...step, found: `${table.value.TableArn ?? name}, ${table.value.TableStatus}`, todo: NOTHING_TO_DO };
}

/** Such as `p (S), s (S)`, the partition key first. */
function keysOf({ KeySchema = [], AttributeDefinitions = [] }: TableDescription): string {
  const typeOf = (name: string | undefined): string | undefined =>
    AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
  return KeySchema.toSorted((a, b) => Number(a.KeyType === 'RANGE') - Number(b.KeyType === 'RANGE'))
    .map(({ AttributeName }) => `${AttributeName} (${typeOf(AttributeName)})`)
    .join(', ');
}

async function createTable(name: string, context: SetupContext): Promise<void> {
  const command = new CreateTableCommand({
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    DeletionProtectionEnabled: true,
    AttributeDefinitions: [PARTITION_KEY, SORT_KEY].map((key) => ({ AttributeName: key, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: PARTITION_KEY, KeyType: 'HASH' },
      { AttributeName: SORT_KEY, KeyType: 'RANGE' },
    ],
  });
  const make = (): Promise<unknown> => context.clients.dynamodb.send(command, sendOptions(context));
  await orMadeBefore(make, 'ResourceInUseException');
  await until(
    async () => {
      const table = await onceKnown(() => describe(name, context), [NOT_FOUND], context);
      return table?.TableStatus === 'ACTIVE';
    },
    `the table ${name}`,
    context,
  );
}

/** Undefined where there is no table yet: it is made on demand. */
function billingStep({ table }: TableFacts): Step | undefined {
  if ('unseen' in table || table.value === undefined) return undefined;
  const step = {
    name: 'table capacity',
    purpose: 'The table takes what comes, and costs what it took.',
    lack: 'warning',
  } as const;
  const { BillingModeSummary: billing, ProvisionedThroughput: throughput } = table.value;
  // A table that always was on demand may say nothing of it, and has no capacity.
  const onDemand = billing?.BillingMode === 'PAY_PER_REQUEST' || (throughput?.ReadCapacityUnits ?? 0) === 0;
  if (onDemand) return { ...step, found: 'on demand', todo: NOTHING_TO_DO };
  const mend = 'Have it on demand, or scale it yourself: a table that is asked for more than its capacity refuses.';
  return { ...step, found: 'provisioned', todo: { kind: 'advice', mend } };
}

function change(
  { does, action }: Pick<Change, 'does' | 'action'>,
  make: (context: SetupContext) => Promise<unknown>,
): Change {
  return {
    kind: 'change',
    does,
    action,
    needs: ['table'],
    make: async (_made, context) => {
      await onceKnown(() => make(context), NOT_YET, context);
    },
  };
}

function expiryStep({ expiry }: TableFacts, name: string): Step {
  const step = {
    name: 'table expiry',
    purpose: 'DynamoDB removes what has expired, such as tokens and links; nothing that owns bytes expires so.',
    lack: 'warning',
  } as const;
  if ('unseen' in expiry) return { ...step, ...notSeen(expiry.unseen) };
  const { TimeToLiveStatus: status, AttributeName: attribute } = expiry.value ?? {};
  const on = status === 'ENABLED' || status === 'ENABLING';
  if (on && attribute === EXPIRY) return { ...step, found: `on, by ${EXPIRY}`, todo: NOTHING_TO_DO };
  if (on || status === 'DISABLING') {
    const mend = `Turn it off and wait an hour, after which DynamoDB takes another attribute, ${EXPIRY}.`;
    return { ...step, found: on ? `on, by ${attribute}` : 'being turned off', todo: { kind: 'advice', mend } };
  }
  const todo = change({ does: `turn it on, by ${EXPIRY}`, action: 'dynamodb:UpdateTimeToLive' }, (context) =>
    context.clients.dynamodb.send(
      new UpdateTimeToLiveCommand({
        TableName: name,
        TimeToLiveSpecification: { Enabled: true, AttributeName: EXPIRY },
      }),
      sendOptions(context),
    ),
  );
  return { ...step, found: 'off', todo };
}

function recoveryStep({ recovery }: TableFacts, name: string): Step {
  const step = {
    name: 'table recovery',
    purpose: 'The table can be brought back as it was at any time of the last 35 days.',
    lack: 'warning',
  } as const;
  if ('unseen' in recovery) return { ...step, ...notSeen(recovery.unseen) };
  if (recovery.value === true) return { ...step, found: 'on', todo: NOTHING_TO_DO };
  const todo = change({ does: 'turn it on', action: 'dynamodb:UpdateContinuousBackups' }, (context) =>
    context.clients.dynamodb.send(
      new UpdateContinuousBackupsCommand({
        TableName: name,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
      sendOptions(context),
    ),
  );
  return { ...step, found: 'off', todo };
}

function protectionStep({ table }: TableFacts, name: string): Step | undefined {
  // A new one is made so.
  if ('unseen' in table || table.value === undefined) return undefined;
  const step = { name: 'table protection', purpose: 'Nobody deletes the table by mistake.', lack: 'warning' } as const;
  if (table.value.DeletionProtectionEnabled === true) return { ...step, found: 'on', todo: NOTHING_TO_DO };
  const todo = change({ does: 'turn it on', action: 'dynamodb:UpdateTable' }, (context) =>
    context.clients.dynamodb.send(
      new UpdateTableCommand({ TableName: name, DeletionProtectionEnabled: true }),
      sendOptions(context),
    ),
  );
  return { ...step, found: 'off', todo };
}
