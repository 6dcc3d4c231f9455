/** What AWS's DynamoDB answers and no other server does, played by a stub. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openDynamodbCatalog } from '../../src/catalogs/dynamodb.ts';
import type { Catalog } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { check, newItem, put, remove } from '../../src/testing/test-items.ts';
import { DynamodbStub, cancelledFor, done, refusedWith } from '../support/aws/dynamodb-stub.ts';
import { run } from '../support/aws/servers.ts';
import type { StubAnswer } from '../support/aws/dynamodb-stub.ts';

interface Stubbed extends AsyncDisposable {
  readonly stub: DynamodbStub;
  readonly catalog: Catalog;
  readonly clock: { time: number };
}

/** A catalog that gets these answers one after the other, and the last one again and again. */
async function answeredBy(...answers: readonly StubAnswer[]): Promise<Stubbed> {
  return answeredWith((index) => answers[Math.min(index, answers.length - 1)]!);
}

async function answeredWith(answer: (index: number, clock: { time: number }) => StubAnswer): Promise<Stubbed> {
  const scope = new AsyncDisposableStack();
  const clock = { time: Date.now() };
  const stub = scope.use(await DynamodbStub.start((_, index) => answer(index, clock)));
  const client = { ...stub.client, maxAttempts: 3 };
  const catalog = scope.use(openDynamodbCatalog({ table: 'stub', client, now: () => clock.time }));
  return { stub, catalog, clock, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

const two = [put(newItem('p', 'a')), check('p', 'b', null)];
const conditionFailed = (item?: object): StubAnswer =>
  refusedWith('ConditionalCheckFailedException', item === undefined ? {} : { Item: item });

describe('DynamodbCatalog on answers of AWS', { concurrency: true }, () => {
  for (const reasons of [
    ['None', 'TransactionConflict'],
    ['ThrottlingError', 'TransactionConflict'],
    ['ProvisionedThroughputExceeded', 'None'],
    ['RequestLimitExceeded', 'None'],
  ]) {
    test(`makes a transaction anew, by the same token, that was cancelled for ${reasons.join(' and ')}`, async () => {
      await using subject = await answeredBy(cancelledFor(...reasons), done);
      await subject.catalog.write(two);
      const tokens = subject.stub.requests.map(({ input }) => input['ClientRequestToken']);
      assert.equal(tokens.length, 2);
      assert.match(String(tokens[0]), /^[0-9a-f-]{36}$/);
      assert.equal(tokens[0], tokens[1]);
    });
  }

  test('gives every write a token of its own', async () => {
    await using subject = await answeredBy(done);
    await subject.catalog.write(two);
    await subject.catalog.write(two);
    const tokens = subject.stub.requests.map(({ input }) => input['ClientRequestToken']);
    assert.equal(new Set(tokens).size, 2);
  });

  test('gives up a transaction that others are in the way of, after the tries that it has', async () => {
    await using subject = await answeredBy(cancelledFor('None', 'TransactionConflict'));
    await rejection(subject.catalog.write(two), 'unavailable');
    assert.equal(subject.stub.requests.length, 3);
  });

  test('is cancelled while it waits for others to be done', async () => {
    await using scope = new AsyncDisposableStack();
    const controller = new AbortController();
    const stub = scope.use(
      await DynamodbStub.start((_, index) => {
        // Once the answer is there: by then it waits.
        if (index === 5) setTimeout(() => controller.abort(), 10);
        return cancelledFor('TransactionConflict', 'None');
      }),
    );
    const client = { ...stub.client, maxAttempts: 1000 };
    const catalog = scope.use(openDynamodbCatalog({ table: 'stub', client }));
    await rejection(catalog.write(two, { signal: controller.signal }), 'cancelled');
    assert.ok(stub.requests.length < 12);
  });

  test('says of each of many writes that met whether it lost, however many meet', async () => {
    const met = new Set<unknown>();
    await using scope = new AsyncDisposableStack();
    const stub = scope.use(
      await DynamodbStub.start(({ input }) => {
        const token = input['ClientRequestToken'];
        if (met.has(token)) return cancelledFor('ConditionalCheckFailed', 'None');
        met.add(token);
        return cancelledFor('TransactionConflict', 'None');
      }),
    );
    const catalog = scope.use(openDynamodbCatalog({ table: 'stub', client: stub.client }));
    // Each is to cost a try more, and nothing that the next ones need.
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.all(
        Array.from({ length: 40 }, () => catalog.write(two).catch((error: unknown) => error)),
      );
      for (const outcome of outcomes) await rejection(Promise.reject(outcome), 'conflict');
    }
    assert.equal(stub.requests.length, 2 * 5 * 40);
  });

  for (const reasons of [
    ['ConditionalCheckFailed', 'None'],
    ['ConditionalCheckFailed', 'TransactionConflict'],
    ['ThrottlingError', 'ConditionalCheckFailed'],
  ]) {
    test(`calls it a conflict at once when the reasons are ${reasons.join(' and ')}`, async () => {
      await using subject = await answeredBy(cancelledFor(...reasons));
      await rejection(subject.catalog.write(two), 'conflict');
      assert.equal(subject.stub.requests.length, 1);
    });
  }

  for (const type of [
    'TransactionConflictException',
    'ThrottlingException',
    'ProvisionedThroughputExceededException',
  ]) {
    test(`puts and removes anew after ${type}, and still knows a conflict`, async () => {
      await using subject = await answeredBy(
        refusedWith(type),
        done,
        refusedWith(type),
        done,
        refusedWith(type),
        conditionFailed(),
      );
      await subject.catalog.write([put(newItem('p', 's'))]);
      await subject.catalog.write([remove(newItem('p', 's'))]);
      await rejection(subject.catalog.write([remove(newItem('p', 's'))]), 'conflict');
      assert.equal(subject.stub.requests.length, 6);
    });
  }

  test('waits for a transaction of its own that is still in progress', async () => {
    await using subject = await answeredBy('cut', refusedWith('TransactionInProgressException'), done);
    await subject.catalog.write(two);
    await using endless = await answeredBy(refusedWith('TransactionInProgressException'));
    await rejection(endless.catalog.write(two), 'unavailable');
  });

  test('calls a transaction a conflict after a lost answer, as the token would have told', async () => {
    await using subject = await answeredBy('cut', cancelledFor('ConditionalCheckFailed', 'None'));
    await rejection(subject.catalog.write(two), 'conflict');
  });

  test('cannot tell once the token is forgotten', async () => {
    await using subject = await answeredWith((index, clock) => {
      if (index === 0) return 'cut';
      clock.time += 600_000;
      return cancelledFor('ConditionalCheckFailed', 'None');
    });
    await rejection(subject.catalog.write(two), 'unavailable');
  });

  test('knows its own put by the version that stands there', async () => {
    const item = newItem('p', 's');
    const ours = { p: { S: 'p' }, s: { S: 's' }, v: { S: item.version }, d: { B: 'AQ==' } };
    await using subject = await answeredBy('cut', conditionFailed(ours));
    await subject.catalog.write([put(item)]);
    const [first] = subject.stub.requests;
    assert.equal(first!.input['ReturnValuesOnConditionCheckFailure'], 'ALL_OLD');

    await using another = await answeredBy('cut', conditionFailed({ ...ours, v: { S: 'another' } }));
    await rejection(another.catalog.write([put(item)]), 'unavailable');
    await using nobody = await answeredBy('cut', conditionFailed());
    await rejection(nobody.catalog.write([put(item, 'before')]), 'unavailable');
  });

  test('cannot tell who removed an item whose remove had no answer', async () => {
    await using subject = await answeredBy('cut', conditionFailed());
    await rejection(subject.catalog.write([remove(newItem('p', 's'))]), 'unavailable');
  });

  test('takes any refusal after a lost answer for an unknown outcome, and no other', async () => {
    for (const operations of [[put(newItem('p', 's'))], two]) {
      await using lost = await answeredBy('cut', refusedWith('AccessDeniedException'));
      await rejection(lost.catalog.write(operations), 'unavailable');
      await using refused = await answeredBy(refusedWith('ThrottlingException'), refusedWith('AccessDeniedException'));
      await rejection(refused.catalog.write(operations), 'access-denied');
    }
  });

  test('says what is wrong with a table of another shape', async () => {
    for (const answer of [refusedWith('ValidationException'), cancelledFor('ValidationError', 'None')]) {
      await using subject = await answeredBy(answer);
      const { message } = await rejection(subject.catalog.write(two), 'bad-configuration');
      assert.match(message, /the table stub: .* partition key p and the sort key s/);
      assert.equal(subject.stub.requests.length, 1);
    }
  });

  test('quotes nothing of what the server says', async () => {
    for (const type of ['ValidationException', 'ResourceNotFoundException', 'AccessDeniedException', 'Strange']) {
      await using subject = await answeredBy(refusedWith(type, { message: 'SECRET' }));
      const error = await subject.catalog.get('p', 's').catch((reason: unknown) => reason);
      assert.ok(error instanceof Error);
      assert.doesNotMatch(`${error.stack}${String((error.cause as Error | undefined)?.stack)}`, /SECRET/);
    }
  });

  test('says that no Region is set', async () => {
    // The SDK takes one from the environment and from files of the home folder, so this process may have one.
    const adapter = JSON.stringify(new URL('../../src/catalogs/dynamodb.ts', import.meta.url));
    const script = `
      const { openDynamodbCatalog } = await import(${adapter});
      const catalog = openDynamodbCatalog({ table: 'stub' });
      await catalog.get('p', 's').catch(({ code, message }) => console.log(code, message));`;
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };
    const said = await run(process.execPath, ['--input-type=module', '-e', script], env);
    assert.match(said, /^bad-configuration the table stub: no Region is set/);
  });

  test('goes on from an empty page, and never takes it for the end', async () => {
    const last = { p: { S: 'p' }, s: { S: 'k' } };
    await using subject = await answeredBy({ status: 200, body: { Items: [], LastEvaluatedKey: last } });
    assert.deepEqual(await subject.catalog.list('p', { limit: 5 }), { items: [], next: 'k' });
  });

  test('refuses items that are none of a catalog', async () => {
    const whole = { p: { S: 'p' }, s: { S: 's' }, v: { S: 'v' }, d: { B: 'AQ==' } };
    const wrong = [
      { ...whole, v: { N: '1' } },
      { ...whole, d: { S: 'text' } },
      { ...whole, x: { S: 'never' } },
      { ...whole, x: { N: '1.5' } },
      { p: whole.p, s: whole.s, d: whole.d },
    ];
    for (const item of wrong) {
      await using subject = await answeredBy({ status: 200, body: { Item: item, Items: [item] } });
      await rejection(subject.catalog.get('p', 's'), 'damaged');
      await rejection(subject.catalog.list('p', { limit: 1 }), 'damaged');
    }
  });
});
