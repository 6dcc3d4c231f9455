import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTenantName } from '../../../src/vault/identifiers.ts';
import { tenantNameProblem } from '../../../web/src/admin/tenant-name.ts';

test('a name is wrong exactly where the service would refuse it', () => {
  const names = ['a', 'acme-2', '0', 'a'.repeat(63), 'a'.repeat(64), '-a', 'Acme', 'a b', 'a_b', 'ä', '*', 'a\n'];
  for (const name of names) {
    assert.equal(tenantNameProblem(name, []), isTenantName(name) ? undefined : 'grammar', JSON.stringify(name));
  }
  assert.equal(tenantNameProblem('', ['acme']), 'empty');
  assert.equal(tenantNameProblem('acme', ['default', 'acme']), 'exists');
});
