/** The tenant that an operator works in. */
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import type { Client } from '../../../src/client/index.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { notify } from '../toasts.ts';
import { Icon } from '../ui/icon.tsx';
import './tenant-chooser.css';

export function TenantChooser(): ReactNode {
  const { client, tenant, chooseTenant } = useSession();
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => {
    const gone = new AbortController();
    const load = async (): Promise<void> => {
      const found = await tenantNames(client, gone.signal);
      if (found !== undefined) setNames(found);
    };
    void load();
    return () => gone.abort();
  }, [client]);
  const refresh = async (): Promise<void> => {
    const found = await tenantNames(client);
    if (found !== undefined) setNames(found);
  };
  const shown = names.includes(tenant) ? names : [tenant, ...names];
  return (
    <label className="tenant-chooser">
      <Icon name="tenant" size={18} />
      <span className="visually-hidden">{text.shell.tenant}</span>
      <select
        value={tenant}
        // Others make tenants, too.
        onFocus={() => void refresh()}
        onChange={(event) => chooseTenant(event.target.value)}
      >
        {shown.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <Icon name="chevronDown" size={16} />
    </label>
  );
}

/** In order; undefined when they did not come, which is said where somebody waits for them. */
async function tenantNames(client: Client, signal?: AbortSignal): Promise<readonly string[] | undefined> {
  try {
    const tenants = await client.tenants({ signal });
    return signal?.aborted ? undefined : tenants.map(({ name }) => name).toSorted();
  } catch {
    if (!signal?.aborted) notify({ text: text.shell.noTenants, tone: 'danger' });
    return undefined;
  }
}
