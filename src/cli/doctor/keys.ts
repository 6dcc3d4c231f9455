/** Whether the keys of a vault seal, and open what they sealed. */
import { constantTimeEqual } from '../../bytes.ts';
import { keyringFromSpecs } from '../../compose/keys.ts';
import type { Config } from '../../config/config.ts';
import { SealroomError } from '../../errors.ts';
import type { EncryptionContext } from '../../message/context.ts';
import { formatKeySpec } from '../../specs/key-spec.ts';
import type { KeySpec } from '../../specs/key-spec.ts';
import { VAULT_OWNER } from '../../vault/keys.ts';
import type { Examination } from './attempt.ts';

type Keyring = Awaited<ReturnType<typeof keyringFromSpecs>>;

/** Makes a data key as the vault makes one, under its context, and opens it with each of the keys. */
export async function probeKeys(config: Config, examination: Examination, signal: AbortSignal): Promise<void> {
  const { keys, oldKeys, folder, id } = config;
  const exposed: string[] = [];
  const onExposed = (path: string): void => void exposed.push(path);
  const read = await examination.attempt('key files', undefined, () =>
    keyringFromSpecs({ keys, oldKeys }, { purpose: 'vault', folder, onExposed }),
  );
  if (read === undefined) return;
  using keyring = read.value;
  for (const path of exposed) {
    const what = `${path} can be read by others than its owner`;
    examination.add({ name: 'key files', level: 'warning', what, mend: `chmod 600 ${path}` });
  }
  if (exposed.length === 0 && [...keys, ...oldKeys].some(hasFile)) {
    examination.add({ name: 'key files', level: 'ok', what: 'read, and private' });
  }
  // What policies ask for is the first pair.
  const context = { 'sealroom:vault': id, 'sealroom:tenant': VAULT_OWNER, 'sealroom:key': 'doctor' };
  const made = await examination.attempt('data key', 'made', () => keyring.generate(context, { signal }));
  if (made === undefined) return;
  using dataKey = made.value.dataKey;
  for (const [index, spec] of keys.entries()) {
    const name = keys.length === 1 ? 'data key opens' : `data key opens (${index + 1})`;
    const edk = made.value.edks[index];
    const unwrap =
      edk === undefined ? undefined : (): Promise<boolean> => opens(keyring, edk, { context, dataKey, signal });
    if (unwrap === undefined) continue;
    const opened = await examination.attempt(name, undefined, unwrap);
    if (opened === undefined) continue;
    const what = `${shortSpec(spec)} ${opened.value ? 'opens what it seals' : 'only seals; its private half opens'}`;
    examination.add({ name, level: 'ok', what });
  }
}

function hasFile(spec: KeySpec): boolean {
  return 'path' in spec;
}

/** Without its parameters, which may be tokens of grants. */
function shortSpec(spec: KeySpec): string {
  return formatKeySpec(spec).split('?')[0]!;
}

/** False for a key that only seals. */
async function opens(
  keyring: Keyring,
  edk: Awaited<ReturnType<Keyring['generate']>>['edks'][number],
  {
    context,
    dataKey,
    signal,
  }: {
    readonly context: EncryptionContext;
    readonly dataKey: { readonly bytes: Uint8Array };
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  using opened = await keyring.unwrap([edk], context, { signal });
  if (opened === null) return false;
  if (constantTimeEqual(opened.bytes, dataKey.bytes)) return true;
  throw new SealroomError('damaged', 'the data key that was opened is not the one that was sealed');
}
