/** The AWS Encryption SDKs of three languages, with keys of AWS KMS. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import {
  CommitmentPolicy,
  KmsKeyringNode,
  buildAwsKmsMrkAwareStrictMultiKeyringNode,
  buildClient,
} from '@aws-crypto/client-node';
import type { KeyringNode } from '@aws-crypto/client-node';
import { KMS } from '@aws-sdk/client-kms';
import type { EncryptionContext } from '../../src/message/context.ts';
import { python } from './aws/python.ts';
import { onPath } from './aws/servers.ts';

/** An AWS Encryption SDK that asks one KMS. Keys are named by their ARN. */
export interface EncryptionSdk extends AsyncDisposable {
  encrypt(key: string, plaintext: Uint8Array, context: EncryptionContext): Promise<Uint8Array>;
  decrypt(key: string, message: Uint8Array): Promise<Opened>;
}

export interface Opened {
  readonly plaintext: Uint8Array;
  readonly context: Record<string, string>;
}

export interface EncryptionSdkEntry {
  readonly name: string;
  /** Undefined where it is not installed. */
  readonly start: ((endpoint: string) => EncryptionSdk) | undefined;
}

const programs = join(import.meta.dirname, '../interop');
/** The folder that test/interop/java/pom.xml fills, where `SEALROOM_JAVA_SDK` names it. */
const jars = process.env['SEALROOM_JAVA_SDK'];

export const encryptionSdks: readonly EncryptionSdkEntry[] = [
  { name: 'the AWS Encryption SDK for JavaScript', start: (endpoint) => new JavaScriptSdk(endpoint) },
  { name: 'the AWS Encryption SDK for Python', start: programSdk(python, [join(programs, 'python/peer.py')]) },
  {
    name: 'the AWS Encryption SDK for Java',
    start: programSdk(jars && onPath('java'), [
      // It starts faster, which is most of what it does.
      '-XX:TieredStopAtLevel=1',
      '-cp',
      join(jars ?? '', '*'),
      join(programs, 'java/Peer.java'),
    ]),
  },
];

function programSdk(command: string | undefined, words: readonly string[]): EncryptionSdkEntry['start'] {
  return command === undefined ? undefined : (endpoint) => new ProgramSdk(command, words, endpoint);
}

/** What makes the SDKs of AWS ask a server at hand, in the environment of a process. */
export function kmsEnvironment(endpoint: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    AWS_ENDPOINT_URL_KMS: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

type ClientProvider = NonNullable<NonNullable<ConstructorParameters<typeof KmsKeyringNode>[0]>['clientProvider']>;

class JavaScriptSdk implements EncryptionSdk {
  readonly #client = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  readonly #clients = new Map<string, KMS>();
  readonly #endpoint: string;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  async encrypt(key: string, plaintext: Uint8Array, context: EncryptionContext): Promise<Uint8Array> {
    const { result } = await this.#client.encrypt(this.#keyring(key), Buffer.from(plaintext), {
      encryptionContext: { ...context },
    });
    return result;
  }

  async decrypt(key: string, message: Uint8Array): Promise<Opened> {
    const { plaintext, messageHeader } = await this.#client.decrypt(this.#keyring(key), Buffer.from(message));
    return { plaintext, context: { ...messageHeader.encryptionContext } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) client.destroy();
  }

  #keyring(generatorKeyId: string): KeyringNode {
    // Its types know no property that is there and undefined.
    const clientProvider = ((region: string): KMS => {
      const credentials = { accessKeyId: 'test', secretAccessKey: 'secret' };
      const client = this.#clients.get(region) ?? new KMS({ region, endpoint: this.#endpoint, credentials });
      this.#clients.set(region, client);
      return client;
    }) as ClientProvider;
    return generatorKeyId.includes(':key/mrk-')
      ? buildAwsKmsMrkAwareStrictMultiKeyringNode({ generatorKeyId, clientProvider })
      : new KmsKeyringNode({ generatorKeyId, clientProvider });
  }
}

/** A program that answers a line with a line; test/interop has them. */
class ProgramSdk implements EncryptionSdk {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  constructor(command: string, words: readonly string[], endpoint: string) {
    this.#process = spawn(command, words, { env: kmsEnvironment(endpoint), stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async encrypt(key: string, plaintext: Uint8Array, context: EncryptionContext): Promise<Uint8Array> {
    return (await this.#ask('encrypt', key, plaintext, context)).plaintext;
  }

  decrypt(key: string, message: Uint8Array): Promise<Opened> {
    return this.#ask('decrypt', key, message, {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#process, 'close');
    this.#process.stdin.end();
    await closed;
  }

  async #ask(operation: string, key: string, bytes: Uint8Array, context: EncryptionContext): Promise<Opened> {
    const pairs = Object.entries(context).map((pair) => pair.map(toBase64).join(':'));
    this.#process.stdin.write(`${[operation, key, toBase64(bytes), pairs.join(',')].join('\t')}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('the program ended');
    const [outcome, result = '', answered = ''] = value.split('\t');
    if (outcome !== 'ok') throw new Error(result);
    const found = answered.split(',').filter((pair) => pair !== '');
    return {
      plaintext: Buffer.from(result, 'base64'),
      context: Object.fromEntries(found.map((pair) => pair.split(':').map(fromBase64) as [string, string])),
    };
  }
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString();
}

function toBase64(bytes: string | Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
