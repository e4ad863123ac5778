import { createPrivateKey, X509Certificate } from 'node:crypto'
import { MaterialError, UnreadableCertificateError } from '../errors.ts'
import { ANY_EXTENDED_KEY_USAGE, CLIENT_AUTH, NAME_CONSTRAINTS } from '../identity/oids.ts'
import { type AuthorityNode, authorityNode, bearsSignatureOf, inForce, signsCertificates } from '../tls/authority-node.ts'
import { findExtension } from '../tls/extension.ts'
import { loadKeyPair } from '../tls/key-pair.ts'
import { type Issuer, issuerOf, type Publication, pathLengthOf } from './issuer.ts'
import { readPfx } from './pkcs12-read.ts'

/** `{ cert, key, passphrase }` or `{ pfx, password }`, as in the configuration; absent parts are null. */
export type AuthoritySource = Parameters<typeof loadKeyPair>[0]

export interface OwnAuthority {
  readonly issuer: Issuer
  /** PEM of the root, where it stood in the files; null: whoever verifies has it from elsewhere. */
  readonly rootCertificate: string | null
  /** What is allowed but will surprise somebody; for the operator. */
  readonly warnings: readonly string[]
}

export interface AuthorityUse {
  /** How many CAs are to be made below it: 0 signs leaves, 1 an issuing CA. */
  readonly levels?: number
  /** Milliseconds; default: the clock. */
  readonly now?: number
  readonly publication?: Publication
  /** Where the bytes of a file that the source names are; default: on disk. */
  readonly read?: (file: string) => Buffer
}

/**
 * Loads a CA of the user's own: PEM with its key (encrypted PKCS#8 too) or PFX, the certificates above it beside it. Throws
 * MaterialError for what does not fit, is no CA, may not sign certificates and lists, is too deep for its chain, or out of its dates.
 */
export function loadAuthority(source: AuthoritySource, use: AuthorityUse = {}): OwnAuthority {
  const pair = loadKeyPair(source, readPfx, use.read)
  const now = use.now ?? Date.now()
  const refuse = (message: string, hint?: string): never => {
    throw new MaterialError(pair.file, `the authority in ${pair.file} ${message}`, hint === undefined ? {} : { hint })
  }
  try {
    const own = authorityNode(pair.leaf)
    const above = climb(own, pair.others.map(authorityNode))
    const levels = use.levels ?? 0
    checkSigner(own, now, refuse)
    for (const node of above)
      if (!signsCertificates(node) || !inForce(node, now)) refuse(`stands below ${node.facts.dn}, which is no CA in force`)
    checkDepth([own, ...above], levels, refuse)
    const key = createPrivateKey(pair.key.export({ type: 'pkcs8', format: 'pem' }))
    const root = [own, ...above].find((node) => node.selfSigned)
    const chain = [own, ...above].filter((node) => !node.selfSigned).map(({ x509 }) => pemOf(x509))
    return {
      issuer: issuerOf(pair.leaf, key, chain.join(''), use.publication),
      rootCertificate: root === undefined ? null : pemOf(root.x509),
      warnings: warningsOf([own, ...above]),
    }
  } catch (error) {
    if (!(error instanceof UnreadableCertificateError)) throw error
    throw new MaterialError(pair.file, `the authority in ${pair.file} cannot be read: ${error.message}`, { cause: error })
  }
}

/** PEM of one certificate. */
const pemOf = (certificate: X509Certificate): string => new X509Certificate(certificate.raw).toString()

type Refuse = (message: string, hint?: string) => never

function checkSigner(node: AuthorityNode, now: number, refuse: Refuse): void {
  const { facts } = node
  if (!facts.isCa) refuse('is not a CA', 'its basicConstraints must say CA:TRUE')
  if (facts.subject.length === 0) refuse('has no name')
  for (const usage of ['keyCertSign', 'cRLSign']) {
    if (facts.keyUsages !== null && !facts.keyUsages.includes(usage))
      refuse(`may not be used for ${usage}`, 'its keyUsage must have keyCertSign and cRLSign')
  }
  if (node.weakness !== null) refuse(`has ${node.weakness}, which is too weak`)
  if (facts.unknownCritical.length > 0) refuse(`has the unknown critical extension ${facts.unknownCritical[0]}`)
  if (facts.notAfter < now) refuse(`expired ${new Date(facts.notAfter).toISOString()}`, 'renew it first')
  if (facts.notBefore > now) refuse(`is not valid before ${new Date(facts.notBefore).toISOString()}`, 'is the clock right?')
}

/** Each certificate above limits how many CAs stand below it (RFC 5280 section 6.1.4 (l)); self-issued ones do not count. */
function checkDepth(path: readonly AuthorityNode[], levels: number, refuse: Refuse): void {
  let below = levels
  for (const [index, node] of path.entries()) {
    const length = pathLengthOf(node.x509.raw)
    if (length !== null && length < below) {
      const whose = index === 0 ? 'its own' : `that of ${node.facts.dn}`
      refuse(`has a path length that leaves no room (${whose} is ${length}, and ${below} are needed)`)
    }
    if (node.subjectName !== node.issuerName) below++
  }
}

/** The issuers that stood beside the certificate, nearest first, up to a root if it is there. */
function climb(own: AuthorityNode, others: readonly AuthorityNode[]): AuthorityNode[] {
  const above: AuthorityNode[] = []
  for (let node = own; !node.selfSigned; ) {
    const below = node
    const next = others.find(
      (other) => !above.includes(other) && other !== below && below.x509.checkIssued(other.x509) && bearsSignatureOf(below.x509, other),
    )
    if (next === undefined) break
    above.push(next)
    node = next
  }
  return above
}

function warningsOf(path: readonly AuthorityNode[]): string[] {
  const warnings: string[] = []
  for (const { facts, x509 } of path) {
    const purposes = facts.extendedKeyUsages
    if (purposes !== null && !purposes.includes(CLIENT_AUTH) && !purposes.includes(ANY_EXTENDED_KEY_USAGE)) {
      warnings.push(`${facts.dn} is limited to other purposes: client certificates below it will be refused`)
    }
    if (findExtension(x509.raw, NAME_CONSTRAINTS) !== null)
      warnings.push(`${facts.dn} limits names: certificates with others will be refused`)
  }
  if (!path.some((node) => node.selfSigned))
    warnings.push('the root is not among the certificates: servers and clients need it from elsewhere')
  return warnings
}
