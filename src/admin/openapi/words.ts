import type { Answer, Content, Parameter, Schema } from './types.ts'

/** Short forms in which the document is written. */
export const text: Schema = { type: 'string' }
export const flag: Schema = { type: 'boolean' }
export const whole: Schema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }
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

/** A request body: what is optional in it may also be null. */
export function given(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const members = Object.entries(properties).map(([name, schema]) => [name, optional.includes(name) ? orNull(schema) : schema] as const)
  return object(Object.fromEntries(members), optional)
}

type Answers = Readonly<Record<string, Answer>>

/** With any request: what it is may be wrong, who asks, or the gateway itself. */
const ALWAYS = [400, 401, 403, 500, 503]
/** With a body that is read. */
const WITH_BODY = [413, 415]

export function failures(response: string, statuses: readonly number[]): Answers {
  return Object.fromEntries(statuses.map((status) => [String(status), { $ref: `#/components/responses/${response}` }]))
}

/** What may go wrong with a request that changes nothing; `more`: with this one too. */
export function problems(...more: readonly number[]): Answers {
  return failures('Problem', [...ALWAYS, ...more])
}

/** The same of one that is asked with a body. */
export function bodyProblems(...more: readonly number[]): Answers {
  return problems(...WITH_BODY, ...more)
}

/** The same of one that changes something: there may be no room to keep it. */
export function changeProblems(...more: readonly number[]): Answers {
  return bodyProblems(507, ...more)
}

export function query(name: string, schema: Schema, description?: string): Parameter {
  return { name, in: 'query', schema, ...(description === undefined ? {} : { description }) }
}

/** Several words with commas between them. */
export function several(name: string, words: readonly string[], description?: string): Parameter {
  return { ...query(name, list({ type: 'string', enum: words }), description), explode: false }
}

export function inPath(name: string, description: string): Parameter {
  return { name, in: 'path', required: true, description, schema: text }
}

export const TAG = { ETag: { description: 'Of what is there; send it as If-Match', schema: text } }
export const IF_MATCH: Parameter = {
  name: 'If-Match',
  in: 'header',
  description: 'Only where it is still this one; else 412',
  schema: { type: 'string', pattern: '^("[!#-~]*"|\\*)$' },
}
