/** A template of CloudFormation, as it is once its parameters are given. */
import type { parse } from 'yaml';

/** Of `AWS::`, as the tests have them. */
const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '123456789012',
};

type Values = Readonly<Record<string, string>>;
type Tree = Readonly<Record<string, unknown>>;

const FUNCTIONS = ['Ref', 'Sub', 'GetAtt', 'If', 'Equals', 'Not'] as const;

interface Document {
  readonly Parameters: Readonly<Record<string, { readonly Default?: string }>>;
  readonly Conditions: Tree;
  readonly Globals?: { readonly Function: Tree };
  readonly Resources: Readonly<Record<string, Tree & { readonly Type: string; readonly Properties: Tree }>>;
}

export class Template {
  readonly #document: Document;

  /** @param read the reader of YAML */
  constructor(text: string, read: typeof parse) {
    const resolve = (name: string) => (value: unknown) => ({ [`Fn::${name}`]: plain(value) });
    const scalars = FUNCTIONS.map((name) => ({ tag: `!${name}`, resolve: resolve(name) }));
    const lists = FUNCTIONS.map((name) => ({ tag: `!${name}`, collection: 'seq' as const, resolve: resolve(name) }));
    const customTags = [...scalars, ...lists];
    this.#document = read(text, { customTags }) as Document;
  }

  /** The properties of a resource; names of resources stand for what AWS makes of them. */
  resource(name: string, parameters: Values): Tree {
    return this.#resolve(this.#document.Resources[name]!.Properties, parameters) as Tree;
  }

  /** What a template of SAM says of all its functions. */
  functions(parameters: Values): Tree {
    return this.#resolve(this.#document.Globals!.Function, parameters) as Tree;
  }

  /** What happens to a resource when its stack is deleted, or it is replaced. */
  retention(name: string): Tree {
    const { DeletionPolicy, UpdateReplacePolicy } = this.#document.Resources[name]!;
    return { DeletionPolicy, UpdateReplacePolicy };
  }

  #resolve(value: unknown, parameters: Values): unknown {
    if (Array.isArray(value)) return value.map((inner) => this.#resolve(inner, parameters));
    if (typeof value !== 'object' || value === null) return value;
    const [[name, argument] = ['', undefined], ...more] = Object.entries(value) as [string, unknown][];
    if (more.length === 0 && name.startsWith('Fn::')) return this.#call(name.slice(4), argument, parameters);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.#resolve(inner, parameters)]));
  }

  #call(name: string, argument: unknown, parameters: Values): unknown {
    const values = Array.isArray(argument) ? (argument as unknown[]) : [];
    switch (name) {
      case 'Ref':
        return this.#ref(String(argument), parameters);
      case 'Sub':
        return String(argument).replace(/\$\{([^}]+)\}/g, (_, reference: string) => this.#ref(reference, parameters));
      case 'GetAtt':
        return this.#ref(String(argument), parameters);
      case 'If': {
        const [condition, yes, no] = values;
        const holds = this.#resolve(this.#document.Conditions[String(condition)], parameters) === true;
        return this.#resolve(holds ? yes : no, parameters);
      }
      case 'Equals':
        return this.#resolve(values[0], parameters) === this.#resolve(values[1], parameters);
      case 'Not':
        return this.#resolve(values[0], parameters) !== true;
      default:
        throw new Error(`the function ${name} of a template is not known here`);
    }
  }

  #ref(name: string, parameters: Values): string {
    const parameter = this.#document.Parameters[name];
    if (parameter !== undefined) return parameters[name] ?? parameter.Default ?? '';
    if (name === 'Key.Arn') return `arn:aws:kms:us-east-1:${PSEUDO['AWS::AccountId']}:key/Key`;
    const resource = this.#document.Resources[name];
    const named = resource && NAMED_BY[resource.Type];
    if (named !== undefined) return String(this.#resolve(resource!.Properties[named], parameters));
    return PSEUDO[name] ?? (resource === undefined ? unknownName(name) : name);
  }
}

/** Resources whose reference is a name that a property gives. */
const NAMED_BY: Readonly<Record<string, string>> = {
  'AWS::S3::Bucket': 'BucketName',
  'AWS::DynamoDB::Table': 'TableName',
};

function unknownName(name: string): never {
  throw new Error(`the template refers to ${name}, which is nowhere`);
}

/** Nodes that the reader gives to a tag, as values. */
function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'toJSON' in value ? (value.toJSON as () => unknown)() : value;
}
