/** What a failure of a call to AWS is taken for: above all, whether the call may have taken effect. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { openAwsClients } from '../../src/aws/clients.ts';
import { awsError } from '../../src/aws/failure.ts';
import { SealroomError } from '../../src/errors.ts';
import { describeError } from '../../src/http/observe/log.ts';
import { closeAtOnce, portOf } from '../support/loopback.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** What a call with these settings fails with. */
async function failureWith(settings: DynamoDBClientConfig): Promise<SealroomError> {
  const client = new DynamoDBClient({ region: 'us-east-1', credentials, maxAttempts: 1, ...settings });
  try {
    await client.send(new DescribeTableCommand({ TableName: 'files' }));
  } catch (error) {
    return awsError(error, { thing: 'the table' });
  } finally {
    client.destroy();
  }
  return assert.fail('it was answered');
}

/** What a call fails with that is answered so. */
async function failureAt(body: string, status = 200): Promise<SealroomError> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
  });
  const port = await portOf(server);
  try {
    return await failureWith({ endpoint: `http://127.0.0.1:${port}` });
  } finally {
    await closeAtOnce(server);
  }
}

for (const [what, body] of [
  ['is cut', '{"Table":'],
  ['is a page of somebody else', '<html>Sign in</html>'],
  // The SDK has a TypeError for it, as for a call that was never made.
  ['has a value of another type', '{"Table":{"CreationDateTime":"yesterday"}}'],
] as const) {
  test(`an answer of success that ${what} leaves open what was done: unavailable`, async () => {
    const { code, message } = await failureAt(body);
    assert.equal(code, 'unavailable');
    assert.match(message, /^the table: AWS gave an answer that cannot be read/);
  });
}

for (const region of ['eu_west_1', 'eu-west-1 ', '-', 'a'.repeat(64), 'example.com/']) {
  test(`no call is made to a Region ${JSON.stringify(region)}: bad-configuration`, async () => {
    const { code, message } = await failureWith({ region });
    assert.equal(code, 'bad-configuration');
    assert.match(message, /Region/);
  });
}

test('no call is made to an endpoint that the settings contradict: bad-configuration', async () => {
  const { code } = await failureWith({ endpoint: 'http://127.0.0.1:1', useFipsEndpoint: true });
  assert.equal(code, 'bad-configuration');
});

test('an endpoint that is no address: bad-configuration', async () => {
  assert.equal((await failureWith({ endpoint: 'nowhere' })).code, 'bad-configuration');
});

test('nobody listens, or something else than AWS does: unavailable', async () => {
  assert.equal((await failureWith({ endpoint: 'http://127.0.0.1:1' })).code, 'unavailable');
  assert.equal((await failureAt('', 503)).code, 'unavailable');
});

test('a failure that nothing is known of may have taken effect: unavailable', () => {
  assert.equal(awsError(new Error('?'), { thing: 'the table' }).code, 'unavailable');
});

test('clients are not opened for what is no Region, and it is told from none', async () => {
  const opening = openAwsClients({ region: 'eu_west_1', credentials });
  await assert.rejects(opening, { code: 'bad-configuration', message: /Region/ });
});

test('a log is told what AWS calls the failure and which request it was, and nothing else of the answer', () => {
  const answer = { httpStatusCode: 500, requestId: 'E2E-1', attempts: 3 };
  const thrown = Object.assign(new Error('a data key in clear'), { name: 'InternalServerError', $metadata: answer });
  const { cause } = describeError(awsError(thrown, { thing: 'the table' }));
  assert.equal(cause?.name, 'InternalServerError, status 500, request E2E-1');
  assert.doesNotMatch(JSON.stringify(cause), /in clear/);
  const forged = Object.assign(new Error(), {
    name: 'a data key in clear',
    $metadata: { ...answer, requestId: 'a b' },
  });
  assert.equal(describeError(awsError(forged, { thing: 'the table' })).cause?.name, 'unknown, status 500');
});
