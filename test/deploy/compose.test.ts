/**
 * The file for Docker Compose. No test has Docker: the file is read as YAML and held against a list, by hand, of what
 * Compose knows and what a container needs.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { dockerfilePath, readStages } from './dockerfile.ts';

const file = resolve(import.meta.dirname, '../../deploy/compose.yaml');
const text = readFileSync(file, 'utf8');
const document = parse(text) as {
  readonly services: { readonly sealroom: Readonly<Record<string, unknown>> };
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const { sealroom } = document.services;

test('the service has the keys that Compose knows, and no others', () => {
  assert.deepEqual(Object.keys(document).sort(), ['name', 'secrets', 'services', 'volumes']);
  assert.deepEqual(Object.keys(document.services), ['sealroom']);
  assert.deepEqual(Object.keys(sealroom).sort(), [
    'build',
    'cap_drop',
    'environment',
    'image',
    'init',
    'mem_limit',
    'pids_limit',
    'ports',
    'read_only',
    'restart',
    'secrets',
    'security_opt',
    'stop_grace_period',
    'tmpfs',
    'volumes',
  ]);
});

test('the service may do nothing that it does not need', () => {
  assert.equal(sealroom['read_only'], true);
  assert.deepEqual(sealroom['cap_drop'], ['ALL']);
  assert.deepEqual(sealroom['security_opt'], ['no-new-privileges:true']);
  // Without TLS it is for a proxy on the same machine.
  for (const port of sealroom['ports'] as string[]) assert.match(port, /^127\.0\.0\.1:/);
  for (const mount of sealroom['tmpfs'] as string[]) assert.match(mount, /^\/tmp:.*noexec/);
});

test('it is built from the Dockerfile, and its volume is where the image has its vault', () => {
  const { context, dockerfile } = sealroom['build'] as { context: string; dockerfile: string };
  assert.equal(resolve(file, '..', context, dockerfile), dockerfilePath);
  const variables = readStages(readFileSync(dockerfilePath, 'utf8'))
    .at(-1)!
    .instructions.find(({ name }) => name === 'ENV');
  const [volume] = sealroom['volumes'] as string[];
  const [name = '', path] = volume!.split(':');
  assert.match(variables!.text, new RegExp(`SEALROOM_VAULT=${path}$`));
  assert.ok(name in document.volumes);
});

test('it passes on the variables that the configuration reads, and holds the value of none that is a secret', () => {
  const source = readFileSync(resolve(import.meta.dirname, '../../src/config/config.ts'), 'utf8');
  const environment = sealroom['environment'] as string[];
  const [passed, given] = [
    environment.filter((each) => !each.includes('=')),
    environment.filter((each) => each.includes('=')),
  ];
  assert.deepEqual(given, ['AWS_SHARED_CREDENTIALS_FILE=/run/secrets/aws']);
  const read = Array.from(source.matchAll(/^ {2}\w+: '(SEALROOM_\w+)',$/gm), ([, name]) => name!);
  assert.ok(read.length > 5);
  assert.deepEqual(new Set(passed), new Set([...read, 'AWS_REGION']));
  assert.deepEqual(sealroom['secrets'], Object.keys(document.secrets));
  for (const secret of Object.values(document.secrets)) assert.match(secret.file, /^\$\{\w+:-\/dev\/null\}$/);
});

test('it is given the time that the service takes to end', () => {
  const seconds = Number(/^(\d+)s$/.exec(String(sealroom['stop_grace_period']))?.[1]);
  // Where the service says that it ends, then requests under way, then what is left of changes: serve.ts and server.ts.
  assert.ok(seconds >= 5 + 30 + 5);
});
