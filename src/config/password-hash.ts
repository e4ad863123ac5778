const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/
const ARGON2ID = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** A sign-in that takes seconds of a core would let a few wrong passwords stop the gateway. */
const MAX_BCRYPT_COST = 16
const MAX_ARGON2_KIB = 1024 * 1024
const MAX_ARGON2_WORK = 16 * 1024 * 1024

/** Why a password hash cannot be used, without the hash itself; null: bcrypt, or argon2id in PHC form (RFC 9106). */
export function passwordHashProblem(hash: string): string | null {
  const bcrypt = BCRYPT.exec(hash)
  if (bcrypt !== null) {
    const cost = Number(bcrypt[1])
    return cost >= 4 && cost <= MAX_BCRYPT_COST ? null : `the bcrypt cost is ${cost}; from 4 to ${MAX_BCRYPT_COST} are taken`
  }
  const argon2 = ARGON2ID.exec(hash)
  if (argon2 !== null) return argon2Problem(argon2)
  if (/^\$argon2id\$/.test(hash)) return 'this is not a whole argon2id hash: $argon2id$v=19$m=...,t=...,p=...$salt$hash'
  if (/^\$argon2[id]\$/.test(hash)) return 'only argon2id is taken, not argon2i or argon2d'
  if (/^\$2x\$/.test(hash)) return 'hashes of the broken bcrypt variant $2x$ are not taken'
  if (/^\$2[aby]\$/.test(hash)) return 'this is not a whole bcrypt hash: it has 60 characters'
  return 'this is neither a bcrypt nor an argon2id hash'
}

function argon2Problem(match: RegExpExecArray): string | null {
  const [memory, passes, lanes] = match.slice(1, 4).map(Number) as [number, number, number]
  const [salt, tag] = match.slice(4, 6).map((text) => Buffer.from(text, 'base64').length) as [number, number]
  if (lanes < 1 || passes < 1 || memory < 8 * lanes) return 'the argon2id parameters are out of range (RFC 9106 section 3.1)'
  if (memory > MAX_ARGON2_KIB || memory * passes > MAX_ARGON2_WORK) return 'the argon2id parameters cost too much for a gateway'
  if (salt < 8 || tag < 16) return 'the argon2id salt or hash is too short'
  return null
}
