/** What a tenant holds, and how much of what it may hold that is. */
import type { ReactNode } from 'react';
import type { Quota, Usage } from '../../../src/vault/item-kinds.ts';
import { formatPercent } from '../format.ts';
import { text } from '../text.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { usageLevel, usedShare } from './usage-level.ts';

const words = text.admin.tenants;

export interface TenantUsageProps {
  readonly name: string;
  readonly quota: Quota | null;
  readonly usage: Usage;
}

export function TenantUsage({ name, quota, usage }: TenantUsageProps): ReactNode {
  const { bytes, files } = quota ?? { bytes: null, files: null };
  return (
    <>
      {bytes === null ? null : (
        <Bar label={words.bytesBar(name)} held={usage.bytes} limit={bytes} told={words.bytesOf(usage.bytes, bytes)} />
      )}
      {files === null ? null : (
        <Bar label={words.filesBar(name)} held={usage.files} limit={files} told={words.filesOf(usage.files, files)} />
      )}
      <Unlimited quota={{ bytes, files }} usage={usage} />
    </>
  );
}

/** What no bar tells. */
function Unlimited({ quota: { bytes, files }, usage }: { readonly quota: Quota; readonly usage: Usage }): ReactNode {
  if (bytes !== null && files !== null) return null;
  const both = bytes === null && files === null;
  return (
    <p className="admin-more">
      {both
        ? words.holds(usage.bytes, usage.files)
        : bytes === null
          ? words.holdsBytes(usage.bytes)
          : words.holdsFiles(usage.files)}
    </p>
  );
}

interface BarProps {
  readonly label: string;
  readonly held: number;
  readonly limit: number;
  readonly told: string;
}

function Bar({ label, held, limit, told }: BarProps): ReactNode {
  const level = usageLevel(held, limit);
  const share = usedShare(held, limit);
  const more = level === 'fine' ? formatPercent(share) : words.level[level];
  return (
    <div className="tenant-bar">
      <p className="tenant-bar-told">
        <span>{told}</span>
        <span className={level === 'fine' ? 'admin-more' : 'tenant-bar-level'}>{more}</span>
      </p>
      <ProgressBar
        label={label}
        value={share}
        valueText={`${told}, ${more}`}
        tone={level === 'full' ? 'danger' : 'accent'}
      />
    </div>
  );
}
