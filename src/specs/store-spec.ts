/**
 * Store specifications: the one notation for blob stores and catalogs.
 *
 *     fs:FOLDER                                      files in a folder
 *     s3:BUCKET[/PREFIX][?region=REGION&owner=ACCOUNT&path-style=true&part-size=BYTES&parts=N]
 *     sqlite:FILE                                    a database in a file
 *     dynamodb:TABLE[?region=REGION]
 *
 * The path of `fs:` and `sqlite:` is taken as it stands. In the others the first `?` begins the parameters.
 */
import { SealroomError } from '../errors.ts';
import { isRegionName } from '../message/kms-arn.ts';
import { formatSpecParts, parseSpecParts } from './parameters.ts';

export interface FsSpec {
  readonly kind: 'fs';
  readonly path: string;
}

export interface S3Spec {
  readonly kind: 's3';
  readonly bucket: string;
  /** What every key begins with, without a slash at either end; empty for none. */
  readonly prefix: string;
  /** The AWS SDK's own setting unless given. */
  readonly region: string | undefined;
  /** Account that the bucket must belong to. */
  readonly owner: string | undefined;
  /** The bucket in the path and not in the host, as many stores other than AWS want it. */
  readonly pathStyle: boolean;
  /** Bytes of a part, all but the last; 8 MiB unless given. */
  readonly partSize: number | undefined;
  /** Most parts of an upload in memory at once; 4 unless given. */
  readonly parts: number | undefined;
}

export interface SqliteSpec {
  readonly kind: 'sqlite';
  readonly path: string;
}

export interface DynamodbSpec {
  readonly kind: 'dynamodb';
  readonly table: string;
  /** The AWS SDK's own setting unless given. */
  readonly region: string | undefined;
}

export type BlobsSpec = FsSpec | S3Spec;
export type CatalogSpec = SqliteSpec | DynamodbSpec;

/** S3 takes 10,000 parts, which have to hold a segment of 64 GiB; what is held in memory has its limit. */
const PART_SIZE = { least: 7 * 1024 * 1024, most: 1024 * 1024 * 1024 };
const MOST_PARTS = 64;

const BUCKET = /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,254}$/;
const PREFIX = /^[\x21-\x7e]*$/;
const TABLE = /^[a-zA-Z0-9_.-]{3,255}$/;
const ACCOUNT = /^\d{12}$/;

/** @throws SealroomError `bad-configuration` */
export function parseBlobsSpec(text: string): BlobsSpec {
  const { scheme, rest } = split(text, 'fs:FOLDER or s3:BUCKET/PREFIX');
  if (scheme === 'fs' && rest !== '') return { kind: 'fs', path: rest };
  if (scheme === 's3') return s3Spec(rest);
  throw wrong('expected fs:FOLDER or s3:BUCKET/PREFIX');
}

/** @throws SealroomError `bad-configuration` */
export function parseCatalogSpec(text: string): CatalogSpec {
  const { scheme, rest } = split(text, 'sqlite:FILE or dynamodb:TABLE');
  if (scheme === 'sqlite' && rest !== '') return { kind: 'sqlite', path: rest };
  if (scheme === 'dynamodb') return dynamodbSpec(rest);
  throw wrong('expected sqlite:FILE or dynamodb:TABLE');
}

/** The shortest text that is read as this specification. */
export function formatStoreSpec(spec: BlobsSpec | CatalogSpec): string {
  if ('path' in spec) return `${spec.kind}:${spec.path}`;
  const { region } = spec;
  if (spec.kind === 'dynamodb') return `dynamodb:${formatSpecParts(spec.table, { region })}`;
  const { bucket, prefix, owner, pathStyle, partSize, parts } = spec;
  return `s3:${formatSpecParts(prefix === '' ? bucket : `${bucket}/${prefix}`, {
    region,
    owner,
    'path-style': pathStyle ? 'true' : undefined,
    'part-size': partSize?.toString(),
    parts: parts?.toString(),
  })}`;
}

function split(text: string, expected: string): { readonly scheme: string; readonly rest: string } {
  const [, scheme, rest] = /^([a-z][a-z0-9]*):(.*)$/s.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) throw wrong(`expected ${expected}`);
  return { scheme, rest };
}

function s3Spec(rest: string): S3Spec {
  const known = ['region', 'owner', 'path-style', 'part-size', 'parts'];
  const { main, parameters } = parseSpecParts(rest, { scheme: 's3', known, code: 'bad-configuration' });
  const slash = main.indexOf('/');
  const bucket = slash < 0 ? main : main.slice(0, slash);
  const prefix = slash < 0 ? '' : main.slice(slash + 1).replace(/\/+$/, '');
  if (!BUCKET.test(bucket)) throw wrong('s3: needs the name of a bucket');
  if (!PREFIX.test(prefix) || prefix.startsWith('/')) throw wrong('s3: the prefix is printable ASCII without spaces');
  const owner = parameters.get('owner');
  if (owner !== undefined && !ACCOUNT.test(owner)) throw wrong('s3: the owner is an account of 12 digits');
  const pathStyle = parameters.get('path-style') ?? 'false';
  if (pathStyle !== 'true' && pathStyle !== 'false') throw wrong('s3: path-style is true or false');
  return {
    kind: 's3',
    bucket,
    prefix,
    region: regionOf(parameters, 's3'),
    owner,
    pathStyle: pathStyle === 'true',
    partSize: numberOf(parameters.get('part-size'), 'part-size', PART_SIZE),
    parts: numberOf(parameters.get('parts'), 'parts', { least: 1, most: MOST_PARTS }),
  };
}

function dynamodbSpec(rest: string): DynamodbSpec {
  const { main, parameters } = parseSpecParts(rest, {
    scheme: 'dynamodb',
    known: ['region'],
    code: 'bad-configuration',
  });
  if (!TABLE.test(main)) throw wrong('dynamodb: needs the name of a table');
  return { kind: 'dynamodb', table: main, region: regionOf(parameters, 'dynamodb') };
}

function regionOf(parameters: ReadonlyMap<string, string>, scheme: string): string | undefined {
  const region = parameters.get('region');
  if (region === undefined || isRegionName(region)) return region;
  throw wrong(`${scheme}: a region looks like eu-west-1`);
}

function numberOf(
  text: string | undefined,
  name: string,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw wrong(`s3: ${name} is a whole number from ${least} to ${most}`);
}

function wrong(message: string): SealroomError {
  return new SealroomError('bad-configuration', message);
}
