/** The tenants, what they hold, and how much they may. */
import { useCallback, useState } from 'react';
import type { ReactNode } from 'react';
import type { TenantStat } from '../../../src/vault/tenant-stats.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { NewTenantDialog } from './new-tenant-dialog.tsx';
import { LoadedContent, Part } from './part.tsx';
import { QuotaDialog } from './quota-dialog.tsx';
import { TenantRow } from './tenant-row.tsx';
import { useLoaded } from './use-loaded.ts';
import './tenants.css';

const words = text.admin.tenants;

export function TenantsTab(): ReactNode {
  const { client } = useSession();
  const load = useCallback((signal: AbortSignal) => client.tenantStats({ signal }), [client]);
  const loading = useLoaded(load);
  const [making, setMaking] = useState(false);
  const [limiting, setLimiting] = useState<TenantStat>();
  const { state, reload } = loading;
  const names = state.step === 'loaded' ? state.value.map(({ name }) => name) : [];
  return (
    <Part
      title={words.title}
      why={words.why}
      actions={
        <Button variant="primary" icon="plus" onPress={() => setMaking(true)}>
          {words.new}
        </Button>
      }
    >
      <LoadedContent loading={loading} label={words.loading}>
        {(tenants) => (
          <ul className="admin-list" aria-label={words.title}>
            {tenants.map((tenant) => (
              <TenantRow key={tenant.name} tenant={tenant} onQuota={() => setLimiting(tenant)} />
            ))}
          </ul>
        )}
      </LoadedContent>
      {making ? <NewTenantDialog taken={names} onMade={reload} onClose={() => setMaking(false)} /> : null}
      {limiting === undefined ? null : (
        <QuotaDialog tenant={limiting} onChanged={reload} onClose={() => setLimiting(undefined)} />
      )}
    </Part>
  );
}
