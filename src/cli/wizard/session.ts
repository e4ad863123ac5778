import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

const COOKIE = 'certgate_setup'

/**
 * One browser, and no other. A one-time token in the address that the terminal shows is exchanged for a cookie on the first visit, and is
 * dead from then on; who brings neither gets nothing. All pages lie below that address, and the cookie is for nothing else: a browser brings it
 * to every port of this machine, where other programs listen, but to none under a path that they do not know.
 */
export class Session {
  /** 256 bits, in a path. */
  readonly token = randomBytes(32).toString('base64url')
  readonly #cookie = randomBytes(32).toString('base64url')
  #open = false

  /** Somebody came with the token. */
  get isOpen(): boolean {
    return this.#open
  }

  /** The Set-Cookie line for the first who brings the token; null for everybody else. */
  exchange(path: string): string | null {
    if (this.#open || this.placeOf(path) !== '') return null
    this.#open = true
    return `${COOKIE}=${this.#cookie}; HttpOnly; SameSite=Strict; Path=/${this.token}`
  }

  /** Where below the address a path leads: `/name`, or '' for the address itself; null: elsewhere. */
  placeOf(path: string): string | null {
    const [, first = '', ...rest] = path.split('/')
    if (!path.startsWith('/') || !isSame(first, this.token)) return null
    return rest.map((segment) => `/${segment}`).join('')
  }

  /** Whether a Cookie header is that of the browser that came first. */
  owns(header: string | undefined): boolean {
    const values = (header ?? '').split(';').map((pair) => pair.trim())
    return this.#open && values.some((pair) => isSame(pair, `${COOKIE}=${this.#cookie}`))
  }
}

/** In the same time for every wrong text. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'))
}
