import type { X509Certificate } from 'node:crypto'
import { entryFacts, leafOf } from '../../certificates/entry-facts.ts'
import { SignerSearch } from '../../certificates/issuer-search.ts'
import { checkName } from '../../certificates/subject-name.ts'
import { readTrustedApart } from '../../certificates/trusted-apart.ts'
import { isPfx, type TrustedCertificates } from '../../certificates/trusted-certificates.ts'
import { certificateParts } from '../../identity/certificate.ts'
import type { Rights } from '../../identity/types.ts'
import { grantProblem } from '../../policy/granting.ts'
import { clientCasOf } from '../../policy/mapping-issuer.ts'
import type { RegistryEntry } from '../../store/types.ts'
import { parseCertificate } from '../../tls/authority-node.ts'
import { leafRefusal } from '../../tls/leaf.ts'
import { malformed } from '../problem.ts'
import type { Caller } from '../types.ts'
import { UnderWay } from '../under-way.ts'
import type { Attempt, Desk } from './desk.ts'

/** Databases of all leaves of one file together. */
const MOST_GRANTED = 2_000

/** What was registered, and what it gives beyond the rights that were written. */
export interface Trusted {
  readonly entries: readonly RegistryEntry[]
  /** Roles that the mapping in force gives the names in these certificates, sorted. */
  readonly roles: readonly string[]
  /** Others in force under one of these names: whoever holds a new one has their roles. */
  readonly sameName: readonly RegistryEntry[]
}

export interface TrustOrder {
  /** PEM, DER or PFX. */
  readonly bytes: Buffer
  readonly password: string | null
  readonly name: string
  readonly rights: Rights
}

/**
 * Registers certificates that somebody else issued: all leaves of one file as one entry for people. Throws AdminProblem, and
 * IssuanceError for what cannot be read, is a CA, or could never sign in.
 */
export async function trustCertificates(desk: Desk, caller: Caller, order: TrustOrder): Promise<Trusted> {
  const { name, rights } = order
  const attempt: Attempt = { caller, action: 'certificate.add', target: null, name }
  desk.check(grantProblem(caller.rights, { ...rights, roles: new Set() }), attempt)
  checkName(name)
  const { leaves, authorities } = await readFile(desk, caller, order)
  if (leaves.length * rights.permissions.size > MOST_GRANTED)
    throw malformed(`${leaves.length} certificates with ${rights.permissions.size} databases each are too many at once`)
  const read = leaves.map((x509) => ({ x509, leaf: leafOf(x509.raw) }))
  await desk.prepareNames(caller)
  const entries = await desk.change(attempt, (held) => {
    for (const { leaf } of read) {
      desk.checkForeign(leaf.pin)
      const unfit = leafRefusal(leaf)
      if (unfit !== null) throw malformed(`the certificate ${leaf.facts.dn} would never be let in: ${unfit.detail}`)
    }
    desk.checkGrants(
      held,
      read.map(({ leaf }) => ({ name, certificate: leaf.certificate, pin: leaf.pin, rights })),
    )
    const above = [...clientCasOf(desk.context.inForce().listeners.values()).map(parseCertificate), ...authorities]
    const signers = new SignerSearch(above.map((x509) => ({ x509 })))
    const added = read.map(({ x509, leaf }) => {
      return { ...entryFacts(leaf), ...rights, name, origin: 'trusted' as const, issuerKey: signerOf(x509, signers) }
    })
    return desk.context.store.registry.add(added, caller.actor)
  })
  const named = read.map(({ leaf: { certificate } }) => ({ name, certificate }))
  const grants = desk.grants()
  const roles = new Set(named.flatMap((one) => [...grants.grantOf(one, rights).roles]))
  return { entries, roles: [...roles].sort(), sameName: desk.namesakes(entries) }
}

const files = new WeakMap<Desk, UnderWay>()

/**
 * A PFX may take long to read, and they are read one after the other: whoever sent them by the thousand, and did not wait for an answer, would
 * fill the memory with them, and others would have to wait for all.
 */
function readFile(desk: Desk, caller: Caller, { bytes, password }: TrustOrder): Promise<TrustedCertificates> {
  const read = () => readTrustedApart(bytes, password, desk.context.now())
  if (!isPfx(bytes)) return read()
  const underWay = files.get(desk) ?? new UnderWay()
  files.set(desk, underWay)
  return underWay.run(caller, read)
}

/** SubjectPublicKeyInfo of the CA that signed it, where its certificate is at hand: by it renewals are recognised. */
function signerOf(leaf: X509Certificate, signers: SignerSearch<{ readonly x509: X509Certificate }>): Buffer | null {
  const signer = signers.find(leaf)
  return signer === null ? null : Buffer.from(certificateParts(signer.x509.raw).subjectPublicKeyInfo)
}
