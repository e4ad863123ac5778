import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { BenchError } from './errors.ts'
import { processTree } from './processes.ts'

/** How to start a program, and where its output goes. */
export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Receives both streams. */
  readonly output: string
  /** Processor numbers the program may run on. */
  readonly cpus: readonly number[]
}

export interface Child {
  readonly pid: number
  /** The process, and all that it started. */
  tree(): number[]
  /** Throws BenchError, with the last of the output, if it has ended. */
  assertAlive(): void
  /** SIGTERM, and SIGKILL for the whole tree to whatever is still there after two seconds. */
  stop(): Promise<void>
}

const KILL_AFTER = 2_000

const running = new Map<ChildProcess, string>()

/** Starts a program, pinned to processors. It does not outlive the bench, even if that is killed (where setpriv is there). */
export function start(name: string, launch: Launch, useSetpriv: boolean): Child {
  const dieWithUs = useSetpriv ? ['setpriv', '--pdeathsig', 'TERM'] : []
  const argv = ['-c', launch.cpus.join(','), ...dieWithUs, launch.command, ...launch.args]
  const process_ = spawn('taskset', argv, {
    cwd: launch.cwd,
    env: { ...process.env, ...launch.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = createWriteStream(launch.output)
  process_.stdout.pipe(output, { end: false })
  process_.stderr.pipe(output, { end: false })
  running.set(process_, name)
  const ended = new Promise<void>((resolve) => {
    process_.once('error', () => resolve())
    process_.once('close', () => {
      output.end()
      running.delete(process_)
      resolve()
    })
  })
  const pid = process_.pid ?? 0
  return {
    pid,
    tree: () => processTree(pid),
    assertAlive() {
      if (pid !== 0 && process_.exitCode === null && process_.signalCode === null) return
      const how = process_.signalCode ?? `status ${process_.exitCode}`
      throw new BenchError(`${name} ended (${how}); it said:\n${lastLines(launch.output)}`)
    },
    async stop() {
      if (!running.has(process_)) return
      const members = processTree(pid)
      process_.kill('SIGTERM')
      const timer = setTimeout(() => kill(members), KILL_AFTER)
      await ended
      clearTimeout(timer)
      kill(members)
    },
  }
}

/** Stops everything that still runs; for the end, whatever the end was. */
export function killAll(): void {
  for (const child of running.keys()) {
    if (child.pid !== undefined) kill(processTree(child.pid))
  }
  running.clear()
}

/** Kills everything and ends with the signal's status as soon as the user or the system asks for an end. */
export function dieCleanly(cleanUp: () => void): void {
  process.once('exit', () => {
    killAll()
    cleanUp()
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]))
  }
}

function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n')
  } catch {
    return '(nothing)'
  }
}
