/** `setup aws`: makes what a vault on AWS needs, and the vault. */
import { openAwsClients } from '../../aws/clients.ts';
import type { AwsClients } from '../../aws/clients.ts';
import { POLICY_ROLES, policiesOf } from '../../aws/policies.ts';
import type { PolicyDocument, PolicyRole } from '../../aws/policies.ts';
import { applyPlan, changes, obstacles } from '../../aws/setup/apply.ts';
import type { ApplyReport, FailedStep } from '../../aws/setup/apply.ts';
import { aliasName } from '../../aws/setup/key.ts';
import { planSetup, setupContext } from '../../aws/setup/plan.ts';
import type { Plan } from '../../aws/setup/plan.ts';
import { planLines } from '../../aws/setup/told.ts';
import { vaultFolder } from '../../config/config.ts';
import { SealroomError } from '../../errors.ts';
import { formatKmsArn, isRegionName, parseKmsArn } from '../../message/kms-arn.ts';
import { parseBlobsSpec, parseCatalogSpec } from '../../specs/store-spec.ts';
import { usage } from '../arguments.ts';
import { HintedError } from '../hints.ts';
import { warnings } from '../open.ts';
import { askWhether } from '../question.ts';
import type { Session } from '../session.ts';
import { configOf, vaultStep } from '../setup/vault-step.ts';

export interface SetupAwsArguments {
  readonly bucket: string;
  readonly table: string;
  readonly alias: string;
  readonly region?: string;
  readonly replicaRegion?: string;
  readonly yes?: boolean;
  readonly check?: boolean;
}

export async function setupAws(session: Session, options: SetupAwsArguments): Promise<void> {
  const { terminal, signal } = session;
  checkNames(options);
  using clients = await openAwsClients({ region: options.region });
  if (options.replicaRegion === clients.region)
    throw usage('--replica-region names another Region than that of the key');
  const folder = vaultFolder(session.vault);
  if (options.check) {
    const [{ examineSetup }, { reportFindings }] = await Promise.all([
      import('../doctor/examine.ts'),
      import('../doctor/report.ts'),
    ]);
    return reportFindings(session, await examineSetup(folder, options, { clients, signal }));
  }
  const context = setupContext(clients, { signal });
  const plan = await fullPlan(folder, options, { session, clients });
  const inTheWay = obstacles(plan);
  for (const line of planLines(plan)) terminal.note(line);
  for (const { error } of inTheWay) terminal.report(error);
  if (inTheWay.length > 0) {
    terminal.note('Nothing was done.');
    return printResult(session, { plan, report: nothingDone(plan, inTheWay), folder, options, clients });
  }
  if (changes(plan).length > 0 && options.yes !== true) await ask(session);
  const report = await applyPlan(plan, context, ({ name, todo }) => terminal.note(`-> ${name}: ${todo.does}`));
  for (const { error } of report.failed) terminal.report(error);
  const unfinished = [...report.failed.map(({ name }) => name), ...report.left];
  if (unfinished.length > 0) {
    terminal.note(`Done: ${report.done.join(', ') || 'nothing'}. Not done: ${unfinished.join(', ')}.`);
    terminal.note('What is done stays. Run it again once that is mended, and it goes on.');
  }
  await printResult(session, { plan, report, folder, options, clients });
}

/** What AWS would refuse half-way. @throws SealroomError `usage`, `bad-configuration` */
function checkNames({ bucket, table, alias, region, replicaRegion }: SetupAwsArguments): void {
  const blobs = parseBlobsSpec(`s3:${bucket}`);
  if (blobs.kind !== 's3' || blobs.bucket !== bucket) throw usage('--bucket is the name of a bucket alone');
  const catalog = parseCatalogSpec(`dynamodb:${table}`);
  if (catalog.kind !== 'dynamodb' || catalog.table !== table) throw usage('--table is the name of a table alone');
  if (!ALIAS.test(aliasName(alias)))
    throw usage('--alias has letters, digits, /, _ and -; names that begin with aws/ are its own');
  for (const name of [region, replicaRegion]) {
    if (name !== undefined && !isRegionName(name)) throw usage(`there is no Region ${JSON.stringify(name)}`);
  }
}

const ALIAS = /^alias\/(?!aws\/)[a-zA-Z0-9/_-]{1,240}$/;

async function fullPlan(
  folder: string,
  options: SetupAwsArguments,
  { session, clients }: { readonly session: Session; readonly clients: AwsClients },
): Promise<Plan> {
  const { terminal, signal } = session;
  // A folder whose configuration cannot be read is told of before anything is made.
  const config = await configOf(folder);
  const { steps, made } = await planSetup(options, setupContext(clients, { signal }));
  const earlier = steps.map(({ name }) => name);
  const wish = { ...options, folder, region: clients.region };
  const vault = vaultStep(config, wish, { made, earlier, options: { signal, ...warnings(terminal) } });
  return { steps: [...steps, vault], made };
}

/** @throws SealroomError when there is nobody to ask, or the answer is no */
async function ask({ terminal, signal }: Session): Promise<void> {
  // Nobody agrees to a plan that was not shown.
  const answer = terminal.quiet ? undefined : await askWhether('Do this?', signal);
  if (answer === undefined) {
    const message = 'nothing was done: nobody is there to be asked whether it is to be';
    throw new HintedError('usage', message, '--yes does it without asking');
  }
  if (!answer) throw new SealroomError('cancelled', 'nothing was done');
}

function nothingDone(plan: Plan, failed: readonly FailedStep[]): ApplyReport {
  return { done: [], failed, left: changes(plan).map(({ name }) => name), made: plan.made };
}

interface Outcome {
  readonly plan: Plan;
  readonly report: ApplyReport;
  readonly folder: string;
  readonly options: SetupAwsArguments;
  readonly clients: AwsClients;
}

async function printResult({ terminal }: Session, outcome: Outcome): Promise<void> {
  const { plan, report, folder, options, clients } = outcome;
  const whole = report.failed.length === 0 && report.left.length === 0;
  const id = whole ? (await configOf(folder))?.id : undefined;
  const policies = id === undefined ? null : policiesFor(id, outcome);
  if (terminal.json) {
    const { bucket, table } = options;
    await terminal.printJson({
      id: id ?? null,
      vault: folder,
      region: clients.region,
      account: report.made.account ?? null,
      key: report.made.keyArn ?? null,
      bucket,
      table,
      steps: plan.steps.map(({ name, found }) => ({ name, found, state: stateOf(name, report) })),
      policies,
    });
    return;
  }
  if (id === undefined || policies === null) return;
  await terminal.print(`vault ${id} in ${folder}`);
  for (const role of POLICY_ROLES) {
    await terminal.print(
      `policy for ${article(role)} ${role}:`,
      ...JSON.stringify(policies[role], null, 2).split('\n'),
    );
  }
}

function article(role: PolicyRole): string {
  return role === 'operator' ? 'an' : 'a';
}

function stateOf(name: string, { done, failed, left }: ApplyReport): 'kept' | 'done' | 'failed' | 'left' {
  if (done.includes(name)) return 'done';
  if (failed.some((step) => step.name === name)) return 'failed';
  return left.includes(name) ? 'left' : 'kept';
}

function policiesFor(vault: string, { report, options, clients }: Outcome): Record<PolicyRole, PolicyDocument> {
  const { keyArn = '', account = '' } = report.made;
  const arn = parseKmsArn(keyArn);
  const { replicaRegion: region } = options;
  const replica = region !== undefined && arn !== undefined ? [formatKmsArn({ ...arn, region })] : [];
  const { bucket, table } = options;
  return policiesOf({ vault, keys: [keyArn, ...replica], bucket, prefix: '', table, region: clients.region, account });
}
