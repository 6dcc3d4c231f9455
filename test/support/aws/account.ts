/** An empty account to set up in: moto's S3 and DynamoDB, and the double of KMS, with names of one test's own. */
import { randomBytes } from 'node:crypto';
import { openAwsClients } from '../../../src/aws/clients.ts';
import type { AwsClients } from '../../../src/aws/clients.ts';
import { applyPlan } from '../../../src/aws/setup/apply.ts';
import type { ApplyReport } from '../../../src/aws/setup/apply.ts';
import { planSetup, setupContext } from '../../../src/aws/setup/plan.ts';
import type { Plan, Wish } from '../../../src/aws/setup/plan.ts';
import type { SetupContext, Step } from '../../../src/aws/setup/step.ts';
import { FaultyProxy } from './faulty-proxy.ts';
import { KmsDouble } from './kms-double.ts';
import { ACCOUNT } from './kms/store.ts';
import { MotoFront } from './moto-front.ts';
import type { AwsServer } from './servers.ts';

export interface TestAccount extends AsyncDisposable {
  readonly kms: KmsDouble;
  /** In front of S3 and DynamoDB. */
  readonly proxy: FaultyProxy;
  readonly clients: AwsClients;
  readonly context: SetupContext;
  readonly wish: Wish;
  plan(wish?: Partial<Wish>): Promise<Plan>;
  apply(plan: Plan): Promise<ApplyReport>;
  /** Nobody is allowed this, until what it returns is disposed. */
  deny(action: string): Disposable;
  /** Calls so far that make or change something. */
  changes(): string[];
  /** For processes of their own. */
  readonly env: Readonly<Record<string, string>>;
}

export async function newAccount(server: AwsServer, region: string = server.region): Promise<TestAccount> {
  await using scope = new AsyncDisposableStack();
  const kms = scope.use(await KmsDouble.start());
  const front = scope.use(await MotoFront.start(server.endpoint, ACCOUNT));
  const proxy = scope.use(await FaultyProxy.start(front.endpoint));
  const { credentials } = server;
  const endpoint = proxy.endpoint;
  // A denial is not tried again, and nothing else fails here.
  const clients = scope.use(await openAwsClients({ endpoint, credentials, region, kms: { endpoint: kms.endpoint } }));
  const context = setupContext(clients, { patience: { looks: 20, milliseconds: 5 } });
  const name = `sealroom-test-${randomBytes(8).toString('hex')}`;
  const wish = { bucket: name, table: name, alias: name };
  const denied = new Set<string>();
  proxy.fault = ({ operation }) =>
    denied.has(operation) ? { kind: 'refuse', status: 403, code: 'AccessDenied' } : undefined;
  const opened = scope.move();
  return {
    kms,
    proxy,
    clients,
    context,
    wish,
    plan: (more = {}) => planSetup({ ...wish, ...more }, context),
    apply: (plan) => applyPlan(plan, context),
    deny: (action) => {
      const [service, permission = ''] = action.split(':');
      if (service === 'kms') return kms.deny(permission);
      const operation = OPERATIONS[permission] ?? permission;
      denied.add(operation);
      return { [Symbol.dispose]: () => void denied.delete(operation) };
    },
    changes: () =>
      [...kms.calls, ...proxy.requests]
        .map(({ operation }) => operation)
        .filter((operation) => !/^(?:Get|Head|List|Describe)/.test(operation)),
    env: {
      PATH: process.env['PATH'] ?? '',
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: region,
      AWS_ENDPOINT_URL_KMS: kms.endpoint,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Permissions that are not called as the operations are. */
const OPERATIONS: Readonly<Record<string, string>> = {
  GetBucketPublicAccessBlock: 'GetPublicAccessBlock',
  PutBucketPublicAccessBlock: 'PutPublicAccessBlock',
  GetLifecycleConfiguration: 'GetBucketLifecycleConfiguration',
  PutLifecycleConfiguration: 'PutBucketLifecycleConfiguration',
  GetEncryptionConfiguration: 'GetBucketEncryption',
  PutEncryptionConfiguration: 'PutBucketEncryption',
  ListAllMyBuckets: 'ListBuckets',
};

/** The steps of a plan that are to be done. */
export function namesToDo({ steps }: Plan): string[] {
  return steps.filter(({ todo }) => todo.kind === 'change').map(({ name }) => name);
}

export function stepOf({ steps }: Plan, name: string): Step {
  const step = steps.find((candidate) => candidate.name === name);
  if (step === undefined) throw new Error(`there is no step ${name}`);
  return step;
}
