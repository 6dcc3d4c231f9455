/** Writes sealroom.schema.json from the schema that the configuration is checked with: `node tools/write-config-schema.ts`. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { configSchema } from '../src/config/schema.ts';

/** Where the schema is published. */
export const schemaFile: string = resolve(import.meta.dirname, '../sealroom.schema.json');

/** The text of the published schema. */
export function configJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(configSchema, { io: 'input' }), null, 2)}\n`;
}

if (import.meta.main) writeFileSync(schemaFile, configJsonSchema());
