import { after } from 'node:test'

/** Something that cleans up after a test, or after a whole file. */
export interface Lifetime {
  after(callback: () => unknown): void
}

/** For what `before` makes: cleaned up after the file's last test, last made first. Call it at the top of the file. */
export function fileLifetime(): Lifetime {
  const callbacks: (() => unknown)[] = []
  after(async () => {
    for (const callback of callbacks.reverse()) await callback()
  })
  return { after: (callback) => callbacks.push(callback) }
}
