import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Child } from '../support/child.ts';

/** For each store that breaks one law, the test that is to say so. */
const findings: Readonly<Record<string, string>> = {
  overwrites: 'never overwrites',
  'keeps what was lent': 'gives back what was put, however it was cut',
  'keeps a part': 'keeps nothing when the source throws, and throws the same',
  'takes any size': 'takes the size it was told, and no other',
  'waits for a silent source': 'is cancelled while its source is silent, and gives the source up',
  'includes the end of a range': 'reads ranges, which may lie past the end',
  'finds out late that a blob is absent': 'rejects for an absent key before any stream',
  'ends as if whole when cancelled': 'breaks a stream that is cancelled, and never ends it as if it were whole',
  'wants a blob to be there to remove it': 'removes, once or twice, and nothing else',
  'leaves parts behind': 'removes what failed puts left',
  'expects nothing': 'changes nothing when any version is another, wherever that operation stands',
  'does not check': 'checks alone',
  'writes one by one': 'changes nothing when any version is another, wherever that operation stands',
  'looks, then writes': 'loses no increment, by compare-and-swap from two sides',
  'lists without regard to case': 'lists by byte, each partition for itself',
  'lists again what it is to begin after': 'pages through what a model says, from anywhere, both ways',
  'knows no next page': 'lists by byte, each partition for itself',
  'ignores the prefix': 'pages through what a model says, from anywhere, both ways',
  'hides what has expired, and still counts on it':
    'takes an item for absent past its time, in reads and in conditions',
  'lends its items': 'keeps copies, and gives copies',
};

test('the suites find every store that breaks a law', async () => {
  const names = Object.entries(findings).map(
    ([mutant, law]) => `${mutant} keeps the law of (BlobStore|Catalog) ${law}`,
  );
  const patterns = names.map((name) => `--test-name-pattern=^${name}$`);
  const execArgv = ['--test-reporter=tap', '--test-timeout=1000', ...patterns];
  await using child = new Child('mutants.ts', [], { execArgv });
  const found: Record<string, string> = {};
  let mutant = '';
  for (const line of await child.rest()) {
    mutant = /^# Subtest: (.*) keeps the law of /.exec(line)?.[1] ?? mutant;
    const law = /^ {4}not ok \d+ - (.*)$/.exec(line)?.[1];
    if (law !== undefined) found[mutant] = law;
  }
  assert.deepEqual(found, findings);
});
