import { readFileSync } from 'node:fs'

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Bytes of address space that a process has now. */
export function virtualMemory(pid: number): number {
  const match = /^VmSize:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
  if (match === null) throw new Error(`/proc/${pid}/status has no VmSize`)
  return Number(match[1]) * 1024
}
