import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CertgateError, MaterialError } from '../errors.ts'
import { readRegularText } from '../regular-file.ts'
import { type AuthorityNode, authorityNode, bearsSignatureOf } from '../tls/authority-node.ts'
import { parseCertificates } from '../tls/key-pair.ts'
import { readMaterial } from '../tls/pem.ts'
import { type Generation, readGenerations } from './authority-generations.ts'
import { type Issuer, issuerKeyId, issuerOf, publicationOf } from './issuer.ts'
import type { OperatingAuthority } from './operating-authority.ts'
import { loadAuthority } from './own-authority.ts'
import type { OwnRootSigner } from './root-lists.ts'

/** The root of the first generation, once it is not trusted any more. */
export const REPLACED = 'replaced.crt'

/** `{ folder }`, or a CA of the user's own as in the configuration. */
export type AuthorityOrigin =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'own'; readonly source: Parameters<typeof loadAuthority>[0] }

export interface LoadedAuthority {
  readonly authority: OperatingAuthority
  /** There is nothing where an authority would be: nobody expected one. */
  readonly absent: boolean
  /** What is allowed but will surprise somebody; for the operator. */
  readonly remarks: readonly string[]
  /** Milliseconds: until when a replaced root is trusted; null: none is. */
  readonly overlapUntil: number | null
  /** PEM of the issuing CA as the replaced root certified it, while that one is trusted; null: there is none. */
  readonly crossCertificate: string | null
  /** The root above each issuer, where it is not that issuer itself. */
  readonly rootSigners: readonly (OwnRootSigner & { readonly below: Issuer })[]
  /** What it was read from: it is read again when one of these changes. */
  readonly files: readonly string[]
}

export interface AuthorityReading {
  /** Public base address for revocation lists and the like; null: none is written into certificates. */
  readonly url: string | null
  /** Milliseconds. */
  readonly now: number
}

/** Never throws for what is in the files: an authority that cannot be used issues nothing, and says why. */
export function readAuthority(origin: AuthorityOrigin, reading: AuthorityReading): LoadedAuthority {
  try {
    return origin.kind === 'folder' ? fromFolder(origin.folder, reading) : fromOwn(origin.source, reading)
  } catch (error) {
    if (!(error instanceof CertgateError)) throw error
    if (origin.kind === 'folder' && isAbsent(join(origin.folder, 'issuing.crt')))
      return unusable(`there is no authority in ${origin.folder}`, true, filesOf(origin))
    const hint = missingKeyHint(origin, error) ?? error.hint
    const problem = hint === undefined ? error.message : `${error.message}: ${hint}`
    return unusable(problem, false, filesOf(origin))
  }
}

/** Certificates that a file names as trusted; empty where it is absent. Throws MaterialError. */
export function readRoots(file: string): AuthorityNode[] {
  return existsSync(file) ? parseCertificates(readMaterial(file), file).map(authorityNode) : []
}

/** The self-signed certificate among these that stands above an issuing CA. */
export function rootAbove(issuer: Pick<Issuer, 'certificate'>, nodes: readonly AuthorityNode[]): AuthorityNode | null {
  const isAbove = (node: AuthorityNode) =>
    node.selfSigned && issuer.certificate.checkIssued(node.x509) && bearsSignatureOf(issuer.certificate, node)
  return nodes.find(isAbove) ?? null
}

/** As `rootAbove`, over the CAs that stand in between. */
export function rootOver(
  { certificate, chain }: Pick<Issuer, 'certificate' | 'chain'>,
  nodes: readonly AuthorityNode[],
): AuthorityNode | null {
  const top = chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)?.at(-1)
  return rootAbove({ certificate: top === undefined ? certificate : new X509Certificate(top) }, nodes)
}

export function withPublication(issuer: Issuer, url: string | null): Issuer {
  return { ...issuer, publication: url === null ? {} : publicationOf(url, issuerKeyId(issuer)) }
}

function fromFolder(folder: string, { url, now }: AuthorityReading): LoadedAuthority {
  const [signing, ...retired] = readGenerations(folder)
  const files = filesOf({ kind: 'folder', folder })
  if (signing.name !== '') files.push(join(signing.folder, 'issuing.crt'), join(signing.folder, 'issuing.key'))
  const nodes = readRoots(join(folder, 'ca.crt'))
  const { issuer, warnings } = readIssuing(signing, now)
  const remarks = [...warnings]
  if (rootOver(issuer, nodes) === null) remarks.push(`the root above ${issuer.facts.dn} is not in ${join(folder, 'ca.crt')}`)
  const overlapping = retired.filter(({ trustedUntil }) => trustedUntil !== null && now < trustedUntil)
  const own = withPublication(issuer, url)
  const older = retired.flatMap((generation) =>
    readRetired(generation, now, remarks).map((one) => ({ generation, issuer: withPublication(one, url) })),
  )
  const line = [{ generation: signing, issuer: own }, ...older]
  return {
    authority: {
      issuing: own,
      problem: '',
      issuers: line.map((one) => one.issuer),
      roots: nodes.filter(({ selfSigned }) => selfSigned).map(pemOf),
    },
    absent: false,
    remarks,
    overlapUntil: overlapping.length === 0 ? null : Math.max(...overlapping.map(({ trustedUntil }) => trustedUntil ?? 0)),
    crossCertificate: overlapping.length === 0 ? null : readCross(signing),
    rootSigners: line.flatMap((one) => signerAbove(one, folder, nodes)),
    files,
  }
}

function fromOwn(source: Parameters<typeof loadAuthority>[0], { url, now }: AuthorityReading): LoadedAuthority {
  const { issuer, rootCertificate, warnings } = loadAuthority(source, { now })
  const own = withPublication(issuer, url)
  return {
    authority: { issuing: own, problem: '', issuers: [own], roots: rootCertificate === null ? [] : [rootCertificate] },
    absent: false,
    remarks: warnings,
    overlapUntil: null,
    crossCertificate: null,
    rootSigners: [],
    files: filesOf({ kind: 'own', source }),
  }
}

/** The issuing CA of a generation. Its root stands elsewhere, so that it is not among these files is as it should be. */
export function readIssuing({ folder }: Pick<Generation, 'folder'>, now: number): { issuer: Issuer; warnings: readonly string[] } {
  const source = { cert: join(folder, 'issuing.crt'), key: join(folder, 'issuing.key'), pfx: null, password: null, passphrase: null }
  const { issuer, warnings } = loadAuthority(source, { now })
  return { issuer, warnings: warnings.filter((warning) => !warning.startsWith('the root is not among')) }
}

/** One that has expired has nothing left to answer for. */
function readRetired(generation: Generation, now: number, remarks: string[]): Issuer[] {
  try {
    return [readIssuing(generation, now).issuer]
  } catch (error) {
    if (!(error instanceof CertgateError)) throw error
    if (!/ expired /.test(error.message)) remarks.push(`revocations of a replaced authority cannot be published: ${error.message}`)
    return []
  }
}

/** Nobody above that is not the issuer itself: then its own list says all. */
function signerAbove(
  { generation, issuer }: { readonly generation: Generation; readonly issuer: Issuer },
  folder: string,
  nodes: readonly AuthorityNode[],
) {
  const beside = generation.folder === folder ? [] : readRoots(join(generation.folder, 'ca.crt'))
  const node = rootAbove(issuer, [...beside, ...nodes, ...readRoots(join(folder, REPLACED))])
  if (node === null || node.key === issuerKeyId(issuer)) return []
  return [{ node, key: () => readRootKey(generation, node), below: issuer }]
}

/** null: it is kept elsewhere, or locked. */
export function readRootKey({ folder }: Generation, root: AuthorityNode): Issuer | null {
  const file = join(folder, 'ca.key')
  if (!existsSync(file)) return null
  try {
    const key = createPrivateKey(readRegularText(file))
    return root.x509.checkPrivateKey(key) ? issuerOf(root.x509, key, '') : null
  } catch {
    return null
  }
}

function readCross({ folder }: Generation): string | null {
  const file = join(folder, 'cross.crt')
  return existsSync(file) ? readRegularText(file) : null
}

function filesOf(origin: AuthorityOrigin): string[] {
  if (origin.kind === 'folder') return ['ca.crt', 'issuing.crt', 'issuing.key'].map((name) => join(origin.folder, name))
  return [origin.source.cert, origin.source.key, origin.source.pfx].flatMap((file) => (file === null ? [] : [file]))
}

export function unusable(problem: string, absent = false, files: readonly string[] = []): LoadedAuthority {
  const authority = { issuing: null, problem, isBroken: !absent, issuers: [], roots: [] }
  return { authority, absent, remarks: [], overlapUntil: null, crossCertificate: null, rootSigners: [], files }
}

const pemOf = ({ x509 }: AuthorityNode): string => x509.toString()
/** Whoever took it offline with the root's meant well. */
function missingKeyHint(origin: AuthorityOrigin, error: CertgateError): string | undefined {
  if (origin.kind !== 'folder' || !(error instanceof MaterialError) || !error.file.endsWith('issuing.key') || !isAbsent(error.file))
    return undefined
  return 'bring it back: without it nothing is issued, no revocation list signed and no server certificate renewed; only ca.key may be kept elsewhere'
}

/** A folder that may not be looked into is not absent. */
function isAbsent(file: string): boolean {
  try {
    statSync(file)
    return false
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR'
  }
}
