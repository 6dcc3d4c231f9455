/** Examines a vault: its files, its keys, its stores, and the settings of those that are at AWS. */
import type { AwsClients } from '../../aws/clients.ts';
import { openBlobs, openCatalog, openVaultAt } from '../../compose/open.ts';
import type { ComposeOptions } from '../../compose/open.ts';
import type { Config } from '../../config/config.ts';
import type { CallOptions } from '../../ports.ts';
import { parseKmsArn } from '../../message/kms-arn.ts';
import type { Finding } from '../../finding.ts';
import type { ObjectProbe, ProbeFailure } from '../../aws/doctor/object-probe.ts';
import type { Wish } from '../../aws/setup/plan.ts';
import { randomBlobKey } from '../../vault/identifiers.ts';
import { configOf, vaultStep } from '../setup/vault-step.ts';
import { Examination, faultOf, missingPermission } from './attempt.ts';
import { probeKeys } from './keys.ts';
import { examinePlaces } from './places.ts';
import { probeBlobs, probeCatalog } from './stores.ts';

/** Everything about a vault. */
export async function examineVault(config: Config, signal: AbortSignal): Promise<Finding[]> {
  const examination = new Examination(signal);
  await tryOut(config, examination, signal);
  await examineAws(config, examination, signal);
  return examination.findings;
}

/** A set-up as it was asked for, and the vault in it. */
export async function examineSetup(
  folder: string,
  wish: Wish,
  { clients, signal }: { readonly clients: AwsClients; readonly signal: AbortSignal },
): Promise<Finding[]> {
  const [{ planSetup, setupContext }, { findingsOf }] = await Promise.all([
    import('../../aws/setup/plan.ts'),
    import('../../aws/doctor/findings.ts'),
  ]);
  const examination = new Examination(signal);
  const config = await examination.attempt('configuration', undefined, () => configOf(folder));
  await examination.attempt('set-up', undefined, async () => {
    const { steps, made } = await planSetup(wish, setupContext(clients, { signal }));
    const vault =
      config === undefined
        ? []
        : [vaultStep(config.value, { ...wish, folder, region: clients.region }, { made, earlier: [], options: {} })];
    examination.add(...findingsOf([...steps, ...vault]));
  });
  if (config?.value !== undefined) {
    await tryOut(config.value, examination, signal);
    await examineCalls(config.value, examination, { clients, signal });
  }
  return examination.findings;
}

/** What can be tried out of any vault, wherever it is. */
async function tryOut(config: Config, examination: Examination, signal: AbortSignal): Promise<void> {
  await examinePlaces(config, examination);
  await probeKeys(config, examination, signal);
  const onNotice = (what: string): void => {
    examination.add({ name: 'blob store', level: 'warning', what, mend: 'Use a newer release of the store.' });
  };
  await probeStores(config, examination, { signal, onNotice });
  await examination.attempt('vault opens', config.id, async () => {
    const opened = await openVaultAt(config, { signal });
    await opened.close();
  });
}

async function probeStores(
  config: Config,
  examination: Examination,
  { signal, onNotice }: ComposeOptions & { readonly signal: AbortSignal },
): Promise<void> {
  await using scope = new AsyncDisposableStack();
  const blobs = await examination.attempt('blob store', undefined, () => openBlobs(config.blobs, { scope, onNotice }));
  if (blobs !== undefined) await probeBlobs(blobs.value, examination, signal);
  const catalog = await examination.attempt('catalog', undefined, () => openCatalog(config.catalog, { scope }));
  if (catalog !== undefined) await probeCatalog(catalog.value, examination, signal);
}

/** The settings of what the configuration names at AWS. */
async function examineAws(config: Config, examination: Examination, signal: AbortSignal): Promise<void> {
  const { blobs, catalog } = config;
  const arns = [...config.keys, ...config.oldKeys].flatMap((spec) => (spec.scheme === 'aws-kms' ? [spec.keyId] : []));
  if (arns.length === 0 && blobs.kind !== 's3' && catalog.kind !== 'dynamodb') return;
  const [{ openAwsClients }, doctor] = await Promise.all([
    import('../../aws/clients.ts'),
    import('../../aws/doctor/examine.ts'),
  ]);
  const inRegion = async (region: string | undefined, work: (clients: AwsClients) => Promise<void>): Promise<void> => {
    using clients = await openAwsClients({
      region,
      ...(blobs.kind === 's3' && blobs.pathStyle && { s3: { pathStyle: true } }),
    });
    await work(clients);
  };
  for (const arn of arns) {
    const name = arns.length === 1 ? '' : ` (${parseKmsArn(arn)?.id})`;
    await examination.attempt(`key${name}`, undefined, () =>
      inRegion(parseKmsArn(arn)?.region, async (clients) => {
        for (const finding of await doctor.examineKey(arn, { clients, signal })) {
          examination.add({ ...finding, name: `${finding.name}${name}` });
        }
      }),
    );
  }
  if (catalog.kind === 'dynamodb') {
    await examination.attempt('table', undefined, () =>
      inRegion(catalog.region, async (clients) => {
        examination.add(...(await doctor.examineTable(catalog.table, { clients, signal })));
      }),
    );
  }
  const region = blobs.kind === 's3' ? blobs.region : catalog.kind === 'dynamodb' ? catalog.region : undefined;
  await examination.attempt('bucket', undefined, () =>
    inRegion(region ?? parseKmsArn(arns[0] ?? '')?.region, async (clients) => {
      if (blobs.kind === 's3') examination.add(...(await doctor.examineBucket(blobs, { clients, signal })));
      await examineCalls(config, examination, { clients, signal });
    }),
  );
}

/** What only calls show that no port has: uploads in parts, and the clock. */
async function examineCalls(
  { blobs, catalog, keys }: Config,
  examination: Examination,
  { clients, signal }: CallOptions & { readonly clients: AwsClients },
): Promise<void> {
  const [{ examineClock }, { probeMultipart }, { probeOverwrite }] = await Promise.all([
    import('../../aws/doctor/examine.ts'),
    import('../../aws/doctor/multipart.ts'),
    import('../../aws/doctor/overwrite.ts'),
  ]);
  if (blobs.kind === 's3') {
    const fresh = (): ObjectProbe => ({
      ...blobs,
      key: `${blobs.prefix === '' ? '' : `${blobs.prefix}/`}${randomBlobKey()}`,
    });
    examination.add(overwriteFinding(await probeOverwrite(clients.s3, fresh(), { signal })));
    const failure = await probeMultipart(clients.s3, fresh(), { signal });
    const name = 'blob in parts';
    if (failure === undefined) examination.add({ name, level: 'ok', what: 'begun, found and given up' });
    else examination.add(probeFault(name, failure));
  }
  const key = keys.find((spec) => spec.scheme === 'aws-kms')?.keyId;
  const source = {
    bucket: blobs.kind === 's3' ? blobs.bucket : undefined,
    table: catalog.kind === 'dynamodb' ? catalog.table : undefined,
    key,
  };
  const clock = await examineClock(source, { clients, signal });
  if (clock !== undefined) examination.add(clock);
}

function overwriteFinding(result: boolean | ProbeFailure): Finding {
  const name = 'blob overwrite';
  if (result === true) return { name, level: 'ok', what: 'refused' };
  if (result !== false) return probeFault(name, result);
  const what = 'not refused: the store does not know If-None-Match';
  const mend = 'Use a newer release of the store. Until then only the randomness of keys keeps blobs apart.';
  return { name, level: 'warning', what, mend };
}

function probeFault(name: string, { error, missing }: ProbeFailure): Finding {
  return missing === undefined ? faultOf(name, error) : missingPermission(name, missing);
}
