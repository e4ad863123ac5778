import { emailOf, type RolesFrom, rolesOf } from './claims.ts'
import { type Dialect, emitted, expressible, type StyleOptions } from './dialect.ts'
import { encodeValue } from './encode.ts'
import { withDefaults } from './options.ts'

const SEPARATOR = ','

/**
 * Grafana's `[auth.proxy]`: `header_name` X-WEBAUTH-USER; email and groups only where the options name a header for them, as in
 * `headers = Email:X-WEBAUTH-EMAIL Groups:X-WEBAUTH-GROUPS`.
 */
export function grafanaDialect(options: StyleOptions): Dialect {
  const option = withDefaults('grafana', options)
  const names = { user: option('user'), email: option('email'), groups: option('groups') }
  const from = option('groups_from') as RolesFrom
  return {
    headers: emitted([
      { name: names.user, recipe: 'user' },
      { name: names.email, recipe: 'email' },
      { name: names.groups, recipe: `${from} joined by ${SEPARATOR} dropping` },
    ]),
    write(subject, out) {
      if (subject.identity === null) return
      if (names.user !== '') out.line(names.user, encodeValue(subject.identity.name))
      const email = names.email === '' ? null : emailOf(subject.certificate)
      if (email !== null && email !== '') out.line(names.email, encodeValue(email))
      if (names.groups === '') return
      const items = expressible('grafana', rolesOf(subject, from), SEPARATOR, out)
      if (items.length > 0) out.line(names.groups, items.join(SEPARATOR))
    },
  }
}
