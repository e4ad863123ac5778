import type { Answer, Content, Parameter, Schema } from './types.ts'

/** Short forms in which the document is written. */
export const text: Schema = { type: 'string' }
export const flag: Schema = { type: 'boolean' }
export const whole: Schema = { type: 'integer', minimum: 0 }
export const time: Schema = { type: 'string', format: 'date-time' }
export const hex64: Schema = { type: 'string', pattern: '^[0-9a-f]{64}$' }

export function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] }
}

export function list(items: Schema): Schema {
  return { type: 'array', items }
}

export function byName(additionalProperties: Schema): Schema {
  return { type: 'object', additionalProperties }
}

export function words(...words: readonly string[]): Schema {
  return { type: 'string', enum: words }
}

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

/** All of them are there, and nothing else is, unless named in `optional`. */
export function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }), additionalProperties: false }
}

export function jsonOf(schema: Schema): Content {
  return { 'application/json': { schema } }
}

export function told(description: string, schema?: Schema, headers?: Answer['headers']): Answer {
  return {
    description,
    ...(headers === undefined ? {} : { headers }),
    ...(schema === undefined ? {} : { content: jsonOf(schema) }),
  }
}

export function body(schema: Schema, required = true) {
  return { required, content: jsonOf(schema) }
}

/** What may go wrong with any request; `more`: with this one too. */
export function problems(...more: readonly number[]): Readonly<Record<string, Answer>> {
  return Object.fromEntries([400, 403, ...more].map((status) => [String(status), { $ref: '#/components/responses/Problem' }]))
}

export function query(name: string, schema: Schema, description?: string): Parameter {
  return { name, in: 'query', schema, ...(description === undefined ? {} : { description }) }
}

export function inPath(name: string, description: string): Parameter {
  return { name, in: 'path', required: true, description, schema: text }
}

export const TAG = { ETag: { description: 'Of what is there; send it as If-Match', schema: text } }
export const IF_MATCH: Parameter = {
  name: 'If-Match',
  in: 'header',
  description: 'Only where it is still this one; else 412',
  schema: text,
}
