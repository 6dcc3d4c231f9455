/** Connections of the clients of AWS. */
import { Agent as HttpAgent } from 'node:http';
import type { AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';

export interface ConnectionLimits {
  /** Milliseconds until a connection must stand. */
  readonly connectionTimeout: number;
  /** Connections at once; calls wait for one, as long as it takes. */
  readonly maxSockets: number;
}

/**
 * The time-out runs while a connection is made, and then only. The SDK's own of that name runs while a call waits for
 * one of few connections, too, and so breaks calls when there are many.
 */
export function connectionAgents({ connectionTimeout, maxSockets }: ConnectionLimits): {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
} {
  const options: AgentOptions = { keepAlive: true, maxSockets };
  return {
    httpAgent: timed(new HttpAgent(options), 'connect', connectionTimeout),
    httpsAgent: timed(new HttpsAgent(options), 'secureConnect', connectionTimeout),
  };
}

function timed<Agent extends HttpAgent>(agent: Agent, standing: string, milliseconds: number): Agent {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = connect(options, callback);
    if (socket) destroyUnless(socket, standing, milliseconds);
    return socket;
  };
  return agent;
}

function destroyUnless(socket: Duplex, standing: string, milliseconds: number): void {
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error('no connection within its time'), { code: 'ETIMEDOUT' }));
  }, milliseconds);
  for (const event of [standing, 'close']) socket.once(event, () => clearTimeout(timer));
}
