/**
 * Runs scripts of the command line. A script is a session as people would see it:
 *
 *     # a comment
 *     $ sealroom put a.txt          run by sh, in a folder of the script's own
 *     > {id}                        a line of stdout
 *     ! sealroom: ...               a line of stderr
 *     ? 3                           the exit code, when it is not 0
 *
 * All output has to be there, line for line. `...` stands for any text within a line. `{name}` stands for a word: the
 * first time it may be any, from then on it is that one, in commands too. `@needs root` leaves a script out elsewhere.
 * `@remote` says that its first command makes a vault, and that all others do the same on that vault, through a service,
 * and on a vault elsewhere; `@local` before a command excepts it. `{master}` is the specification of the vault's key,
 * `{provider}` that key's provider, and `{key}` its name.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export interface Step {
  readonly line: number;
  readonly command: string;
  readonly stdout: string[];
  readonly stderr: string[];
  exit: number;
  /** Says something of a vault on this machine only. */
  readonly local: boolean;
}

export interface Script {
  readonly needs: readonly string[];
  /** Whether it says the same through a service, and on a vault elsewhere. */
  readonly remote: boolean;
  readonly steps: readonly Step[];
}

/** @throws on a line that is none of a script's, so that no expectation is passed over */
export function parseScript(text: string): Script {
  const steps: Step[] = [];
  const needs: string[] = [];
  let remote = false;
  let local = false;
  for (const [index, line] of text.split('\n').entries()) {
    const [, sign, rest = ''] = /^(\$|>|!|\?|@needs|@remote|@local|#)(?: (.*))?$/.exec(line) ?? [];
    const step = steps.at(-1);
    if (sign === '$') {
      steps.push({ line: index + 1, command: rest, stdout: [], stderr: [], exit: 0, local });
      local = false;
    } else if (sign === '@remote') remote = true;
    else if (sign === '@local') local = true;
    else if (sign === '@needs') needs.push(rest);
    else if (sign === '>' && step !== undefined) step.stdout.push(rest);
    else if (sign === '!' && step !== undefined) step.stderr.push(rest);
    else if (sign === '?' && step !== undefined && Number(rest) > 0) step.exit = Number(rest);
    else if (sign !== '#' && line !== '') throw new Error(`line ${index + 1} of a script says nothing: ${line}`);
  }
  if (steps.length === 0) throw new Error('a script without commands tests nothing');
  return { needs, remote, steps };
}

/** Where a script is run, when it is not on a vault in its folder. */
export interface Elsewhere {
  /** Given the first command, the one that makes a vault elsewhere. Of what it prints, only errors matter. */
  readonly make?: (command: string) => string;
  /** Called after the first step, with the folder that it ran in: variables of a service. */
  readonly serve?: (work: string) => Promise<Readonly<Record<string, string>>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly words?: Readonly<Record<string, string>>;
}

const OWN_WORDS = { master: 'jwk:sealroom/master.jwk', provider: 'sealroom', key: 'master-...' };

/** Runs the steps one after the other in a folder; fails at the first that differs from what the script says. */
export async function runScript({ steps }: Script, folder: string, elsewhere?: Elsewhere): Promise<void> {
  const { make, serve, variables } = elsewhere ?? {};
  const environment = { ...cliEnvironment(folder), ...variables };
  const work = join(folder, 'work');
  mkdirSync(work);
  const words = new Map<string, string>(Object.entries({ ...OWN_WORDS, ...elsewhere?.words }));
  for (const [index, step] of steps.entries()) {
    if (index === 1) Object.assign(environment, await serve?.(work));
    if (elsewhere !== undefined && step.local) continue;
    const makes = index === 0 && make !== undefined;
    const command = (makes ? make(step.command) : step.command).replace(
      /\{(\w+)\}/g,
      (whole, name: string) => words.get(name) ?? whole,
    );
    const result = await runShell(command, work, environment);
    const where = `line ${step.line}: ${command}\nstdout: ${result.stdout}\nstderr: ${result.stderr}`;
    if (!makes) assertLines(result.stdout, step.stdout, words, `stdout, ${where}`);
    assertLines(result.stderr, makes ? [] : step.stderr, words, `stderr, ${where}`);
    assert.equal(result.exit, step.exit, `exit code, ${where}`);
  }
}

/** The environment of a shell that finds `sealroom`, the one of this checkout on this Node, and no settings of anybody's. */
export function cliEnvironment(folder: string): Record<string, string> {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const command = resolve(import.meta.dirname, '../../bin/sealroom.mjs');
  writeFileSync(join(bin, 'sealroom'), `#!/bin/sh\nexec '${process.execPath}' '${command}' "$@"\n`);
  chmodSync(join(bin, 'sealroom'), 0o755);
  return { PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`, HOME: folder, LC_ALL: 'C' };
}

interface ShellResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

function runShell(command: string, cwd: string, env: Record<string, string>): Promise<ShellResult> {
  const { promise, resolve: settle, reject } = Promise.withResolvers<ShellResult>();
  execFile('/bin/sh', ['-c', command], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) => {
    if (error === null) settle({ stdout, stderr, exit: 0 });
    else if (typeof error.code === 'number') settle({ stdout, stderr, exit: error.code });
    else reject(error);
  });
  return promise;
}

function assertLines(text: string, expected: readonly string[], words: Map<string, string>, message: string): void {
  const lines = text.split('\n');
  // A last line without an end counts; text that ends with one does not have another, empty one.
  if (lines.at(-1) === '') lines.pop();
  assert.equal(lines.length, expected.length, `number of lines of ${message}`);
  for (const [i, pattern] of expected.entries()) assertLine(lines[i]!, pattern, words, message);
}

function assertLine(line: string, pattern: string, words: Map<string, string>, message: string): void {
  const names: string[] = [];
  const parts = pattern.split(/(\.\.\.|\{\w+\})/).map((part) => {
    if (part === '...') return '.*';
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    const known = name === undefined ? part : words.get(name);
    if (known !== undefined)
      return known
        .split('...')
        .map((text) => RegExp.escape(text))
        .join('.*');
    names.push(name!);
    return '(\\S+)';
  });
  const found = new RegExp(`^${parts.join('')}$`, 's').exec(line);
  assert.ok(found, `${JSON.stringify(line)} is not ${JSON.stringify(pattern)}: ${message}`);
  for (const [i, name] of names.entries()) words.set(name, found[i + 1]!);
}
