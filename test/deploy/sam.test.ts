/** The template of SAM in deploy/: linted, and what it makes is what the functions need. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { policyOf } from '../../src/aws/policies.ts';
import type { PolicyDocument } from '../../src/aws/policies.ts';
import { loadConfig } from '../../src/config/config.ts';
import { onPath, run } from '../support/aws/servers.ts';
import { Template } from '../support/aws/template.ts';

const root = resolve(import.meta.dirname, '../..');
const file = resolve(root, 'deploy/sam.yaml');
const template = new Template(readFileSync(file, 'utf8'), parse);

const KEY = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const VAULT = '41842016-43e4-4d79-9e71-abd72d799ec2';
const PARAMETERS = {
  VaultId: VAULT,
  Pins: `${'0'.repeat(64)} ${'1'.repeat(64)}`,
  KeyArn: KEY,
  Bucket: 'b-files',
  Table: 'files',
};
const PREFIXES = ['', 'some/prefix'];

interface FunctionProperties {
  readonly Handler: string;
  readonly Policies: readonly [PolicyDocument];
  readonly FunctionUrlConfig?: unknown;
}

const functionOf = (name: string, Prefix = ''): FunctionProperties =>
  template.resource(name, { ...PARAMETERS, Prefix }) as unknown as FunctionProperties;

test('the template passes cfn-lint', async (t) => {
  const lint = process.env['SEALROOM_CFN_LINT'] ?? onPath('cfn-lint');
  if (lint === undefined) {
    if (process.env['SEALROOM_REQUIRE_ALL'] !== undefined) throw new Error('cfn-lint is not installed');
    return t.skip('left out: cfn-lint is not installed');
  }
  // It exits with another code than 0 for a warning, too.
  assert.equal(await run(lint, [file]), '');
});

test('the service may do what a writer may, in its vault and under its prefix alone', () => {
  const subject = {
    vault: VAULT,
    keys: [KEY],
    bucket: 'b-files',
    table: 'files',
    region: 'us-east-1',
    account: '123456789012',
  };
  for (const prefix of PREFIXES) {
    assert.deepEqual(functionOf('Service', prefix).Policies, [policyOf('writer', { ...subject, prefix })]);
  }
});

test('the sweep may do less: it makes no data key, and reads and writes no bytes', () => {
  for (const prefix of PREFIXES) {
    const all = functionOf('Service', prefix).Policies[0].Statement;
    const [{ Statement }] = functionOf('Sweep', prefix).Policies;
    Statement.forEach((statement, i) => {
      assert.deepEqual({ ...statement, Action: [] }, { ...all[i], Action: [] });
      for (const action of statement.Action) assert.ok(all[i]!.Action.includes(action), action);
    });
    const left = all
      .flatMap(({ Action }) => Action)
      .filter((action) => !Statement.some(({ Action }) => Action.includes(action)));
    assert.deepEqual(left, [
      'kms:Encrypt',
      'kms:GenerateDataKey',
      's3:GetObject',
      's3:PutObject',
      's3:ListBucket',
      'dynamodb:ConditionCheckItem',
    ]);
  }
});

test('the variables that it sets name the vault, all of it', async () => {
  for (const prefix of PREFIXES) {
    const { Environment } = template.functions({ ...PARAMETERS, Prefix: prefix }) as {
      Environment: { Variables: Record<string, string> };
    };
    const config = await loadConfig(resolve(root, 'no-vault-here'), Environment.Variables);
    const { id, pins, keys, blobs, catalog } = config;
    assert.deepEqual([id, pins], [VAULT, PARAMETERS.Pins.split(' ')]);
    assert.deepEqual(
      keys.map((key) => (key.scheme === 'aws-kms' ? key.keyId : key.scheme)),
      [KEY],
    );
    assert.ok(blobs.kind === 's3');
    assert.deepEqual([blobs.bucket, blobs.prefix, blobs.owner], ['b-files', prefix, '123456789012']);
    assert.ok(catalog.kind === 'dynamodb');
    assert.equal(catalog.table, 'files');
  }
});

test('it names functions that there are, and has their answers streamed', () => {
  const source = readFileSync(resolve(root, 'src/lambda/index.ts'), 'utf8');
  for (const name of ['Service', 'Sweep']) {
    const [module, exported] = functionOf(name).Handler.split('.');
    assert.equal(module, 'index');
    assert.match(source, new RegExp(`^export const ${exported}:`, 'm'));
  }
  // The tokens of the vault are in the header that signatures of AWS would take.
  assert.deepEqual(functionOf('Service').FunctionUrlConfig, { AuthType: 'NONE', InvokeMode: 'RESPONSE_STREAM' });
});
