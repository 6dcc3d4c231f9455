/** The wrapping key: what is to be done about it. */
import {
  CreateKeyCommand,
  EnableKeyRotationCommand,
  GetKeyPolicyCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';
import type { KeyMetadata } from '@aws-sdk/client-kms';
import { SealroomError } from '../../errors.ts';
import { NOT_FOUND, descriptionFor } from './key.ts';
import type { KeyFacts, KeyWish } from './key.ts';
import { idOf, nameKey, primaryRegionOf } from './key-calls.ts';
import { replicaSteps } from './key-replica-steps.ts';
import { says, statementsOf, withStatement } from './policy-document.ts';
import { NOTHING_TO_DO, notSeen } from './step.ts';
import type { Made, SetupContext, Step, Todo } from './step.ts';
import { onceKnown } from './wait.ts';
import { sendOptions } from '../send-options.ts';

/** Days in which a deletion can be called off; AWS takes 7 to 30. */
export const DELETION_WINDOW = 30;

/** Keeps the wait before a deletion as long as AWS lets it be. Without a number, AWS waits as long itself. */
export const DELETION_STATEMENT: Readonly<Record<string, unknown>> & { readonly Sid: string } = {
  Sid: 'SealroomDeletionWindow',
  Effect: 'Deny',
  Principal: '*',
  Action: 'kms:ScheduleKeyDeletion',
  Resource: '*',
  Condition: { NumericLessThan: { 'kms:ScheduleKeyDeletionPendingWindowInDays': String(DELETION_WINDOW) } },
};

/** What is to be done about the key, and in which order. */
export function planKey(facts: KeyFacts, wish: KeyWish): Step[] {
  const first = keyStep(facts, wish);
  // Of a key that is not to be seen, or cannot be a vault's, nothing more is asked.
  if (first.todo.kind === 'unseen' || first.todo.kind === 'stuck') return [first];
  return [
    first,
    ...(wish.alias === undefined ? [] : [aliasStep(facts, wish.alias)]),
    rotationStep(facts),
    windowStep(facts),
    ...(wish.replicaRegion === undefined ? [] : replicaSteps(facts, wish.replicaRegion, wish.alias)),
  ];
}

function keyStep({ key, named }: KeyFacts, wish: KeyWish): Step {
  const step = {
    name: 'key',
    purpose: 'Wraps the data key of each file; it never leaves AWS KMS, and without it no file opens.',
    lack: 'fault',
  } as const;
  if ('unseen' in key) return { ...step, ...notSeen(key.unseen) };
  if (key.value !== undefined) {
    const fault = faultOf(key.value, wish);
    const { Arn = '', KeyState, MultiRegion } = key.value;
    const kind = `${KeyState === 'Enabled' ? 'enabled' : KeyState}, symmetric${MultiRegion ? ', multi-Region' : ''}`;
    const found = fault?.found ?? `${Arn}, ${kind}${named ? '' : ', left by a run that was broken off'}`;
    return { ...step, found, todo: fault?.todo ?? NOTHING_TO_DO };
  }
  if (wish.alias === undefined) {
    const mend =
      'Mend the ARN in keys of the configuration; a key that was deleted is gone, and what it sealed with it.';
    return { ...step, found: `there is no key ${wish.arn}`, todo: { kind: 'stuck', code: 'key-not-found', mend } };
  }
  const multiRegion = wish.replicaRegion !== undefined;
  const alias = wish.alias;
  return {
    ...step,
    found: 'there is none',
    todo: {
      kind: 'change',
      does: `make a symmetric${multiRegion ? ' multi-Region' : ''} key`,
      action: 'kms:CreateKey',
      make: async (_made, context) => {
        const { kms, region } = context.clients;
        const command = new CreateKeyCommand({ Description: descriptionFor(alias), MultiRegion: multiRegion });
        const answer = await kms.of(region).send(command, sendOptions(context));
        return { keyArn: answer.KeyMetadata?.Arn, account: answer.KeyMetadata?.AWSAccountId };
      },
    },
  };
}

/** Why a key cannot be a vault's. */
function faultOf(key: KeyMetadata, wish: KeyWish): { readonly found: string; readonly todo: Todo } | undefined {
  const { Arn = '', KeyState, KeySpec, KeyUsage, KeyManager, MultiRegion } = key;
  const stuck = (found: string, todo: Omit<Extract<Todo, { kind: 'stuck' }>, 'kind'>): ReturnType<typeof faultOf> => ({
    found: `${Arn} ${found}`,
    todo: { kind: 'stuck', ...todo },
  });
  const another = 'Name another alias, for which a key is made, or one that leads to a symmetric key of your own.';
  if (KeyManager !== undefined && KeyManager !== 'CUSTOMER') {
    return stuck('is managed by AWS', { code: 'bad-key', mend: another });
  }
  if (KeyUsage !== 'ENCRYPT_DECRYPT' || (KeySpec !== undefined && KeySpec !== 'SYMMETRIC_DEFAULT')) {
    return stuck(`is of kind ${KeySpec} for ${KeyUsage}`, { code: 'bad-key', mend: another });
  }
  if (KeyState === 'PendingDeletion' || KeyState === 'PendingReplicaDeletion') {
    const mend = `Cancel its deletion (aws kms cancel-key-deletion --key-id ${Arn}), then enable it.`;
    return stuck('is to be deleted', { code: 'key-pending-deletion', mend });
  }
  if (KeyState === 'Disabled') {
    return stuck('is disabled', { code: 'key-disabled', mend: `Enable it: aws kms enable-key --key-id ${Arn}` });
  }
  if (KeyState !== 'Enabled') {
    return stuck(`is ${KeyState}`, {
      code: 'key-disabled',
      mend: 'Wait until AWS KMS has it enabled, or name another.',
    });
  }
  if (wish.replicaRegion !== undefined && MultiRegion !== true) {
    const mend = 'A key cannot become one: leave --replica-region out, or name an alias for which a new key is made.';
    return stuck('is no multi-Region key', { code: 'bad-key', mend });
  }
  return undefined;
}

function aliasStep({ named }: KeyFacts, alias: string): Step {
  const step = {
    name: 'key alias',
    purpose: 'Names the key to people; the vault itself names it by its ARN, which never comes to mean another.',
    lack: 'warning',
  } as const;
  if (named) return { ...step, found: `${alias} leads to it`, todo: NOTHING_TO_DO };
  return {
    ...step,
    found: 'there is none',
    todo: {
      kind: 'change',
      does: `give it the name ${alias}`,
      action: 'kms:CreateAlias',
      needs: ['key'],
      make: ({ keyArn }, context) => nameKey(context.clients.region, { alias, keyArn }, context),
    },
  };
}

function rotationStep({ key, rotation }: KeyFacts): Step {
  const step = {
    name: 'key rotation',
    purpose: 'AWS KMS gives the key fresh material every year; what older material sealed opens as before.',
    lack: 'warning',
  } as const;
  if ('unseen' in rotation) return { ...step, ...notSeen(rotation.unseen) };
  if (rotation.value === true) return { ...step, found: 'on', todo: NOTHING_TO_DO };
  if ('value' in key && key.value !== undefined && rotation.value === undefined) {
    const mend = 'Rotate it by hand, as AWS describes it for key material that was imported or is kept elsewhere.';
    return { ...step, found: 'not offered for this key', todo: { kind: 'advice', mend } };
  }
  return {
    ...step,
    found: 'off',
    todo: {
      kind: 'change',
      does: 'turn it on',
      action: 'kms:EnableKeyRotation',
      needs: ['key'],
      make: async ({ keyArn = '' }, context) => {
        // Of a multi-Region key, the primary's is that of all.
        const kms = context.clients.kms.of(primaryRegionOf(key) ?? context.clients.region);
        const command = new EnableKeyRotationCommand({ KeyId: idOf(keyArn) });
        await onceKnown(() => kms.send(command, sendOptions(context)), [NOT_FOUND], context);
      },
    },
  };
}

function windowStep({ policy }: KeyFacts): Step {
  const step = {
    name: 'key deletion window',
    purpose:
      `A key is deleted no sooner than ${DELETION_WINDOW} days after somebody asks for it; until then it can be called off. ` +
      'Afterwards every file that only this key sealed is lost.',
    lack: 'warning',
  } as const;
  if ('unseen' in policy) return { ...step, ...notSeen(policy.unseen) };
  const text = policy.value;
  if (text !== undefined && statementsOf(text) === undefined) {
    const mend = 'Look at the policy of the key by hand.';
    return { ...step, found: 'the policy of the key cannot be read', todo: { kind: 'advice', mend } };
  }
  if (text !== undefined && says(text, DELETION_STATEMENT)) {
    return { ...step, found: `${DELETION_WINDOW} days`, todo: NOTHING_TO_DO };
  }
  return {
    ...step,
    found: 'whoever may delete the key chooses 7 days or more',
    todo: {
      kind: 'change',
      does: `refuse fewer than ${DELETION_WINDOW} days, by a statement more in the policy of the key`,
      action: 'kms:PutKeyPolicy',
      needs: ['key'],
      make: keepDeletionSlow,
    },
  };
}

async function keepDeletionSlow({ keyArn }: Made, context: SetupContext): Promise<void> {
  const kms = context.clients.kms.of(context.clients.region);
  // Read again: what others wrote meanwhile stays, too.
  const get = new GetKeyPolicyCommand({ KeyId: keyArn, PolicyName: 'default' });
  const { Policy: policy } = await onceKnown(() => kms.send(get, sendOptions(context)), [NOT_FOUND], context);
  // Every key has one. With nothing but a refusal in it, nobody could use the key any more.
  if (policy === undefined) throw new SealroomError('unexpected', `the key ${keyArn}: AWS KMS gave no policy of it`);
  const text = withStatement(policy, DELETION_STATEMENT);
  await kms.send(new PutKeyPolicyCommand({ KeyId: keyArn, PolicyName: 'default', Policy: text }), sendOptions(context));
}
