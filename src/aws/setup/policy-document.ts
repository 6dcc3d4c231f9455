/** Policies of buckets and keys, as others wrote them: statements are added to them, and never taken away. */
import { isDeepStrictEqual } from 'node:util';
import { SealroomError } from '../../errors.ts';

/** A statement, of which only what matters here is looked at. */
export type Statement = Readonly<Record<string, unknown>>;

/** The statements of a policy; undefined for text that is no policy. */
export function statementsOf(policy: string): readonly Statement[] | undefined {
  const document = parsed(policy);
  if (document === undefined) return undefined;
  // One statement may stand there without its list.
  const { Statement: statements = [] } = document;
  const list: unknown[] = Array.isArray(statements) ? statements : [statements];
  return list.every(isObject) ? list : undefined;
}

/** True when a policy says this already, whatever the statement is called. */
export function says(policy: string, wanted: Statement): boolean {
  const same = plain(unnamed(wanted));
  return (statementsOf(policy) ?? []).some((statement) => isDeepStrictEqual(plain(unnamed(statement)), same));
}

function unnamed(statement: Statement): Statement {
  return { ...statement, Sid: undefined };
}

/**
 * The policy with one statement more.
 *
 * @param policy undefined where there is none yet
 * @throws SealroomError `bad-configuration` on what cannot be read, in whose place nothing is put
 */
export function withStatement(policy: string | undefined, statement: Statement & { readonly Sid: string }): string {
  const document = policy === undefined ? { Version: '2012-10-17' } : parsed(policy);
  const statements = policy === undefined ? [] : statementsOf(policy);
  if (document === undefined || statements === undefined) {
    throw new SealroomError('bad-configuration', 'a policy cannot be read: mend it by hand');
  }
  const taken = new Set(statements.map(({ Sid }) => Sid));
  // A statement that was ours and was changed is its writer's now.
  let name = statement.Sid;
  for (let number = 2; taken.has(name); number++) name = `${statement.Sid}${number}`;
  return JSON.stringify({ ...document, Statement: [...statements, { ...statement, Sid: name }] });
}

/** Lists of one are values, and booleans texts, as AWS reads them. */
function plain(value: unknown): unknown {
  if (Array.isArray(value))
    return value.length === 1 ? plain(value[0]) : value.map((inner) => JSON.stringify(plain(inner))).toSorted(byText);
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, plain(inner)] as const);
  // As a principal, everybody has two spellings.
  const [[name, only] = []] = entries;
  return entries.length === 1 && name === 'AWS' && only === '*' ? '*' : Object.fromEntries(entries);
}

const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function parsed(text: string): Statement | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Statement {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
