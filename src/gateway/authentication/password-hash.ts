import crypto, { timingSafeEqual } from 'node:crypto'

interface Argon2Hash {
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
  readonly nonce: Buffer
  readonly tag: Buffer
}

/** PHC string format with RFC 9106's version 0x13. */
const ARGON2ID = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

function parseArgon2(hash: string): Argon2Hash | null {
  const match = ARGON2ID.exec(hash)
  if (match === null) return null
  const [memory, passes, parallelism] = match.slice(1, 4).map(Number) as [number, number, number]
  const [nonce, tag] = match.slice(4, 6).map((text) => Buffer.from(text, 'base64')) as [Buffer, Buffer]
  return { memory, passes, parallelism, nonce, tag }
}

function argon2Tag({ memory, passes, parallelism, nonce, tag }: Argon2Hash, password: string): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const parameters = { message: password, nonce, memory, passes, parallelism, tagLength: tag.length }
  crypto.argon2('argon2id', parameters, (error, computed) => (error === null ? resolve(computed) : reject(error)))
  return promise
}

async function matches(hash: string, password: string): Promise<boolean> {
  const argon2 = parseArgon2(hash)
  if (argon2 !== null) return timingSafeEqual(await argon2Tag(argon2, password), argon2.tag)
  // Native, and loaded only where a bcrypt hash is met.
  const { verify } = await import('@node-rs/bcrypt')
  return verify(password, hash)
}

/**
 * Whether a password belongs to a bcrypt (`$2a$`, `$2b$`, `$2y$`) or argon2id PHC hash; computed off the event loop.
 * A hash that cannot be computed matches nothing: fails closed.
 */
export async function verifyPassword(hash: string, password: string): Promise<boolean> {
  try {
    return await matches(hash, password)
  } catch {
    return false
  }
}
