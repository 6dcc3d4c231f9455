/** `inspect`: what a message says without any key. */
import { inspect as inspectMessage } from '../../envelope/inspect.ts';
import type { Inspection } from '../../envelope/inspect.ts';
import { counted, printFields } from '../fields.ts';
import type { Fields } from '../fields.ts';
import { openInput } from '../input.ts';
import { naming } from '../naming.ts';
import type { Session } from '../session.ts';

export async function inspect({ terminal, signal }: Session, path: string): Promise<void> {
  await using input = await openInput(path, { signal });
  using progress = terminal.progress(path, input.size);
  const inspection = await naming(path, () => inspectMessage(progress.count(input.chunks), { signal }));
  if (terminal.json) await terminal.printJson(inspection);
  else await printFields(terminal, fieldsOf(inspection));
}

function fieldsOf(message: Inspection): Fields {
  const { frames, frameLength, trailing } = message;
  const commitment = message.committing ? 'key commitment' : 'no key commitment';
  return [
    ['version', String(message.version)],
    ['suite', `${message.suite} (${commitment}, ${message.signed ? 'signed' : 'not signed'})`],
    ['message id', message.messageId],
    ...Object.entries(message.context).map(([name, value]) => ['context', `${name}=${value}`] as const),
    ...message.keys.map(({ provider, name }) => ['key', `${provider} ${name}`] as const),
    [
      'body',
      frameLength === null ? 'one block' : `${counted(frames ?? 0, 'frame')} of ${counted(frameLength, 'byte')}`,
    ],
    ['plaintext', counted(message.plaintextSize, 'byte')],
    ['message', `${counted(message.size, 'byte')}, ${message.headerLength} of them its header`],
    ['complete', message.complete ? 'yes' : 'no: it ends before its end'],
    ['trailing', trailing === 0 ? null : `${counted(trailing, 'byte')} after its end`],
  ];
}
