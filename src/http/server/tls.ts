/** What the service proves itself with. */
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import { SealroomError } from '../../errors.ts';
import { fileError } from '../../file-errors.ts';

/** Paths of a certificate with its chain, and of its private key, in PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** TLS 1.3, and of 1.2 what has forward secrecy and authenticates what it encrypts. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/**
 * Reads the files, and finds out whether they can be used.
 *
 * @throws SealroomError `bad-configuration`, or what kept them from being read; no byte of them is in it
 */
export async function readTls({ cert, key }: TlsFiles): Promise<SecureContextOptions> {
  const options: SecureContextOptions = {
    cert: await read(cert, 'the certificate'),
    key: await read(key, 'the private key'),
    ciphers: CIPHERS.join(':'),
    minVersion: 'TLSv1.2',
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new SealroomError(
      'bad-configuration',
      `${cert} and ${key}: they are no certificate with its private key, both in PEM and without a passphrase`,
      { cause: error },
    );
  }
  return options;
}

async function read(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(error, `${what} ${path}`);
  }
}
