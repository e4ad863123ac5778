import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { cpuSeconds, memoryOf, processTree } from '../../../bench/lab/processes.ts'

export interface Sample {
  readonly at: number
  /** Bytes of all processes together. */
  readonly pss: number
  readonly descriptors: number
}

/** Memory and descriptors of a program and everything below it, now. */
export function sampleOf(root: number): Sample {
  const pids = processTree(root)
  return {
    at: Date.now(),
    pss: memoryOf(pids).pss,
    descriptors: pids.reduce((sum, pid) => sum + descriptorsOf(pid), 0),
  }
}

export function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

/** Processor time of a program and everything below it while something runs, as a share of one processor. */
export async function cpuShare(root: number, milliseconds: number): Promise<number> {
  const pids = processTree(root)
  const sum = () => [...cpuSeconds(pids).values()].reduce((a, b) => a + b, 0)
  const [before, from] = [sum(), performance.now()]
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
  return (sum() - before) / ((performance.now() - from) / 1000)
}

/** Samples a program until stopped, and says whether it grew. */
export class Sampler {
  readonly samples: Sample[] = []
  readonly #timer: NodeJS.Timeout

  constructor(root: number, milliseconds: number) {
    const take = () => this.samples.push(sampleOf(root))
    take()
    this.#timer = setInterval(take, milliseconds)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /**
   * The least memory in the middle half of the run and in its last quarter: what grows without end grows there too, and neither what
   * a heap takes for itself at the start counts nor what waits for its collection.
   */
  growth(): { readonly before: number; readonly after: number } {
    const quarter = Math.floor(this.samples.length / 4)
    const of = (list: readonly Sample[]) => Math.min(...list.map(({ pss }) => pss))
    return { before: of(this.samples.slice(quarter, this.samples.length - quarter)), after: of(this.samples.slice(-Math.max(1, quarter))) }
  }
}

/** The clients' ports of the connections a process holds, of those to `port`: which connections are its own. */
export function clientPortsOf(pid: number, port: number): Set<number> {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1] ?? []),
  )
  const ports = new Set<number>()
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const [, local = '', remote = '', , , , , , , inode = ''] = line.trim().split(/\s+/)
    if (inodes.has(inode) && portOf(local) === port) ports.add(portOf(remote))
  }
  return ports
}

const portOf = (address: string) => Number.parseInt(address.split(':')[1] ?? '', 16)

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
