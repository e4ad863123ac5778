import { ConfigError, type Problem } from '../errors.ts'
import { firstProblems, MOST_PROBLEMS } from './first-problems.ts'
import { maskSecrets } from './mask.ts'
import { type Position, printable, SourceText } from './source.ts'
import { parseYaml, type YamlEntry, type YamlMapping, type YamlNode } from './yaml.ts'

export type PathPart = string | number
export type Path = readonly PathPart[]

export interface ProblemOptions {
  readonly severity?: Problem['severity']
  readonly hint?: string | undefined
  /** Point at the key instead of its value. */
  readonly at?: 'key' | 'value'
}

/** Where the settings came from: turns a path such as `listeners.main.tls.client_ca[0]` into a place in the file. */
export interface Located {
  readonly file: string
  /** The place of a path; where that key is not written (a default), the nearest one above it. */
  locate(path: string | Path): Position
  problem(path: string | Path, message: string, options?: ProblemOptions): Problem
  /** A problem of which only the line is known, e.g. that of a route or of a mapping entry. */
  problemOnLine(line: number, message: string, options?: ProblemOptions): Problem
}

interface Range {
  readonly start: number
  readonly end: number
}

interface Found {
  readonly node: YamlNode
  /** The entry that the path's last existing key names; null at the root and inside lists. */
  readonly entry: YamlEntry | null
  readonly complete: boolean
}

/** One parsed YAML file: its tree, and problems by path. */
export class YamlDocument implements Located {
  readonly source: SourceText
  readonly root: YamlNode
  /** Duplicate keys, keys that are not text: found while parsing, the tree is usable for further checks. */
  readonly parseProblems: readonly Problem[]
  /** How many more there are than the first of them. */
  readonly untoldProblems: number

  /** Throws ConfigError where the text is not one YAML document. */
  constructor(file: string, text: string) {
    this.source = new SourceText(file, text)
    const tree = parseYaml(this.source)
    if (tree.root !== null) maskSecrets(tree.root, this.source)
    this.parseProblems = firstProblems(tree.problems, (problem) => this.problemAt(problem, '', problem.message, { hint: problem.hint }))
    this.untoldProblems = Math.max(0, tree.problems.length - MOST_PROBLEMS)
    if (tree.root === null) throw new ConfigError(this.parseProblems)
    this.root = tree.root
  }

  get file(): string {
    return this.source.file
  }

  locate(path: string | Path): Position {
    return this.source.position(this.#range(path, 'value').start)
  }

  problem(path: string | Path, message: string, options: ProblemOptions = {}): Problem {
    const printed = typeof path === 'string' ? path : formatPath(path)
    return this.problemAt(this.#range(path, options.at ?? 'value'), printed, message, options)
  }

  problemAt(range: Range, path: string, message: string, options: ProblemOptions = {}): Problem {
    const { line, column } = this.source.position(range.start)
    const snippet = this.source.text === '' ? '' : this.source.snippet(range.start, range.end)
    // Both may hold a key or an anchor as it is written: on a terminal its control characters would act.
    const problem = { severity: options.severity ?? 'error', message: printable(message), path, file: this.file, line, column, snippet }
    return options.hint === undefined ? problem : { ...problem, hint: printable(options.hint) }
  }

  problemOnLine(line: number, message: string, options: ProblemOptions = {}): Problem {
    return this.problemAt(this.source.lineRange(line), '', message, options)
  }

  /** The node at a path; undefined where it is not written. */
  node(path: Path): YamlNode | undefined {
    const found = this.#find(path)
    return found.complete ? found.node : undefined
  }

  #range(path: string | Path, at: 'key' | 'value'): Range {
    const { node, entry, complete } = typeof path === 'string' ? this.#findPrinted(path) : this.#find(path)
    // An empty value and a missing key have no place of their own: the key above shows them.
    if (entry !== null && (at === 'key' || !complete || node.start === node.end || node.kind === 'mapping')) return entry.key
    return node
  }

  #find(path: Path): Found {
    let found: Found = { node: this.root, entry: null, complete: true }
    for (const part of path) {
      const next = step(found.node, part)
      if (next === undefined) return { ...found, complete: false }
      found = { ...next, complete: true }
    }
    return found
  }

  /** Keys may hold dots (`names.db.example.client_ca`): the longest key that exists is taken. */
  #findPrinted(path: string): Found {
    let found: Found = { node: this.root, entry: null, complete: true }
    let rest = path
    while (rest !== '') {
      const next = stepPrinted(found.node, rest)
      if (next === undefined) return { ...found, complete: false }
      found = { node: next.node, entry: next.entry, complete: true }
      rest = next.rest
    }
    return found
  }
}

function step(node: YamlNode, part: PathPart): { node: YamlNode; entry: YamlEntry | null } | undefined {
  if (node.kind === 'sequence') {
    const item = typeof part === 'number' ? node.items[part] : undefined
    return item === undefined ? undefined : { node: item, entry: null }
  }
  const entry = node.kind === 'mapping' ? node.entries.get(String(part)) : undefined
  return entry === undefined ? undefined : { node: entry.value, entry }
}

function stepPrinted(node: YamlNode, path: string): { node: YamlNode; entry: YamlEntry | null; rest: string } | undefined {
  const index = /^\[(\d+)\]\.?/.exec(path)
  if (index !== null) {
    const next = step(node, Number(index[1]))
    return next && { ...next, rest: path.slice(index[0].length) }
  }
  const quoted = /^\["((?:[^"\\]|\\.)*)"\]\.?/.exec(path)
  if (quoted !== null) {
    const next = step(node, JSON.parse(`"${quoted[1] ?? ''}"`) as string)
    return next && { ...next, rest: path.slice(quoted[0].length) }
  }
  if (node.kind !== 'mapping') return undefined
  const key = longestKey(node, path)
  const next = key === undefined ? undefined : step(node, key)
  return key === undefined || next === undefined ? undefined : { ...next, rest: path.slice(key.length).replace(/^\./, '') }
}

function longestKey(node: YamlMapping, path: string): string | undefined {
  let end = path.length
  while (end > 0) {
    const candidate = path.slice(0, end)
    if (node.entries.has(candidate)) return candidate
    end = Math.max(candidate.lastIndexOf('.'), candidate.lastIndexOf('['))
  }
  return undefined
}

/** `listeners.main.tls.client_ca[0]`; keys that hold anything but letters, digits, `_` and `-` are quoted: `names["db.example"]`. */
export function formatPath(path: Path): string {
  let printed = ''
  for (const part of path) {
    if (typeof part === 'number') printed += `[${part}]`
    else if (/^[A-Za-z0-9_-]+$/.test(part)) printed += printed === '' ? part : `.${part}`
    else printed += `[${quoted(part)}]`
  }
  return printed
}

/** As JSON, without the control and direction-changing characters that JSON leaves as they are. */
function quoted(key: string): string {
  const spelt = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(key).replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, spelt)
}
