import type { PeerCertificate } from '../../identity/types.ts'
import { emailOf, type RolesFrom, rolesOf } from './claims.ts'
import { type Dialect, emitted, expressible, type StyleOptions, writeUser } from './dialect.ts'
import { encodeValue } from './encode.ts'
import { withDefaults } from './options.ts'

/** Copies of a header may be joined by this on the way (RFC 9110 section 5.3): a group that contains it is not sent. */
const SEPARATOR = ','

const EXTRA_PREFIX = 'X-Remote-Extra-'

function extraOf(certificate: PeerCertificate, claim: string): string {
  if (claim === 'fingerprint') return certificate.fingerprint
  return claim === 'serial' ? certificate.serial : (emailOf(certificate) ?? '')
}

/**
 * The request headers of Kubernetes' authenticating proxy (kube-apiserver's --requestheader-username-headers and friends):
 * one X-Remote-Group line a group, X-Remote-Extra-<k> for further claims.
 */
export function kubeDialect(options: StyleOptions): Dialect {
  const option = withDefaults('kube', options)
  const user = option('user')
  const group = option('group')
  const from = option('groups_from') as RolesFrom
  const extras = option('extra')
    .split(',')
    .filter((claim) => claim !== '')
  return {
    headers: emitted([
      { name: user, recipe: 'user' },
      { name: group, recipe: `${from} a line each` },
      ...extras.map((claim) => ({ name: `${EXTRA_PREFIX}${claim}`, recipe: `kube ${claim}` })),
    ]),
    write(subject, out) {
      writeUser('kube', user, subject, SEPARATOR, out)
      if (group !== '') for (const item of expressible('kube', rolesOf(subject, from), SEPARATOR, out)) out.line(group, item)
      if (subject.identity === null || subject.certificate === null) return
      for (const claim of extras) {
        const value = encodeValue(extraOf(subject.certificate, claim), SEPARATOR)
        if (value !== '') out.line(`${EXTRA_PREFIX}${claim}`, value)
      }
    },
  }
}
