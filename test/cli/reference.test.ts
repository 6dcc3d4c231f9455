/** docs/cli.md against the program, in both directions. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';
import { errorTable } from '../../src/errors.ts';

const text = readFileSync(resolve(import.meta.dirname, '../../docs/cli.md'), 'utf8');
const program = createProgram(() => assert.fail('no command is run here'));

interface Described {
  readonly words: string[];
  readonly options: string[];
}

/** A command as it is called, with the long and short names of its options. */
function described(command: Command, path: readonly string[] = []): [string, Described][] {
  if (command.commands.length > 0) {
    return command.commands.flatMap((inner) => described(inner, [...path, inner.name()]));
  }
  const words = command.registeredArguments.map((argument) => {
    const word = `${argument.name().toUpperCase()}${argument.variadic ? '...' : ''}`;
    return argument.required ? word : `[${word}]`;
  });
  return [[path.join(' '), { words, options: optionNames(command) }]];
}

function optionNames(command: Command): string[] {
  return command.options.flatMap(({ short, long }) => [short, long].filter((name) => name !== undefined)).sort();
}

/** The options that the first column of a section's tables names. */
function namedOptions(section: string): string[] {
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `-'))
    .flatMap((line) => Array.from(line.split('|')[1]!.matchAll(/`(-[-a-z]*)/g), ([, name]) => name!))
    .sort();
}

test('docs/cli.md has every command with its arguments and options, and no other', () => {
  const sections = Array.from(text.matchAll(/^### `(.+?)`\n(.*?)(?=^##|$(?![^]))/gms), ([, call, section]) => {
    const words = call!.split(' ');
    const name = words.filter((word) => /^[a-z]/.test(word));
    return [name.join(' '), { words: words.slice(name.length), options: namedOptions(section!) }] as const;
  });
  assert.deepEqual(Object.fromEntries(sections), Object.fromEntries(described(program)));
});

test('docs/cli.md has the options that every command takes', () => {
  const introduction = text.slice(0, text.indexOf('\n## '));
  assert.deepEqual(
    namedOptions(introduction),
    optionNames(program).filter((name) => !['-V', '--version'].includes(name)),
  );
});

test("docs/cli.md has every exit code of the table of errors, and the command line's own 0", () => {
  const codes = Array.from(text.matchAll(/^\| (\d+) \| /gm), ([, code]) => Number(code));
  const exits = new Set([0, ...Object.values(errorTable).map(({ exit }) => exit)]);
  assert.deepEqual(
    codes,
    [...exits].sort((a, b) => a - b),
  );
});

test('every example in docs/cli.md is a call that the program takes', () => {
  const known = new Map(described(program));
  const calls = Array.from(text.matchAll(/^ {4}.*?sealroom ([^|\n]+)/gm), ([, call]) => call!.trim().split(' '));
  const examples = calls.filter(([first]) => first !== '[--vault');
  assert.ok(examples.length > 15);
  for (const words of examples) {
    const name = [words.slice(0, 2).join(' '), words[0]!].find((candidate) => known.has(candidate));
    assert.ok(name !== undefined, `sealroom ${words.join(' ')}`);
    for (const [option] of words.join(' ').matchAll(/(?<= )--?[a-z-]+/g)) {
      const options: string[] = [...known.get(name)!.options, ...optionNames(program)];
      assert.ok(options.includes(option), `${option} of sealroom ${words.join(' ')}`);
    }
  }
});

test('docs/cli.md has every key of the configuration and its variable', () => {
  const schema = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../sealroom.schema.json'), 'utf8')) as {
    properties: Record<string, { properties?: Record<string, unknown> }>;
  };
  // A key that holds others has a line of its own: it, too, may have a variable.
  const keys = Object.keys(schema.properties);
  for (const [key, { properties = {} }] of Object.entries(schema.properties)) {
    for (const inner of Object.keys(properties)) keys.push(`${key}.${inner}`);
  }
  const table = text.slice(text.indexOf('| key | variable |'));
  const named = Array.from(table.matchAll(/^\| `([^`]+)`/gm), ([, key]) => key!);
  assert.deepEqual(named.sort(), keys.filter((key) => key !== '$schema').sort());
  const source = readFileSync(resolve(import.meta.dirname, '../../src/config/config.ts'), 'utf8');
  const variables = new Set(source.match(/SEALROOM_[A-Z_]+/g));
  assert.deepEqual(new Set(text.match(/SEALROOM_[A-Z_]+/g)), variables);
});
