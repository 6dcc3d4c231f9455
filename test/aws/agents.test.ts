import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectionAgents } from '../../src/aws/agents.ts';

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('connections to AWS', () => {
  test('that do not stand within their time are given up', async () => {
    const sockets: Socket[] = [];
    const mute = createTcpServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    const port = await listening(mute);
    const { httpsAgent: agent } = connectionAgents({ connectionTimeout: 50, maxSockets: 1 });
    const [error] = (await once(secureRequest({ host: '127.0.0.1', port, agent }).end(), 'error')) as [
      NodeJS.ErrnoException,
    ];
    assert.equal(error.code, 'ETIMEDOUT');
    agent.destroy();
    for (const socket of sockets) socket.destroy();
    mute.close();
  });

  test('that stand may be silent, and be waited for, for longer', async () => {
    const server = createServer((_request, response) => void sleep(100).then(() => response.end('late')));
    const port = await listening(server);
    const { httpAgent: agent } = connectionAgents({ connectionTimeout: 50, maxSockets: 1 });
    const statuses = await Promise.all(
      [1, 2, 3].map(async () => {
        const [response] = (await once(request({ host: '127.0.0.1', port, agent }).end(), 'response')) as [
          IncomingMessage,
        ];
        response.resume();
        return response.statusCode;
      }),
    );
    assert.deepEqual(statuses, [200, 200, 200]);
    agent.destroy();
    server.close();
  });
});
