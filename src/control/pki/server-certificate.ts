import type { X509Certificate } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { LoadedAuthority } from '../../certificates/authority-folder.ts'
import { ITSELF, issuanceOf, recordIssuance } from '../../certificates/issuance-record.ts'
import { type IssuedCertificate, issueServer } from '../../certificates/issue.ts'
import { type Issuer, issuerKeyId } from '../../certificates/issuer.ts'
import { successorType } from '../../certificates/key.ts'
import { readPfx } from '../../certificates/pkcs12-read.ts'
import { permittedSans, profileOf } from '../../certificates/profile.ts'
import { replaceFile } from '../../certificates/replace-file.ts'
import { encodeSan } from '../../certificates/san.ts'
import type { CertificateSource, Settings } from '../../config/settings.ts'
import { MaterialError, UnreadableCertificateError } from '../../errors.ts'
import { readCertificate } from '../../identity/certificate.ts'
import { SERVER_AUTH } from '../../identity/oids.ts'
import type { CertificateFacts, San } from '../../identity/types.ts'
import type { Store } from '../../store/store.ts'
import { bearsSignatureOf } from '../../tls/authority-node.ts'
import { type LoadedKeyPair, loadKeyPair, parseCertificates } from '../../tls/key-pair.ts'
import { readMaterial } from '../../tls/pem.ts'

/** A certificate that the gateway shows and that an issuer of ours signed. */
export interface OwnServerCertificate {
  /** `main`, or `main/db.example` for an SNI name. */
  readonly listener: string
  readonly cert: string
  readonly key: string
  readonly pair: LoadedKeyPair
  readonly facts: CertificateFacts
  readonly issuer: Issuer
  /** What the configuration has it be for; null: what it is for. */
  readonly names: readonly string[] | null
}

/** What is to be done about one, if anything. */
export type Renewal =
  | { readonly kind: 'none' }
  /** The leaf is good; what stands around it in the file is not. */
  | { readonly kind: 'rewrite'; readonly issuer: Issuer }
  | { readonly kind: 'issue'; readonly issuer: Issuer; readonly why: string }

const DAY = 86_400_000

/**
 * The server certificates that are ours to renew, each file once: signed by an issuer of ours, in PEM with a key that is not locked. Files
 * that cannot be read are the reload's to tell of.
 */
export function ownServerCertificates({ listeners }: Pick<Settings, 'listeners'>, loaded: LoadedAuthority): OwnServerCertificate[] {
  const found = new Map<string, OwnServerCertificate>()
  for (const [listener, source] of shownBy({ listeners })) {
    const known = found.get(source.cert ?? '')
    const own = known ?? readOwn(listener, source, loaded)
    // Of a file that stands in several places, all that any of them names.
    if (own !== null)
      found.set(own.cert, { ...own, names: source.names === undefined ? own.names : [...(own.names ?? []), ...source.names] })
  }
  return [...found.values()]
}

/** Files that the configuration names and has `names` for, and that are not ours to renew. */
export function namedForeign(settings: Pick<Settings, 'listeners'>, own: readonly OwnServerCertificate[]): string[] {
  const files = shownBy(settings).flatMap(([, { cert, names }]) => (cert === null || names === undefined ? [] : [cert]))
  return [...new Set(files)].filter((file) => !own.some(({ cert }) => cert === file))
}

function shownBy({ listeners }: Pick<Settings, 'listeners'>): [string, CertificateSource][] {
  return [...listeners.values()].flatMap(({ name, tls }): [string, CertificateSource][] => {
    if (tls === null) return []
    const named = [...tls.names].map(([serverName, { certificate }]): [string, CertificateSource] => [`${name}/${serverName}`, certificate])
    return [[name, tls.certificate], ...named]
  })
}

function readOwn(listener: string, source: CertificateSource, { authority }: LoadedAuthority): OwnServerCertificate | null {
  const { cert, key, passphrase } = source
  if (cert === null || key === null || passphrase !== null) return null
  try {
    const pair = loadKeyPair(source, readPfx)
    const facts = readCertificate(pair.leaf.raw)
    const issuer = authority.issuers.find((one) => isIssuedBy(pair.leaf, one))
    const serves = facts.extendedKeyUsages?.includes(SERVER_AUTH) === true && facts.sans.length > 0
    return issuer === undefined || !serves ? null : { listener, cert, key, pair, facts, issuer, names: null }
  } catch (error) {
    if (error instanceof MaterialError || error instanceof UnreadableCertificateError) return null
    throw error
  }
}

const isIssuedBy = (leaf: X509Certificate, { certificate }: Issuer): boolean =>
  leaf.checkIssued(certificate) && bearsSignatureOf(leaf, { publicKey: certificate.publicKey })

/** Milliseconds: two thirds of its life. */
export const renewalDue = ({ notBefore, notAfter }: Pick<CertificateFacts, 'notBefore' | 'notAfter'>): number =>
  notBefore + Math.floor(((notAfter - notBefore) * 2) / 3)

/**
 * A new one at two thirds of its life; and under a new authority as soon as those who know only the old root can verify that, or no longer
 * matter. Until then the old authority signs.
 */
export function planRenewal(own: OwnServerCertificate, loaded: LoadedAuthority, now: number): Renewal {
  const { issuing } = loaded.authority
  if (issuing === null) return { kind: 'none' }
  const moves = own.issuer !== issuing && (loaded.overlapUntil === null || loaded.crossCertificate !== null)
  const issuer = moves ? issuing : own.issuer
  if (moves) return { kind: 'issue', issuer, why: 'the authority was rotated' }
  if (!hasItsNames(own)) return { kind: 'issue', issuer, why: 'the configuration names it otherwise' }
  // Issued while the clock was ahead.
  if (now < own.facts.notBefore) return { kind: 'issue', issuer, why: 'it is not valid yet' }
  if (now >= renewalDue(own.facts)) return { kind: 'issue', issuer, why: 'two thirds of its life are over' }
  return isAsWritten(own, chainFor(issuer, loaded)) ? { kind: 'none' } : { kind: 'rewrite', issuer }
}

const issuable = ({ sans }: CertificateFacts): readonly San[] => sans.filter(({ type }) => profileOf('server').sanTypes.has(type))
/** As they stand in a certificate: an address has more than one spelling. */
const encoded = (names: readonly (string | San)[]): string[] =>
  permittedSans(profileOf('server'), names)
    .map((name) => encodeSan(name).toString('hex'))
    .sort()

/** Throws IssuanceError where the authority does not certify what the configuration names. */
function hasItsNames({ names, facts }: OwnServerCertificate): boolean {
  return names === null || isDeepStrictEqual([...new Set(encoded(names))], encoded(issuable(facts)))
}

/** What goes with a leaf in its file. The cross certificate comes first: OpenSSL takes the first issuer that fits, and looks no further. */
function chainFor(issuer: Issuer, { authority, crossCertificate }: LoadedAuthority): string {
  return (issuer === authority.issuing ? (crossCertificate ?? '') : '') + issuer.chain
}

/** Whether the file holds the leaf and its chain, and nothing that an interrupted renewal or a rotation left there. */
function isAsWritten({ cert, pair }: OwnServerCertificate, chain: string): boolean {
  const [leaf, ...others] = parseCertificates(readMaterial(cert), cert)
  if (leaf === undefined || !leaf.raw.equals(pair.leaf.raw)) return false
  if (others.some((other) => !readCertificate(other.raw).isCa)) return false
  const wanted = chain === '' ? [] : parseCertificates(Buffer.from(chain), cert)
  const crossed = (list: readonly X509Certificate[]) =>
    list.filter(({ subject }) => list.filter((one) => one.subject === subject).length > 1).length
  return crossed(others) === crossed(wanted)
}

/** Issues what takes its place: same names, new key, recorded before anybody gets it. Throws IssuanceError, or what the store throws. */
export async function reissue(
  own: OwnServerCertificate,
  issuer: Issuer,
  why: string,
  store: Store,
  now: number,
): Promise<IssuedCertificate> {
  const { facts, listener, pair } = own
  const names = own.names === null ? issuable(facts) : permittedSans(profileOf('server'), own.names)
  const days = Math.min((facts.notAfter - facts.notBefore) / DAY, profileOf('server').maxDays)
  const before = commonNameOf(facts)
  const stays = own.names === null || names.some(({ value }) => value === before)
  const commonName = (stays ? before : null) ?? names.find(({ value }) => value.length <= 64)?.value ?? 'certgate'
  const issued = await issueServer(issuer, { commonName, names, days, keyType: successorType(pair.key), now })
  const issuance = issuanceOf(issuer, issued.der)
  store.write(() => {
    store.issuance.insert(issuance)
    const details = { listener, subject: facts.dn, why, replaces: facts.serial, not_after: new Date(issuance.notAfter).toISOString() }
    store.audit.append({ action: 'server.renew', target: issuance.fingerprint, details }, ITSELF)
  })
  return issued
}

/** Of a file that is gone meanwhile; else its own stays. */
const KEY = 0o600
const OPEN = 0o644

/**
 * The steps that put a new certificate and key in the place of the old, each a file replaced whole. Between any two of them the files fit
 * each other for this gateway, which takes from the certificates the one that belongs to the key: first both are there, then the key is the
 * new one, then the old certificate goes.
 */
export function replacementSteps(own: OwnServerCertificate, issued: IssuedCertificate, chain: string): (() => void)[] {
  const { cert, key } = own
  const leaf = pemOf(issued)
  if (realpathSync(cert) === realpathSync(key)) return [() => replaceFile(cert, issued.key + leaf + chain, KEY)]
  const before = readMaterial(cert).toString('latin1')
  return [
    () => replaceFile(cert, `${before.trimEnd()}\n${leaf}${chain}`, OPEN),
    () => replaceFile(key, issued.key, KEY),
    () => replaceFile(cert, leaf + chain, OPEN),
  ]
}

/** Does what `planRenewal` found; false: there was nothing. Rejects with IssuanceError, a StoreError, or what the system says of the files. */
export async function renew(own: OwnServerCertificate, loaded: LoadedAuthority, store: Store, now: number): Promise<Renewal> {
  const plan = planRenewal(own, loaded, now)
  if (plan.kind === 'none') return plan
  const chain = chainFor(plan.issuer, loaded)
  if (plan.kind === 'rewrite') {
    const key = realpathSync(own.cert) === realpathSync(own.key) ? pemOfKey(own) : ''
    replaceFile(own.cert, key + own.pair.leaf.toString() + chain, key === '' ? OPEN : KEY)
    return plan
  }
  const issued = await reissue(own, plan.issuer, plan.why, store, now)
  for (const step of replacementSteps(own, issued, chain)) step()
  return plan
}

/** Records one that was issued before there was a store: OCSP would call it unknown. */
export function adopt({ issuer, pair, facts }: OwnServerCertificate, store: Store): boolean {
  if (store.issuance.find(issuerKeyId(issuer), facts.serial) !== null) return false
  recordIssuance(store, issuer, pair.leaf.raw, ITSELF)
  return true
}

const pemOf = ({ certificate }: IssuedCertificate): string =>
  `${certificate.split('-----END CERTIFICATE-----')[0]}-----END CERTIFICATE-----\n`
const pemOfKey = ({ pair }: OwnServerCertificate): string => pair.key.export({ type: 'pkcs8', format: 'pem' }).toString()
function commonNameOf({ subject }: CertificateFacts): string | null {
  const name = subject.flat().findLast(({ oid, encoded }) => oid === '2.5.4.3' && encoded !== true)?.value ?? null
  return name !== null && name.length > 0 && name.length <= 64 ? name : null
}
