/** The replica of the wrapping key in another Region: what is to be done about it. */
import { DescribeKeyCommand, ReplicateKeyCommand } from '@aws-sdk/client-kms';
import type { KeyMetadata } from '@aws-sdk/client-kms';
import { isDenied } from '../failure.ts';
import { NOT_FOUND } from './key.ts';
import type { KeyFacts } from './key.ts';
import { ALREADY_THERE, idOf, nameKey, primaryRegionOf } from './key-calls.ts';
import { NOTHING_TO_DO, notSeen } from './step.ts';
import type { Change, Step, Todo } from './step.ts';
import { onceKnown, orMadeBefore, until } from './wait.ts';
import { sendOptions } from '../send-options.ts';

export function replicaSteps(facts: KeyFacts, region: string, alias: string | undefined): Step[] {
  const { key, replica, replicaAlias } = facts;
  const lack = 'warning';
  const purpose = `Opens files in ${region} too, should the Region of the key fail.`;
  const replicaStep = { name: 'key replica', purpose, lack } as const;
  const aliasPurpose = `Names the replica in ${region}, where names are apart.`;
  const nameStep = { name: 'key replica alias', purpose: aliasPurpose, lack } as const;
  const steps: Step[] = [];
  if ('unseen' in replica) {
    steps.push({ ...replicaStep, ...notSeen(replica.unseen) });
  } else if (replica.value !== undefined) {
    const todo = stateOfReplica(replica.value, region);
    steps.push({ ...replicaStep, found: `${replica.value.Arn}, ${replica.value.KeyState}`, todo });
  } else {
    steps.push({ ...replicaStep, found: 'there is none', todo: replicate(region, key) });
  }
  if (alias === undefined) return steps;
  if ('unseen' in replicaAlias) {
    steps.push({ ...nameStep, ...notSeen(replicaAlias.unseen) });
  } else if (replicaAlias.value === undefined) {
    const change: Change = {
      kind: 'change',
      does: `give it the name ${alias} in ${region}`,
      action: 'kms:CreateAlias',
      needs: ['key replica'],
      make: ({ keyArn }, context) => nameKey(region, { alias, keyArn }, context),
    };
    steps.push({ ...nameStep, found: 'there is none', todo: change });
  } else if ('value' in key && replicaAlias.value === key.value?.KeyId) {
    steps.push({ ...nameStep, found: `${alias} leads to it`, todo: NOTHING_TO_DO });
  } else {
    const mend = `Name another alias, or take ${alias} in ${region} away from that key.`;
    steps.push({ ...nameStep, found: `${alias} leads to another key`, todo: { kind: 'advice', mend } });
  }
  return steps;
}

function stateOfReplica({ Arn = '', KeyState }: KeyMetadata, region: string): Todo {
  if (KeyState === 'Enabled' || KeyState === 'Creating') return NOTHING_TO_DO;
  const key = `--region ${region} --key-id ${Arn}`;
  const cancel = KeyState === 'PendingDeletion' ? `aws kms cancel-key-deletion ${key}, then ` : '';
  return { kind: 'advice', mend: `It opens nothing as it is: ${cancel}aws kms enable-key ${key}` };
}

function replicate(region: string, key: KeyFacts['key']): Change {
  return {
    kind: 'change',
    does: `make one in ${region}`,
    action: 'kms:ReplicateKey',
    needs: ['key'],
    make: async ({ keyArn }, context) => {
      const { kms, region: ownRegion } = context.clients;
      const primary = kms.of(primaryRegionOf(key) ?? ownRegion);
      const replication = new ReplicateKeyCommand({ KeyId: idOf(keyArn), ReplicaRegion: region });
      const make = (): Promise<unknown> => primary.send(replication, sendOptions(context));
      await onceKnown(() => orMadeBefore(make, ALREADY_THERE), [NOT_FOUND], context);
      await until(
        async () => {
          try {
            const command = new DescribeKeyCommand({ KeyId: idOf(keyArn) });
            const { KeyMetadata } = await kms.of(region).send(command, sendOptions(context));
            return KeyMetadata?.KeyState === 'Enabled';
          } catch (error) {
            // Made is made: whether it may be looked at there is for the examination to say.
            return isDenied(error);
          }
        },
        `the replica in ${region}`,
        context,
      );
    },
  };
}
