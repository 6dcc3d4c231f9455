/** Who is signed in, and the way out. */
import type { ReactNode } from 'react';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { IconButton } from '../ui/button.tsx';

export function Account(): ReactNode {
  const { principal, can, signOut } = useSession();
  const { name, role, tenant } = principal;
  const what = can.operate ? text.shell.operator : text.shell.role[role];
  return (
    <div className="account">
      <p className="account-who" title={tenant === '*' ? undefined : text.shell.ofTenant(tenant)}>
        <span className="visually-hidden">{text.shell.signedInAs}</span>
        <span className="account-name">{name}</span>
        <span className="account-role">{what}</span>
      </p>
      <IconButton icon="signOut" label={text.shell.signOut} onPress={signOut} />
    </div>
  );
}
