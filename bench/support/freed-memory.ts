import { rm } from 'node:fs/promises';
import { run } from './commands.ts';

/**
 * Leaves every program the same memory to write to: a virtual machine gives back what lies free for a while, and whoever
 * is the first to ask for it again pays, by up to half of its time.
 *
 * @param source a file as long as what will be written
 * @param copy where it goes for a moment, in memory too
 */
export async function freshlyFreedMemory(source: string, copy: string): Promise<void> {
  await run(['cp', source, copy]);
  await rm(copy);
}
