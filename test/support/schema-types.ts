import type { Schema } from '../../src/admin/openapi/types.ts'

/** The schemas of an OpenAPI document as TypeScript: one exported type for each. */
export function schemaTypes(schemas: Readonly<Record<string, Schema>>): string {
  return Object.entries(schemas)
    .map(([name, schema]) => `export type ${name} = ${typeOf(schema)}\n`)
    .join('')
}

function typeOf({ $ref, anyOf, enum: words, const: only, type, items, properties, required = [], additionalProperties }: Schema): string {
  if ($ref !== undefined) return $ref.replace(/^.*\//, '')
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' | ')
  if (only !== undefined) return String(only)
  if (words !== undefined) return words.map((word) => JSON.stringify(word)).join(' | ')
  if (Array.isArray(type)) return type.map((one: string) => typeOf({ type: one })).join(' | ')
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type
    case 'integer':
    case 'number':
      return 'number'
    case 'array':
      return `(${items === undefined ? 'unknown' : typeOf(items)})[]`
    case 'object': {
      const members = Object.entries(properties ?? {}).map(
        ([name, one]) => `${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${typeOf(one)}`,
      )
      const others = typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'
      // A name that is described beside others fits among them in no type; none here has both.
      return members.length === 0 ? `Record<string, ${others}>` : `{ ${members.join('; ')} }`
    }
    default:
      return 'unknown'
  }
}
