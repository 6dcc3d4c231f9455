/** The keys, aliases and grants of the double, of all Regions. */
import { randomBytes, randomUUID } from 'node:crypto';
import { KmsError } from './error.ts';
import type { Context } from './ciphertext.ts';
import type { PolicyDocument } from './policy.ts';

export const ACCOUNT = '111122223333';

export type KeyState = 'Creating' | 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingReplicaDeletion';

/** What replicas of a multi-Region key have in common. */
export interface SharedKey {
  readonly id: string;
  readonly material: Buffer[];
  readonly rotations: { readonly date: number; readonly type: 'ON_DEMAND' }[];
  /** Days between automatic rotations; 0 when they are off. */
  rotationDays: number;
  primaryRegion: string;
}

export interface StoredKey {
  readonly arn: string;
  readonly region: string;
  readonly created: number;
  readonly multiRegion: boolean;
  readonly shared: SharedKey;
  readonly tags: Map<string, string>;
  readonly grants: Grant[];
  state: KeyState;
  description: string;
  policy: PolicyDocument;
  deletion: { readonly date: number; readonly days: number } | undefined;
  /** Calls of DescribeKey that still find it Creating. */
  creating: number;
}

export interface Grant {
  readonly id: string;
  readonly token: string;
  readonly name: string | undefined;
  readonly grantee: string;
  readonly retiring: string | undefined;
  readonly operations: readonly string[];
  readonly subset: Context | undefined;
  readonly equals: Context | undefined;
  readonly created: number;
  /** False while only its token makes it known. */
  known: boolean;
}

export interface NewKey {
  readonly region: string;
  readonly multiRegion?: boolean;
  readonly description?: string;
  readonly policy?: PolicyDocument;
  readonly tags?: Iterable<readonly [string, string]>;
}

/** Leaves the matter to the policies of the account's own users. */
export const DEFAULT_POLICY: PolicyDocument = {
  Version: '2012-10-17',
  Id: 'key-default-1',
  Statement: [
    {
      Sid: 'Enable IAM User Permissions',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
};

export class KmsStore {
  /** Region -> id -> key */
  readonly #keys = new Map<string, Map<string, StoredKey>>();
  /** Region -> name, `alias/` included -> id of the key */
  readonly #aliases = new Map<string, Map<string, string>>();

  create({ region, multiRegion = false, ...more }: NewKey): StoredKey {
    const id = multiRegion ? `mrk-${randomBytes(16).toString('hex')}` : randomUUID();
    const shared = { id, material: [randomBytes(32)], rotations: [], rotationDays: 0, primaryRegion: region };
    return this.#add(shared, { region, multiRegion, ...more });
  }

  replicate(key: StoredKey, more: Omit<NewKey, 'multiRegion'>): StoredKey {
    if (this.key(more.region, key.shared.id) !== undefined) {
      throw new KmsError('AlreadyExistsException', `${arnOf(more.region, `key/${key.shared.id}`)} already exists.`);
    }
    return this.#add(key.shared, { ...more, multiRegion: true });
  }

  #add(
    shared: SharedKey,
    { region, multiRegion = false, description = '', policy = DEFAULT_POLICY, tags = [] }: NewKey,
  ): StoredKey {
    const key: StoredKey = {
      arn: arnOf(region, `key/${shared.id}`),
      region,
      created: now(),
      multiRegion,
      shared,
      tags: new Map(tags),
      grants: [],
      state: 'Enabled',
      description,
      policy,
      deletion: undefined,
      creating: 0,
    };
    within(this.#keys, region).set(shared.id, key);
    return key;
  }

  key(region: string, id: string): StoredKey | undefined {
    return this.#keys.get(region)?.get(id);
  }

  remove({ region, shared }: StoredKey): void {
    this.#keys.get(region)?.delete(shared.id);
  }

  /** New key material for what is encrypted from now on, by every replica. */
  rotate({ shared }: StoredKey): void {
    shared.material.push(randomBytes(32));
    shared.rotations.push({ date: now(), type: 'ON_DEMAND' });
  }

  settleGrants(): void {
    for (const keys of this.#keys.values()) {
      for (const grant of [...keys.values()].flatMap(({ grants }) => grants)) grant.known = true;
    }
  }

  keysIn(region: string): StoredKey[] {
    return [...(this.#keys.get(region)?.values() ?? [])];
  }

  replicasOf({ shared }: StoredKey): StoredKey[] {
    return [...this.#keys.values()].flatMap((keys) => keys.get(shared.id) ?? []);
  }

  aliasesIn(region: string): Map<string, string> {
    return within(this.#aliases, region);
  }

  /** The key that a request names by its id, its ARN, an alias or the ARN of one. */
  resolve(region: string, reference: string | undefined): StoredKey {
    const id = this.#resourceOf(region, reference);
    if (!id.startsWith('alias/')) return this.#existing(region, id);
    const target = this.aliasesIn(region).get(id);
    if (target === undefined) throw new KmsError('NotFoundException', `Alias ${arnOf(region, id)} is not found.`);
    return this.#existing(region, target);
  }

  /** The key that an operation names which takes no alias. */
  resolveKey(region: string, reference: string | undefined): StoredKey {
    const id = this.#resourceOf(region, reference);
    if (id.startsWith('alias/')) throw new KmsError('NotFoundException', `Invalid keyId '${id}'`);
    return this.#existing(region, id);
  }

  #resourceOf(region: string, reference: string | undefined): string {
    if (reference === undefined || reference === '') {
      throw new KmsError(
        'ValidationException',
        "1 validation error detected: Value at 'keyId' failed to satisfy constraint: Member must not be null",
      );
    }
    if (!reference.startsWith('arn:')) return reference;
    const [, , , arnRegion, , resource = ''] = reference.split(':');
    if (arnRegion !== region) throw new KmsError('NotFoundException', `Invalid arn ${arnRegion}`);
    return resource.replace(/^key\//, '');
  }

  #existing(region: string, id: string): StoredKey {
    const key = this.key(region, id);
    if (key === undefined) {
      throw new KmsError('NotFoundException', `Key '${arnOf(region, `key/${id}`)}' does not exist`);
    }
    return key;
  }
}

export function arnOf(region: string, resource: string): string {
  return `arn:aws:kms:${region}:${ACCOUNT}:${resource}`;
}

/** Seconds since 1970, as KMS gives times. */
export function now(): number {
  return Date.now() / 1000;
}

function within<V>(maps: Map<string, Map<string, V>>, region: string): Map<string, V> {
  let map = maps.get(region);
  if (map === undefined) maps.set(region, (map = new Map()));
  return map;
}
