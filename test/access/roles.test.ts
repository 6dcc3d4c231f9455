import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ROLES, checkMay, may, tenantFor } from '../../src/access/roles.ts';
import type { Action } from '../../src/access/roles.ts';
import { refusal } from '../../src/testing/rejects.ts';
import { SOMEBODY } from './world.ts';

/** Who may, as `<role> <tenant>`. */
const TABLE: Readonly<Record<Action, readonly string[]>> = {
  read: ['reader acme', 'writer acme', 'admin acme', 'reader *', 'writer *', 'admin *'],
  write: ['writer acme', 'admin acme', 'writer *', 'admin *'],
  publish: ['writer acme', 'admin acme', 'writer *', 'admin *'],
  administer: ['admin acme', 'admin *'],
  operate: ['admin *'],
  observe: ['reader *', 'writer *', 'admin *'],
};

describe('roles', () => {
  test('may do what the table says, and nothing else', () => {
    for (const [action, those] of Object.entries(TABLE) as [Action, readonly string[]][]) {
      for (const tenant of ['acme', '*']) {
        for (const role of ROLES) {
          const expected = those.includes(`${role} ${tenant}`);
          assert.equal(may({ tenant, role }, action), expected, `${role} of ${tenant}: ${action}`);
          if (expected) checkMay({ ...SOMEBODY, tenant, role }, action);
          else refusal(() => checkMay({ ...SOMEBODY, tenant, role }, action), 'permission');
        }
      }
    }
  });

  test('of a tenant reach that tenant only; the operator names one', () => {
    const own = { ...SOMEBODY, tenant: 'acme' };
    assert.equal(tenantFor(own, undefined, 'default'), 'acme');
    assert.equal(tenantFor(own, 'acme', 'default'), 'acme');
    refusal(() => tenantFor(own, 'default', 'default'), 'permission');
    refusal(() => tenantFor(own, '*', 'default'), 'permission');
    const operator = { ...SOMEBODY, tenant: '*' };
    assert.equal(tenantFor(operator, undefined, 'default'), 'default');
    assert.equal(tenantFor(operator, 'acme', 'default'), 'acme');
  });
});
