import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseAddress, isLoopback, withoutSlash } from '../src/addresses.ts';

test('only what is surely this machine is taken for it', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.8.7', '::1', '[::1]']) assert.ok(isLoopback(host), host);
  const others = [
    '',
    'files.localhost',
    'localhost.example.org',
    '127.0.0.1.example.org',
    '128.0.0.1',
    '0.0.0.0',
    '::',
    '10.0.0.1',
  ];
  for (const host of others) assert.ok(!isLoopback(host), host);
});

test('a path can be put behind an address that is one, and nothing else is', () => {
  const baseOf = (text: string): string | undefined => {
    const url = baseAddress(text);
    return url && withoutSlash(url);
  };
  assert.equal(baseOf('https://files.example.org'), 'https://files.example.org');
  assert.equal(baseOf('http://files.example.org:8080/a/b//'), 'http://files.example.org:8080/a/b');
  const none = [
    '',
    'files.example.org',
    'ftp://x',
    'https://user@x',
    'https://:password@x',
    'https://x?a',
    'https://x#a',
  ];
  for (const text of none) assert.equal(baseOf(text), undefined, text);
});
