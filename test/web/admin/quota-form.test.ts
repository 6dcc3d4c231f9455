import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { NO_QUOTA, formOf, quotaOf } from '../../../web/src/admin/quota-form.ts';
import type { QuotaForm, ReadQuota } from '../../../web/src/admin/quota-form.ts';

const read = (form: Partial<QuotaForm>): ReadQuota => quotaOf({ ...NO_QUOTA, ...form });

describe('the fields of a quota', () => {
  test('give bytes in powers of a thousand, as sizes are shown', () => {
    assert.deepEqual(read({ amount: '10', unit: 'GB' }), { quota: { bytes: 10_000_000_000, files: null } });
    assert.deepEqual(read({ amount: '0.1', unit: 'GB' }), { quota: { bytes: 100_000_000, files: null } });
    assert.deepEqual(read({ amount: ' 2.5 ', unit: 'TB', files: '1000' }), {
      quota: { bytes: 2_500_000_000_000, files: 1000 },
    });
    assert.deepEqual(read({ amount: '0', unit: 'MB' }), { quota: { bytes: 0, files: null } });
    assert.deepEqual(read({ files: '5' }), { quota: { bytes: null, files: 5 } });
  });

  test('give none where nothing is filled in', () => {
    assert.deepEqual(read({}), { quota: null });
    assert.deepEqual(read({ amount: '  ', files: ' ' }), { quota: null });
  });

  test('say which of them cannot be read', () => {
    for (const amount of ['x', '-1', '1,000', '1e30', '99999999999999', '.', '1.']) {
      assert.deepEqual(read({ amount, files: '1' }), { wrong: { amount: true, files: false } }, amount);
    }
    for (const files of ['x', '-1', '1.5', '99999999999999999']) {
      assert.deepEqual(read({ amount: '1', files }), { wrong: { amount: false, files: true } }, files);
    }
  });

  test('show a quota in the largest unit that is easy to read', () => {
    const shown = (bytes: number): string => {
      const { amount, unit } = formOf({ bytes, files: null });
      return `${amount} ${unit}`;
    };
    assert.equal(shown(10_000_000_000), '10 GB');
    assert.equal(shown(2_500_000_000_000), '2.5 TB');
    assert.equal(shown(1_234_000_000), '1.234 GB');
    assert.equal(shown(1_234_500_000), '1234.5 MB');
    assert.equal(shown(100_000_000), '100 MB');
    assert.equal(shown(20), '0.00002 MB');
    assert.equal(shown(0), '0 MB');
    assert.deepEqual(formOf(null), NO_QUOTA);
    assert.deepEqual(formOf({ bytes: null, files: 7 }), { ...NO_QUOTA, files: '7' });
  });

  test('mean the quota that they show, to the byte', () => {
    const limit = fc.option(fc.maxSafeNat());
    fc.assert(
      fc.property(limit, limit, (bytes, files) => {
        const none = bytes === null && files === null;
        assert.deepEqual(quotaOf(formOf({ bytes, files })), { quota: none ? null : { bytes, files } });
      }),
    );
  });
});
