import { createHmac } from 'node:crypto'
import { type RolesFrom, rolesOf } from './claims.ts'
import { type Dialect, emitted, expressible, type StyleOptions, writeUser } from './dialect.ts'
import { encodeValue } from './encode.ts'
import { withDefaults } from './options.ts'

/** CouchDB splits roles here and takes away spaces around them. */
const SEPARATOR = ','

/**
 * CouchDB's proxy authentication (its "Authentication" API page and `couch_httpd_auth:proxy_auth_user`): the token is the lower
 * hex HMAC, under `[chttpd_auth] secret`, of the user name exactly as sent. CouchDB later than 3.3.1 takes whatever
 * `hash_algorithms` lists (`sha256, sha` by default), up to that only SHA-1. Without `secret` no token is sent, which CouchDB
 * accepts only where `proxy_use_secret` is off.
 */
export function couchdbDialect(options: StyleOptions): Dialect {
  const option = withDefaults('couchdb', options)
  const names = { user: option('user'), roles: option('roles'), token: option('token') }
  const from = option('roles_from') as RolesFrom
  const secret = option('secret')
  const hash = option('hash')
  const signs = secret !== '' && names.token !== '' && names.user !== ''
  return {
    headers: emitted([
      { name: names.user, recipe: 'user' },
      { name: names.roles, recipe: `${from} joined by ${SEPARATOR} dropping` },
      { name: signs ? names.token : '', recipe: 'couchdb token', isSecret: true },
    ]),
    write(subject, out) {
      if (subject.identity === null) return
      writeUser('couchdb', names.user, subject, SEPARATOR, out)
      if (names.roles !== '') {
        const items = expressible('couchdb', rolesOf(subject, from), SEPARATOR, out)
        if (items.length > 0) out.line(names.roles, items.join(SEPARATOR))
      }
      if (signs) out.line(names.token, createHmac(hash, secret).update(encodeValue(subject.identity.name)).digest('hex'))
    },
  }
}
