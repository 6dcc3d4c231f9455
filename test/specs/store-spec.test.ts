import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { formatStoreSpec, parseBlobsSpec, parseCatalogSpec } from '../../src/specs/store-spec.ts';
import type { BlobsSpec, CatalogSpec, S3Spec } from '../../src/specs/store-spec.ts';
import { refusal } from '../../src/testing/rejects.ts';

const bucket: S3Spec = {
  kind: 's3',
  bucket: 'files',
  prefix: '',
  region: undefined,
  owner: undefined,
  pathStyle: false,
  partSize: undefined,
  parts: undefined,
};

describe('specifications of blob stores', () => {
  test('are read', () => {
    const cases: readonly [string, BlobsSpec][] = [
      ['fs:blobs', { kind: 'fs', path: 'blobs' }],
      ['fs:/a b?c%20', { kind: 'fs', path: '/a b?c%20' }],
      ['s3:files', bucket],
      ['s3:files/', bucket],
      ['s3:files/vaults/one/', { ...bucket, prefix: 'vaults/one' }],
      // Written back, it has to be read as the same: what it names is where the bytes are.
      ['s3:files/vaults/one//', { ...bucket, prefix: 'vaults/one' }],
      ['s3:files/a%3Fb?region=eu-west-1', { ...bucket, prefix: 'a?b', region: 'eu-west-1' }],
      [
        's3:files/p?owner=111122223333&path-style=true&part-size=16777216&parts=2',
        { ...bucket, prefix: 'p', owner: '111122223333', pathStyle: true, partSize: 16_777_216, parts: 2 },
      ],
    ];
    for (const [text, spec] of cases) assert.deepEqual(parseBlobsSpec(text), spec, text);
  });

  test('that are wrong are refused with the reason', () => {
    const cases: readonly [string, RegExp][] = [
      ['', /expected fs:FOLDER or s3:BUCKET\/PREFIX/],
      ['fs:', /expected fs:FOLDER/],
      ['gcs:files', /expected fs:FOLDER/],
      ['s3:', /name of a bucket/],
      ['s3:/prefix', /name of a bucket/],
      ['s3:files//prefix', /prefix is printable ASCII/],
      ['s3:files/a b', /prefix is printable ASCII/],
      ['s3:files/ä', /prefix is printable ASCII/],
      ['s3:files?region=', /a region looks like/],
      ['s3:files?region=-eu', /a region looks like/],
      ['s3:files?owner=me', /account of 12 digits/],
      ['s3:files?path-style=yes', /path-style is true or false/],
      ['s3:files?part-size=7340031', /part-size is a whole number from 7340032/],
      ['s3:files?part-size=8MiB', /part-size is a whole number/],
      ['s3:files?parts=0', /parts is a whole number from 1 to 64/],
      ['s3:files?endpoint=http://x', /no parameter "endpoint"; it takes: region, owner/],
    ];
    for (const [text, message] of cases) {
      assert.match(refusal(() => parseBlobsSpec(text), 'bad-configuration').message, message, text);
    }
  });
});

describe('specifications of catalogs', () => {
  test('are read', () => {
    const cases: readonly [string, CatalogSpec][] = [
      ['sqlite:catalog.db', { kind: 'sqlite', path: 'catalog.db' }],
      ['dynamodb:files', { kind: 'dynamodb', table: 'files', region: undefined }],
      ['dynamodb:my.files_1-a?region=eu-west-1', { kind: 'dynamodb', table: 'my.files_1-a', region: 'eu-west-1' }],
    ];
    for (const [text, spec] of cases) assert.deepEqual(parseCatalogSpec(text), spec, text);
  });

  test('that are wrong are refused with the reason', () => {
    const cases: readonly [string, RegExp][] = [
      ['sqlite:', /expected sqlite:FILE or dynamodb:TABLE/],
      ['postgres:x', /expected sqlite:FILE/],
      ['dynamodb:ab', /name of a table/],
      ['dynamodb:a table', /name of a table/],
      ['dynamodb:files?owner=111122223333', /no parameter "owner"/],
    ];
    for (const [text, message] of cases) {
      assert.match(refusal(() => parseCatalogSpec(text), 'bad-configuration').message, message, text);
    }
  });
});

test('specifications of stores are read as they were written', () => {
  const maybe = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined });
  const prefix = fc
    .string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) })
    .filter((text) => !text.startsWith('/') && !text.endsWith('/'));
  const region = maybe(fc.constantFrom('eu-west-1', 'us-gov-west-1'));
  const plain = { noNullPrototype: true };
  const s3 = fc.record(
    {
      kind: fc.constant('s3' as const),
      bucket: fc.constantFrom('files', 'a.b-c'),
      prefix,
      region,
      owner: maybe(fc.constant('111122223333')),
      pathStyle: fc.boolean(),
      partSize: maybe(fc.integer({ min: 7_340_032, max: 1_073_741_824 })),
      parts: maybe(fc.integer({ min: 1, max: 64 })),
    },
    plain,
  );
  const dynamodb = fc.record({ kind: fc.constant('dynamodb' as const), table: fc.constant('files'), region }, plain);
  fc.assert(
    fc.property(s3, dynamodb, (blobs, catalog) => {
      const written = formatStoreSpec(blobs);
      assert.doesNotMatch(written, /\s/);
      assert.deepEqual(parseBlobsSpec(written), blobs);
      assert.deepEqual(parseCatalogSpec(formatStoreSpec(catalog)), catalog);
    }),
  );
});
