import type { Files } from '../../src/vault/files.ts';
import type { Vault } from '../../src/vault/vault.ts';

/** The same vault, with other verbs in place of some of its files' own. */
export function replacedFiles(vault: Vault, verbs: (files: Files) => Partial<Files>): Vault {
  return {
    ...vault,
    tenant: (name) => {
      const files = vault.tenant(name);
      return { ...files, ...verbs(files) };
    },
  };
}
