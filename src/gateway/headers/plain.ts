import { dnOf } from './claims.ts'
import { type BlockWriter, type Dialect, emitted, joinEscaped, type StyleOptions } from './dialect.ts'
import { encodeValue } from './encode.ts'
import { withDefaults } from './options.ts'
import type { HeaderSubject } from './types.ts'

/**
 * certgate's own style: every value is percent-encoded, so whatever a certificate says can be told apart again.
 * The DN and the fingerprint (lower hex SHA-256 of the DER) are the certificate's, whoever the identity is.
 */
export function plainDialect(options: StyleOptions): Dialect {
  const option = withDefaults('plain', options)
  const separator = option('separator')
  const names = {
    user: option('user'),
    groups: option('groups'),
    roles: option('roles'),
    dn: option('dn'),
    fingerprint: option('fingerprint'),
  }
  const list = (items: readonly string[]) => joinEscaped(items, separator)

  return {
    headers: emitted([
      { name: names.user, recipe: 'user' },
      { name: names.groups, recipe: `backend_roles joined by ${separator} escaped` },
      { name: names.roles, recipe: `roles joined by ${separator} escaped` },
      { name: names.dn, recipe: 'dn' },
      { name: names.fingerprint, recipe: 'fingerprint' },
    ]),
    write(subject: HeaderSubject, out: BlockWriter) {
      const line = (name: string, value: string) => {
        if (name !== '' && value !== '') out.line(name, value)
      }
      if (subject.identity !== null) {
        line(names.user, encodeValue(subject.identity.name))
        line(names.groups, list(subject.identity.backendRoles))
        line(names.roles, list(subject.roles))
      }
      line(names.dn, encodeValue(dnOf(subject) ?? ''))
      line(names.fingerprint, subject.certificate?.fingerprint ?? '')
    },
  }
}
