/** `setup aws` and `doctor` as people call them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { PolicyDocument } from '../../src/aws/policies.ts';
import type { Finding } from '../../src/finding.ts';
import { newAccount } from '../support/aws/account.ts';
import type { TestAccount } from '../support/aws/account.ts';
import { leftOut, moto, onPath } from '../support/aws/servers.ts';
import { cliProgram, runCli } from '../support/cli.ts';
import type { CliResult } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Result {
  readonly id: string | null;
  readonly vault: string;
  readonly region: string;
  readonly account: string;
  readonly key: string;
  readonly steps: { readonly name: string; readonly found: string; readonly state: string }[];
  readonly policies: Record<'reader' | 'writer' | 'operator', PolicyDocument> | null;
}

interface Terminal {
  readonly account: TestAccount;
  readonly cwd: string;
  /** Runs `sealroom`. */
  readonly run: (...words: readonly string[]) => Promise<CliResult>;
  /** Runs `sealroom setup aws` for the account, with the vault in `v`. */
  readonly setup: (...words: readonly string[]) => Promise<CliResult>;
}

function atTerminal(name: string, body: (terminal: Terminal, t: TestContext) => Promise<void>): void {
  test(name, async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using account = await newAccount(server);
    await using folder = await temporaryFolder();
    const { bucket, table, alias } = account.wish;
    const run: Terminal['run'] = (...words) => runCli(words, { cwd: folder.path, env: account.env });
    const setup: Terminal['setup'] = (...words) =>
      run('setup', 'aws', '--vault', 'v', '--bucket', bucket, '--table', table, '--alias', alias, ...words);
    await body({ account, cwd: folder.path, run, setup }, t);
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

atTerminal(
  'without a terminal and without --yes the plan is shown and nothing is done',
  async ({ account, cwd, setup }) => {
    const { stdout, stderr, exit } = await setup();
    assert.equal(exit, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^key: there is none; will make a symmetric key$/m);
    assert.match(stderr, /^vault: there is none in .*v; will make it$/m);
    assert.match(stderr, /^sealroom: nothing was done: nobody is there to be asked/m);
    assert.match(stderr, /^hint: --yes does it without asking$/m);
    assert.deepEqual(account.changes(), []);
    assert.equal(await exists(join(cwd, 'v')), false);
  },
);

atTerminal('on a terminal it asks, and does nothing unless the answer is yes', async ({ account, cwd }, t) => {
  if (onPath('script') === undefined) return t.skip('left out: script, which makes a terminal, is not installed');
  const { bucket, table, alias } = account.wish;
  const call = `setup aws --vault v --bucket ${bucket} --table ${table} --alias ${alias}`;
  const answered = async (answer: string): Promise<number | null> => {
    const words = ['-qefc', `'${process.execPath}' '${cliProgram}' ${call}`, '/dev/null'];
    const child = spawn('script', words, { cwd, env: { ...account.env, SHELL: '/bin/sh' }, timeout: 60_000 });
    let shown = '';
    // The answer comes after the question, or it would be echoed before the plan.
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const asked = shown.includes('Do this?');
      shown += text;
      if (!asked && shown.includes('Do this?')) child.stdin.write(`${answer}\n`);
    });
    const [exit] = (await once(child, 'close')) as [number | null];
    assert.match(shown, /key: there is none; will make a symmetric key/);
    return exit;
  };
  assert.equal(await answered('no'), 130);
  assert.deepEqual(account.changes(), []);
  assert.equal(await answered('y'), 0);
  assert.ok(await exists(join(cwd, 'v', 'sealroom.json')));
});

atTerminal('with --yes the vault is made; again, nothing is to be done; doctor finds it whole', async (terminal) => {
  const { account, cwd, run, setup } = terminal;
  const { bucket, table } = account.wish;
  const first = await setup('--yes', '--json');
  assert.equal(first.exit, 0, first.stderr);
  const made = JSON.parse(first.stdout) as Result;
  assert.deepEqual(new Set(made.steps.map(({ state }) => state)), new Set(['done']));
  assert.equal(made.region, 'us-east-1');
  assert.equal(made.account, '111122223333');

  const config = JSON.parse(await readFile(join(cwd, 'v', 'sealroom.json'), 'utf8')) as Record<string, unknown>;
  assert.equal(config['id'], made.id);
  assert.deepEqual(config['keys'], [`aws-kms:${made.key}`]);
  assert.equal(config['blobs'], `s3:${bucket}?region=us-east-1&owner=111122223333`);
  assert.equal(config['catalog'], `dynamodb:${table}?region=us-east-1`);
  for (const role of ['reader', 'writer', 'operator'] as const) {
    const [keys] = made.policies![role].Statement;
    assert.deepEqual(keys?.Resource, [made.key]);
    assert.deepEqual(keys.Condition, { StringEquals: { 'kms:EncryptionContext:sealroom:vault': made.id } });
  }

  const before = account.changes().length;
  const second = await setup();
  assert.equal(second.exit, 0, second.stderr);
  assert.equal(account.changes().length, before);
  const [line, title, ...document] = second.stdout.split('\n');
  assert.match(line!, new RegExp(`^vault ${made.id} in .*v$`));
  assert.equal(title, 'policy for a reader:');
  const end = document.indexOf('policy for a writer:');
  assert.deepEqual(JSON.parse(document.slice(0, end).join('\n')), made.policies!.reader);

  for (const words of [['doctor', '--vault', 'v'], ['setup']]) {
    const examined = words[0] === 'doctor' ? await run(...words, '--json') : await setup('--check', '--json');
    assert.equal(examined.exit, 0, examined.stderr);
    const { findings } = JSON.parse(examined.stdout) as { findings: Finding[] };
    assert.deepEqual(
      findings.filter(({ level }) => level !== 'ok'),
      [],
    );
    assert.ok(findings.length > 25);
    for (const name of ['key rotation', 'data key opens', 'blob overwrite', 'blob in parts', 'record read', 'clock']) {
      assert.ok(
        findings.some((finding) => finding.name === name),
        name,
      );
    }
  }
});

atTerminal('a missing permission is named, the rest is done, and the next run makes the vault', async (terminal) => {
  const { account, cwd, setup } = terminal;
  const denial = account.deny('s3:PutBucketVersioning');
  const first = await setup('--yes');
  assert.equal(first.exit, 5);
  assert.equal(first.stdout, '');
  assert.match(first.stderr, /^sealroom: bucket versioning: the permission s3:PutBucketVersioning is missing$/m);
  assert.match(first.stderr, /^Done: key, key alias, .*Not done: bucket versioning, vault\.$/m);
  assert.match(first.stderr, /Run it again once that is mended, and it goes on\.$/m);
  assert.equal(await exists(join(cwd, 'v')), false);

  denial[Symbol.dispose]();
  const second = await setup('--yes', '--json');
  assert.equal(second.exit, 0, second.stderr);
  const { steps, id } = JSON.parse(second.stdout) as Result;
  assert.deepEqual(
    steps.filter(({ state }) => state === 'done').map(({ name }) => name),
    ['bucket versioning', 'vault'],
  );
  assert.ok(id !== null);
});

atTerminal('what is in the way is told of, and nothing is done', async ({ account, setup }) => {
  const { arn } = account.kms.createKey();
  account.kms.createAlias(account.wish.alias, arn);
  account.kms.disableKey(arn);
  const { stdout, stderr, exit } = await setup('--yes', '--json');
  assert.equal(exit, 5);
  const result = JSON.parse(stdout) as Result;
  assert.equal(result.id, null);
  assert.equal(result.policies, null);
  const error = stderr.split('\n').find((line) => line.startsWith('{'));
  assert.equal((JSON.parse(error!) as { code: string }).code, 'key-disabled');
  assert.deepEqual(account.changes(), []);
});

atTerminal('a folder that holds another vault is left alone', async ({ account, run, setup }) => {
  assert.equal((await run('init', '--vault', 'v')).exit, 0);
  const { stderr, exit } = await setup('--yes');
  assert.equal(exit, 5);
  assert.match(
    stderr,
    /^sealroom: vault: the vault in .*v is made of something else than the key and the bucket and the table/m,
  );
  assert.deepEqual(account.changes(), []);
});

atTerminal('a table that holds a vault already is told of where its configuration is not', async ({ setup }) => {
  assert.equal((await setup('--yes')).exit, 0);
  const { stderr, exit } = await setup('--yes', '--vault', 'elsewhere');
  assert.equal(exit, 5);
  assert.match(stderr, /holds a vault already: bring its sealroom\.json into .*elsewhere/);
});

atTerminal('--check changes nothing, and its exit code is that of the first fault', async ({ account, setup }) => {
  const { stdout, exit } = await setup('--check');
  assert.equal(exit, 2);
  assert.match(
    stdout,
    /^fault {4}key {19}there is none\n {9}to mend it: sealroom setup aws will make a symmetric key/m,
  );
  assert.deepEqual(account.changes(), []);
});

atTerminal('doctor says which permission a caller lacks, and that settings may not be looked at', async (terminal) => {
  const { account, run, setup } = terminal;
  assert.equal((await setup('--yes')).exit, 0);
  account.deny('kms:Decrypt');
  account.deny('s3:GetBucketPolicy');
  account.deny('s3:DeleteObject');
  const { stdout, exit } = await run('doctor', '--vault', 'v', '--json');
  assert.equal(exit, 5);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const found = findings.filter(({ level }) => level !== 'ok').map(({ name, level }) => `${name}: ${level}`);
  assert.deepEqual(found, [
    'data key opens: fault',
    'blob remove: fault',
    'vault opens: fault',
    'bucket policy: warning',
    'blob overwrite: fault',
  ]);
  const decrypt = findings.find(({ name }) => name === 'data key opens');
  assert.match(decrypt!.what, /may not kms:Decrypt/);
});

test('without a Region anywhere nothing is asked', async () => {
  await using folder = await temporaryFolder();
  const words = ['setup', 'aws', '--bucket', 'b-files', '--table', 'files', '--alias', 'files'];
  const { stderr, exit } = await runCli(words, { cwd: folder.path, env: { HOME: folder.path } });
  assert.equal(exit, 2);
  assert.match(stderr, /^sealroom: no Region is named: --region or AWS_REGION says which$/m);
});

test('names that AWS would refuse half-way are refused at once', async () => {
  await using folder = await temporaryFolder();
  const names = { bucket: 'b-files', table: 'files', alias: 'files' };
  const cases: readonly (readonly [Partial<typeof names>, readonly string[]])[] = [
    [{ bucket: 'b-files/prefix' }, []],
    [{ bucket: 'b-files?region=x' }, []],
    [{ bucket: 'b' }, []],
    [{ table: 'files?region=x' }, []],
    [{ table: 'f' }, []],
    [{ alias: 'aws/s3' }, []],
    [{ alias: 'alias/aws/s3' }, []],
    [{ alias: 'a key' }, []],
    [{}, ['--region', 'eu west']],
    [{}, ['--region', 'eu-west-1', '--replica-region', 'eu-west-1']],
  ];
  const refused = cases.map(async ([given, more]) => {
    const { bucket, table, alias } = { ...names, ...given };
    const words = ['setup', 'aws', '--yes', '--bucket', bucket, '--table', table, '--alias', alias, ...more];
    // With nobody to ask: a call would fail in another way.
    const env = { HOME: folder.path, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
    const { exit, stderr } = await runCli(words, { cwd: folder.path, env });
    assert.equal(exit, 2, `${words.join(' ')}: ${stderr}`);
  });
  await Promise.all(refused);
});

atTerminal(
  'a vault that may be in its table keeps the key that was made for it, and the next init finishes it',
  async ({ account, cwd, run }) => {
    assert.deepEqual((await account.apply(await account.plan())).failed, []);
    const { proxy, wish } = account;
    const init = (): Promise<CliResult> => run('init', 'v', '--catalog', `dynamodb:${wish.table}`);
    // It is written, and nobody hears of it; nor can it be looked at.
    proxy.fault = ({ operation }) => {
      if (operation === 'TransactWriteItems') return { kind: 'fail-after', status: 500, code: 'InternalServerError' };
      return operation === 'GetItem' ? { kind: 'refuse', status: 500, code: 'InternalServerError' } : undefined;
    };
    assert.equal((await init()).exit, 6);
    assert.equal(await exists(join(cwd, 'v', 'master.jwk')), true);
    proxy.fault = undefined;
    const { stderr, exit } = await init();
    assert.equal(exit, 0, stderr);
    assert.equal((await run('ls', '--vault', 'v')).exit, 0);
  },
);

atTerminal(
  'a vault that is in its table, and not in its folder, keeps the key that was made for it',
  async ({ account, cwd, run }) => {
    assert.deepEqual((await account.apply(await account.plan())).failed, []);
    const init = (): Promise<CliResult> => run('init', 'v', '--catalog', `dynamodb:${account.wish.table}`);
    const config = join(cwd, 'v', 'sealroom.json');
    account.proxy.fault = ({ operation }) => {
      if (operation === 'TransactWriteItems') mkdirSync(config);
      return undefined;
    };
    assert.notEqual((await init()).exit, 0);
    account.proxy.fault = undefined;
    rmdirSync(config);
    const { stderr, exit } = await init();
    assert.equal(exit, 0, stderr);
    assert.equal((await run('ls', '--vault', 'v')).exit, 0);
  },
);
