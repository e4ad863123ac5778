import type { z } from 'zod'
import type { Problem } from '../errors.ts'
import type { Path, ProblemOptions, YamlDocument } from './document.ts'
import { issueProblems, type KeyPlaces } from './issues.ts'
import type { YamlNode } from './yaml.ts'

/** Reads sections of one document by their schemas and gathers every problem, instead of stopping at the first. */
export class Reader {
  readonly document: YamlDocument
  readonly problems: Problem[] = []
  readonly #places: KeyPlaces

  constructor(document: YamlDocument, places: KeyPlaces = () => []) {
    this.document = document
    this.#places = places
  }

  problem(path: Path, message: string, options: ProblemOptions = {}): void {
    // What a placeholder failed to give is reported once, by interpolation.
    const node = this.document.node(path)
    if (node?.kind === 'scalar' && node.unresolved) return
    this.problems.push(this.document.problem(path, message, options))
  }

  /** The value at a path as the schema gives it; undefined where it is not written, or wrong and now reported. */
  parse<S extends z.ZodType>(schema: S, path: Path): z.output<S> | undefined {
    const node = this.document.node(path)
    return node === undefined ? undefined : this.parseNode(schema, node, path)
  }

  /** Like `parse`, but a missing value is judged by the schema too: its defaults apply, what it requires is reported. */
  require<S extends z.ZodType>(schema: S, path: Path): z.output<S> | undefined {
    return this.parseNode(schema, this.document.node(path), path)
  }

  /** The names in the mapping at a path, in the file's order; empty where there is none. */
  names(path: Path): string[] {
    const node = this.document.node(path)
    return node?.kind === 'mapping' ? [...node.entries.keys()] : []
  }

  /** The number of items in the list at a path. */
  count(path: Path): number {
    const node = this.document.node(path)
    return node?.kind === 'sequence' ? node.items.length : 0
  }

  /** True where something is written at the path. */
  has(path: Path): boolean {
    return this.document.node(path) !== undefined
  }

  private parseNode<S extends z.ZodType>(schema: S, node: YamlNode | undefined, path: Path): z.output<S> | undefined {
    const result = schema.safeParse(node === undefined ? undefined : plain(node))
    if (result.success) return result.data
    this.problems.push(...issueProblems(result.error.issues, this.document, path, this.#places))
    return undefined
  }
}

/** Plain data without prototypes: a key such as `__proto__` or `constructor` is only a key. */
export function plain(node: YamlNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'sequence') return node.items.map(plain)
  const result: Record<string, unknown> = Object.create(null)
  for (const [key, entry] of node.entries) result[key] = plain(entry.value)
  return result
}

/** `__proto__` is nowhere a name in a configuration, and libraries skip over it in silence: refused instead. */
export function prototypeKeys(document: YamlDocument): Problem[] {
  const problems: Problem[] = []
  const seen = new Set<YamlNode>()
  const visit = (node: YamlNode): void => {
    if (node.kind === 'scalar' || seen.has(node)) return
    seen.add(node)
    if (node.kind === 'sequence') node.items.forEach(visit)
    else {
      for (const [key, entry] of node.entries) {
        if (key === '__proto__') problems.push(document.problemAt(entry.key, '', '`__proto__` cannot be a name here'))
        visit(entry.value)
      }
    }
  }
  visit(document.root)
  return problems
}
