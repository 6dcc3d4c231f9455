/** What Linux tells of a process that runs. */
import { readFile, readdir, readlink, writeFile } from 'node:fs/promises';

/** Ticks of its clock in a second: USER_HZ, which is this on every architecture that Node runs on. */
const TICKS = 100;

/** Seconds that processors spent on all of its threads, in its own code and in the system's. */
export async function processorSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  // The name of the program, in brackets, may hold anything; after it, the state is the third field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[14 - 3]) + Number(fields[15 - 3])) / TICKS;
}

/** The most memory that it had resident since it began, or since `forgetPeak`, in bytes. */
export async function peakResident(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1');
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`the system does not tell the memory of process ${pid}`);
  return Number(kilobytes) * 1024;
}

/** The peak is then what is resident now. */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** What its open descriptors lead to, such as `socket:[123]` or a path. */
export async function openDescriptors(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const targets = (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => undefined));
  return (await Promise.all(targets)).filter((target) => target !== undefined);
}
