import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Status } from '../../src/control/status.ts'
import { run } from './outside-program.ts'

/** For `skip:` of a test that measures memory. */
export const memoryUnmeasurable: string | false = existsSync('/proc/self/clear_refs') ? false : 'there is no /proc/PID/clear_refs'

/** How much physical memory the workers of a gateway take, and have taken at most since a mark. */
export interface MemoryWatch {
  /** Forgets the peaks so far, and measures growth from the present. */
  mark(): void
  /** Bytes by which the worker that grew most has at any moment exceeded what it had at the mark. */
  growth(): number
}

const entry = fileURLToPath(new URL('../../bin/certgate', import.meta.url))

/** Process ids of the workers, as `certgate status` tells them. */
export async function workerPids(configFile: string): Promise<number[]> {
  const { code, text, stderr } = await run(entry, ['status', '--json', '--config', configFile])
  if (code !== 0) throw new Error(`certgate status failed: ${stderr}`)
  return (JSON.parse(text) as Status).workers.map(({ pid }) => pid)
}

/** The kernel keeps the peak by itself, so no moment between two looks is missed. */
export async function watchMemory(configFile: string): Promise<MemoryWatch> {
  const pids = await workerPids(configFile)
  let marks = new Map<number, number>()
  const mark = () => {
    marks = new Map(pids.map((pid) => [pid, field(pid, 'VmRSS')]))
    // 5: "reset the peak resident set size" (proc(5)).
    for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5')
  }
  mark()
  return { mark, growth: () => Math.max(...[...marks].map(([pid, before]) => field(pid, 'VmHWM') - before)) }
}

function field(pid: number, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
  if (match === null) throw new Error(`/proc/${pid}/status has no ${name}`)
  return Number(match[1]) * 1024
}
