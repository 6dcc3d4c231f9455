/** `encrypt`: makes a message of a file, without a vault. */
import { keyringFromSpecs } from '../../compose/keys.ts';
import { AlternatingBuffers } from '../../envelope/buffers.ts';
import { encryptLent } from '../../envelope/encrypt.ts';
import { parseKeySpec } from '../../specs/key-spec.ts';
import { recordOf } from '../arguments.ts';
import type { Pairs } from '../arguments.ts';
import { openInput } from '../input.ts';
import { warnings } from '../open.ts';
import { openOutput } from '../output.ts';
import type { Session } from '../session.ts';

export interface EncryptArguments {
  readonly output?: string;
  readonly key: readonly string[];
  readonly context?: Pairs;
  readonly frameLength?: number;
  readonly force?: boolean;
}

export async function encrypt(session: Session, path: string, options: EncryptArguments): Promise<void> {
  const { terminal, signal } = session;
  const keys = options.key.map(parseKeySpec);
  await using input = await openInput(path, { signal });
  const output = await openOutput(session, options.output, { force: options.force, input: input.identity });
  const { onExposed } = warnings(terminal);
  using keyring = await keyringFromSpecs({ keys }, { purpose: 'message', folder: process.cwd(), onExposed });
  const context = recordOf(options.context);
  {
    using memory = new AlternatingBuffers();
    using progress = terminal.progress(path, input.size);
    const plaintext = progress.count(input.chunks);
    const { frameLength } = options;
    await output.write(encryptLent(plaintext, { keyring, context, frameLength, memory, signal }));
  }
  if (terminal.json && !output.isStdout) await terminal.printJson({ output: options.output, context });
}
