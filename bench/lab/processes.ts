import { readdirSync, readFileSync } from 'node:fs'

/** Memory of some processes together, in bytes. */
export interface Memory {
  /** Pages of theirs alone. */
  readonly private: number
  /** Proportional set size: shared pages are divided among their users. */
  readonly pss: number
  readonly rss: number
}

/** USER_HZ: what Linux shows to programs, whatever it counts in itself. */
const TICKS_PER_SECOND = 100

/** A process and everything below it, as /proc shows it now. A process that ends meanwhile is left out. */
export function processTree(root: number): number[] {
  const below = new Map<number, number[]>()
  let found = false
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const pid = Number(entry)
    found ||= pid === root
    const parent = parentOf(readOrEmpty(`/proc/${entry}/stat`))
    if (parent !== null) below.set(parent, [...(below.get(parent) ?? []), pid])
  }
  if (!found) return []
  const tree = [root]
  for (const pid of tree) tree.push(...(below.get(pid) ?? []))
  return tree
}

/** The fourth field of /proc/PID/stat; the second, the name, may hold spaces and parentheses. */
export function parentOf(stat: string): number | null {
  const match = /^ \S (\d+)/.exec(stat.slice(stat.lastIndexOf(')') + 1))
  return match === null ? null : Number(match[1])
}

/** Processor time so far of each process, in seconds; one that is gone is left out. */
export function cpuSeconds(pids: readonly number[]): Map<number, number> {
  const seconds = new Map<number, number>()
  for (const pid of pids) {
    const ticks = ticksOf(readOrEmpty(`/proc/${pid}/stat`))
    if (ticks !== null) seconds.set(pid, ticks / TICKS_PER_SECOND)
  }
  return seconds
}

/** Fields 14 and 15 of /proc/PID/stat, user and system time, together. */
export function ticksOf(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return Number.isNaN(ticks) ? null : ticks
}

/** Adds up /proc/PID/smaps_rollup. Readable only for processes of the same user. */
export function memoryOf(pids: readonly number[]): Memory {
  return pids.map((pid) => parseSmapsRollup(readOrEmpty(`/proc/${pid}/smaps_rollup`))).reduce(add, { private: 0, pss: 0, rss: 0 })
}

/** The text of a smaps_rollup file; what it does not say counts 0. */
export function parseSmapsRollup(text: string): Memory {
  const kilobytes = new Map([...text.matchAll(/^(\w+):\s+(\d+) kB$/gm)].map(([, name, value]) => [name, Number(value)]))
  const bytes = (name: string) => (kilobytes.get(name) ?? 0) * 1024
  return { private: bytes('Private_Clean') + bytes('Private_Dirty'), pss: bytes('Pss'), rss: bytes('Rss') }
}

function add(a: Memory, b: Memory): Memory {
  return { private: a.private + b.private, pss: a.pss + b.pss, rss: a.rss + b.rss }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
