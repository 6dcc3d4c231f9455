/** The service as it is in Lambda. */
import type { FastifyInstance } from 'fastify';
import { openAccess } from '../access/open.ts';
import type { HttpConfig } from '../config/http.ts';
import { createApp } from '../http/app.ts';
import type { AppOptions } from '../http/app.ts';
import type { Vault } from '../vault/vault.ts';
import { PROXY_ADDRESS, REQUEST_ID } from './function-url.ts';

export interface LambdaAppOptions extends Pick<AppOptions, 'logger' | 'now'> {
  /** What of it counts here: there is no address to listen on, no connection, and no end to prepare for. */
  readonly http?: Partial<
    Pick<HttpConfig, 'publicUrl' | 'corsOrigins' | 'rateLimit' | 'maxFileSize' | 'oidc' | 'trustProxy'>
  >;
}

export function appInLambda(vault: Vault, { http = {}, logger, now }: LambdaAppOptions = {}): Promise<FastifyInstance> {
  const { publicUrl, corsOrigins, rateLimit, maxFileSize, oidc, trustProxy = [] } = http;
  return createApp(vault, {
    access: openAccess(vault, { oidc, now }),
    logger,
    now,
    publicUrl,
    corsOrigins,
    rateLimit,
    maxFileSize,
    trustProxy: [PROXY_ADDRESS, ...trustProxy],
    requestId: ({ headers }) => String(headers[REQUEST_ID]),
  });
}
