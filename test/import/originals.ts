/** A bucket of originals, and a vault in a folder that takes them over. */
import { PutBucketVersioningCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { openBucket } from '../../src/import/bucket.ts';
import { importObjects } from '../../src/import/objects.ts';
import type { ImportObjectsOptions } from '../../src/import/objects.ts';
import type { ImportResult } from '../../src/import/result.ts';
import { collect } from '../../src/bytes.ts';
import type { Files, Stat } from '../../src/vault/files.ts';
import type { VaultTuning } from '../../src/vault/vault.ts';
import type { AwsServer } from '../support/aws/servers.ts';
import { newBucket } from '../support/aws/s3-bucket.ts';
import type { TestBucket } from '../support/aws/s3-bucket.ts';
import { makeDiskVault } from '../support/disk-vault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export class Originals implements AsyncDisposable {
  readonly server: AwsServer;
  readonly store: TestBucket;
  readonly files: Files;
  readonly s3: S3Client;
  readonly #scope: AsyncDisposableStack;

  private constructor(made: Pick<Originals, 'server' | 'store' | 'files' | 's3'>, scope: AsyncDisposableStack) {
    ({ server: this.server, store: this.store, files: this.files, s3: this.s3 } = made);
    this.#scope = scope;
  }

  static async make(server: AwsServer, tuning: VaultTuning = {}): Promise<Originals> {
    await using scope = new AsyncDisposableStack();
    const store = scope.use(await newBucket(server));
    const folder = scope.use(await temporaryFolder());
    const { vault } = scope.use(await makeDiskVault(folder.path, tuning));
    const s3 = new S3Client({ ...server, forcePathStyle: true });
    scope.defer(() => s3.destroy());
    return new Originals({ server, store, files: vault.tenant('default'), s3 }, scope.move());
  }

  address(key: string): string {
    return `s3://${this.store.bucket}/${key}`;
  }

  async put(key: string, body: Uint8Array | string, more: Partial<PutObjectCommandInput> = {}): Promise<void> {
    await this.s3.send(new PutObjectCommand({ Bucket: this.store.bucket, Key: key, Body: Buffer.from(body), ...more }));
  }

  async keepVersions(): Promise<void> {
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await this.s3.send(new PutBucketVersioningCommand({ Bucket: this.store.bucket, VersioningConfiguration }));
  }

  /** Imports all of it, unless other options are given; what became of each, in the order of their addresses. */
  async import({
    endpoint = this.server.endpoint,
    bucketName = this.store.bucket,
    ...options
  }: Partial<ImportObjectsOptions> & {
    readonly endpoint?: string;
    readonly bucketName?: string;
  } = {}): Promise<ImportResult[]> {
    const { client, pathStyle } = this.store;
    using opened = openBucket({ bucket: bucketName, pathStyle, client: { ...client, endpoint, maxAttempts: 3 } });
    const results: ImportResult[] = [];
    await importObjects({
      files: this.files,
      bucket: opened,
      prefix: '',
      parallel: 4,
      onResult: (result) => void results.push(result),
      ...options,
    });
    return results.sort((a, b) => (a.source < b.source ? -1 : 1));
  }

  async all(): Promise<readonly Stat[]> {
    return (await this.files.list({ limit: 1000 })).files;
  }

  /** The one file of this name, and its bytes. */
  async file(name: string): Promise<{ stat: Stat; bytes: Uint8Array }> {
    const found = (await this.all()).filter((stat) => stat.name === name);
    if (found.length !== 1) throw new Error(`${found.length} files are called ${name}`);
    const { stat, body } = await this.files.get(found[0]!.id);
    return { stat, bytes: await collect(body) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope.disposeAsync();
  }
}

/** What became of each, by key. */
export function outcomes(results: readonly ImportResult[]): Record<string, string> {
  return Object.fromEntries(
    results.map(({ source, outcome, error, reason }) => [
      source.replace(/^s3:\/\/[^/]*\//, ''),
      [outcome, error?.code, reason].filter((part) => part !== undefined).join(' '),
    ]),
  );
}

/** A stream of lines, as a list is read. */
// eslint-disable-next-line typescript/require-await
export async function* listOf(...lines: readonly string[]): AsyncGenerator<string, void, undefined> {
  yield* lines;
}
