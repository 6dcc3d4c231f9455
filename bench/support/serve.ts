import { SEALROOM } from './sealroom.ts';
import { ServerProcess } from './server-process.ts';

export interface ServeOptions {
  /** A module that is loaded before the program. */
  readonly preload?: string | undefined;
}

/** Starts `sealroom serve` on a new vault in a folder, on a free port of this machine. */
export function serve(folder: string, { preload }: ServeOptions = {}): Promise<ServerProcess> {
  const [node, script] = SEALROOM;
  const before = preload === undefined ? [] : ['--import', preload];
  const words = ['--vault', folder, '--json', 'serve', '--init', '--host', '127.0.0.1', '--port', '0'];
  return ServerProcess.start([node, ...before, script, ...words]);
}
