import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FIRST_CHOICE, requestOf, wrongIn } from '../../../web/src/admin/token-request.ts';
import type { Lifetime, TokenChoice } from '../../../web/src/admin/token-request.ts';

const now = new Date(2026, 10, 24, 15, 30);
const DAY = 24 * 60 * 60 * 1000;

const chosen = (choice: Partial<TokenChoice>): TokenChoice => ({ ...FIRST_CHOICE, ...choice });

describe('a token that somebody asks for', () => {
  test('is of the tenant that is worked in, or of the whole vault', () => {
    const tenantOf = (where: TokenChoice['where']): string =>
      requestOf(chosen({ where }), { now, tenant: 'acme' }).tenant;
    assert.equal(tenantOf('tenant'), 'acme');
    assert.equal(tenantOf('vault'), '*');
  });

  test('has the name that was typed, without what is around it, or none', () => {
    const nameOf = (name: string): string | undefined => requestOf(chosen({ name }), { now, tenant: 'acme' }).name;
    assert.equal(nameOf('  Backup job '), 'Backup job');
    assert.equal(nameOf('   '), undefined);
    assert.equal(wrongIn(chosen({ name: 'x'.repeat(128) }), now).name, false);
    assert.equal(wrongIn(chosen({ name: 'x'.repeat(129) }), now).name, true);
  });

  test('lives as long as was chosen', () => {
    const days: Readonly<Record<Exclude<Lifetime, 'date'>, number>> = {
      day: 1,
      week: 7,
      month: 30,
      quarter: 90,
      year: 365,
    };
    for (const [lifetime, count] of Object.entries(days)) {
      const choice = chosen({ lifetime: lifetime as Lifetime });
      const { expires } = requestOf(choice, { now, tenant: 'acme' });
      assert.equal(Date.parse(expires!) - now.getTime(), count * DAY, lifetime);
      assert.equal(wrongIn(choice, now).date, false);
    }
  });

  test('lives to the end of the day that was chosen, where somebody is', () => {
    const { expires } = requestOf(chosen({ lifetime: 'date', date: '2026-12-31' }), { now, tenant: 'acme' });
    assert.equal(Date.parse(expires!), new Date(2026, 11, 31, 23, 59, 59).getTime());
  });

  test('ends on a day that is one, from today on, within ten years', () => {
    const wrong = (date: string): boolean => wrongIn(chosen({ lifetime: 'date', date }), now).date;
    for (const date of ['', 'tomorrow', '2026-13-01', '2026-11-23', '2036-11-30', '20260-01-01']) {
      assert.equal(wrong(date), true, date);
    }
    for (const date of ['2026-11-24', '2026-11-25', '2036-11-20']) assert.equal(wrong(date), false, date);
    assert.equal(
      wrongIn(chosen({ lifetime: 'week', date: '' }), now).date,
      false,
      'where none is asked for, none is wrong',
    );
  });
});
