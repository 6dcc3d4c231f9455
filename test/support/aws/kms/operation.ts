/** What an operation of the double gets and gives. */
import type { KmsAccess } from './access.ts';
import type { KmsStore } from './store.ts';

/** A request, as it came: of its fields, those that the double knows. */
export interface KmsInput {
  readonly KeyId?: string;
  readonly TargetKeyId?: string;
  readonly SourceKeyId?: string;
  readonly DestinationKeyId?: string;
  readonly AliasName?: string;
  readonly CiphertextBlob?: string;
  readonly Plaintext?: string;
  readonly EncryptionContext?: Readonly<Record<string, string>>;
  readonly SourceEncryptionContext?: Readonly<Record<string, string>>;
  readonly DestinationEncryptionContext?: Readonly<Record<string, string>>;
  readonly GrantTokens?: readonly string[];
  readonly NumberOfBytes?: number;
  readonly KeySpec?: string;
  readonly KeyUsage?: string;
  readonly Origin?: string;
  readonly MultiRegion?: boolean;
  readonly ReplicaRegion?: string;
  readonly PrimaryRegion?: string;
  readonly Description?: string;
  readonly Policy?: string;
  readonly PolicyName?: string;
  readonly BypassPolicyLockoutSafetyCheck?: boolean;
  readonly Tags?: readonly { readonly TagKey: string; readonly TagValue: string }[];
  readonly TagKeys?: readonly string[];
  readonly PendingWindowInDays?: number;
  readonly RotationPeriodInDays?: number;
  readonly GranteePrincipal?: string;
  readonly RetiringPrincipal?: string;
  readonly Operations?: readonly string[];
  readonly Constraints?: {
    readonly EncryptionContextSubset?: Readonly<Record<string, string>>;
    readonly EncryptionContextEquals?: Readonly<Record<string, string>>;
  };
  readonly Name?: string;
  readonly GrantId?: string;
  readonly GrantToken?: string;
  readonly DryRun?: boolean;
  readonly Limit?: number;
  readonly Marker?: string;
}

export interface KmsCall {
  readonly store: KmsStore;
  readonly access: KmsAccess;
  readonly region: string;
  /** ARN of who asks. */
  readonly principal: string;
  readonly input: KmsInput;
}

export type KmsOperation = (call: KmsCall) => object;
