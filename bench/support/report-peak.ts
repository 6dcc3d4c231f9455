/**
 * Preloaded into a program that is measured (`node --import`): writes the most memory that it had resident, in
 * kilobytes, to descriptor 3 as it exits.
 */
import { writeSync } from 'node:fs';

process.on('exit', () => writeSync(3, `${process.resourceUsage().maxRSS}`));
