import { createAuthority } from '../../src/certificates/authority.ts'
import { type IssuedCertificate, issueClient } from '../../src/certificates/issue.ts'

export const KINDS = ['ec', 'rsa', 'ed25519'] as const
export type Kind = (typeof KINDS)[number]

/** A certificate of one authority for each kind of key: `CN=alice ec` and so on. */
export async function issuedKinds() {
  const authority = await createAuthority({ days: 2 })
  const issued = new Map<Kind, IssuedCertificate>()
  for (const keyType of KINDS)
    issued.set(keyType, await issueClient(authority.issuer, { commonName: `alice ${keyType}`, days: 1, keyType }))
  return { authority, pair: (keyType: Kind) => issued.get(keyType) as IssuedCertificate }
}
