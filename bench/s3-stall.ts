/**
 * What a connection that is silent for 20 seconds does to a file on S3, DynamoDB and KMS, and one that is silent for 80:
 *
 *     npm run bench:s3-stall
 *     node bench/s3-stall.ts 5 20          other silences, in seconds
 *
 * A file of 40 MiB is put, or got, by a vault as it is without any settings; in front of each server stands a proxy that
 * lets one call wait: a part of the put, the body of the get in its middle, the commit in the catalog, the data key. Each
 * must end as it should, or with an error that says to try again, within the silence that a vault bears; every byte is
 * compared, and after a sweep nothing may be left. Exits 1 when anything is not so. Needs moto and DynamoDB Local.
 */
import { patterned } from '../src/testing/test-bytes.ts';
import { KmsDouble } from '../test/support/aws/kms-double.ts';
import { Scene } from '../test/support/aws/scene.ts';
import { dynamodbLocal, moto, required } from '../test/support/aws/servers.ts';
import { STALLED_CALLS, stall } from '../test/support/aws/stalls.ts';
import type { StalledCall, StalledOutcome } from '../test/support/aws/stalls.ts';
import { machine } from './support/machine.ts';
import { say } from './support/say.ts';
import { table } from './support/table.ts';

const SILENCES = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [20, 80];
const MIB = 2 ** 20;
const SIZE = 40 * MIB;
/**
 * Seconds after which a call is given up and made again: 30, and the 3 before which the SDK does not begin to count. A
 * silence lasts no longer, whatever the connection does.
 */
const BORNE = 33;
/** The same where a body is sent: what the system still took of it counts as a sign of life when the 30 are over. */
const BORNE_SENDING = 30 + BORNE;
/** Seconds for all that is not silent, on a machine that has other work, too. */
const WORK = 15;

await using scope = new AsyncDisposableStack();
const kms = scope.use(await KmsDouble.start());
const s3 = await required(moto(), 'moto');
const dynamodb = await required(dynamodbLocal(), 'DynamoDB Local');
const content = patterned(SIZE);
const rows: string[][] = [];
const missed: string[] = [];
for (const seconds of SILENCES) {
  // At the same time, each on a vault of its own: almost all of it is waiting.
  await Promise.all(STALLED_CALLS.map((call) => measure(call, seconds)));
}
say(machine(), `a file of ${SIZE / MIB} MiB; nothing is set that has a default`, '');
say(table(['silent', 'for seconds', 'the task', 'seconds', 'tries of the call'], rows));
say('', 'All bytes were compared, and nothing was left after a sweep, but for what follows.');
for (const text of missed) say(`MISSED: ${text}`);
process.exitCode = missed.length === 0 ? 0 : 1;

async function measure(call: StalledCall, seconds: number): Promise<void> {
  const what = `${call.name}, silent for ${seconds} seconds`;
  try {
    await using scene = await Scene.make({ s3, dynamodb, kms });
    const vault = await scene.open();
    const outcome = await stall(scene, call, { vault, content, milliseconds: seconds * 1000 });
    rows.push([call.name, `${seconds}`, ...told(outcome)]);
    const { milliseconds, tries } = outcome;
    const limit = Math.min(seconds, call.operation === 'UploadPart' ? BORNE_SENDING : BORNE) + WORK;
    if (milliseconds > limit * 1000) missed.push(`${what}: it took longer than ${limit} seconds`);
    if (tries > 2) missed.push(`${what}: the call was made ${tries} times`);
    if (seconds < 30 && tries > 1) missed.push(`${what}: it was given up before its time`);
  } catch (error) {
    rows.push([call.name, `${seconds}`, 'wrong', '', '']);
    missed.push(`${what}: ${String(error)}`);
  }
}

function told({ done, milliseconds, tries }: StalledOutcome): string[] {
  return [done ? 'done' : 'failed: try again', (milliseconds / 1000).toFixed(1), `${tries}`];
}
