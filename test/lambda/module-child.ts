/** `sealroom/lambda` in a process of its own, as in an execution environment: what the variables name is its vault. */
import { createInterface } from 'node:readline';
import { invoke, runtimeDouble } from './runtime-double.ts';

const [variables = '{}'] = process.argv.slice(2);
Object.assign(process.env, JSON.parse(variables));
Object.assign(globalThis, { awslambda: runtimeDouble });
const { handler, sweep } = await import('../../src/lambda/index.ts');

for await (const line of createInterface({ input: process.stdin })) {
  const event: unknown = JSON.parse(line);
  if (event === 'sweep') {
    await sweep({}, { getRemainingTimeInMillis: () => 60_000 });
    console.log('"swept"');
  } else {
    const { head, body } = await invoke(handler, event);
    console.log(JSON.stringify({ ...head, body: body.toString('base64') }));
  }
}
