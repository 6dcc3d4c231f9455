/**
 * Key specifications: the one notation for keys, on the command line and in the configuration.
 *
 *     jwk:PATH[?provider=ID]                               an AES key in a JSON Web Key
 *     rsa:PATH[?name=NAME&provider=ID&padding=PADDING]     an RSA key, or its public half, in PEM
 *     aws-kms:KEY-ARN[?grant-tokens=TOKEN,TOKEN]           a key in AWS KMS
 *     aws-kms:ALIAS[?region=REGION&grant-tokens=…]         one by the name or ARN of an alias: to encrypt messages only
 *     aws-kms:*[?account=ID,ID&partition=aws&region=REGION] whichever key a message names: to decrypt messages only
 *
 * The first `?` begins the parameters. `%XX` stands for a byte, in the path and in the parameters, where a character
 * would be taken for something else; any other `%` stands for itself.
 */
import { basename, extname } from 'node:path';
import { SealroomError } from '../errors.ts';
import { isRegionName, parseKmsArn } from '../message/kms-arn.ts';
import { checkKeyName, checkProviderId, rsaPaddings } from '../message/raw-key.ts';
import type { RsaPadding } from '../message/raw-key.ts';
import { formatSpecParts, parseSpecParts } from './parameters.ts';
import type { SpecParts } from './parameters.ts';

export interface JwkSpec {
  readonly scheme: 'jwk';
  readonly path: string;
  readonly provider: string;
}

export interface RsaSpec {
  readonly scheme: 'rsa';
  readonly path: string;
  readonly name: string;
  readonly provider: string;
  readonly padding: RsaPadding;
}

/** A key in AWS KMS, by its ARN, or by an alias. */
export interface AwsKmsSpec {
  readonly scheme: 'aws-kms';
  /** ARN of a key, ARN of an alias, `alias/NAME`, or the id of a key. */
  readonly keyId: string;
  /** Where a key is that is not named by an ARN; else the AWS SDK's own setting. */
  readonly region: string | undefined;
  readonly grantTokens: readonly string[];
}

/** Whichever key of AWS KMS an encrypted data key names. */
export interface AwsKmsDiscoverySpec {
  readonly scheme: 'aws-kms-discovery';
  /** Only keys of this partition. */
  readonly partition: string;
  /** Only keys of these accounts; of any when there is none. */
  readonly accounts: readonly string[];
  /** Where to ask: replicas of multi-Region keys are asked there. Undefined asks each key in its own Region. */
  readonly region: string | undefined;
}

export type KeySpec = JwkSpec | RsaSpec | AwsKmsSpec | AwsKmsDiscoverySpec;

/** A key that is in a file. */
export type KeyFileSpec = JwkSpec | RsaSpec;

const DEFAULT_PROVIDER_ID = 'sealroom';
const DEFAULT_PADDING: RsaPadding = 'oaep-sha256';
const DEFAULT_PARTITION = 'aws';

/** How each kind is written, and the parameters that it takes. */
const kinds = {
  jwk: { form: 'jwk:PATH', parameters: ['provider'] },
  rsa: { form: 'rsa:PATH', parameters: ['name', 'provider', 'padding'] },
  'aws-kms': { form: 'aws-kms:KEY-ARN', parameters: ['grant-tokens', 'region', 'account', 'partition'] },
} as const;
type Scheme = keyof typeof kinds;

/** The name that a file's key goes by unless it has another: `recovery` for `recovery.pem` and `recovery.pem.pub`. */
export function keyNameOfPath(path: string): string {
  const file = basename(path, '.pub');
  return basename(file, extname(file));
}

export function isKeyFile(spec: KeySpec): spec is KeyFileSpec {
  return spec.scheme === 'jwk' || spec.scheme === 'rsa';
}

/** @throws SealroomError `bad-key` saying what is wrong and what there is instead */
export function parseKeySpec(text: string): KeySpec {
  const [, scheme, rest] = /^([a-z][a-z0-9-]*):(.*)$/s.exec(text) ?? [];
  // What has no scheme is not quoted: it may be a key itself, given in place of its file's name.
  if (scheme === undefined || rest === undefined) {
    throw new SealroomError('bad-key', `a key is given as ${schemeForms()}`);
  }
  if (!isScheme(scheme)) {
    throw new SealroomError('bad-key', `there are no keys of kind "${scheme}:"; a key is given as ${schemeForms()}`);
  }
  const parts = parseSpecParts(rest, { scheme, known: kinds[scheme].parameters, code: 'bad-key' });
  return scheme === 'aws-kms' ? awsKmsSpec(parts) : keyFileSpec(scheme, parts);
}

function isScheme(scheme: string): scheme is Scheme {
  return Object.hasOwn(kinds, scheme);
}

function schemeForms(): string {
  const forms = Object.values(kinds).map(({ form }) => form);
  return `${forms.slice(0, -1).join(', ')} or ${forms.at(-1)}`;
}

function keyFileSpec(scheme: KeyFileSpec['scheme'], { main: path, parameters }: SpecParts): KeyFileSpec {
  if (path === '' || path.includes('\0')) throw new SealroomError('bad-key', `${scheme}: needs the path of a file`);
  const provider = parameters.get('provider') ?? DEFAULT_PROVIDER_ID;
  checkProviderId(provider);
  if (scheme === 'jwk') return { scheme, path, provider };
  const name = parameters.get('name') ?? keyNameOfPath(path);
  checkKeyName(name);
  return { scheme, path, name, provider, padding: parsePadding(parameters.get('padding') ?? DEFAULT_PADDING) };
}

function awsKmsSpec({ main, parameters }: SpecParts): AwsKmsSpec | AwsKmsDiscoverySpec {
  const region = parameters.get('region');
  if (region !== undefined && !isRegionName(region)) {
    throw new SealroomError('bad-key', 'aws-kms: a region looks like eu-west-1');
  }
  if (main === '*') {
    refuseParameters(parameters, ['grant-tokens'], 'aws-kms:* takes no');
    const partition = parameters.get('partition') ?? DEFAULT_PARTITION;
    const accounts = listOf(parameters.get('account'));
    if (accounts.some((account) => !/^\d{12}$/.test(account))) {
      throw new SealroomError(
        'bad-key',
        'aws-kms:* takes an account of 12 digits, or several with commas between them',
      );
    }
    return { scheme: 'aws-kms-discovery', partition, accounts, region };
  }
  refuseParameters(parameters, ['account', 'partition'], 'only aws-kms:* takes');
  const arn = parseKmsArn(main);
  if (arn === undefined && (main.startsWith('arn:') || !/^[a-zA-Z0-9/_-]+$/.test(main))) {
    throw new SealroomError(
      'bad-key',
      `aws-kms: needs the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID; ${JSON.stringify(main)} is none`,
    );
  }
  if (arn !== undefined && region !== undefined) {
    throw new SealroomError('bad-key', 'aws-kms: takes no region with an ARN, which names one');
  }
  return { scheme: 'aws-kms', keyId: main, region, grantTokens: listOf(parameters.get('grant-tokens')) };
}

function refuseParameters(parameters: ReadonlyMap<string, string>, names: readonly string[], start: string): void {
  const found = names.find((name) => parameters.has(name));
  if (found !== undefined) throw new SealroomError('bad-key', `${start} ${found}`);
}

function listOf(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(',');
}

function parsePadding(text: string): RsaPadding {
  const padding = rsaPaddings.find((known) => known === text);
  if (padding === undefined) {
    throw new SealroomError(
      'bad-key',
      `there is no padding ${JSON.stringify(text)}; there are: ${rsaPaddings.join(', ')}`,
    );
  }
  return padding;
}

/** The shortest text that `parseKeySpec` reads as this specification. */
export function formatKeySpec(spec: KeySpec): string {
  if (spec.scheme === 'jwk') {
    return `jwk:${formatSpecParts(spec.path, { provider: unlessUsual(spec.provider, DEFAULT_PROVIDER_ID) })}`;
  }
  if (spec.scheme === 'rsa') {
    return `rsa:${formatSpecParts(spec.path, {
      name: unlessUsual(spec.name, keyNameOfPath(spec.path)),
      provider: unlessUsual(spec.provider, DEFAULT_PROVIDER_ID),
      padding: unlessUsual(spec.padding, DEFAULT_PADDING),
    })}`;
  }
  const { region } = spec;
  if (spec.scheme === 'aws-kms') {
    return `aws-kms:${formatSpecParts(spec.keyId, { region, 'grant-tokens': spec.grantTokens.join(',') || undefined })}`;
  }
  return `aws-kms:${formatSpecParts('*', {
    account: spec.accounts.join(',') || undefined,
    partition: unlessUsual(spec.partition, DEFAULT_PARTITION),
    region,
  })}`;
}

function unlessUsual(value: string, usual: string): string | undefined {
  return value === usual ? undefined : value;
}
