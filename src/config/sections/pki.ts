import { address } from '../address.ts'
import type { Paths } from '../paths.ts'
import type { Reader } from '../reader.ts'
import type { PkiSettings, StoreSettings } from '../settings.ts'
import { later, section, text, word } from '../shape.ts'

export const pkiSchema = section({
  http: address().optional().describe('HOST:PORT, plain HTTP: revocation lists, OCSP, the CA certificate and signing keys'),
  est: address().optional().describe('HOST:PORT of enrolment over EST (RFC 7030); a client certificate is optional there'),
  est_passwords: word(['allow', 'deny'])
    .prefault('deny')
    .describe('whether internal users get a certificate of their own name over EST for their password'),
})

/** Without the block nothing is opened: null. */
export function readPki(reader: Reader): PkiSettings | null {
  const input = reader.parse(pkiSchema, ['pki'])
  if (input === undefined) return null
  if (input.http === undefined && input.est === undefined)
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

const DEFAULT_SQLITE = 'data/certgate.db'

export const storeSchema = section({
  sqlite: text('a file').prefault(DEFAULT_SQLITE).describe('the registry of certificates and the audit log: one file, made where absent'),
  postgres: later('a registry that several gateways share'),
})

/** There is always one: certificates are registered in it and revoked by it. It is written to, so it is not watched. */
export function readStore(reader: Reader, paths: Paths): StoreSettings {
  const input = reader.parse(storeSchema, ['store'])
  return { kind: 'sqlite', file: paths.absolute(input?.sqlite ?? DEFAULT_SQLITE) }
}
