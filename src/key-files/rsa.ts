/** RSA keys in files: PEM, the private half in PKCS #8 and the public half in SubjectPublicKeyInfo (RFC 7468). */
import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { PRIVATE_MODE, PUBLIC_MODE, badKeyFile, createKeyFiles, readKeyFile } from './file.ts';

export interface RsaKeyFile {
  readonly publicKey: KeyObject;
  /** Absent when the file holds only the public half. */
  readonly privateKey?: KeyObject;
  /** True when it holds the private half and others than its owner may read it. */
  readonly exposed: boolean;
}

const NEW_MODULUS_BITS = 3072;
const PRIVATE_LABELS: ReadonlySet<string> = new Set(['PRIVATE KEY', 'RSA PRIVATE KEY']);
const PUBLIC_LABELS: ReadonlySet<string> = new Set(['PUBLIC KEY', 'RSA PUBLIC KEY']);

/** @throws SealroomError `bad-key` naming the file and what is wrong with it, never its content */
export async function readRsaKey(path: string): Promise<RsaKeyFile> {
  const { text, exposed } = await readKeyFile(path);
  const label = labelOf(path, text);
  if (PUBLIC_LABELS.has(label)) return { publicKey: rsaKey(path, text, createPublicKey), exposed: false };
  if (!PRIVATE_LABELS.has(label)) throw badKeyFile(path, `it holds no RSA key but "${label}"`);
  const privateKey = rsaKey(path, text, createPrivateKey);
  return { publicKey: createPublicKey(privateKey), privateKey, exposed };
}

/** What the file's one block says it is. node:crypto would take more than a key file may hold, so it is not asked. */
function labelOf(path: string, text: string): string {
  const labels = Array.from(text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----\s*$/gm), ([, label]) => label!);
  const [label] = labels;
  if (label === undefined) throw badKeyFile(path, 'it is not PEM (no line begins a key)');
  if (labels.length > 1) throw badKeyFile(path, 'it holds more than one key or certificate; a key file holds one');
  if (label.endsWith('CERTIFICATE')) {
    throw badKeyFile(path, 'it is a certificate; extract its key (openssl x509 -noout -pubkey -in FILE)');
  }
  if (label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type:.*ENCRYPTED/m.test(text)) {
    throw badKeyFile(path, 'it is protected by a passphrase; decrypt it first (openssl pkey -in FILE -out NEW)');
  }
  return label;
}

function rsaKey(path: string, text: string, create: (pem: string) => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = create(text);
  } catch {
    throw badKeyFile(path, 'its key is damaged');
  }
  if (key.asymmetricKeyType !== 'rsa')
    throw badKeyFile(path, `it holds no RSA key but one of type ${key.asymmetricKeyType}`);
  return key;
}

/**
 * Creates a new RSA key: its private half at `path`, its public half at `path.pub`.
 *
 * @returns the path of the public half
 * @throws SealroomError `exists` when either file is there already
 */
export async function createRsaKeyPair(path: string): Promise<string> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: NEW_MODULUS_BITS,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const publicPath = `${path}.pub`;
  await createKeyFiles([
    { path, text: privateKey, mode: PRIVATE_MODE },
    { path: publicPath, text: publicKey, mode: PUBLIC_MODE },
  ]);
  return publicPath;
}
