import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { BenchError } from '../lab/errors.ts'
import type { PkiFiles } from '../lab/pki.ts'
import { type HoldResult, type LoadResult, parseHoldResult, parseLoadResult } from './result.ts'

/** What is asked of a contender, over and over. */
export interface Workload {
  readonly mode: 'keep-alive' | 'full' | 'resumed'
  /** `{n}` becomes 0000 to `paths - 1` in turn. */
  readonly path: string
  readonly paths?: number
  /** Bytes to POST; absent: GET. */
  readonly body?: number
  /** Requests begun a second by all connections together; absent: as many as are answered. */
  readonly rate?: number
  /** Connects from so many loopback addresses in turn; absent: one. */
  readonly addresses?: number
}

export interface Duration {
  /** Measured. */
  readonly seconds: number
  /** Before that. */
  readonly warmUp: number
  /** Ends the run early after so many requests. */
  readonly stopAfter?: number
}

/** Connections that stay open, one request after the other's answer. */
export interface HeldConnections {
  /** Resolves once so many are open, each after one answered request unless they are silent. Rejects after a minute. */
  grow(to: number): Promise<HoldResult>
  /** Asks one more request on each; resolves once all are answered. Only for silent ones. */
  ask(): Promise<HoldResult>
  /** Closes all of them. */
  release(): Promise<void>
}

/** Whose certificate all connections show. */
export type ClientFiles = Pick<PkiFiles, 'clientCertificate' | 'clientKey'>

/** How long a run may take beyond what it was asked for: slow contenders finish what is under way. */
const SLACK = 40_000
const GROW_TIMEOUT = 60_000

/** The compiled load generator, pinned to its processor. */
export class Generator {
  readonly #binary: string
  readonly #cpu: number
  readonly #files: ClientFiles
  readonly #connections: number

  constructor(binary: string, cpu: number, files: ClientFiles, connections: number) {
    this.#binary = binary
    this.#cpu = cpu
    this.#files = files
    this.#connections = connections
  }

  /** Loads one port once. Rejects with BenchError where the generator itself fails; a contender's errors are in the result. */
  async run(port: number, pids: readonly number[], workload: Workload, duration: Duration): Promise<LoadResult> {
    const args = [
      ...this.#basics(port, workload.mode, this.#connections, workload),
      ...(workload.rate === undefined ? [] : ['--rate', String(workload.rate)]),
      ...['--seconds', String(duration.seconds), '--warm-up', String(duration.warmUp)],
      ...['--path', workload.path, '--paths', String(workload.paths ?? 1), '--body', String(workload.body ?? 0)],
      ...(pids.length === 0 ? [] : ['--pids', pids.join(',')]),
      ...(duration.stopAfter === undefined ? [] : ['--stop-after', String(duration.stopAfter)]),
    ]
    const timeout = (duration.seconds + duration.warmUp) * 1000 + SLACK
    const stdout = await new Promise<string>((resolve, reject) => {
      execFile('taskset', args, { timeout, killSignal: 'SIGKILL' }, (error, out, err) => {
        if (error === null) return resolve(out)
        const why = error.killed ? `did not end within ${timeout / 1000} s` : err.trim() || error.message
        reject(new BenchError(`load on port ${port} failed: ${why}`))
      })
    })
    return parseLoadResult(stdout)
  }

  /** Starts a generator that opens up to `most` connections and holds them; silent ones ask nothing by themselves. */
  hold(port: number, most: number, workload: Workload, silent = false): HeldConnections {
    const args = [
      ...this.#basics(port, silent ? 'idle' : 'hold', most, workload),
      '--path',
      workload.path,
      '--body',
      String(workload.body ?? 0),
    ]
    const child = spawn('taskset', args, { stdio: ['pipe', 'pipe', 'pipe'] })
    return heldBy(child)
  }

  #basics(port: number, mode: string, connections: number, workload: Workload): string[] {
    const { clientCertificate, clientKey } = this.#files
    const identity = ['--certificate', clientCertificate, '--key', clientKey]
    return [
      '-c',
      String(this.#cpu),
      this.#binary,
      '--port',
      String(port),
      '--mode',
      mode,
      '--connections',
      String(connections),
      '--addresses',
      String(workload.addresses ?? 1),
      ...identity,
    ]
  }
}

function heldBy(child: ChildProcess): HeldConnections {
  const { stdin, stdout, stderr } = child
  if (stdin === null || stdout === null || stderr === null) throw new Error('the generator was started with pipes')
  let said = ''
  stderr.on('data', (chunk: Buffer) => {
    said += chunk
  })
  // A generator that is gone cannot be written to; `grow` tells.
  stdin.on('error', () => {})
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const tell = async (line: string, failure: string) => {
    stdin.write(`${line}\n`)
    const timer = setTimeout(() => child.kill('SIGKILL'), GROW_TIMEOUT)
    const { done, value } = await lines.next()
    clearTimeout(timer)
    if (done === true) throw new BenchError(`${failure}: ${said.trim() || 'no answer in time'}`)
    return parseHoldResult(value)
  }
  return {
    grow: (to) => tell(`${to}`, `${to} idle connections could not be opened`),
    ask: () => tell('ask', 'idle connections were not all answered'),
    async release() {
      stdin.end()
      await ended
    },
  }
}
