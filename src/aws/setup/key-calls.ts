/** What the steps of a key and of its replica have in common. */
import { CreateAliasCommand } from '@aws-sdk/client-kms';
import { parseKmsArn } from '../../message/kms-arn.ts';
import { NOT_FOUND } from './key.ts';
import type { KeyFacts } from './key.ts';
import type { SetupContext } from './step.ts';
import { onceKnown, orMadeBefore } from './wait.ts';
import { sendOptions } from '../send-options.ts';

/** What KMS says of an alias or a replica that exists. */
export const ALREADY_THERE = 'AlreadyExistsException';

/** Gives a key an alias in one Region. */
export async function nameKey(
  region: string,
  { alias, keyArn }: { readonly alias: string; readonly keyArn: string | undefined },
  context: SetupContext,
): Promise<void> {
  const command = new CreateAliasCommand({ AliasName: alias, TargetKeyId: idOf(keyArn) });
  const kms = context.clients.kms.of(region);
  const name = (): Promise<unknown> => kms.send(command, sendOptions(context));
  await onceKnown(() => orMadeBefore(name, ALREADY_THERE), [NOT_FOUND], context);
}

/** The id of a key, which is the same in every Region that has it. */
export function idOf(keyArn: string | undefined): string {
  return parseKmsArn(keyArn ?? '')?.id ?? '';
}

/** Of a multi-Region key, the Region that rules over the others. */
export function primaryRegionOf(key: KeyFacts['key']): string | undefined {
  return 'value' in key ? key.value?.MultiRegionConfiguration?.PrimaryKey?.Region : undefined;
}
