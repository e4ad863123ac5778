import type { KeyObject } from 'node:crypto'
import { lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { writeSigningRequest } from '../certificates/csr-write.ts'
import { generateKey, KEY_TYPES, type KeyType, privateKeyPem } from '../certificates/key.ts'
import { safeFileName } from '../certificates/safe-file-name.ts'
import { checkName } from '../certificates/subject-name.ts'
import { CertgateError, InputError, UsageError } from '../errors.ts'
import { readCertificate } from '../identity/certificate.ts'
import { readAuthorities } from './cert-renew-watch.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { endText } from './end-text.ts'
import { chainOf, EstClient, EstError } from './est-client.ts'
import { checkIssued } from './est-renewal.ts'
import { readNamedText } from './named-file.ts'
import { writeNewFiles } from './new-files.ts'
import { shortPath } from './short-path.ts'

const FLAGS = {
  est: { type: 'string' },
  name: { type: 'string' },
  out: { type: 'string' },
  'token-file': { type: 'string' },
  ca: { type: 'string' },
  'key-type': { type: 'string' },
} as const

export const certEnrollCommand: Command = {
  name: 'cert enroll',
  summary: 'get a client certificate for a one-time token, with a key made here',
  usage: `usage: certgate cert enroll --est URL --name NAME [--token-file FILE] [--out DIR] [--ca FILE]

Makes a key that never leaves this machine and asks the gateway for its certificate. The token
decides the rights in it, and has to be for this name. Writes NAME.key and NAME.crt (with what
stands above it), for nobody else to read; nothing is overwritten, and the token is not used up
before the key is on the disk.

      --est URL           https://HOST:PORT of enrolment, pki.est of the gateway
      --name NAME         the name that the token was made for, and that of the files
      --token-file FILE   holds the token; default: the environment variable CERTGATE_TOKEN
      --out DIR           where to; default: the current folder
      --ca FILE           root certificate of the gateway, PEM; default: the authorities that Node.js knows
      --key-type ec|rsa|rsa4096|ed25519   default: ec (P-256)

examples:
  certgate cert enroll --est https://gate.example:9444 --ca ca.crt --name web1 --token-file token --out /etc/web1
  CERTGATE_TOKEN=cge_... certgate cert enroll --est https://gate.example:9444 --name web1
`,
  async run(args, terminal) {
    const { flags } = parseArguments('cert enroll', args, FLAGS)
    const { est, name } = flags
    if (est === undefined || name === undefined) throw new UsageError('--est and --name are needed', "see 'certgate cert enroll --help'")
    const keyType = flags['key-type'] ?? 'ec'
    if (!KEY_TYPES.has(keyType)) throw new UsageError(`--key-type: there is no ${keyType}`, `there are ${[...KEY_TYPES].join(', ')}`)
    checkName(name)
    const token = readToken(flags['token-file'], terminal)
    const client = new EstClient({ url: est, ca: readAuthorities(flags.ca, terminal) })
    const folder = resolve(terminal.cwd, flags.out ?? '.')
    return enroll(client, { name, token, folder, keyType: keyType as KeyType }, terminal)
  },
}

interface Enrolling {
  readonly name: string
  readonly token: string
  readonly folder: string
  readonly keyType: KeyType
}

async function enroll(client: EstClient, { name, token, folder, keyType }: Enrolling, terminal: Terminal): Promise<number> {
  const file = safeFileName(name)
  const [certFile, keyFile] = [`${file}.crt`, `${file}.key`]
  const path = (one: string) => shortPath(join(folder, one), terminal.cwd)
  // All that can go wrong before the token is used up: files in the way, a gateway that is not trusted or away, a full disk.
  if (lstatSync(join(folder, certFile), { throwIfNoEntry: false }) !== undefined)
    throw new CertgateError('file_exists', `${path(certFile)} already exists`, { hint: 'move it away, or choose another --out' })
  const authorities = await client.authorities()
  const key = await generateKey(keyType)
  const isNewFolder = lstatSync(folder, { throwIfNoEntry: false }) === undefined
  writeNewFiles(folder, [{ path: keyFile, content: privateKeyPem(key), mode: 0o600 }], terminal.cwd, 'choose another --out')
  const issued = await enrolFor(client, key, { name, token }).catch((error: unknown) => {
    if (error instanceof EstError && error.status === null)
      terminal.err(`${path(keyFile)} was kept: it may have been certified, and its certificate is in the registry then\n`)
    else removeMade(join(folder, keyFile), isNewFolder ? folder : null)
    throw error
  })
  writeNewFiles(folder, [{ path: certFile, content: chainOf(issued, authorities), mode: 0o600 }], terminal.cwd, 'choose another --out')
  const { subject, dn, notAfter } = readCertificate(issued)
  terminal.out(`${path(certFile)}, ${path(keyFile)}: ${dn}, until ${endText(notAfter)}\n`)
  if (subject.flat()[0]?.value !== name) terminal.err('the name is that of the token, not the one that was asked for\n')
  return 0
}

/** The folder only where nothing else came to be in it. */
function removeMade(file: string, folder: string | null): void {
  rmSync(file, { force: true })
  if (folder !== null && readdirSync(folder).length === 0) rmdirSync(folder)
}

async function enrolFor(client: EstClient, key: KeyObject, { name, token }: Pick<Enrolling, 'name' | 'token'>): Promise<Buffer> {
  const issued = await client.enrol(writeSigningRequest(key, { commonName: name }), { token, name })
  checkIssued(issued, key)
  return issued
}

/** A token, or all that `token create` prints around one. */
function readToken(file: string | undefined, terminal: Terminal): string {
  const text = (file === undefined ? (terminal.env.CERTGATE_TOKEN ?? '') : readNamedText(file, terminal.cwd, 4096)).trim()
  const [token = text, ...more] = text.match(/(?<![\w-])cge_[\w-]{43}(?![\w-])/g) ?? []
  if (more.length > 0) throw new InputError('there are several tokens', { hint: 'one is used at a time' })
  if (token === '') {
    if (file !== undefined) throw new InputError(`there is no token in ${file}`)
    throw new UsageError('there is no token', 'name its file with --token-file, or set CERTGATE_TOKEN')
  }
  if (!/^[\x21-\x7e]{1,512}$/.test(token)) throw new InputError('this is no token: it has blanks or odd characters, or is too long')
  return token
}
