/** A Dockerfile, read as Docker reads it as far as ours goes, and built without Docker: each stage is a folder. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

export interface Instruction {
  readonly name: string;
  /** What follows it, on one line. */
  readonly text: string;
}

export interface Stage {
  readonly base: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

export const dockerfilePath: string = resolve(import.meta.dirname, '../../deploy/Dockerfile');

export function readStages(text: string): Stage[] {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n');
  const instructions = lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
      if (name === '') throw new Error(`this is no instruction: ${line}`);
      return { name, text: rest };
    });
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const instruction of instructions) {
    if (instruction.name === 'FROM') {
      const [base = '', , name] = instruction.text.split(' ');
      stages.push({ base, name, instructions: [] });
    } else stages.at(-1)!.instructions.push(instruction);
  }
  return stages;
}

/** Words of an instruction in the form that no shell reads. */
export function execWords(text: string): string[] {
  return JSON.parse(text.slice(text.indexOf('['))) as string[];
}

/** What a `COPY` copies, and from which stage; from the context unless it says. */
export function copyOf(text: string): {
  readonly from: string | undefined;
  readonly paths: string[];
  readonly to: string;
} {
  const [, from] = /^--from=(\S+) /.exec(text) ?? [];
  const words = text.replace(/^--from=\S+ /, '').split(' ');
  return { from, paths: words.slice(0, -1), to: words.at(-1)! };
}

export interface BuildOptions {
  /** Folder for the stages. */
  readonly folder: string;
  /** What is copied into the first of them. */
  readonly context: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Does what each stage says, in a folder for each, and gives the last one. Only relative commands can be run so. */
export async function buildStages(stages: readonly Stage[], { folder, context, env }: BuildOptions): Promise<string> {
  const built = new Map<string, string>();
  let root = '';
  for (const [index, { name, instructions }] of stages.entries()) {
    root = join(folder, `stage-${index}`);
    if (name !== undefined) built.set(name, root);
    let workplace = root;
    mkdirSync(root, { recursive: true });
    for (const { name: verb, text } of instructions) {
      if (verb === 'WORKDIR') {
        workplace = join(root, text);
        mkdirSync(workplace, { recursive: true });
      } else if (verb === 'COPY') copy(text, { context, built, workplace });
      else if (verb === 'RUN')
        await promisify(execFile)('/bin/sh', ['-ec', inside(text, root)], { cwd: workplace, env });
    }
  }
  return root;
}

/** The command with the paths that it names put under the folder of its stage. */
function inside(command: string, root: string): string {
  return command.replace(/(?<= )\/(?=[a-z])/g, `${root}/`);
}

function copy(
  text: string,
  { context, built, workplace }: { context: string; built: ReadonlyMap<string, string>; workplace: string },
): void {
  const { from, paths, to } = copyOf(text);
  const source = from === undefined ? context : built.get(from)!;
  for (const path of paths) {
    const target = to.endsWith('/') ? join(workplace, to, basename(path)) : join(workplace, to);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(source, path), target, { recursive: true, verbatimSymlinks: true });
  }
}

/** The files and folders that are handed to Docker, by the patterns of the file beside the Dockerfile. */
export function contextOf(ignoreFile: string): { readonly kept: string[]; readonly dropped: string[] } {
  const patterns = readFileSync(ignoreFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return {
    kept: patterns.filter((line) => line.startsWith('!')).map((line) => line.slice(1)),
    dropped: patterns.filter((line) => !line.startsWith('!')),
  };
}
