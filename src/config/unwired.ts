/**
 * What the schema knows and control cannot act on yet: refused, never accepted and ignored. To wire a key is to remove its line here;
 * the JSON Schema, `check` and `serve` follow.
 */
import type { Problem } from '../errors.ts'
import type { Path, PathPart, YamlDocument } from './document.ts'
import { LATER, LATER_HINT } from './shape.ts'
import type { YamlNode } from './yaml.ts'

export interface UnwiredKey {
  /** Keys from the top, joined by dots; `*` is any name or any item of a list. */
  readonly path: string
  /** What it will be for. */
  readonly what: string
  /** Only these words of it are refused; absent: the whole key. */
  readonly words?: readonly string[]
  readonly hint?: string
}

export const UNWIRED: readonly UnwiredKey[] = []

/** Adds a problem for whatever of `unwired` is written. What else is wrong under a key that has to go is left out. */
export function withUnwired(problems: readonly Problem[], document: YamlDocument, unwired: readonly UnwiredKey[]): Problem[] {
  const refused = unwired.flatMap((key) => refusals(key, document))
  const gone = refused.flatMap(({ path, at }) => (at === 'key' ? [path] : []))
  const isUnder = (path: string, key: string): boolean => path === key || (path.startsWith(key) && /^[.[]/.test(path.slice(key.length)))
  return [...problems.filter(({ path }) => !gone.some((key) => isUnder(path, key))), ...refused.map(({ at, ...problem }) => problem)]
}

interface Refusal extends Problem {
  readonly at: 'key' | 'value'
}

function refusals({ path, words, hint = LATER_HINT }: UnwiredKey, document: YamlDocument): Refusal[] {
  return written(document.root, path.split('.'), []).flatMap(({ path: here, node }): Refusal[] => {
    const key = String(here.at(-1))
    if (words === undefined) return [{ ...document.problem(here, `\`${key}\` is ${LATER}`, { at: 'key', hint }), at: 'key' }]
    const word = node.kind === 'scalar' ? String(node.value) : ''
    if (!words.includes(word)) return []
    const message = word === 'true' ? `\`${key}: true\` is ${LATER}` : `\`${word}\` is ${LATER}`
    return [{ ...document.problem(here, message, { hint }), at: 'value' }]
  })
}

/** Every place in the document that a pattern leads to. */
function written(node: YamlNode, pattern: readonly string[], path: Path): { readonly path: Path; readonly node: YamlNode }[] {
  const [part, ...rest] = pattern
  if (part === undefined) return [{ path, node }]
  return children(node, part).flatMap(([key, child]) => written(child, rest, [...path, key]))
}

function children(node: YamlNode, part: string): (readonly [PathPart, YamlNode])[] {
  if (node.kind === 'scalar') return []
  if (node.kind === 'sequence') return part === '*' ? node.items.map((item, index) => [index, item] as const) : []
  const all = [...node.entries].map(([key, entry]) => [key, entry.value] as const)
  return part === '*' ? all : all.filter(([key]) => key === part)
}

type SchemaNode = Record<string, unknown>

/** The JSON Schema as it is without what is not wired: such a key only says so, and words of a key are named in its description. */
export function describeUnwired<S extends SchemaNode>(schema: S, unwired: readonly UnwiredKey[]): S {
  for (const { path, what, words } of unwired) {
    const parts = path.split('.')
    const key = parts.pop() as string
    for (const holder of schemaHolders(schema, parts)) {
      const properties = holder.properties as Record<string, SchemaNode> | undefined
      const node = properties?.[key]
      if (properties === undefined || node === undefined) continue
      properties[key] = words === undefined ? { description: `${LATER}: ${what}` } : withoutWords(node, words)
    }
  }
  return schema
}

function withoutWords(node: SchemaNode, words: readonly string[]): SchemaNode {
  const { default: written, description, ...rest } = node
  const kept = written === undefined || words.includes(String(written)) ? {} : { default: written }
  const told = 'enum' in node ? `${description}; ${LATER}: ${words.join(', ')}` : `${LATER}: ${words[0]}`
  return { ...rest, ...kept, description: told }
}

function schemaHolders(node: SchemaNode, parts: readonly string[]): SchemaNode[] {
  const branches = [node, ...[node.anyOf, node.oneOf].flatMap((list) => (Array.isArray(list) ? (list as SchemaNode[]) : []))]
  const [part, ...rest] = parts
  if (part === undefined) return branches
  return branches.flatMap((branch) => {
    const named = (branch.properties as Record<string, SchemaNode> | undefined)?.[part]
    const child = part === '*' ? (branch.additionalProperties ?? branch.items) : named
    return typeof child === 'object' && child !== null ? schemaHolders(child as SchemaNode, rest) : []
  })
}
