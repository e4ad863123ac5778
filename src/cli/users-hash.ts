import { argon2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { InputError, UsageError } from '../errors.ts'
import { type Command, parseArguments } from './command.ts'
import { readSecret } from './secret.ts'

/** OWASP's and OpenSearch's cost for bcrypt: about 200 ms. */
const bcryptCost = 12
/** RFC 9106 section 4, second recommendation: 64 MiB, 3 passes, 4 lanes. */
const argon2id = { memory: 65_536, passes: 3, parallelism: 4, tagLength: 32 } as const

export const usersHashCommand: Command = {
  name: 'users hash',
  summary: 'hash a password for internal_users.yml',
  usage: `usage: certgate users hash [--algorithm bcrypt|argon2id]

Reads the password from standard input, and asks twice and without echo on a terminal.
It is never taken from the command line, which other users of the machine can see.

      --algorithm bcrypt|argon2id   default: bcrypt, which OpenSearch reads too

examples:
  certgate users hash
  certgate users hash --algorithm argon2id < password.txt
`,
  async run(args, terminal) {
    const { flags } = parseArguments('users hash', args, { algorithm: { type: 'string' } })
    const algorithm = flags.algorithm ?? 'bcrypt'
    if (algorithm !== 'bcrypt' && algorithm !== 'argon2id') {
      throw new UsageError(`unknown algorithm '${algorithm}'`, 'there are bcrypt and argon2id')
    }
    const password = await readSecret('password: ', terminal)
    if (password === '') throw new InputError('the password is empty')
    if (process.stdin.isTTY && (await readSecret('again: ', terminal)) !== password) throw new InputError('the passwords differ')
    terminal.out(`${algorithm === 'bcrypt' ? await hashBcrypt(password) : await hashArgon2id(password)}\n`)
    return 0
  },
}

/** In the `$2y$` form that OpenSearch writes. bcrypt ignores all after 72 bytes, so a longer password is refused. */
export async function hashBcrypt(password: string): Promise<string> {
  if (Buffer.byteLength(password) > 72)
    throw new InputError('bcrypt reads only the first 72 bytes of a password', { hint: 'use --algorithm argon2id' })
  if (password.includes('\0')) throw new InputError('bcrypt reads no password with a NUL in it')
  const bcrypt = await import('@node-rs/bcrypt')
  return bcrypt.hash(password, { cost: bcryptCost, version: '2y' })
}

/** As a PHC string: `$argon2id$v=19$m=65536,t=3,p=4$SALT$HASH`, base64 without padding. */
export async function hashArgon2id(password: string): Promise<string> {
  const nonce = randomBytes(16)
  const tag = await promisify(argon2)('argon2id', { message: password, nonce, ...argon2id })
  const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  const { memory, passes, parallelism } = argon2id
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(nonce)}$${base64(tag)}`
}
