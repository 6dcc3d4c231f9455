/** `decrypt`: opens a message, without a vault. */
import { keyringFromSpecs } from '../../compose/keys.ts';
import { AlternatingBuffers } from '../../envelope/buffers.ts';
import { decryptLent, decrypt as decryptOwned } from '../../envelope/decrypt.ts';
import { isSealroomError } from '../../errors.ts';
import { parseKeySpec } from '../../specs/key-spec.ts';
import { recordOf } from '../arguments.ts';
import type { Pairs } from '../arguments.ts';
import { HintedError } from '../hints.ts';
import { openInput } from '../input.ts';
import { naming } from '../naming.ts';
import { warnings } from '../open.ts';
import { openOutput } from '../output.ts';
import type { Session } from '../session.ts';

export interface DecryptArguments {
  readonly output?: string;
  readonly key: readonly string[];
  readonly context?: Pairs;
  readonly allowUncommitted?: boolean;
  readonly maxEdks?: number;
  readonly force?: boolean;
}

export async function decrypt(session: Session, path: string, options: DecryptArguments): Promise<void> {
  const { terminal, signal } = session;
  const { allowUncommitted, maxEdks: maxEncryptedDataKeys } = options;
  const keys = options.key.map(parseKeySpec);
  await using input = await openInput(path, { signal });
  const output = await openOutput(session, options.output, { force: options.force, input: input.identity });
  const { onExposed } = warnings(terminal);
  using keyring = await keyringFromSpecs({ keys }, { purpose: 'decrypt', folder: process.cwd(), onExposed });
  using memory = new AlternatingBuffers();
  const context = recordOf(options.context);
  const opening = { keyring, context, allowUncommitted, maxEncryptedDataKeys, memory, signal };
  using progress = terminal.progress(path, input.size);
  const opened = await naming(path, async () => {
    // A write to a pipe that is given up may still hold its chunk, and a lent one is wiped then.
    const open = output.isStdout ? decryptOwned : decryptLent;
    const message = await open(progress.count(input.chunks), opening).catch((error: unknown) => {
      throw withHint(error, path);
    });
    await output.write(message.body);
    return message;
  });
  if (terminal.json && !output.isStdout) {
    await terminal.printJson({ output: options.output, suite: opened.suite, context: opened.context });
  }
}

function withHint(error: unknown, path: string): unknown {
  if (!isSealroomError(error, 'wrong-key') || path === '-') return error;
  const hint = `sealroom inspect ${path} shows the keys it was sealed under`;
  return new HintedError(error.code, error.message, hint, { cause: error });
}
