/**
 * Key specifications: the one notation for keys, on the command line and in the configuration.
 *
 *     jwk:PATH[?provider=ID]                               an AES key in a JSON Web Key
 *     rsa:PATH[?name=NAME&provider=ID&padding=PADDING]     an RSA key, or its public half, in PEM
 *
 * The first `?` begins the parameters. `%XX` stands for a byte, in the path and in the parameters, where a character
 * would be taken for something else; any other `%` stands for itself.
 */
import { basename, extname } from 'node:path';
import { SealroomError } from './errors.ts';
import { checkKeyName, checkProviderId, rsaPaddings } from './message/raw-key.ts';
import type { RsaPadding } from './message/raw-key.ts';

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

export type KeySpec = JwkSpec | RsaSpec;

const DEFAULT_PROVIDER_ID = 'sealroom';
const DEFAULT_PADDING: RsaPadding = 'oaep-sha256';

/** The schemes, each with the parameters that it takes. */
const parametersOf: Readonly<Record<KeySpec['scheme'], readonly string[]>> = {
  jwk: ['provider'],
  rsa: ['name', 'provider', 'padding'],
};

/** The name that a file's key goes by unless it has another: `recovery` for `recovery.pem` and `recovery.pem.pub`. */
export function keyNameOfPath(path: string): string {
  const file = basename(path, '.pub');
  return basename(file, extname(file));
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
  const question = rest.indexOf('?');
  const path = decode(question < 0 ? rest : rest.slice(0, question));
  if (path === '' || path.includes('\0')) throw new SealroomError('bad-key', `${scheme}: needs the path of a file`);
  const parameters = parseParameters(scheme, question < 0 ? '' : rest.slice(question + 1));
  const provider = parameters.get('provider') ?? DEFAULT_PROVIDER_ID;
  checkProviderId(provider);
  if (scheme === 'jwk') return { scheme, path, provider };
  const name = parameters.get('name') ?? keyNameOfPath(path);
  checkKeyName(name);
  return { scheme, path, name, provider, padding: parsePadding(parameters.get('padding') ?? DEFAULT_PADDING) };
}

function isScheme(scheme: string): scheme is KeySpec['scheme'] {
  return Object.hasOwn(parametersOf, scheme);
}

function schemeForms(): string {
  return Object.keys(parametersOf)
    .map((scheme) => `${scheme}:PATH`)
    .join(' or ');
}

function parseParameters(scheme: KeySpec['scheme'], text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const part of text === '' ? [] : text.split('&')) {
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    if (!parametersOf[scheme].includes(name)) {
      const known = parametersOf[scheme].join(', ');
      throw new SealroomError('bad-key', `${scheme}: takes no parameter ${JSON.stringify(name)}; it takes: ${known}`);
    }
    if (parameters.has(name)) throw new SealroomError('bad-key', `${scheme}: takes "${name}" once`);
    parameters.set(name, decode(equals < 0 ? '' : part.slice(equals + 1)));
  }
  return parameters;
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
  const parameters: string[] = [];
  const add = (name: string, value: string, usual: string): void => {
    if (value !== usual) parameters.push(`${name}=${encode(value)}`);
  };
  if (spec.scheme === 'rsa') add('name', spec.name, keyNameOfPath(spec.path));
  add('provider', spec.provider, DEFAULT_PROVIDER_ID);
  if (spec.scheme === 'rsa') add('padding', spec.padding, DEFAULT_PADDING);
  return `${spec.scheme}:${encode(spec.path)}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`;
}

/** Spaces are encoded too, because they separate specifications in an environment variable. */
function encode(text: string): string {
  return text.replace(/[%?&\s\p{Cc}]/gu, (character) => encodeURIComponent(character));
}

function decode(text: string): string {
  try {
    return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => decodeURIComponent(bytes));
  } catch {
    throw new SealroomError('bad-key', 'the bytes that a key specification gives as %XX are not UTF-8');
  }
}
