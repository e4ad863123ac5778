import { readFileSync } from 'node:fs'

/** Files and sockets one process may have open at most (the hard limit). */
export function maxOpenFiles(limits = readFileSync('/proc/self/limits', 'utf8')): number {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1]
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard ?? 0)
}
