import { dirname, join } from 'node:path'
import * as z from 'zod'
import { address } from '../address.ts'
import { hasAuthority } from '../kept.ts'
import type { Paths } from '../paths.ts'
import type { Reader } from '../reader.ts'
import type { AuthoritySettings, PkiSettings, StoreSettings } from '../settings.ts'
import { InvalidValue, parsed, section, text, word } from '../shape.ts'
import { parsePeriod, period } from '../units.ts'
import { certificateParts, certificateSource, judgeCertificate } from './certificate.ts'

const DEFAULT_LIFETIME = '7d'

const authority = section({
  folder: text('a folder').optional().describe('as certgate init makes it: ca.crt, issuing.crt, issuing.key'),
  ...certificateParts,
}).superRefine((value, context) => {
  const { folder, ...own } = value
  if (folder === undefined) return judgeCertificate(own, context)
  const surplus = Object.entries(own).find(([, part]) => part !== undefined)?.[0]
  if (surplus === undefined) return
  context.addIssue({ code: 'custom', path: [surplus], message: 'both a folder and files are named', params: { hint: 'keep one' } })
})

/** Clients of every kind have to be able to fetch it: no secret, no query. */
const publicUrl = parsed(z.string(), (value) => {
  const url = URL.parse(value)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new InvalidValue('expected an address such as `http://pki.example`')
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new InvalidValue('this address stands in every certificate: no user, query or fragment')
  return url.href.replace(/\/+$/, '')
})

export const pkiSchema = section({
  http: address().optional().describe('HOST:PORT, plain HTTP: revocation lists, OCSP and the CA certificates'),
  est: address().optional().describe('HOST:PORT of enrolment over EST (RFC 7030); a client certificate is optional there'),
  url: publicUrl.optional().describe('public address of `http`, written into certificates for who checks them; absent: nothing is written'),
  authority: authority
    .optional()
    .describe(
      `the CA that signs: { folder }, { cert, key, passphrase } or { pfx, password }; absent: the folder \`ca\` beside this file, else beside the store`,
    ),
  crl_lifetime: period(10_000, '10s')
    .prefault(DEFAULT_LIFETIME)
    .describe('how long a revocation list may be relied on; it is signed anew at half of that'),
  est_passwords: word(['allow', 'deny'])
    .prefault('deny')
    .describe('whether internal users get a certificate of their own name over EST for their password'),
})

/** Without the block nothing is opened: null. */
export function readPki(reader: Reader): PkiSettings | null {
  const input = reader.parse(pkiSchema, ['pki'])
  if (input === undefined) return null
  if (reader.names(['pki']).length === 0)
    reader.problem(['pki'], 'nothing is opened by an empty `pki`', { at: 'key', hint: 'name `http`, `est` or both, or remove it' })
  if (input.est !== undefined) requireTls(reader)
  return { http: input.http ?? null, est: input.est ?? null, estPasswords: input.est_passwords }
}

/** Enrolment has no certificate of its own: it takes that of a listener. */
function requireTls(reader: Reader): void {
  const listeners = reader.names(['listeners'])
  const hasTls = (name: string) => reader.document.node(['listeners', name, 'tls'])?.kind === 'mapping'
  if (listeners.length === 0 || listeners.some(hasTls)) return
  reader.problem(['pki', 'est'], 'no listener has TLS, whose certificate enrolment could take', { hint: 'give one of them `tls`' })
}

/** There always is a place for one: what it is without a `pki` block signs too. */
export function readAuthority(reader: Reader, paths: Paths, store: Pick<StoreSettings, 'file'>): AuthoritySettings {
  // Its problems were noted when the addresses were read.
  const before = reader.problems.length
  const input = reader.parse(pkiSchema, ['pki'])
  reader.problems.length = before
  const { folder: written, ...own } = input?.authority ?? {}
  const isOwn = Object.values(own).some((part) => part !== undefined)
  const folder = written === undefined ? usualFolder(paths, store) : paths.absolute(written)
  return {
    source: isOwn ? { kind: 'own', certificate: certificateSource(paths, own) } : { kind: 'folder', folder },
    url: input?.url ?? null,
    crlLifetime: input?.crl_lifetime ?? parsePeriod(DEFAULT_LIFETIME),
    crlFolder: isOwn ? paths.absolute('ca/crl') : join(folder, 'crl'),
  }
}

/** `init` makes it beside the store; the configuration may be elsewhere by now. */
function usualFolder(paths: Paths, { file }: Pick<StoreSettings, 'file'>): string {
  const besideConfiguration = paths.absolute('ca')
  const besideStore = join(dirname(file), 'ca')
  return !hasAuthority(besideConfiguration) && hasAuthority(besideStore) ? besideStore : besideConfiguration
}
