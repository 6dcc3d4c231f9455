/** `key new`: makes a wrapping key. */
import { createJwk } from '../../key-files/jwk.ts';
import { createRsaKeyPair } from '../../key-files/rsa.ts';
import { formatKeySpec, parseKeySpec } from '../../specs/key-spec.ts';
import { usage } from '../arguments.ts';
import type { Session } from '../session.ts';

export interface KeyNewArguments {
  readonly output: string;
  readonly rsa?: boolean;
}

export async function keyNew({ terminal }: Session, { output, rsa }: KeyNewArguments): Promise<void> {
  if (output === '-' || output === '') throw usage('a key goes to a file: -o names it');
  if (rsa) {
    const publicPath = await createRsaKeyPair(output);
    const [key, publicKey] = [specOf('rsa', output), specOf('rsa', publicPath)];
    if (terminal.json) await terminal.printJson({ key, publicKey });
    else await terminal.print(key, publicKey);
    terminal.note('The first opens, and belongs offline; the second, the public half, only seals.');
    return;
  }
  await createJwk(output);
  if (terminal.json) await terminal.printJson({ key: specOf('jwk', output) });
  else await terminal.print(specOf('jwk', output));
  terminal.note('Whoever has this key opens what is sealed under it, and without it nobody does: keep a copy.');
}

/** What to give as a key to other commands. */
function specOf(scheme: 'jwk' | 'rsa', path: string): string {
  // Through the parser, so that a path with characters of the notation is written right.
  const plain = path.replaceAll('%', '%25').replaceAll('?', '%3F');
  return formatKeySpec(parseKeySpec(`${scheme}:${plain}`));
}
