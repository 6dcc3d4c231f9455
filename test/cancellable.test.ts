import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { collect } from '../src/bytes.ts';
import { cancellableChunks } from '../src/cancellable.ts';
import { rejection } from '../src/testing/rejects.ts';
import { lentChunks, patterned, PausedSource } from '../src/testing/test-bytes.ts';

describe('cancellableChunks', () => {
  test('passes chunks on, with a signal or without, and leaves no listener', async () => {
    const { signal } = new AbortController();
    for (const given of [undefined, signal]) {
      assert.deepEqual(await collect(cancellableChunks(lentChunks(patterned(100), 7), given)), patterned(100));
    }
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  test('asks nothing of its source once the signal has fired', async () => {
    const source = new PausedSource(patterned(10));
    await rejection(collect(cancellableChunks(source, AbortSignal.abort())), 'cancelled');
    assert.equal(source.givenUp, false);
  });

  test('ends while its source is silent', async () => {
    const controller = new AbortController();
    const source = new PausedSource(patterned(10));
    const collecting = collect(cancellableChunks(source, controller.signal));
    await source.paused;
    controller.abort();
    await rejection(collecting, 'cancelled');
    assert.equal(source.givenUp, true);
  });

  test('ends when a generator is silent, which could not be told', async () => {
    const controller = new AbortController();
    const asked = Promise.withResolvers<void>();
    const silent = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      asked.resolve();
      await new Promise(() => undefined);
      yield Uint8Array.of(1);
    };
    const collecting = collect(cancellableChunks(silent(), controller.signal));
    await asked.promise;
    controller.abort();
    await rejection(collecting, 'cancelled');
  });

  test('tells its source when it is given up', async () => {
    for (const signal of [undefined, new AbortController().signal]) {
      const source = new PausedSource(patterned(10));
      for await (const chunk of cancellableChunks(source, signal)) {
        assert.equal(chunk.length, 10);
        break;
      }
      assert.equal(source.givenUp, true);
    }
  });

  test('throws what its source throws', async () => {
    const error = new Error('of the source');
    const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      yield Uint8Array.of(1);
      throw error;
    };
    for (const signal of [undefined, new AbortController().signal]) {
      await assert.rejects(collect(cancellableChunks(source(), signal)), (thrown) => thrown === error);
    }
  });
});
