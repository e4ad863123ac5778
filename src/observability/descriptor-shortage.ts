import { closeSync, openSync } from 'node:fs'

/** Milliseconds. */
const LOOK_EVERY = 1_000
const TELL_EVERY = 60_000

export const DESCRIPTORS_HINT = 'raise the limit (LimitNOFILE= of the service, ulimit -n) or lower limits.connections'

/** Tells that no descriptor is left, at most once in `TELL_EVERY`. */
export class DescriptorShortage {
  readonly #tell: () => void
  readonly #isShort: () => boolean
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(tell: () => void, isShort: () => boolean = outOfDescriptors) {
    this.#tell = tell
    this.#isShort = isShort
  }

  /** `now` in milliseconds of a clock that only goes forward. */
  look(now: number): void {
    if (now - this.#toldAt < TELL_EVERY || !this.#isShort()) return
    this.#toldAt = now
    this.#tell()
  }
}

/**
 * Looks every second from now on. It has to be asked for: where a connection cannot be accepted for want of a descriptor, libuv
 * closes it itself and tells nobody.
 */
export function watchDescriptors(tell: () => void): void {
  const shortage = new DescriptorShortage(tell)
  setInterval(() => shortage.look(performance.now()), LOOK_EVERY).unref()
}

function outOfDescriptors(): boolean {
  try {
    closeSync(openSync('/dev/null', 'r'))
    return false
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'EMFILE' || code === 'ENFILE'
  }
}
