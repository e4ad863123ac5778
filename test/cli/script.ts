import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One line of a script, split into words. */
export interface Step {
  readonly line: number
  /** `! ` in front: the step must fail. */
  readonly negated: boolean
  readonly words: readonly string[]
}

export interface Script {
  readonly steps: readonly Step[]
  readonly files: ReadonlyMap<string, string>
}

const program = fileURLToPath(new URL('../../bin/certgate', import.meta.url))

/** Reads a script: steps, then files that each begin with `-- NAME --`. `#` starts a comment line; single quotes keep spaces. */
export function parseScript(text: string): Script {
  const [head = '', ...rest] = text.split(/^-- (.+) --$\n?/m)
  const files = new Map<string, string>()
  for (let i = 0; i < rest.length; i += 2) files.set(rest[i] ?? '', rest[i + 1] ?? '')
  const steps = head.split('\n').flatMap((line, index) => {
    const words = splitWords(line)
    if (words.length === 0 || line.startsWith('#')) return []
    const negated = words[0] === '!'
    return [{ line: index + 1, negated, words: negated ? words.slice(1) : words }]
  })
  return { steps, files }
}

function splitWords(line: string): string[] {
  const words = line.match(/(?:'(?:[^']|'')*'|[^\s'])+/g) ?? []
  return words.map((word) => word.replace(/'((?:[^']|'')*)'/g, (_, inside: string) => inside.replaceAll("''", "'")))
}

interface Outcome {
  stdout: string
  stderr: string
  code: number | null
}

/** Runs the steps of one script in its own folder. Each failure names the script's line and shows what the last command said. */
export class Runner {
  readonly #folder: string
  readonly #environment: Record<string, string>
  #cwd: string
  #last: Outcome = { stdout: '', stderr: '', code: null }
  #stdin = ''

  constructor(folder: string) {
    this.#folder = folder
    this.#cwd = folder
    this.#environment = { PATH: process.env.PATH ?? '', HOME: folder, NODE_COMPILE_CACHE: join(dirname(folder), 'compile-cache') }
  }

  run(script: Script, name: string): void {
    for (const [path, content] of script.files) {
      mkdirSync(dirname(join(this.#folder, path)), { recursive: true })
      writeFileSync(join(this.#folder, path), content)
    }
    for (const step of script.steps) {
      try {
        this.#step(step)
      } catch (cause) {
        const { stdout, stderr, code } = this.#last
        const why = cause instanceof Error ? cause.message : String(cause)
        const said = `the last command ended with ${code} and said\n--- stdout\n${stdout}--- stderr\n${stderr}`
        throw new assert.AssertionError({ message: `${name}:${step.line}: ${step.words.join(' ')}: ${why}\n${said}` })
      }
    }
  }

  #step({ words, negated }: Step): void {
    const [verb = '', ...args] = words.map((word) => word.replaceAll('$WORK', this.#folder))
    const holds = this.#check(verb, args)
    if (holds !== null) assert.ok(holds !== negated, negated ? 'holds' : 'does not hold')
    else if (verb === 'certgate') this.#certgate(args, negated)
    else this.#arrange(verb, args)
  }

  /** null: this verb is no check. */
  #check(verb: string, args: readonly string[]): boolean | null {
    const [first = '', second = ''] = args
    const matches = (pattern: string, text: string) => new RegExp(pattern, 'm').test(text)
    if (verb === 'stdout' || verb === 'stderr') return matches(first, this.#last[verb])
    if (verb === 'grep') return matches(first, this.#read(second))
    if (verb === 'cmp') return this.#read(first) === this.#read(second)
    if (verb === 'mode') return (statSync(this.#path(second)).mode & 0o777).toString(8) === first
    if (verb === 'code') return this.#last.code === Number(first)
    // Negated, all must be absent.
    const present = verb === 'exists' ? args.filter((path) => existsSync(this.#path(path))) : null
    if (present === null) return null
    if (present.length > 0 && present.length < args.length) throw new Error(`of these only ${present.join(', ')} exist`)
    return present.length > 0
  }

  #arrange(verb: string, [first = '', second = '']: readonly string[]): void {
    if (verb === 'stdin') this.#stdin = this.#read(first)
    else if (verb === 'env') this.#environment[first.slice(0, first.indexOf('='))] = first.slice(first.indexOf('=') + 1)
    else if (verb === 'cd') this.#cwd = this.#path(first)
    else if (verb === 'mkdir') mkdirSync(this.#path(first), { recursive: true })
    else if (verb === 'chmod') chmodSync(this.#path(second), Number.parseInt(first, 8))
    else if (verb === 'cp') {
      if (first === 'stdout' || first === 'stderr') writeFileSync(this.#path(second), this.#last[first])
      else cpSync(this.#path(first), this.#path(second), { recursive: true })
    } else throw new Error('unknown step')
  }

  #certgate(args: readonly string[], negated: boolean): void {
    const { stdout, stderr, status, error } = spawnSync(program, args, {
      cwd: this.#cwd,
      env: this.#environment,
      input: this.#stdin,
      encoding: 'utf8',
      timeout: 60_000,
    })
    this.#stdin = ''
    this.#last = { stdout, stderr, code: status }
    if (error !== undefined) throw error
    assert.ok((status !== 0) === negated, negated ? 'succeeded' : 'failed')
  }

  #path(path: string): string {
    return resolve(this.#cwd, path)
  }

  #read(path: string): string {
    if (path === 'stdout' || path === 'stderr') return this.#last[path]
    return readFileSync(this.#path(path), 'utf8')
  }
}
