/** One tenant. */
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { Usage } from '../../../src/vault/item-kinds.ts';
import type { TenantStat } from '../../../src/vault/tenant-stats.ts';
import { problemOf } from '../files/problem.ts';
import { formatTime } from '../format.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { notify } from '../toasts.ts';
import { Button } from '../ui/button.tsx';
import { TenantUsage } from './tenant-usage.tsx';

const words = text.admin.tenants;

export interface TenantRowProps {
  readonly tenant: TenantStat;
  readonly onQuota: () => void;
}

export function TenantRow({ tenant, onQuota }: TenantRowProps): ReactNode {
  const { client, tenant: here, chooseTenant } = useSession();
  const { name, createdAt, quota, usage } = tenant;
  const [counted, setCounted] = useState<Usage>();
  const [counting, setCounting] = useState(false);
  const known = usage ?? counted;

  const count = async (): Promise<void> => {
    setCounting(true);
    try {
      setCounted(await client.usage(name));
    } catch (error) {
      notify({ text: words.notCountable(problemOf(error)), tone: 'danger' });
    } finally {
      setCounting(false);
    }
  };

  return (
    <li className="tenant">
      <div className="tenant-who">
        <h3 className="tenant-name">
          {name}
          {name === here ? <span className="admin-badge admin-badge-accent">{words.here}</span> : null}
        </h3>
        <p className="admin-more">{words.since(formatTime(createdAt))}</p>
      </div>
      <div className="tenant-held">
        {known === undefined ? (
          <p className="admin-more">
            {quota === null ? words.noQuota : words.notCounted(words.limits(quota.bytes, quota.files))}
          </p>
        ) : (
          <TenantUsage name={name} quota={quota} usage={known} />
        )}
        {usage === null ? (
          <Button
            size="small"
            variant="quiet"
            icon="refresh"
            className="tenant-count"
            aria-label={words.countOf(name)}
            isPending={counting}
            onPress={() => void count()}
          >
            {words.count}
          </Button>
        ) : null}
        <p role="status" className="visually-hidden">
          {counting ? words.counting(name) : ''}
        </p>
      </div>
      <div className="tenant-actions">
        <Button size="small" aria-label={words.quotaOf(name)} onPress={onQuota}>
          {words.quota}
        </Button>
        {name === here ? null : (
          <Button size="small" aria-label={words.workIn(name)} onPress={() => chooseTenant(name)}>
            {words.work}
          </Button>
        )}
      </div>
    </li>
  );
}
