import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { adminTabs, fragmentOf, tabOf } from '../../../web/src/admin/admin-tab.ts';

describe('the parts of the administration', () => {
  test('are the tokens and keys of the tenant for its admin, and all of the vault for an operator', () => {
    assert.deepEqual(adminTabs(false), ['tokens', 'keys']);
    assert.deepEqual(adminTabs(true), ['tokens', 'tenants', 'keys', 'journal']);
  });

  test('are found again by the fragment of the address, of those that somebody may see', () => {
    for (const tab of adminTabs(true)) assert.equal(tabOf(fragmentOf(tab), adminTabs(true)), tab);
    assert.equal(tabOf('#journal', adminTabs(false)), 'tokens');
    for (const odd of ['', '#', '#nothing', 'keys']) assert.equal(tabOf(odd, adminTabs(true)), 'tokens', odd);
  });
});
