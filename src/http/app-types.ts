/** What the route files are written against. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { z } from 'zod';
import type { Action } from '../access/roles.ts';

/**
 * Requests have the types of their schemas, answers whatever the handler gives: the schemas of answers are for the
 * document, and the values are the library's own.
 */
export interface SchemaTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  readonly serializer: unknown;
}

/** An app that takes zod schemas. */
export type HttpApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  SchemaTypes
>;

/** What a route says of itself for the document, where no schema does: a body that is read as a stream. */
export interface RequestBodyDocument {
  readonly description?: string;
  readonly required?: boolean;
  readonly content: Readonly<Record<string, { readonly schema: Readonly<Record<string, unknown>> }>>;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Goes into the OpenAPI document as it is; nothing is validated by it. */
    readonly requestBody?: RequestBodyDocument;
    /** What whoever calls must be allowed to do: he is asked before the body of his request is read. */
    readonly action?: Action;
    /** Whether a ticket, and the visit that it gives, may stand in place of a token: where one file is read, by `:id`. */
    readonly ticket?: true;
  }
}
