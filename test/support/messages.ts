/** The published messages of the AWS Encryption SDK, with the keys that open them. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DataKey } from '../../src/data-key.ts';
import { multiKeyring } from '../../src/keyrings/multi.ts';
import { rawAesKeyring } from '../../src/keyrings/raw-aes.ts';
import { rawRsaKeyring } from '../../src/keyrings/raw-rsa.ts';
import { rsaPaddings } from '../../src/message/raw-key.ts';
import { suiteOf } from '../../src/message/suites.ts';
import type { Keyring } from '../../src/ports.ts';
import { staticKeyring } from './static-keyring.ts';
import { readTarGz } from './tar.ts';
import { vectorFile } from './vectors.ts';

interface PublishedKey {
  readonly type: string;
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  readonly padding: string;
  readonly pem: string;
  readonly fill: 'zero' | 'counting';
  readonly dek?: string;
}

interface CatalogLine {
  readonly id: string;
  readonly set: string;
  readonly ct: string;
  readonly pt: string | null;
  readonly expect: 'ok' | 'fail';
  readonly offline: boolean;
  readonly keys: readonly PublishedKey[];
  readonly requiredEc?: { readonly keys: readonly string[]; readonly reproduced: Readonly<Record<string, string>> };
  readonly limits?: { readonly maxEncryptedDataKeys: number };
  readonly kat?: { readonly commitKey: string; readonly derivedKey: string | null; readonly messageId: string };
  /** What follows is absent where the message is malformed on purpose. */
  readonly format?: 1 | 2;
  readonly suite?: string;
  readonly contentType?: 'framed' | 'nonframed';
  readonly frameLength: number;
  readonly frames: number;
  readonly plaintextLength: number;
  readonly headerLength: number;
  readonly ecEntries: number;
  readonly edkProviders: readonly string[];
  readonly messageLength: number;
  /** Length of the footer. */
  readonly trailer: number;
}

export interface PublishedMessage extends CatalogLine {
  readonly message: Uint8Array;
  readonly plaintext: Uint8Array | undefined;
  /** From the bytes themselves, as the catalog leaves it out for malformed messages. */
  readonly suiteId: number;
}

const archive = vectorFile('esdk-messages.tar.gz');

/** Why the messages are not at hand, or false. */
export const messagesAbsent: string | false = archive.skip;

const TYPES: ReadonlySet<string> = new Set(['raw-aes', 'raw-rsa', 'static-dek']);

/** Published messages, and the keyrings for them. */
export class PublishedMessages {
  readonly all: readonly PublishedMessage[];
  readonly #files: Map<string, Uint8Array>;

  constructor() {
    this.#files = readTarGz(readFileSync(archive.path));
    this.all = this.#text('catalog.jsonl')
      .trim()
      .split('\n')
      .map((line) => {
        const entry: CatalogLine = JSON.parse(line);
        const message = this.#file(entry.ct);
        const suiteId = new DataView(message.buffer, message.byteOffset).getUint16(message[0] === 1 ? 2 : 1);
        const plaintext = entry.pt === null ? undefined : this.#file(entry.pt);
        return Object.assign(entry, { message, suiteId, plaintext });
      });
  }

  #file(name: string): Uint8Array {
    const file = this.#files.get(`dev/${name}`);
    if (file === undefined) throw new Error(`the archive of messages has no ${name}`);
    return file;
  }

  #text(name: string): string {
    return new TextDecoder().decode(this.#file(name));
  }

  /** The types of key that it needs and that are not here; empty where it can be opened. */
  missingKeys(entry: PublishedMessage): string[] {
    return entry.keys.map(({ type }) => type).filter((type) => !TYPES.has(type));
  }

  /** The keys it was published with. */
  keyring(entry: PublishedMessage): Keyring {
    const keyrings = entry.keys.map((key) => this.#keyring(key, suiteOf(entry.suiteId).keyLength));
    return keyrings.length === 1 ? keyrings[0]! : multiKeyring({ unwrapOnly: keyrings });
  }

  #keyring(key: PublishedKey, keyLength: number): Keyring {
    if (key.type === 'static-dek') {
      return staticKeyring(secretOf(key, keyLength));
    }
    const names = { providerId: key.namespace, name: key.name };
    if (key.type === 'raw-aes') {
      return rawAesKeyring({ ...names, key: new DataKey(Uint8Array.from(Buffer.from(key.key, 'base64'))) });
    }
    const padding = rsaPaddings.find((known) => known === key.padding);
    if (key.type !== 'raw-rsa' || padding === undefined) throw new Error(`no keyring for ${JSON.stringify(key)}`);
    return rawRsaKeyring({ ...names, padding, privateKey: createPrivateKey(this.#text(key.pem)) });
  }
}

function secretOf({ dek, fill }: PublishedKey, keyLength: number): Uint8Array {
  if (dek !== undefined) return Buffer.from(dek, 'base64');
  return Uint8Array.from({ length: keyLength }, (_, index) => (fill === 'counting' ? index + 1 : 0));
}

/** Passes unwrapping on, and keeps the secret that it gave: opening again needs no slow RSA then. */
export function remembering(keyring: Keyring): { readonly keyring: Keyring; secret: () => Uint8Array } {
  let secret: Uint8Array | undefined;
  return {
    keyring: {
      ...keyring,
      async unwrap(edks, context, options) {
        const dataKey = await keyring.unwrap(edks, context, options);
        secret = dataKey?.bytes.slice();
        return dataKey;
      },
    },
    secret: () => {
      if (secret === undefined) throw new Error('no data key was unwrapped');
      return secret;
    },
  };
}
