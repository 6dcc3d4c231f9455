/**
 * The configuration of a vault: `sealroom.json` in its folder, and the environment over it, validated and frozen.
 * Nothing else in Sealroom reads the environment.
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { fromUtf8 } from '../bytes.ts';
import { resolveHttp } from './http.ts';
import type { HttpConfig } from './http.ts';
import type { ConfigFault, ConfigFile } from './schema.ts';
import { SealroomError } from '../errors.ts';
import { fileError, systemCode } from '../file-errors.ts';
import { isKeyFile, parseKeySpec } from '../specs/key-spec.ts';
import type { KeySpec } from '../specs/key-spec.ts';
import { parseBlobsSpec, parseCatalogSpec } from '../specs/store-spec.ts';
import type { BlobsSpec, CatalogSpec } from '../specs/store-spec.ts';

export interface Config {
  /** Folder of the vault: absolute, as are all paths here. */
  readonly folder: string;
  readonly id: string;
  readonly pins: readonly string[];
  readonly keys: readonly KeySpec[];
  readonly oldKeys: readonly KeySpec[];
  readonly blobs: BlobsSpec;
  readonly catalog: CatalogSpec;
  readonly limits: {
    readonly frameLength?: number | undefined;
    readonly segmentLength?: number | undefined;
    readonly uploadSegmentLength?: number | undefined;
    /** In milliseconds; the file has seconds. */
    readonly uploadTime?: number | undefined;
    /** In milliseconds; the file has seconds. */
    readonly graceTime?: number | undefined;
  };
  readonly http: HttpConfig;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Name of the configuration in the folder of its vault. */
export const CONFIG_FILE = 'sealroom.json';
const CONFIG_VERSION = 1;

/** The variable for each key that has one. Lists are separated by spaces; objects are JSON. */
const variables = {
  id: 'SEALROOM_ID',
  pins: 'SEALROOM_PINS',
  keys: 'SEALROOM_KEYS',
  oldKeys: 'SEALROOM_OLD_KEYS',
  blobs: 'SEALROOM_BLOBS',
  catalog: 'SEALROOM_CATALOG',
  http: 'SEALROOM_HTTP',
  limits: 'SEALROOM_LIMITS',
} as const;
type ConfigKey = keyof typeof variables;
const isConfigKey = (key: unknown): key is ConfigKey => typeof key === 'string' && Object.hasOwn(variables, key);
const lists: ReadonlySet<string> = new Set<ConfigKey>(['pins', 'keys', 'oldKeys']);
const objects: ReadonlySet<string> = new Set<ConfigKey>(['http', 'limits']);

/** The folder of the vault to use: the one that was named, else `SEALROOM_VAULT`, else `sealroom` in this folder. */
export function vaultFolder(named: string | undefined, environment: Environment = process.env): string {
  return resolve(named ?? (environment['SEALROOM_VAULT'] || 'sealroom'));
}

/** The tenant to use: the one that was named, else `SEALROOM_TENANT`, else `default`. */
export function tenantName(named: string | undefined, environment: Environment = process.env): string {
  return named ?? (environment['SEALROOM_TENANT'] || 'default');
}

/**
 * The folder for what the command line remembers of its work on this machine: `XDG_STATE_HOME`, else where the system
 * has such things.
 */
export function stateFolder(
  environment: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  return join(stateHome(environment, platform), 'sealroom');
}

function stateHome(environment: Environment, platform: NodeJS.Platform): string {
  const given = environment['XDG_STATE_HOME'] ?? '';
  // The specification has whatever else passed over.
  if (isAbsolute(given)) return given;
  if (platform === 'win32') return environment['LOCALAPPDATA'] || join(homedir(), 'AppData', 'Local');
  return platform === 'darwin' ? join(homedir(), 'Library', 'Application Support') : join(homedir(), '.local', 'state');
}

/** A service that stands for a vault. */
export interface RemoteService {
  readonly url: string;
  readonly token: string;
  /** Whether plain http may go to another machine. */
  readonly insecureHttp: boolean;
  /** `SEALROOM_TENANT`; undefined for the one that the token is of. */
  readonly tenant: string | undefined;
}

/**
 * The service that `SEALROOM_URL` names, and the token for it in `SEALROOM_TOKEN`; undefined when none is named.
 *
 * @throws SealroomError `bad-configuration`, which never quotes the token
 */
export function remoteService(environment: Environment = process.env): RemoteService | undefined {
  const url = environment['SEALROOM_URL']?.trim() ?? '';
  if (url === '') return undefined;
  const token = environment['SEALROOM_TOKEN']?.trim() ?? '';
  if (token === '') throw badConfiguration('SEALROOM_TOKEN', 'it is missing, and SEALROOM_URL names a service');
  const insecure = environment['SEALROOM_INSECURE_HTTP']?.trim() ?? '';
  if (!['', '0', '1'].includes(insecure)) throw badConfiguration('SEALROOM_INSECURE_HTTP', 'it is 1, 0 or not set');
  return { url, token, insecureHttp: insecure === '1', tenant: environment['SEALROOM_TENANT'] || undefined };
}

/**
 * Reads the configuration of the vault in a folder. A variable that is set counts, and the file's key does not; paths
 * in the file are relative to the folder, paths in variables to the current folder. When the variables say everything,
 * no file is needed.
 *
 * @param options.name of the file in the folder, where it has another than `sealroom.json`
 * @throws SealroomError `no-vault`, `bad-configuration` naming the place and the reason, `unsupported-version`
 */
export async function loadConfig(
  folder: string,
  environment: Environment = process.env,
  { name = CONFIG_FILE }: { readonly name?: string } = {},
): Promise<Config> {
  const file = join(resolve(folder), name);
  const read = await readConfigFile(file);
  const overrides = fromEnvironment(environment);
  if (read === undefined && overrides.id === undefined) {
    throw new SealroomError('no-vault', `no vault here: run sealroom init (there is no ${file})`);
  }
  const places = new Places(file, overrides);
  const { checkConfig } = await import('./schema.ts');
  const checked = checkConfig({ version: CONFIG_VERSION, ...read, ...overrides });
  if ('fault' in checked) throw places.fault(checked.fault, { fileIsThere: read !== undefined });
  return resolved(checked.config, places, resolve(folder));
}

async function readConfigFile(file: string): Promise<object | undefined> {
  let text: string;
  try {
    text = fromUtf8(await readFile(file));
  } catch (error) {
    if (error instanceof TypeError) throw badConfiguration(file, 'it is not text');
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EISDIR') throw badConfiguration(file, 'it is a folder');
    throw fileError(error, file);
  }
  const value = parseJson(file, text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badConfiguration(file, 'it is not a JSON object');
  }
  const version: unknown = Reflect.get(value, 'version');
  // Before anything else: a newer version may have other keys.
  if (typeof version === 'number' && version > CONFIG_VERSION) {
    throw new SealroomError(
      'unsupported-version',
      `${file}: written by a newer Sealroom (version ${version}); update this one`,
    );
  }
  if (version === undefined) throw badConfiguration(file, 'version: it is missing');
  return value;
}

function parseJson(file: string, text: string): unknown {
  try {
    // Editors of Windows put a byte order mark in front.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // The parser's message may quote the text; its place is enough.
    const [, line, column] = /\(line (\d+) column (\d+)\)/.exec(String(error)) ?? [];
    const [token] =
      /^Unexpected (?:token '.'|end of JSON input)/.exec(error instanceof Error ? error.message : '') ?? [];
    const place = line === undefined ? token?.replace('Unexpected', 'unexpected') : `line ${line}, column ${column}`;
    throw badConfiguration(file, `it is not JSON${place === undefined ? '' : ` (${place})`}`);
  }
}

function fromEnvironment(environment: Environment): Partial<Record<ConfigKey, unknown>> {
  const found: Partial<Record<ConfigKey, unknown>> = {};
  for (const [key, variable] of Object.entries(variables)) {
    const words = environment[variable]?.trim() ?? '';
    if (isConfigKey(key) && words !== '') found[key] = readVariable(key, words);
  }
  return found;
}

function readVariable(key: ConfigKey, words: string): unknown {
  if (lists.has(key)) return words.split(/\s+/);
  return objects.has(key) ? parseJson(variables[key], words) : words;
}

/** Where each key was read, and so what to call it in an error and what its paths are relative to. */
class Places {
  readonly #file: string;
  readonly #overrides: Partial<Record<ConfigKey, unknown>>;

  constructor(file: string, overrides: Partial<Record<ConfigKey, unknown>>) {
    this.#file = file;
    this.#overrides = overrides;
  }

  fromEnvironment(key: ConfigKey): boolean {
    return this.#overrides[key] !== undefined;
  }

  fault({ path, reason }: ConfigFault, { fileIsThere = true } = {}): SealroomError {
    const [key, ...inner] = path;
    if (isConfigKey(key) && (this.fromEnvironment(key) || !fileIsThere)) {
      return badConfiguration(placeInVariable(key, inner), reason);
    }
    return badConfiguration(this.#file, path.length === 0 ? reason : `${formatPath(path)}: ${reason}`);
  }
}

/** `SEALROOM_KEYS, word 2`, `SEALROOM_HTTP: tls.cert`. */
function placeInVariable(key: ConfigKey, inner: readonly (string | number)[]): string {
  const variable = variables[key];
  const [index] = inner;
  if (index === undefined) return variable;
  return objects.has(key) ? `${variable}: ${formatPath(inner)}` : `${variable}, word ${Number(index) + 1}`;
}

/** As it is written in JavaScript: `limits.frameLength`, `keys[0]`. */
function formatPath(path: readonly (string | number)[]): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${part}`)).join('');
}

function badConfiguration(place: string, reason: string): SealroomError {
  return new SealroomError('bad-configuration', `${place}: ${reason}`);
}

function resolved(config: ConfigFile, places: Places, folder: string): Config {
  const baseOf = (key: ConfigKey): string => (places.fromEnvironment(key) ? process.cwd() : folder);
  const store = <Spec extends BlobsSpec | CatalogSpec>(
    key: 'blobs' | 'catalog',
    parse: (text: string) => Spec,
  ): Spec => {
    const spec = at(places, [key], () => parse(config[key]));
    return Object.freeze('path' in spec ? { ...spec, path: resolve(baseOf(key), spec.path) } : spec);
  };
  const specs = (key: 'keys' | 'oldKeys'): readonly KeySpec[] =>
    Object.freeze(
      (config[key] ?? []).map((text, index) => resolvedSpec(text, { places, key, index, base: baseOf(key) })),
    );
  const { frameLength, segmentLength, uploadSegmentLength, uploadTime, graceTime } = config.limits ?? {};
  return Object.freeze({
    folder,
    id: config.id,
    pins: Object.freeze([...config.pins]),
    keys: specs('keys'),
    oldKeys: specs('oldKeys'),
    blobs: store('blobs', parseBlobsSpec),
    catalog: store('catalog', parseCatalogSpec),
    limits: Object.freeze({
      frameLength,
      segmentLength,
      uploadSegmentLength,
      uploadTime: milliseconds(uploadTime),
      graceTime: milliseconds(graceTime),
    }),
    http: resolveHttp(config.http ?? {}, baseOf('http')),
  });
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function resolvedSpec(
  text: string,
  {
    places,
    key,
    index,
    base,
  }: { readonly places: Places; readonly key: 'keys' | 'oldKeys'; readonly index: number; readonly base: string },
): KeySpec {
  const spec = at(places, [key, index], () => parseKeySpec(text));
  return Object.freeze(isKeyFile(spec) ? { ...spec, path: resolve(base, spec.path) } : spec);
}

/** What the text at a place says; an error names the place. */
function at<Value>(places: Places, path: ConfigFault['path'], parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SealroomError)) throw error;
    throw places.fault({ path, reason: error.message });
  }
}

/** The text of a new `sealroom.json`. */
export function formatConfig(config: Omit<ConfigFile, 'version' | '$schema'>): string {
  return `${JSON.stringify({ version: CONFIG_VERSION, ...config }, null, 2)}\n`;
}
