import { emailOf, type RolesFrom, rolesOf } from './claims.ts'
import { type Dialect, emitted, expressible, type StyleOptions, writeUser } from './dialect.ts'
import { withDefaults } from './options.ts'

const SEPARATOR = ','

/** oauth2-proxy's `--pass-user-headers`: X-Forwarded-User, X-Forwarded-Groups joined by `,`, X-Forwarded-Email. */
export function oauth2Dialect(options: StyleOptions): Dialect {
  const option = withDefaults('oauth2', options)
  const names = { user: option('user'), groups: option('groups'), email: option('email') }
  const from = option('groups_from') as RolesFrom
  return {
    headers: emitted([
      { name: names.user, recipe: 'user' },
      { name: names.groups, recipe: `${from} joined by ${SEPARATOR} dropping` },
      { name: names.email, recipe: 'email' },
    ]),
    write(subject, out) {
      if (subject.identity === null) return
      writeUser('oauth2', names.user, subject, SEPARATOR, out)
      if (names.groups !== '') {
        const items = expressible('oauth2', rolesOf(subject, from), SEPARATOR, out)
        if (items.length > 0) out.line(names.groups, items.join(SEPARATOR))
      }
      const email = names.email === '' ? null : emailOf(subject.certificate)
      if (email === null) return
      const [item] = expressible('oauth2', [email], SEPARATOR, out)
      if (item !== undefined && item !== '') out.line(names.email, item)
    },
  }
}
