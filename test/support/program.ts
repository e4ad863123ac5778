import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface ProgramOptions {
  /** Path of the entry; default: `bin/certgate` of this checkout. */
  readonly entry?: string
  /** Path of a configuration: `serve --config F`. Instead of it, or beside it, any arguments. */
  readonly config?: string
  readonly args?: readonly string[]
  readonly cwd?: string
  /** Added to the environment; undefined removes. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Descriptors of ours that the program gets as 3 and so on. */
  readonly descriptors?: readonly number[]
  /** How many `ready on` lines to wait for: one per listener. 0: do not wait. */
  readonly listeners?: number
  /** Milliseconds until a program that is neither ready nor ended counts as hung. */
  readonly timeout?: number
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The real program in its own process group. */
export interface Program {
  readonly pid: number
  /** One per `certgate: ready on` line, in that order, with the port that was really taken. */
  readonly urls: readonly URL[]
  /** Of the first listener. */
  readonly port: number
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  /** Both streams, in order of arrival. */
  readonly lines: readonly string[]
  readonly ended: Promise<Ended>
  /** The first line, already there or still to come, that matches; rejects when the program ends or time runs out without one. */
  line(pattern: RegExp, options?: { readonly timeout?: number; readonly after?: number }): Promise<RegExpMatchArray>
  signal(name: NodeJS.Signals): void
  /** SIGTERM, then its end; SIGKILL for the whole group if it does not end in time. */
  stop(options?: { readonly timeout?: number }): Promise<Ended>
  /** SIGKILL for the whole group, workers included. */
  kill(): Promise<Ended>
}

export const ownEntry = fileURLToPath(new URL('../../bin/certgate', import.meta.url))
const ready = /^certgate: ready on (\S+)/
const running = new Set<ChildProcess>()

process.once('exit', () => {
  for (const child of running) killGroup(child)
})

/** Starts the program and resolves once it accepts on every listener; rejects with all that it said if it ends before. */
export async function startProgram(
  options: ProgramOptions,
  t?: { after(callback: () => Promise<unknown> | undefined): void },
): Promise<Program> {
  const { entry = ownEntry, config, args = [], cwd, descriptors = [], listeners = 1, timeout = 30_000 } = options
  const child = spawn(entry, [...(config === undefined ? [] : ['serve', '--config', config]), ...args], {
    cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', ...descriptors],
    detached: true,
  })
  running.add(child)
  const output = collect(child)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      running.delete(child)
      // Workers die with their control; one that did not must not outlive the test.
      killGroup(child)
      resolve({ code, signal })
    })
  })
  ended.catch(() => {})
  const program = makeProgram(child, output, ended, timeout)
  t?.after(() => program.stop())
  const urls: URL[] = []
  for (let after = 0; urls.length < listeners; ) {
    const found = await program.line(ready, { after })
    urls.push(new URL(found[1] ?? ''))
    after = output.lines.indexOf(found.input ?? '', after) + 1
  }
  return Object.assign(program, { urls, port: Number(urls[0]?.port || 443) })
}

interface Output {
  readonly stdout: string[]
  readonly stderr: string[]
  readonly lines: string[]
  readonly waiting: Set<() => void>
}

function collect(child: ChildProcess): Output {
  const output: Output = { stdout: [], stderr: [], lines: [], waiting: new Set() }
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name]
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      output[name].push(line)
      output.lines.push(line)
      for (const check of [...output.waiting]) check()
    })
  }
  return output
}

function makeProgram(child: ChildProcess, output: Output, ended: Promise<Ended>, defaultTimeout: number) {
  const line: Program['line'] = (pattern, { timeout = defaultTimeout, after = 0 } = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpMatchArray>()
    const fail = (why: string) => reject(new Error(`${why} before a line like ${pattern}; it said:\n${output.lines.join('\n')}`))
    const check = () => {
      for (const text of output.lines.slice(after)) {
        const match = pattern.exec(text)
        if (match !== null) return resolve(match)
      }
    }
    output.waiting.add(check)
    const timer = setTimeout(() => fail(`${timeout} ms passed`), timeout)
    ended.then(
      // The last lines arrive before `close`, so whatever was said has been checked by now.
      ({ code, signal }) => {
        check()
        fail(`the program ended with ${signal ?? code}`)
      },
      (error: unknown) => reject(error),
    )
    check()
    return promise.finally(() => {
      clearTimeout(timer)
      output.waiting.delete(check)
    })
  }
  return {
    pid: child.pid ?? 0,
    stdout: output.stdout,
    stderr: output.stderr,
    lines: output.lines,
    ended,
    line,
    signal: (name: NodeJS.Signals) => void child.kill(name),
    async stop({ timeout = 15_000 } = {}) {
      child.kill('SIGTERM')
      const timer = setTimeout(() => killGroup(child), timeout)
      return ended.finally(() => clearTimeout(timer))
    },
    async kill() {
      killGroup(child)
      return ended
    },
  }
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group is gone already.
  }
}
