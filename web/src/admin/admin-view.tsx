/** Looking after a tenant, or the vault: who may come in, how much is held, on which keys it rests, what is left over. */
import { useState } from 'react';
import type { ReactNode } from 'react';
import { useSession } from '../session/session.ts';
import { useTitle } from '../shell/title.ts';
import { text } from '../text.ts';
import { Tabs } from '../ui/tabs.tsx';
import { adminTabs, fragmentOf, tabOf } from './admin-tab.ts';
import type { AdminTab } from './admin-tab.ts';
import { JournalTab } from './journal-tab.tsx';
import { KeysTab } from './keys-tab.tsx';
import { TenantsTab } from './tenants-tab.tsx';
import { TokensTab } from './tokens-tab.tsx';
import './admin-view.css';

const contents: Readonly<Record<AdminTab, () => ReactNode>> = {
  tokens: TokensTab,
  tenants: TenantsTab,
  keys: KeysTab,
  journal: JournalTab,
};

export default function AdminView(): ReactNode {
  const { can } = useSession();
  const tabs = adminTabs(can.operate);
  const [selected, setSelected] = useState(() => tabOf(location.hash, tabs));
  useTitle(text.admin.title);
  const select = (id: string): void => {
    const tab = tabOf(`#${id}`, tabs);
    setSelected(tab);
    history.replaceState(history.state, '', fragmentOf(tab));
  };
  return (
    <div className="admin">
      <h1>{text.admin.title}</h1>
      <Tabs
        label={text.admin.tabs.label}
        selected={selected}
        onSelect={select}
        tabs={tabs.map((id) => {
          const Content = contents[id];
          return { id, label: text.admin.tabs[id], content: <Content /> };
        })}
      />
    </div>
  );
}
