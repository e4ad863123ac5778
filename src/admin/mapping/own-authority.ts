import { rootAbove } from '../../certificates/authority-folder.ts'
import { issuerKeyId } from '../../certificates/issuer.ts'
import type { OperatingAuthority } from '../../certificates/operating-authority.ts'
import type { OwnAuthority } from '../../policy/mapping-issuer.ts'
import { authorityNode, parseCertificate } from '../../tls/authority-node.ts'

/** What a mapping may call the gateway's own authority by; null: there is none. */
export function ownAuthorityOf({
  issuing,
  issuers,
  roots,
}: Pick<OperatingAuthority, 'issuing' | 'issuers' | 'roots'>): OwnAuthority | null {
  if (issuing === null) return null
  const nodes = roots.map((pem) => authorityNode(parseCertificate(pem)))
  const root = rootAbove(issuing, nodes)
  // A replaced root that is trusted no more still stands in what it certified.
  const all = issuers.flatMap((issuer) => [issuer.facts.dn, issuer.facts.issuerDn, issuerKeyId(issuer)])
  return {
    known: new Set([...all, ...nodes.flatMap(({ facts, key }) => [facts.dn, key])]),
    signing: new Set([issuing.facts.dn, issuing.facts.issuerDn, issuerKeyId(issuing), ...(root === null ? [] : [root.key])]),
    rootKeys: new Set(nodes.map(({ key }) => key)),
    root: root === null ? null : { dn: root.facts.dn, key: root.key },
  }
}
