/** The function behind a function URL: events in, streamed bytes out. */
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { after, describe, test } from 'node:test';
import { SealroomError } from '../../src/errors.ts';
import { createLogger } from '../../src/http/observe/log.ts';
import { LONGEST_ANSWER } from '../../src/lambda/answer.ts';
import { keptOnceOpened } from '../../src/lambda/environment.ts';
import { functionUrlHandler } from '../../src/lambda/handler.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { Stat } from '../../src/vault/files.ts';
import { replacedFiles } from '../support/replaced-files.ts';
import { json, testFunction } from './function.ts';
import type { TestFunction } from './function.ts';
import { Sink, documentedEvent, eventFor, invoke, runtimeDouble } from './runtime-double.ts';
import type { Invocation } from './runtime-double.ts';

const HOUR = 3_600_000;

async function put({ service }: TestFunction, bytes: Uint8Array, name = 'some file.bin'): Promise<string> {
  return (await service.vault.tenant('default').put(bytes, { name })).id;
}

function idIn(stored: Invocation): string {
  return (json(stored) as unknown as Stat).id;
}

describe('the function behind a function URL', async () => {
  const lambda = await testFunction();
  after(() => lambda[Symbol.asyncDispose]());

  test('takes an event as AWS documents it', async () => {
    const answer = await invoke(lambda.handler, documentedEvent);
    assert.equal(answer.head.statusCode, 404);
    assert.equal(answer.head.headers['content-type'], 'application/problem+json');
    assert.equal(json(answer)['requestId'], documentedEvent.requestContext.requestId);
    assert.equal(answer.ended, true);
  });

  test('stores bytes that come as base64, and streams them again', async () => {
    const bytes = patterned(300_000);
    const stored = await lambda.ask('writer', { method: 'POST', path: '/v1/files?name=a%20b%2Bc.bin', body: bytes });
    assert.equal(stored.head.statusCode, 201);
    const { id, name, size } = json(stored) as unknown as Stat;
    assert.deepEqual([name, size], ['a b+c.bin', bytes.length]);
    assert.equal(stored.head.headers['location'], `/v1/files/${id}`);

    const { head, body } = await lambda.ask('reader', { path: `/v1/files/${id}/content` });
    assert.equal(head.statusCode, 200);
    assert.equal(head.headers['content-length'], String(bytes.length));
    assert.ok(body.equals(bytes));
  });

  test('takes a file in pieces, for one request carries no more than Lambda lets through', async () => {
    const bytes = patterned(100_000);
    const tus = { 'tus-resumable': '1.0.0' };
    const headers = { ...tus, 'upload-length': '100000', 'upload-metadata': 'filename YQ==' };
    const begun = await lambda.ask('writer', { method: 'POST', path: '/v1/uploads', headers });
    assert.equal(begun.head.statusCode, 201);
    const path = String(begun.head.headers['location']);
    for (let offset = 0; offset < bytes.length; offset += 40_000) {
      const piece = { ...tus, 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' };
      const body = bytes.subarray(offset, offset + 40_000);
      const sent = await lambda.ask('writer', { method: 'PATCH', path, headers: piece, body });
      assert.deepEqual([sent.head.statusCode, sent.head.headers['upload-offset']], [204, String(offset + body.length)]);
    }
    const { body } = await lambda.ask('reader', { path: `${path.replace('uploads', 'files')}/content` });
    assert.ok(body.equals(bytes));
  });

  test('takes a body that comes as text', async () => {
    const headers = { 'content-type': 'text/plain' };
    const stored = await lambda.ask('writer', { method: 'POST', path: '/v1/files?name=t.txt', body: 'ü€', headers });
    const { body } = await lambda.ask('reader', { path: `/v1/files/${idIn(stored)}/content` });
    assert.equal(body.toString(), 'ü€');
  });

  test('stores a file of no bytes, which comes without a body', async () => {
    const headers = { 'content-length': '0' };
    const stored = await lambda.ask('writer', { method: 'POST', path: '/v1/files?name=empty.bin', headers });
    assert.equal(stored.head.statusCode, 201);
    const { head, body } = await lambda.ask('reader', { path: `/v1/files/${idIn(stored)}/content` });
    assert.deepEqual([head.statusCode, body.length], [200, 0]);
  });

  test('takes a body that was sent in chunks, whose length the event does not say', async () => {
    const { headers, ...event } = eventFor({ method: 'POST', path: '/v1/files?name=c.bin', body: patterned(5000) });
    const { 'content-length': _, ...rest } = headers;
    const chunked = { ...rest, 'transfer-encoding': 'chunked', ...lambda.service.as('writer') };
    const stored = await invoke(lambda.handler, { ...event, headers: chunked });
    assert.deepEqual([stored.head.statusCode, json(stored)['size']], [201, 5000]);
  });

  test('refuses a body that is shorter than its headers say', async () => {
    const headers = { 'content-length': '5001' };
    const short = { method: 'POST', path: '/v1/files?name=c.bin', body: patterned(5000), headers };
    const refused = await lambda.ask('writer', short);
    assert.deepEqual([refused.head.statusCode, json(refused)['code']], [400, 'usage']);
    await lambda.service.world.check();
  });

  test('answers HEAD, and whatever has no body, with its headers', async () => {
    const id = await put(lambda, patterned(1000));
    const path = `/v1/files/${id}/content`;
    const head = await lambda.ask('reader', { method: 'HEAD', path });
    assert.deepEqual([head.head.statusCode, head.head.headers['content-length'], head.body.length], [200, '1000', 0]);
    const etag = head.head.headers['etag']!;
    const unchanged = await lambda.ask('reader', { path, headers: { 'if-none-match': etag } });
    assert.deepEqual(
      [unchanged.head.statusCode, unchanged.head.headers['etag'], unchanged.body.length],
      [304, etag, 0],
    );
    const removed = await lambda.ask('writer', { method: 'DELETE', path: `/v1/files/${id}` });
    assert.deepEqual([removed.head.statusCode, removed.body.length, removed.ended], [204, 0, true]);
  });

  test('passes cookies on, each as it is, in both directions', async () => {
    const id = await put(lambda, Buffer.from('shared'), 'shared-name.txt');
    const { now } = lambda.service.world.clock;
    const expires = new Date(now() + HOUR).toISOString();
    const { secret } = await lambda.service.access.links('default').create(id, { expires, downloads: 1 });
    lambda.log.mustNotTell(secret);
    const opened = await lambda.ask(undefined, { method: 'POST', path: `/s/${secret}` });
    const [cookie, ...others] = opened.head.cookies;
    assert.deepEqual(others, []);
    assert.match(cookie!, /^sealroom[^=]*=.*; Secure/, 'a function URL has TLS');
    assert.equal(opened.head.headers['set-cookie'], undefined);
    const cookies = ['other=1', cookie!.split(';', 1)[0]!];
    // The one download of the link is used: only the cookie opens it.
    const again = await lambda.ask(undefined, { path: `/s/${secret}/content`, cookies });
    assert.deepEqual([again.head.statusCode, again.body.toString()], [200, 'shared']);
    assert.equal((await lambda.ask(undefined, { path: `/s/${secret}/content` })).head.statusCode, 404);
  });

  test('gives out addresses of the function URL, whatever host a client makes up', async () => {
    const id = await put(lambda, Buffer.from('x'));
    const answer = await lambda.ask('writer', {
      method: 'POST',
      path: `/v1/files/${id}/links`,
      headers: { 'content-type': 'application/json', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' },
      body: JSON.stringify({ expires: new Date(lambda.service.world.clock.now() + HOUR).toISOString() }),
    });
    const { url } = json(answer) as { url: string };
    assert.ok(url.startsWith('https://abcdefg.lambda-url.us-east-1.on.aws/s/'), url);
    lambda.log.mustNotTell(String(json(answer)['secret']));
  });

  test('calls a request what Lambda calls it, whatever its client does', async () => {
    const event = eventFor({ path: '/v1/files', headers: { 'x-amzn-requestid': 'forged' } });
    const { requestId } = event.requestContext;
    assert.equal(json(await invoke(lambda.handler, event))['requestId'], requestId);
    assert.equal(lambda.log.lines.at(-1)!.requestId, requestId);
  });

  test('reads characters that were decoded on the way as a part of the path', async () => {
    const event = { ...eventFor({ path: '/' }), rawPath: '/v1/files/a b?c#d/ü' };
    assert.equal((await invoke(lambda.handler, event)).head.statusCode, 404);
  });

  test('throws at an event of another kind, which is no request', async () => {
    for (const event of [
      {},
      null,
      'text',
      { version: '1.0', httpMethod: 'GET' },
      { ...documentedEvent, version: '1.0' },
    ]) {
      await assert.rejects(invoke(lambda.handler, event), { name: 'SealroomError', code: 'usage' });
    }
  });
});

describe('the address of a client, in Lambda', () => {
  const tries = async (lambda: TestFunction, request: { sourceIp: string; 'x-forwarded-for'?: string }, count = 1) => {
    const { sourceIp, ...headers } = request;
    const bad = { authorization: `Bearer sr_${'a'.repeat(16)}_${'b'.repeat(43)}`, ...headers };
    let status = 0;
    for (let i = 0; i < count; i++) {
      status = (await lambda.ask(undefined, { path: '/v1/files', headers: bad, sourceIp })).head.statusCode;
    }
    return status;
  };

  test('is the one that Lambda names, and no header changes it', async () => {
    await using lambda = await testFunction();
    assert.equal(await tries(lambda, { sourceIp: '203.0.113.1' }, 11), 429);
    assert.equal(await tries(lambda, { sourceIp: '203.0.113.1', 'x-forwarded-for': '198.51.100.9' }), 429);
    assert.equal(await tries(lambda, { sourceIp: '203.0.113.2' }), 401);
    assert.equal(await tries(lambda, { sourceIp: '2001:db8::1' }), 401);
  });

  test('is the one that a trusted proxy names, which Lambda calls the client', async () => {
    await using lambda = await testFunction({ http: { trustProxy: ['203.0.113.0/24'] } });
    const by = (client: string) => ({ sourceIp: '203.0.113.1', 'x-forwarded-for': client });
    assert.equal(await tries(lambda, by('198.51.100.9'), 11), 429);
    assert.equal(await tries(lambda, by('198.51.100.10')), 401);
    assert.equal(await tries(lambda, by('198.51.100.10, 198.51.100.9')), 429, 'what a client itself put in front');
  });
});

describe('a long answer, in Lambda', () => {
  const FRAME = 64 * 1024;

  test('is read at the pace at which Lambda takes it', async () => {
    let read = 0;
    await using lambda = await testFunction({
      world: { frameLength: FRAME },
      replace: (vault) =>
        replacedFiles(vault, (files) => ({
          get: async (id, options) => {
            const got = await files.get(id, options);
            const body = (async function* () {
              for await (const chunk of got.body) {
                read += chunk.length;
                yield chunk;
              }
            })();
            return { ...got, body };
          },
        })),
    });
    const bytes = patterned(100 * FRAME);
    const id = await put(lambda, bytes);
    const sink = new Sink();
    const goOn = sink.stall();
    const answering = lambda.ask('reader', { path: `/v1/files/${id}/content` }, sink);
    for (let before = -1, quiet = 0; quiet < 200; before = read) {
      await nextTurn();
      quiet = read === before && read > 0 ? quiet + 1 : 0;
    }
    assert.ok(read < bytes.length / 4, `${read} bytes were read while nothing was taken`);
    goOn();
    const { body } = await answering;
    assert.ok(body.equals(bytes));
  });

  test('is left open, and the function fails, when the rest of the file does not open', async () => {
    await using lambda = await testFunction({ world: { frameLength: FRAME } });
    const bytes = patterned(20 * FRAME);
    const id = await put(lambda, bytes);
    const [blob] = lambda.service.world.blobs.blobs.values();
    blob![blob!.length - 10 * FRAME]! ^= 1;
    const { head, body, ended, error } = await lambda.ask('reader', { path: `/v1/files/${id}/content` });
    assert.equal(head.statusCode, 200);
    assert.ok(body.length < bytes.length && body.equals(bytes.subarray(0, body.length)));
    assert.equal(ended, false, 'an answer that is cut must not look whole');
    assert.ok(error instanceof Error);
    assert.ok(!String(error).includes('some file'));
    assert.deepEqual(
      lambda.log.lines.map(({ msg }) => msg),
      ['failed', 'answered'],
    );
  });

  test('is given up when its stream breaks: nothing of the file stays open', async () => {
    const reading = { ended: false };
    await using lambda = await testFunction({
      world: { frameLength: FRAME },
      replace: (vault) =>
        replacedFiles(vault, (files) => ({
          get: async (id, options) => {
            const got = await files.get(id, options);
            const body = (async function* () {
              try {
                yield* got.body;
              } finally {
                reading.ended = true;
              }
            })();
            return { ...got, body };
          },
        })),
    });
    const id = await put(lambda, patterned(100 * FRAME));
    const sink = new Sink();
    sink.stall();
    sink.on('error', () => {});
    const answering = lambda.ask('reader', { path: `/v1/files/${id}/content` }, sink);
    for (let turn = 0; turn < 1000 && sink.writableLength < FRAME; turn++) await nextTurn();
    assert.ok(sink.writableLength >= FRAME, 'a part of the file is on its way');
    sink.destroy(new Error('the answer is too long'));
    await assert.rejects(answering, /the answer is too long/);
    for (let turn = 0; turn < 1000 && !reading.ended; turn++) await nextTurn();
    assert.ok(reading.ended);
    const answered = lambda.log.lines.find(({ msg }) => msg === 'answered') as unknown as { complete: boolean };
    assert.equal(answered.complete, false);
  });

  test('that Lambda would cut is refused, and ranges of it are not', async () => {
    const size = LONGEST_ANSWER + 1;
    const reading = { ended: 0 };
    await using lambda = await testFunction({
      replace: (vault) =>
        replacedFiles(vault, (files) => ({
          stat: async (id, options) => ({ ...(await files.stat(id, options)), size }),
          get: async (id, { range: asked } = {}) => {
            const range = { start: asked?.start ?? 0, end: asked?.end ?? size };
            const stat = { ...(await files.stat(id)), size };
            const body = (async function* () {
              try {
                for (let left = range.end - range.start; left > 0; left -= FRAME) {
                  yield Buffer.alloc(Math.min(left, FRAME));
                }
              } finally {
                reading.ended++;
              }
            })();
            return { stat, range, body };
          },
        })),
    });
    const path = `/v1/files/${await put(lambda, Buffer.from('small'))}/content`;
    const refused = await lambda.ask('reader', { path });
    assert.deepEqual([refused.head.statusCode, json(refused)['code']], [413, 'limit']);
    assert.match(String(json(refused)['detail']), /ranges/);
    for (let turn = 0; turn < 1000 && reading.ended === 0; turn++) await nextTurn();
    assert.equal(reading.ended, 1, 'the file that was opened for it is let go');
    const looked = await lambda.ask('reader', { method: 'HEAD', path });
    assert.deepEqual([looked.head.statusCode, looked.head.headers['content-length']], [200, String(size)]);
    const range = await lambda.ask('reader', { path, headers: { range: `bytes=${size - 100}-` } });
    assert.deepEqual([range.head.statusCode, range.body.length], [206, 100]);
  });
});

describe('a vault that does not open, in Lambda', () => {
  const opening = (failures: readonly Error[]) => {
    const left = [...failures];
    const lines: Record<string, unknown>[] = [];
    const logger = createLogger({ stream: { write: (line) => void lines.push(JSON.parse(line)) } });
    return {
      lines,
      handlerFor: (lambda: TestFunction) => {
        let opened = 0;
        const app = keptOnceOpened(async () => {
          opened++;
          const failure = left.shift();
          if (failure !== undefined) throw failure;
          return lambda.service.app;
        });
        const handler = functionUrlHandler({ app, streams: runtimeDouble.HttpResponseStream, logger });
        return { handler, opened: () => opened };
      },
    };
  };

  test('is a problem that tells nothing, and a line of the log that tells why', async () => {
    await using lambda = await testFunction();
    const { lines, handlerFor } = opening([new SealroomError('bad-configuration', 'SEALROOM_ID: it is missing')]);
    const event = eventFor({ path: '/healthz' });
    const { requestId } = event.requestContext;
    const { head, body } = await invoke(handlerFor(lambda).handler, event);
    assert.equal(head.statusCode, 500);
    assert.equal(head.headers['content-type'], 'application/problem+json');
    assert.equal(head.headers['x-content-type-options'], 'nosniff');
    assert.deepEqual(JSON.parse(body.toString()), {
      type: 'about:blank',
      title: 'Internal Server Error',
      status: 500,
      detail: 'A fault of Sealroom, or of the machine, that has no code of its own.',
      code: 'unexpected',
      requestId,
    });
    assert.equal(lines.length, 1);
    const [{ msg, requestId: logged, error }] = lines as [
      { msg: string; requestId: string; error: { message: string } },
    ];
    assert.deepEqual([msg, logged, error.message], ['the vault did not open', requestId, 'SEALROOM_ID: it is missing']);
  });

  test('is tried again by the next event, and once open kept for all that follow', async () => {
    await using lambda = await testFunction();
    const { handlerFor } = opening([new SealroomError('unavailable', 'AWS did not answer')]);
    const { handler, opened } = handlerFor(lambda);
    const ask = () => invoke(handler, eventFor({ path: '/healthz' }));
    const failed = await ask();
    assert.deepEqual([failed.head.statusCode, failed.head.headers['retry-after']], [503, '1']);
    const statuses = (await Promise.all([ask(), ask(), ask()])).map(({ head }) => head.statusCode);
    assert.deepEqual([statuses, opened()], [[200, 200, 200], 2]);
  });
});
