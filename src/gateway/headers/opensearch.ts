import { type RolesFrom, rolesOf } from './claims.ts'
import { type Dialect, emitted, expressible, type StyleOptions, writeUser } from './dialect.ts'
import { withDefaults } from './options.ts'

/**
 * For OpenSearch's `proxy` authenticator (its security plugin's "Proxy-based authentication"): the user, and the roles joined
 * by its `roles_separator`. It also wants X-Forwarded-For, which every style sends.
 */
export function opensearchDialect(options: StyleOptions): Dialect {
  const option = withDefaults('opensearch', options)
  const user = option('user')
  const roles = option('roles')
  const separator = option('separator')
  const from = option('roles_from') as RolesFrom
  return {
    headers: emitted([
      { name: user, recipe: 'user' },
      { name: roles, recipe: `${from} joined by ${separator} dropping` },
    ]),
    write(subject, out) {
      writeUser('opensearch', user, subject, separator, out)
      if (roles === '') return
      const items = expressible('opensearch', rolesOf(subject, from), separator, out)
      if (items.length > 0) out.line(roles, items.join(separator))
    },
  }
}
