/** The operations of the double that make and look after keys. */
import { randomBytes } from 'node:crypto';
import { checkUsable, endDryRun } from './cryptography.ts';
import { KmsError } from './error.ts';
import type { KmsCall, KmsInput, KmsOperation } from './operation.ts';
import { keyPolicyVerdict } from './policy.ts';
import type { PolicyDocument } from './policy.ts';
import { ACCOUNT, arnOf, now } from './store.ts';
import type { Grant, StoredKey } from './store.ts';

const DAY = 86_400;

export const management: Readonly<Record<string, KmsOperation>> = {
  CreateKey: ({ store, access, region, principal, input }) => {
    access.checkAccount(principal, 'CreateKey');
    if ((input.KeySpec ?? 'SYMMETRIC_DEFAULT') !== 'SYMMETRIC_DEFAULT' || (input.Origin ?? 'AWS_KMS') !== 'AWS_KMS') {
      throw new KmsError('UnsupportedOperationException', 'the double has symmetric keys of its own making only');
    }
    const key = store.create({
      region,
      multiRegion: input.MultiRegion ?? false,
      ...propertiesOf(input),
    });
    return { KeyMetadata: metadata(store.replicasOf(key), key) };
  },

  ReplicateKey: (call) => {
    const key = checkUsable(subject(call, 'ReplicateKey'));
    const { ReplicaRegion: region } = call.input;
    if (!key.multiRegion || key.shared.primaryRegion !== key.region) throw notPrimary(key);
    if (region === undefined) throw new KmsError('ValidationException', 'ReplicaRegion is required');
    const replica = call.store.replicate(key, { region, ...propertiesOf(call.input) });
    replica.state = 'Creating';
    replica.creating = 1;
    return {
      ReplicaKeyMetadata: metadata(call.store.replicasOf(key), replica),
      ReplicaPolicy: JSON.stringify(replica.policy),
      ReplicaTags: tagsOf(replica),
    };
  },

  UpdatePrimaryRegion: (call) => {
    const key = checkUsable(subject(call, 'UpdatePrimaryRegion'));
    const region = call.input.PrimaryRegion ?? '';
    if (!key.multiRegion || call.store.key(region, key.shared.id) === undefined) throw notPrimary(key);
    key.shared.primaryRegion = region;
    return {};
  },

  DescribeKey: ({ store, access, region, principal, input }) => {
    const key = store.resolve(region, input.KeyId);
    access.check({ principal, action: 'DescribeKey', key, grantTokens: input.GrantTokens });
    const described = { KeyMetadata: metadata(store.replicasOf(key), key) };
    if (key.state === 'Creating' && --key.creating <= 0) key.state = 'Enabled';
    return described;
  },

  ListKeys: ({ store, access, region, principal, input }) => {
    access.checkAccount(principal, 'ListKeys');
    const keys = store.keysIn(region).map(({ shared, arn }) => ({ KeyId: shared.id, KeyArn: arn }));
    return page('Keys', keys, input);
  },

  UpdateKeyDescription: (call) => {
    const key = notPendingDeletion(subject(call, 'UpdateKeyDescription'));
    key.description = call.input.Description ?? '';
    return {};
  },

  DisableKey: (call) => {
    notPendingDeletion(subject(call, 'DisableKey')).state = 'Disabled';
    return {};
  },

  EnableKey: (call) => {
    notPendingDeletion(subject(call, 'EnableKey')).state = 'Enabled';
    return {};
  },

  ScheduleKeyDeletion: (call) => {
    const key = notPendingDeletion(subject(call, 'ScheduleKeyDeletion'));
    const days = call.input.PendingWindowInDays ?? 30;
    if (days < 7 || days > 30) {
      throw new KmsError('ValidationException', `PendingWindowInDays is ${days}; it is between 7 and 30`);
    }
    scheduleDeletion(call.store.replicasOf(key), key, days);
    return {
      KeyId: key.arn,
      KeyState: key.state,
      PendingWindowInDays: days,
      ...(key.deletion !== undefined && key.state === 'PendingDeletion' && { DeletionDate: key.deletion.date }),
    };
  },

  CancelKeyDeletion: (call) => {
    const key = subject(call, 'CancelKeyDeletion');
    if (key.deletion === undefined) {
      throw new KmsError('KMSInvalidStateException', `${key.arn} is not pending deletion.`);
    }
    key.deletion = undefined;
    key.state = 'Disabled';
    return { KeyId: key.arn };
  },

  EnableKeyRotation: (call) => {
    const key = checkUsable(rotatable(subject(call, 'EnableKeyRotation')));
    const days = call.input.RotationPeriodInDays ?? 365;
    if (days < 90 || days > 2560) {
      throw new KmsError('ValidationException', `RotationPeriodInDays is ${days}; it is between 90 and 2560`);
    }
    key.shared.rotationDays = days;
    return {};
  },

  DisableKeyRotation: (call) => {
    checkUsable(rotatable(subject(call, 'DisableKeyRotation'))).shared.rotationDays = 0;
    return {};
  },

  GetKeyRotationStatus: (call) => {
    const { arn, shared, deletion } = subject(call, 'GetKeyRotationStatus');
    const { rotationDays: days } = shared;
    // A key that is to be deleted is rotated no more.
    const enabled = days > 0 && deletion === undefined;
    return {
      KeyId: arn,
      KeyRotationEnabled: enabled,
      ...(enabled && { RotationPeriodInDays: days, NextRotationDate: now() + days * DAY }),
    };
  },

  RotateKeyOnDemand: (call) => {
    const key = checkUsable(rotatable(subject(call, 'RotateKeyOnDemand')));
    call.store.rotate(key);
    return { KeyId: key.arn };
  },

  ListKeyRotations: (call) => {
    const { arn, shared } = subject(call, 'ListKeyRotations');
    const rotations = shared.rotations.map(({ date, type }) => ({
      KeyId: arn,
      RotationDate: date,
      RotationType: type,
    }));
    return page('Rotations', rotations, call.input);
  },

  GetKeyPolicy: (call) => {
    const { policy } = subject(call, 'GetKeyPolicy');
    if ((call.input.PolicyName ?? 'default') !== 'default') {
      throw new KmsError('NotFoundException', 'No such policy exists');
    }
    return { Policy: JSON.stringify(policy), PolicyName: 'default' };
  },

  PutKeyPolicy: (call) => {
    const key = subject(call, 'PutKeyPolicy');
    key.policy = parsePolicy(call.input.Policy, key, call);
    return {};
  },

  ListKeyPolicies: (call) => {
    subject(call, 'ListKeyPolicies');
    return page('PolicyNames', ['default'], call.input);
  },

  TagResource: (call) => {
    const key = notPendingDeletion(subject(call, 'TagResource'));
    for (const { TagKey, TagValue } of call.input.Tags ?? []) key.tags.set(TagKey, TagValue);
    return {};
  },

  UntagResource: (call) => {
    const key = notPendingDeletion(subject(call, 'UntagResource'));
    for (const name of call.input.TagKeys ?? []) key.tags.delete(name);
    return {};
  },

  ListResourceTags: (call) => page('Tags', tagsOf(subject(call, 'ListResourceTags')), call.input),

  CreateAlias: ({ store, access, region, principal, input }) => {
    const name = aliasName(input);
    access.checkAccount(principal, 'CreateAlias', arnOf(region, name));
    const key = store.resolveKey(region, input.TargetKeyId);
    access.check({ principal, action: 'CreateAlias', key });
    notPendingDeletion(key);
    if (store.aliasesIn(region).has(name)) {
      throw new KmsError('AlreadyExistsException', `An alias with the name ${arnOf(region, name)} already exists`);
    }
    store.aliasesIn(region).set(name, key.shared.id);
    return {};
  },

  UpdateAlias: ({ store, access, region, principal, input }) => {
    const name = aliasName(input);
    access.checkAccount(principal, 'UpdateAlias', arnOf(region, name));
    const key = store.resolveKey(region, input.TargetKeyId);
    access.check({ principal, action: 'UpdateAlias', key: store.resolve(region, name) });
    access.check({ principal, action: 'UpdateAlias', key });
    notPendingDeletion(key);
    store.aliasesIn(region).set(name, key.shared.id);
    return {};
  },

  DeleteAlias: ({ store, access, region, principal, input }) => {
    const name = aliasName(input);
    access.checkAccount(principal, 'DeleteAlias', arnOf(region, name));
    access.check({ principal, action: 'DeleteAlias', key: store.resolve(region, name) });
    store.aliasesIn(region).delete(name);
    return {};
  },

  ListAliases: ({ store, access, region, principal, input }) => {
    access.checkAccount(principal, 'ListAliases');
    const target = input.KeyId === undefined ? undefined : store.resolveKey(region, input.KeyId).shared.id;
    const aliases = [...store.aliasesIn(region)]
      .filter(([, id]) => target === undefined || id === target)
      .map(([name, id]) => ({ AliasName: name, AliasArn: arnOf(region, name), TargetKeyId: id }));
    return page('Aliases', aliases, input);
  },

  CreateGrant: (call) => {
    const key = checkUsable(subject(call, 'CreateGrant'));
    const grant = newGrant(call.input);
    endDryRun(call);
    key.grants.push(grant);
    return { GrantId: grant.id, GrantToken: grant.token };
  },

  ListGrants: (call) => {
    const key = subject(call, 'ListGrants');
    const grants = key.grants.map((grant) => ({
      KeyId: key.arn,
      GrantId: grant.id,
      Name: grant.name ?? '',
      CreationDate: grant.created,
      GranteePrincipal: grant.grantee,
      RetiringPrincipal: grant.retiring,
      IssuingAccount: `arn:aws:iam::${ACCOUNT}:root`,
      Operations: grant.operations,
      Constraints: {
        EncryptionContextSubset: grant.subset,
        EncryptionContextEquals: grant.equals,
      },
    }));
    return page('Grants', grants, call.input);
  },

  RevokeGrant: (call) => {
    const { grants } = subject(call, 'RevokeGrant');
    const index = grants.findIndex(({ id }) => id === call.input.GrantId);
    if (index < 0) throw new KmsError('NotFoundException', `Grant ID ${call.input.GrantId} not found`);
    endDryRun(call);
    grants.splice(index, 1);
    return {};
  },
};

/** A grant as the request asks for it, known by its token alone at first. */
export function newGrant({ GranteePrincipal, Operations = [], Constraints, Name, RetiringPrincipal }: KmsInput): Grant {
  if (GranteePrincipal === undefined || Operations.length === 0) {
    throw new KmsError('ValidationException', 'GranteePrincipal and Operations are required');
  }
  return {
    id: randomBytes(32).toString('hex'),
    token: randomBytes(48).toString('base64url'),
    name: Name,
    grantee: GranteePrincipal,
    retiring: RetiringPrincipal,
    operations: [...Operations],
    subset: Constraints?.EncryptionContextSubset,
    equals: Constraints?.EncryptionContextEquals,
    created: now(),
    known: false,
  };
}

/** From now on the keys can be neither used nor changed; a primary key waits for its replicas to go first. */
export function scheduleDeletion(replicas: readonly StoredKey[], key: StoredKey, days: number): void {
  const waits = key.shared.primaryRegion === key.region && replicas.length > 1;
  key.state = waits ? 'PendingReplicaDeletion' : 'PendingDeletion';
  key.deletion = { date: now() + days * DAY, days };
}

/** The key that a request is about, by its id or its ARN, where the caller may do this to it. */
function subject({ store, access, region, principal, input }: KmsCall, action: string): StoredKey {
  const key = store.resolveKey(region, input.KeyId);
  access.check({ principal, action, key, grantTokens: input.GrantTokens });
  return key;
}

function notPendingDeletion(key: StoredKey): StoredKey {
  if (key.deletion !== undefined) {
    throw new KmsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
  }
  return key;
}

/** Rotation is the primary key's, and its replicas follow. */
function rotatable(key: StoredKey): StoredKey {
  if (key.shared.primaryRegion !== key.region) throw notPrimary(key);
  return key;
}

function notPrimary(key: StoredKey): KmsError {
  return new KmsError('UnsupportedOperationException', `${key.arn} is not a multi-region primary key.`);
}

function propertiesOf({ Description, Policy, Tags = [] }: KmsInput): {
  description?: string;
  policy?: PolicyDocument;
  tags: (readonly [string, string])[];
} {
  return {
    ...(Description !== undefined && { description: Description }),
    ...(Policy !== undefined && { policy: parseDocument(Policy) }),
    tags: Tags.map(({ TagKey, TagValue }) => [TagKey, TagValue] as const),
  };
}

function parseDocument(text = ''): PolicyDocument {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'Statement' in parsed) return parsed as PolicyDocument;
  } catch {
    // Said below.
  }
  throw new KmsError('MalformedPolicyDocumentException', 'The new key policy is not a valid policy document.');
}

/** As KMS does it, whoever puts a policy must still be able to put the next one. */
function parsePolicy(text: string | undefined, key: StoredKey, { principal, input }: KmsCall): PolicyDocument {
  const policy = parseDocument(text);
  if (input.BypassPolicyLockoutSafetyCheck === true) return policy;
  const request = { principal, action: 'kms:PutKeyPolicy', resource: key.arn, conditions: new Map() };
  const { named, account } = keyPolicyVerdict(policy, request);
  if (named === 'deny' || (named === 'none' && !account)) {
    throw new KmsError(
      'MalformedPolicyDocumentException',
      'The new key policy will not allow you to update the key policy in the future.',
    );
  }
  return policy;
}

function aliasName({ AliasName = '' }: KmsInput): string {
  if (/^alias\/[a-zA-Z0-9/_-]+$/.test(AliasName) && !AliasName.startsWith('alias/aws/')) return AliasName;
  throw new KmsError('InvalidAliasNameException', `Alias must start with the prefix "alias/": ${AliasName}`);
}

function tagsOf({ tags }: StoredKey): { TagKey: string; TagValue: string }[] {
  return [...tags].map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
}

function metadata(replicas: readonly StoredKey[], key: StoredKey): object {
  const { arn, shared, created, state, description, multiRegion, deletion } = key;
  const named = ({ arn: Arn, region: Region }: StoredKey): object => ({ Arn, Region });
  const isPrimary = ({ region }: StoredKey): boolean => region === shared.primaryRegion;
  return {
    AWSAccountId: ACCOUNT,
    KeyId: shared.id,
    Arn: arn,
    CreationDate: created,
    Enabled: state === 'Enabled',
    Description: description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: state,
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    KeySpec: 'SYMMETRIC_DEFAULT',
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: multiRegion,
    ...(state === 'PendingDeletion' && { DeletionDate: deletion?.date }),
    ...(state === 'PendingReplicaDeletion' && { PendingDeletionWindowInDays: deletion?.days }),
    ...(multiRegion && {
      MultiRegionConfiguration: {
        MultiRegionKeyType: isPrimary(key) ? 'PRIMARY' : 'REPLICA',
        PrimaryKey: replicas.filter(isPrimary).map(named)[0],
        ReplicaKeys: replicas.filter((replica) => !isPrimary(replica)).map(named),
      },
    }),
  };
}

/** One page of a list; the marker is where the next one begins. */
function page(name: string, items: readonly unknown[], { Limit = 50, Marker = '0' }: KmsInput): object {
  const start = Number(Marker);
  if (!Number.isInteger(start)) throw new KmsError('InvalidMarkerException', 'Invalid marker');
  const end = start + Limit;
  const more = end < items.length;
  return { [name]: items.slice(start, end), Truncated: more, ...(more && { NextMarker: String(end) }) };
}
