/** As much of IAM as policies of KMS keys and of their users are written in. */

/** One call, as policies see it. */
export interface PolicyRequest {
  /** ARN of who asks. */
  readonly principal: string;
  /** Such as `kms:Decrypt`. */
  readonly action: string;
  /** ARN of the key. */
  readonly resource: string;
  /** Condition keys that the call has, such as `kms:EncryptionContext:tenant`; in lower case. */
  readonly conditions: ReadonlyMap<string, readonly string[]>;
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | { readonly AWS?: string | readonly string[]; readonly Service?: unknown };
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, ConditionValue>>>>;
}

type ConditionValue = string | boolean | readonly (string | boolean)[];

export interface PolicyDocument {
  readonly Version?: string;
  readonly Id?: string;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

export type Verdict = 'deny' | 'allow' | 'none';

/** What the policy of a user or role says. */
export function identityVerdict(policy: PolicyDocument, request: PolicyRequest): Verdict {
  return verdict(statementsOf(policy), request);
}

/** What the policy of a key says of this principal by name, and whether it leaves the matter to the account's own policies. */
export function keyPolicyVerdict(
  policy: PolicyDocument,
  request: PolicyRequest,
): { readonly named: Verdict; readonly account: boolean } {
  const root = request.principal.replace(/:[^:]*$/, ':root');
  const account = root.split(':')[4]!;
  const forPrincipals = (names: readonly string[]): PolicyStatement[] =>
    statementsOf(policy).filter(({ Principal }) => {
      const given = Principal === '*' ? ['*'] : listOf(Principal?.AWS);
      return given.some((name) => names.includes(name));
    });
  const deniesOfAll = [root, account, request.principal, '*'];
  const everybody = verdict(forPrincipals(deniesOfAll), request);
  return {
    named: everybody === 'deny' ? 'deny' : verdict(forPrincipals([request.principal, '*']), request),
    account: verdict(forPrincipals([root, account]), request) === 'allow',
  };
}

function statementsOf({ Statement }: PolicyDocument): readonly PolicyStatement[] {
  return listOf(Statement);
}

function verdict(statements: readonly PolicyStatement[], request: PolicyRequest): Verdict {
  const effects = new Set(statements.filter((statement) => applies(statement, request)).map(({ Effect }) => Effect));
  if (effects.has('Deny')) return 'deny';
  return effects.has('Allow') ? 'allow' : 'none';
}

function applies(statement: PolicyStatement, { action, resource, conditions }: PolicyRequest): boolean {
  const { Action, NotAction, Resource, NotResource, Condition = {} } = statement;
  const actions = NotAction === undefined ? matchesAny(Action, action, 'i') : !matchesAny(NotAction, action, 'i');
  const resources =
    NotResource === undefined ? matchesAny(Resource ?? '*', resource) : !matchesAny(NotResource, resource);
  return (
    actions &&
    resources &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, conditions.get(key.toLowerCase()), wanted)),
    )
  );
}

/** @throws on an operator that is not known here: a test that meets one needs it added */
function holds(operator: string, present: readonly string[] | undefined, wanted: ConditionValue): boolean {
  const [, set, name = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const values = listOf(wanted).map(String);
  if (name === 'Null') return values.includes(String(present === undefined));
  if (present === undefined) return ifExists !== undefined || set === 'ForAllValues' || name.includes('Not');
  const test = (value: string): boolean => {
    switch (name) {
      case 'StringEquals':
      case 'ArnEquals':
        return values.includes(value);
      case 'StringNotEquals':
        return !values.includes(value);
      case 'StringLike':
      case 'ArnLike':
        return matchesAny(values, value);
      case 'StringNotLike':
        return !matchesAny(values, value);
      case 'StringEqualsIgnoreCase':
        return values.some((other) => other.toLowerCase() === value.toLowerCase());
      case 'Bool':
        return values.includes(value);
      default:
        throw new Error(`the double of AWS KMS does not know the condition operator ${operator}`);
    }
  };
  return set === 'ForAllValues' ? present.every(test) : present.some(test);
}

function matchesAny(patterns: string | readonly string[] | undefined, text: string, flags = ''): boolean {
  return listOf(patterns).some((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${source}$`, `s${flags}`).test(text);
  });
}

function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
