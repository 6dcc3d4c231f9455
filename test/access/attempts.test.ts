import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FailedAttempts, addressGroup } from '../../src/access/attempts.ts';
import { Clock } from '../support/memory-vault.ts';

describe('failed attempts', () => {
  test('are let pass up to the limit, and then not until the time is over', () => {
    const clock = new Clock();
    const attempts = new FailedAttempts({ limit: 3, window: 1000, now: clock.now });
    for (let i = 0; i < 3; i++) {
      assert.equal(attempts.wait('192.0.2.1'), 0);
      attempts.failed('192.0.2.1');
      clock.time += 100;
    }
    assert.equal(attempts.wait('192.0.2.1'), 700);
    assert.equal(attempts.wait('192.0.2.2'), 0, 'another address');
    clock.time += 699;
    assert.equal(attempts.wait('192.0.2.1'), 1);
    clock.time += 1;
    assert.equal(attempts.wait('192.0.2.1'), 0);
    attempts.failed('192.0.2.1');
    assert.equal(attempts.wait('192.0.2.1'), 0, 'counted anew');
  });

  test('are ten a minute unless something else is said', () => {
    const clock = new Clock();
    const attempts = new FailedAttempts({ now: clock.now });
    for (let i = 0; i < 9; i++) attempts.failed('192.0.2.1');
    assert.equal(attempts.wait('192.0.2.1'), 0);
    attempts.failed('192.0.2.1');
    assert.equal(attempts.wait('192.0.2.1'), 60_000);
  });

  test('that go on do not lengthen the time', () => {
    const clock = new Clock();
    const attempts = new FailedAttempts({ limit: 1, window: 1000, now: clock.now });
    attempts.failed('192.0.2.1');
    clock.time += 999;
    attempts.failed('192.0.2.1');
    clock.time += 1;
    assert.equal(attempts.wait('192.0.2.1'), 0);
  });

  test('of more addresses than are remembered push out those that end first', () => {
    const clock = new Clock();
    const attempts = new FailedAttempts({ limit: 1, window: 1000, capacity: 3, now: clock.now });
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) attempts.failed(address);
    clock.time += 1000;
    attempts.failed('192.0.2.1');
    attempts.failed('192.0.2.4');
    attempts.failed('192.0.2.5');
    const waits = ['192.0.2.1', '192.0.2.4', '192.0.2.5'].map((address) => attempts.wait(address));
    assert.deepEqual(waits, [1000, 1000, 1000], 'the windows that are over went first');
    attempts.failed('192.0.2.6');
    assert.equal(attempts.wait('192.0.2.1'), 0);
    assert.equal(attempts.wait('192.0.2.6'), 1000);
  });

  test('counted anew are remembered as the newest', () => {
    const clock = new Clock();
    const attempts = new FailedAttempts({ limit: 1, window: 1000, capacity: 3, now: clock.now });
    for (const address of ['192.0.2.1', '192.0.2.2']) attempts.failed(address);
    clock.time += 1000;
    for (const address of ['192.0.2.1', '192.0.2.3', '192.0.2.4']) attempts.failed(address);
    assert.equal(attempts.wait('192.0.2.1'), 1000);
  });

  test('are counted as a plain list of failures would count them', () => {
    const step = fc.record({ address: fc.constantFrom('a', 'b'), wait: fc.nat(400), fails: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new Clock();
        const attempts = new FailedAttempts({ limit: 3, window: 1000, now: clock.now });
        const failures: { address: string; time: number }[] = [];
        const start = new Map<string, number>();
        for (const { address, wait, fails } of steps) {
          clock.time += wait;
          const began = start.get(address) ?? -Infinity;
          const within = failures.filter((each) => each.address === address && each.time >= began).length;
          const ends = began + 1000;
          assert.equal(attempts.wait(address), within >= 3 ? Math.max(0, ends - clock.time) : 0);
          if (!fails) continue;
          attempts.failed(address);
          if (clock.time >= ends) start.set(address, clock.time);
          failures.push({ address, time: clock.time });
        }
      }),
    );
  });
});

describe('an address', () => {
  test('of IPv4 counts by itself, mapped into IPv6 or not', () => {
    for (const address of ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:201', '0:0:0:0:0:ffff:c000:0201']) {
      assert.equal(addressGroup(address), '192.0.2.1');
    }
  });

  test('of IPv6 counts with its /64', () => {
    const same = ['2001:db8:0:1::1', '2001:db8::1:ffff:0:0:1', '2001:DB8:0:1:2:3:4:5', '2001:db8:0:1::1%eth0'];
    assert.deepEqual(new Set(same.map(addressGroup)), new Set(['2001:db8:0:1::/64']));
    assert.equal(addressGroup('2001:db8:0:2::1'), '2001:db8:0:2::/64');
    assert.equal(addressGroup('::1'), '0:0:0:0::/64');
    assert.equal(addressGroup('::'), '0:0:0:0::/64');
    assert.equal(addressGroup('1::'), '1:0:0:0::/64');
    assert.equal(addressGroup('64:ff9b::192.0.2.33'), '64:ff9b:0:0::/64');
  });

  test('that is none counts as it is', () => {
    for (const address of ['', 'unix', '1:2', '1::2::3', '12345::', 'g::1', '1:2:3:4:5:6:7:8:9']) {
      assert.equal(addressGroup(address), address);
    }
  });

  test('counts the same however an IPv6 address is written', () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const long = groups.map((each) => each.toString(16).padStart(4, '0')).join(':');
        const short = new URL(`http://[${long}]/`).hostname.slice(1, -1);
        assert.equal(addressGroup(short), addressGroup(long));
        if (groups.slice(0, 5).every((each) => each === 0) && groups[5] === 0xffff) return;
        const network = groups.slice(0, 4).map((each) => each.toString(16));
        assert.equal(addressGroup(long), `${network.join(':')}::/64`);
      }),
    );
  });
});
