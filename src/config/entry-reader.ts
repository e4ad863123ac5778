import type { Problem } from '../errors.ts'
import { formatPath, type Path, type YamlDocument } from './document.ts'
import { MOST_PROBLEMS } from './first-problems.ts'
import { nearest } from './suggest.ts'
import { describeScalar, type YamlEntry, type YamlMapping, type YamlNode, type YamlScalar } from './yaml.ts'

interface Range {
  readonly start: number
  readonly end: number
}

const EMPTY: YamlMapping = { kind: 'mapping', entries: new Map(), start: 0, end: 0 }

/**
 * Reads the files that are one mapping from names to entries (roles_mapping.yml, internal_users.yml): node by node,
 * as they may be large and every value's line is kept.
 */
export class EntryReader {
  readonly document: YamlDocument
  readonly #problems: Problem[]
  #errors: number
  #left: number

  constructor(document: YamlDocument) {
    this.document = document
    this.#problems = document.parseProblems.slice(0, MOST_PROBLEMS)
    this.#left = document.untoldProblems
    this.#errors = document.parseProblems.length
  }

  get hasErrors(): boolean {
    return this.#errors > 0
  }

  /** Everything found so far in the order of the file. */
  get problems(): readonly Problem[] {
    const sorted = [...this.#problems].sort((a, b) => a.line - b.line || a.column - b.column)
    const last = sorted.at(-1)
    if (this.#left === 0 || last === undefined) return sorted
    return [
      ...sorted,
      { ...last, severity: this.hasErrors ? 'error' : 'warning', message: `and ${this.#left} more problems`, snippet: '', path: '' },
    ]
  }

  problem(range: Range, path: Path, message: string, hint?: string, severity: Problem['severity'] = 'error'): void {
    if (severity === 'error') this.#errors++
    if (this.#problems.length < MOST_PROBLEMS)
      this.#problems.push(this.document.problemAt(range, formatPath(path), message, { hint, severity }))
    else this.#left++
  }

  /** The entries of the file in its order, without `_meta`; `value` is null where it is no mapping, which is reported. */
  *entries(what: string, type: string): Generator<{ name: string; entry: YamlEntry; value: YamlMapping | null }> {
    const { root } = this.document
    if (root.kind === 'scalar' && root.value === null) return
    if (root.kind !== 'mapping') {
      this.problem(root, [], `expected a mapping from ${what} names to entries`)
      return
    }
    for (const [name, entry] of root.entries) {
      if (name === '_meta') {
        this.#checkMeta(entry.value, type)
        continue
      }
      if (name.trim() === '' || /[\u0000-\u001f\u007f]/.test(name))
        this.problem(entry.key, [name], `a ${what} name must not be blank nor hold control characters`)
      const { value } = entry
      if (value.kind === 'mapping') yield { name, entry, value }
      else if (value.kind === 'scalar' && value.value === null) yield { name, entry, value: EMPTY }
      else {
        this.problem(value, [name], `expected a mapping under \`${name}\``)
        yield { name, entry, value: null }
      }
    }
  }

  /** Open Distro's files say what they are: a file of another type here is a mix-up. */
  #checkMeta(node: YamlNode, type: string): void {
    const written = node.kind === 'mapping' ? node.entries.get('type')?.value : undefined
    if (written?.kind === 'scalar' && written.value !== null && written.value !== type) {
      this.problem(written, ['_meta', 'type'], `this file says it is \`${String(written.value)}\`, not \`${type}\``)
    }
  }

  checkKeys(node: YamlMapping, path: Path, known: readonly string[]): void {
    for (const [key, entry] of node.entries) {
      if (known.includes(key)) continue
      if (this.#problems.length >= MOST_PROBLEMS) {
        // Looking for what was meant takes longer than all else.
        this.#errors++
        this.#left++
        continue
      }
      const meant = nearest(key, known)
      this.problem(
        entry.key,
        [...path, key],
        `unknown key \`${key}\``,
        meant === undefined ? `known here: ${known.join(', ')}` : `did you mean \`${meant}\`?`,
      )
    }
  }

  /**
   * Calls `visit` with each string under a key: those of a list, one alone, or none. Its path is made only for a
   * problem: there may be 100,000 of them.
   */
  strings(node: YamlMapping, path: Path, key: string, visit: (value: string, scalar: YamlScalar, path: () => Path) => void): void {
    const written = node.entries.get(key)?.value
    if (written === undefined || (written.kind === 'scalar' && written.value === null)) return
    const isList = written.kind === 'sequence'
    const items = isList ? written.items : [written]
    for (let index = 0; index < items.length; index++) {
      const item = items[index] as YamlNode
      const at = () => (isList ? [...path, key, index] : [...path, key])
      if (item.kind === 'scalar' && typeof item.value === 'string') visit(item.value, item, at)
      else this.#notText(item, at())
    }
  }

  text(node: YamlMapping, path: Path, key: string): string | null {
    const written = node.entries.get(key)?.value
    if (written === undefined || (written.kind === 'scalar' && written.value === null)) return null
    if (written.kind === 'scalar' && typeof written.value === 'string') return written.value
    this.#notText(written, [...path, key])
    return null
  }

  toggle(node: YamlMapping, path: Path, key: string): boolean {
    const written = node.entries.get(key)?.value
    if (written === undefined) return false
    if (written.kind === 'scalar' && typeof written.value === 'boolean') return written.value
    this.problem(written, [...path, key], 'expected true or false')
    return false
  }

  #notText(node: YamlNode, path: Path): void {
    if (node.kind !== 'scalar') {
      this.problem(node, path, `expected text, not a ${node.kind === 'sequence' ? 'list' : 'mapping'}`)
      return
    }
    const raw = this.document.source.text.slice(node.start, node.end)
    if (raw === '') this.problem(node, path, 'this item is empty', 'remove it, or quote an empty text: ""')
    else this.problem(node, path, `expected text, but \`${raw}\` is read as ${describeScalar(node.value)}`, `quote it: "${raw}"`)
  }
}
