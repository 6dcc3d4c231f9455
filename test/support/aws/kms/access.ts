/** Who may do what in the double: policies of users, policies of keys, grants. */
import { KmsError } from './error.ts';
import type { Context } from './ciphertext.ts';
import { identityVerdict, keyPolicyVerdict } from './policy.ts';
import type { PolicyDocument, PolicyRequest } from './policy.ts';
import { ACCOUNT } from './store.ts';
import type { Grant, StoredKey } from './store.ts';

/** What a user may do to whom no policy was given. */
const EVERYTHING: PolicyDocument = { Statement: { Effect: 'Allow', Action: '*', Resource: '*' } };

export interface AccessRequest {
  /** ARN of who asks. */
  readonly principal: string;
  /** Without its prefix, such as `Decrypt`. */
  readonly action: string;
  readonly key: StoredKey;
  readonly context?: Context | undefined;
  readonly grantTokens?: readonly string[] | undefined;
}

export interface Denial {
  readonly action: string;
  readonly user: string | undefined;
  readonly arn: string | undefined;
}

export class KmsAccess {
  readonly #policies = new Map<string, PolicyDocument>();
  readonly #denials = new Set<Denial>();

  /** From now on the user may do only what the policy allows. */
  setPolicy(user: string, policy: PolicyDocument): void {
    this.#policies.set(userArn(user), policy);
  }

  deny(denial: Denial): Disposable {
    this.#denials.add(denial);
    return { [Symbol.dispose]: () => void this.#denials.delete(denial) };
  }

  /** @throws KmsError `AccessDeniedException` */
  check(request: AccessRequest): void {
    const { key, action, principal } = request;
    const seen: PolicyRequest = {
      principal,
      action: `kms:${action}`,
      resource: key.arn,
      conditions: conditionsOf(request),
    };
    const identity = this.#identityVerdict(seen);
    const { named, account } = keyPolicyVerdict(key.policy, seen);
    if (identity === 'deny') throw denied(seen, 'with an explicit deny in an identity-based policy');
    if (named === 'deny') throw denied(seen, 'with an explicit deny in a resource-based policy');
    if (named === 'allow' || (account && identity === 'allow') || grantFor(request) !== undefined) return;
    const missing = account ? 'no identity-based policy' : 'no resource-based policy';
    throw denied(seen, `because ${missing} allows the ${seen.action} action`);
  }

  /** For what concerns no one key. */
  checkAccount(principal: string, action: string, resource = '*'): void {
    const seen: PolicyRequest = { principal, action: `kms:${action}`, resource, conditions: new Map() };
    const verdict = this.#identityVerdict(seen);
    if (verdict === 'deny') throw denied(seen, 'with an explicit deny in an identity-based policy');
    if (verdict === 'none') throw denied(seen, `because no identity-based policy allows the ${seen.action} action`);
  }

  #identityVerdict(request: PolicyRequest): 'deny' | 'allow' | 'none' {
    for (const { action, user, arn } of this.#denials) {
      const same = request.action === `kms:${action}` && (user === undefined || request.principal === userArn(user));
      if (same && (arn === undefined || arn === request.resource)) return 'none';
    }
    return identityVerdict(this.#policies.get(request.principal) ?? EVERYTHING, request);
  }
}

/** The ARN of the user whose access key has this id. */
export function userArn(accessKeyId: string): string {
  return `arn:aws:iam::${ACCOUNT}:user/${accessKeyId}`;
}

/** What somebody else's key looks like, whether it exists or not. */
export function deniedElsewhere(principal: string, action: string, arn: string): KmsError {
  return denied(
    { principal, action: `kms:${action}`, resource: arn },
    'because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access',
  );
}

function denied({ principal, action, resource }: Omit<PolicyRequest, 'conditions'>, reason: string): KmsError {
  return new KmsError(
    'AccessDeniedException',
    `User: ${principal} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
  );
}

function conditionsOf({ key, context }: AccessRequest): Map<string, readonly string[]> {
  const conditions = new Map<string, readonly string[]>([
    ['kms:calleraccount', [ACCOUNT]],
    ['kms:multiregion', [String(key.multiRegion)]],
  ]);
  for (const [name, value] of key.tags) conditions.set(`aws:resourcetag/${name.toLowerCase()}`, [value]);
  if (context !== undefined) {
    conditions.set('kms:encryptioncontextkeys', Object.keys(context));
    for (const [name, value] of Object.entries(context)) {
      conditions.set(`kms:encryptioncontext:${name.toLowerCase()}`, [value]);
    }
  }
  return conditions;
}

function grantFor({ key, principal, action, context = {}, grantTokens = [] }: AccessRequest): Grant | undefined {
  return key.grants.find(
    ({ grantee, operations, known, token, subset, equals }) =>
      grantee === principal &&
      operations.includes(action) &&
      (known || grantTokens.includes(token)) &&
      (subset === undefined || includes(context, subset)) &&
      (equals === undefined || (includes(context, equals) && includes(equals, context))),
  );
}

function includes(context: Context, subset: Context): boolean {
  return Object.entries(subset).every(([name, value]) => Object.hasOwn(context, name) && context[name] === value);
}
