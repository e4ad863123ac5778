import { closeSync, openSync, readSync, truncateSync } from 'node:fs'

/** How many whole lines a file holds; 0 where there is none. */
export function countLines(file: string): number {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return 0
  }
  const chunk = Buffer.allocUnsafe(1 << 20)
  let lines = 0
  for (let length = readSync(descriptor, chunk); length > 0; length = readSync(descriptor, chunk)) {
    for (let at = chunk.indexOf(10); at !== -1 && at < length; at = chunk.indexOf(10, at + 1)) lines++
  }
  closeSync(descriptor)
  return lines
}

/** Whoever writes it appends, so it goes on at the new end. */
export function emptyLog(file: string): void {
  truncateSync(file, 0)
}
