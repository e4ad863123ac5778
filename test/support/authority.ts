import { createHash, createPrivateKey, type KeyObject, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as der from './der.ts'
import type { ExtensionSpec, KeyUsage, NameConstraintsSpec } from './extensions.ts'
import * as extensions from './extensions.ts'
import { type Hash, type KeyType, newKey, publicKeyOf, signature, signatureAlgorithm } from './signing.ts'
import { encodeName, type SubjectSpec } from './subject.ts'

export type { Hash, KeyType }

export interface CertificateOptions {
  /** As printed (`CN=alice,OU=ops`), or RDNs in DER order; default `CN=test`. */
  readonly subject?: SubjectSpec
  readonly keyType?: KeyType
  /** Use this private key (PEM) instead of a new one. */
  readonly key?: string
  readonly san?: readonly (string | Uint8Array)[]
  readonly sanCritical?: boolean
  /** Names or OIDs; null leaves the extension out. Default for a leaf: clientAuth. */
  readonly eku?: readonly string[] | null
  /** null leaves the extension out. Default for a leaf: digitalSignature; for a CA: keyCertSign, cRLSign. */
  readonly keyUsage?: readonly KeyUsage[] | null
  /** Default: 5 minutes ago. */
  readonly notBefore?: Date
  /** Default: one hour from now. */
  readonly notAfter?: Date
  readonly ca?: boolean
  readonly pathLength?: number
  readonly nameConstraints?: NameConstraintsSpec
  /** Added at the end, as they are. */
  readonly extensions?: readonly ExtensionSpec[]
  /** Hex, as it goes into the INTEGER (read as positive); or the whole DER INTEGER. */
  readonly serial?: string | Uint8Array
  readonly hash?: Hash
  /** No extension at all: what a version 1 certificate looks like. */
  readonly bare?: boolean
  /** Overrides the subject key identifier, e.g. to copy somebody else's; null leaves it out. */
  readonly subjectKeyId?: Uint8Array | null
  /** Overrides the authority key identifier; null leaves it out. */
  readonly authorityKeyId?: Uint8Array | null
  /** Overrides the whole SubjectPublicKeyInfo (the signature then says nothing about possession). */
  readonly spki?: Uint8Array
  /** Name the certificate gives as its issuer, where that is to be a lie. */
  readonly issuer?: SubjectSpec
}

export interface Issued {
  /** PEM of this certificate alone. */
  readonly certificate: string
  /** PEM, PKCS#8. */
  readonly key: string
  /** PEM: this certificate and the intermediates above it, without the root. */
  readonly chain: string
  readonly der: Buffer
  readonly keyObject: KeyObject
  /** Upper-case hex, whole bytes, without a leading zero byte. */
  readonly serial: string
  readonly keyId: Buffer
}

export interface CrlOptions {
  /** Serial hex, or certificates. */
  readonly revoked?: readonly (string | Issued)[]
  /** Default: 5 minutes ago. */
  readonly thisUpdate?: Date
  /** Default: one hour from now; null leaves it out. */
  readonly nextUpdate?: Date | null
  /** Signs with this key instead of the authority's: a bad signature. */
  readonly signer?: Issued
  readonly issuer?: SubjectSpec
  readonly authorityKeyId?: Uint8Array | null
  readonly hash?: Hash
  /** CRL extensions, added at the end: delta indicator, issuing distribution point, ... */
  readonly extensions?: readonly ExtensionSpec[]
  /** Put on every entry. */
  readonly entryExtensions?: readonly ExtensionSpec[]
}

export interface Authority extends Issued {
  readonly subject: SubjectSpec
  /** A client leaf: P-256, clientAuth, digitalSignature, one hour. */
  issue(options?: CertificateOptions): Promise<Issued>
  /** A server leaf for these SANs; names without a prefix are DNS names or IP addresses. */
  server(names?: readonly string[], options?: CertificateOptions): Promise<Issued>
  /** A CA below this one. */
  intermediate(subject: SubjectSpec, options?: CertificateOptions): Promise<Authority>
  /** PEM. */
  crl(options?: CrlOptions): string
  crlDer(options?: CrlOptions): Buffer
}

interface Signer {
  readonly name: Buffer
  readonly key: KeyObject
  readonly keyId: Buffer
  readonly chain: string
}

const minutes = 60_000
/** A self-signed root. A plain name becomes its CN. */
export async function createAuthority(subject: SubjectSpec = 'root', options: CertificateOptions = {}): Promise<Authority> {
  const name = typeof subject === 'string' && subject !== '' && !subject.includes('=') ? `CN=${subject}` : subject
  return authority(name, await make({ ca: true, ...options, subject: name }, null))
}

/** A self-signed certificate that is nobody's: a leaf unless `ca` says otherwise. */
export async function selfSigned(options: CertificateOptions = {}): Promise<Issued> {
  return make(options, null)
}

/** A folder for PEM files, removed after the test: pass `t` or call `remove`. */
export function temporaryFolder(t?: { after(callback: () => void): void }) {
  const path = mkdtempSync(join(tmpdir(), 'certgate-test-'))
  // A program under test may be writing there still: it is stopped by a later hook, which would not run if this one failed.
  const remove = () => {
    try {
      rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
    }
  }
  t?.after(remove)
  return {
    path,
    remove,
    /** Writes a file (mode 0600) and returns its absolute path. */
    write(name: string, content: string | Uint8Array): string {
      const file = join(path, name)
      writeFileSync(file, content, { mode: 0o600 })
      return file
    },
  }
}

/** The private key as PKCS#8 PEM under a passphrase. */
export function encryptKey(issued: Issued, passphrase: string): string {
  return issued.keyObject.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString()
}

function authority(subject: SubjectSpec, issued: Issued, selfSignedRoot = true): Authority {
  const name = encodeName(subject)
  const signer: Signer = { name, key: issued.keyObject, keyId: issued.keyId, chain: selfSignedRoot ? '' : issued.chain }
  const crlDer = (options: CrlOptions = {}) => makeCrl(options, signer)
  return {
    ...issued,
    subject,
    issue: (options = {}) => make(options, signer),
    server: (names = ['localhost', '127.0.0.1'], options = {}) =>
      make({ subject: 'CN=server', san: names.map(prefixed), eku: ['serverAuth'], ...options }, signer),
    intermediate: async (below, options = {}) => {
      const belowName = typeof below === 'string' && !below.includes('=') ? `CN=${below}` : below
      return authority(belowName, await make({ ca: true, ...options, subject: belowName }, signer), false)
    },
    crlDer,
    crl: (options) => der.toPem('X509 CRL', crlDer(options)),
  }
}

const prefixed = (name: string) =>
  /^(dns|ip|uri|email|rid|upn|dirname):/i.test(name) ? name : /^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`

async function make(options: CertificateOptions, signer: Signer | null): Promise<Issued> {
  const keyObject = options.key ? createPrivateKey(options.key) : await newKey(options.keyType ?? 'ec')
  const { spki, point } = publicKeyOf(keyObject)
  const ownKeyId = createHash('sha1').update(point).digest()
  const name = encodeName(options.subject ?? 'CN=test')
  const issuer = signer ?? { name, key: keyObject, keyId: ownKeyId, chain: '' }
  const serial = options.serial ?? newSerial()
  const serialDer = typeof serial === 'string' ? der.integerHex(serial) : Buffer.from(serial)
  const algorithm = signatureAlgorithm(issuer.key, options.hash)
  const list = options.bare ? [] : extensionsOf(options, ownKeyId, issuer.keyId)
  const tbs = der.sequence(
    ...(options.bare ? [] : [der.context(0, der.integer(2))]),
    serialDer,
    algorithm,
    options.issuer === undefined ? issuer.name : encodeName(options.issuer),
    der.sequence(
      der.time(options.notBefore ?? new Date(Date.now() - 5 * minutes)),
      der.time(options.notAfter ?? new Date(Date.now() + 60 * minutes)),
    ),
    name,
    options.spki ?? spki,
    ...(list.length === 0 ? [] : [der.context(3, der.sequence(...list.map(extensions.encodeExtension)))]),
  )
  const bytes = der.sequence(tbs, algorithm, der.bitString(signature(tbs, issuer.key, options.hash)))
  const certificate = der.toPem('CERTIFICATE', bytes)
  return {
    certificate,
    key: keyObject.export({ type: 'pkcs8', format: 'pem' }).toString(),
    chain: certificate + issuer.chain,
    der: bytes,
    keyObject,
    serial: serialHex(serialDer),
    keyId: ownKeyId,
  }
}

function extensionsOf(options: CertificateOptions, ownKeyId: Buffer, issuerKeyId: Buffer): ExtensionSpec[] {
  const ca = options.ca ?? false
  const usages = options.keyUsage === undefined ? defaultUsages(ca) : options.keyUsage
  const eku = options.eku === undefined ? (ca ? null : ['clientAuth']) : options.eku
  const subjectKeyId = options.subjectKeyId === undefined ? ownKeyId : options.subjectKeyId
  const authorityKeyId = options.authorityKeyId === undefined ? issuerKeyId : options.authorityKeyId
  return [
    extensions.basicConstraints(ca, options.pathLength),
    ...(usages?.length ? [extensions.keyUsage(usages)] : []),
    ...(eku ? [extensions.extendedKeyUsage(eku)] : []),
    ...(options.san ? [{ ...extensions.subjectAlternativeName(options.san), critical: options.sanCritical ?? false }] : []),
    ...(options.nameConstraints ? [extensions.nameConstraints(options.nameConstraints)] : []),
    ...(subjectKeyId ? [extensions.subjectKeyId(subjectKeyId)] : []),
    ...(authorityKeyId ? [extensions.authorityKeyId(authorityKeyId)] : []),
    ...(options.extensions ?? []),
  ]
}

const defaultUsages = (ca: boolean): KeyUsage[] => (ca ? ['keyCertSign', 'cRLSign'] : ['digitalSignature'])

function makeCrl(options: CrlOptions, signer: Signer): Buffer {
  const key = options.signer?.keyObject ?? signer.key
  const algorithm = signatureAlgorithm(key, options.hash)
  const thisUpdate = options.thisUpdate ?? new Date(Date.now() - 5 * minutes)
  const nextUpdate = options.nextUpdate === undefined ? new Date(Date.now() + 60 * minutes) : options.nextUpdate
  const entryExtensions = (options.entryExtensions ?? []).map(extensions.encodeExtension)
  const entries = (options.revoked ?? []).map((one) =>
    der.sequence(
      der.integerHex(typeof one === 'string' ? one : one.serial),
      der.time(thisUpdate),
      ...(entryExtensions.length === 0 ? [] : [der.sequence(...entryExtensions)]),
    ),
  )
  const authorityKeyId = options.authorityKeyId === undefined ? signer.keyId : options.authorityKeyId
  const list = [
    ...(authorityKeyId ? [extensions.authorityKeyId(authorityKeyId)] : []),
    { oid: '2.5.29.20', value: der.integer(1) },
    ...(options.extensions ?? []),
  ]
  const tbs = der.sequence(
    der.integer(1),
    algorithm,
    options.issuer === undefined ? signer.name : encodeName(options.issuer),
    der.time(thisUpdate),
    ...(nextUpdate ? [der.time(nextUpdate)] : []),
    ...(entries.length === 0 ? [] : [der.sequence(Buffer.concat(entries))]),
    der.context(0, der.sequence(...list.map(extensions.encodeExtension))),
  )
  return der.sequence(tbs, algorithm, der.bitString(signature(tbs, key, options.hash)))
}

function newSerial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.toString('hex')
}

function serialHex(serialDer: Buffer): string {
  const content = serialDer.subarray(2)
  return (content.length > 1 && content[0] === 0 ? content.subarray(1) : content).toString('hex').toUpperCase()
}
