import { randomBytes, type X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { CertificateSource, CrlSettings, ListenerTlsSettings, TrustSettings, UpstreamTlsSettings } from '../config/settings.ts'
import { MaterialError, UnreadableCertificateError } from '../errors.ts'
import { certificateParts } from '../identity/certificate.ts'
import { SERVER_AUTH } from '../identity/oids.ts'
import { signatureWeakness } from './algorithm.ts'
import { type AuthorityNode, authorityNode, signsCertificates } from './authority-node.ts'
import { readRevocationLists } from './crl.ts'
import { buildChain, keyOf, type LoadedKeyPair, loadKeyPair, type PfxReader, parseCertificates, toKeyPair } from './key-pair.ts'
import { readMaterial } from './pem.ts'
import { contextOptions } from './secure-context.ts'
import { verifySigned } from './signature.ts'
import type { KeyPair, ListenerMaterial, RevocationList, TrustMaterial, UpstreamMaterial } from './types.ts'

/** One thing wrong with a file that the configuration names; whoever knows the configuration adds line and snippet. */
export interface MaterialProblem {
  readonly severity: 'error' | 'warning'
  /** As config prints paths, e.g. `listeners.main.tls.names["db.example"].client_ca[0]`. */
  readonly path: string
  readonly message: string
  readonly hint?: string
  /** The file that is at fault; empty where it is the configuration itself. */
  readonly file: string
}

/** `material` is null where any problem is an error: nothing of it may be used then. */
export interface LoadedMaterial<T> {
  readonly material: T | null
  readonly problems: readonly MaterialProblem[]
}

/** Reads everything a TLS listener needs, with all problems at once. `path` is the listener's `tls`; ticket keys are fresh. */
export function loadListenerMaterial(
  settings: ListenerTlsSettings,
  path: string,
  readPfx: PfxReader,
  now = Date.now(),
): LoadedMaterial<ListenerMaterial> {
  const loader = new Loader(readPfx, now)
  const sources: [string, TrustSettings, string][] = [
    ['', settings, path],
    ...[...settings.names].map(([name, trust]): [string, TrustSettings, string] => [name, trust, `${path}.names[${JSON.stringify(name)}]`]),
  ]
  for (const [, trust, at] of sources) loader.gather(trust, at, settings.clientauthMode !== 'NONE')
  const trusts = new Map<string, TrustMaterial>()
  for (const [name, trust, at] of sources) {
    const material = loader.trust(trust, at, settings)
    if (material !== null) trusts.set(name, material)
  }
  const own = trusts.get('')
  trusts.delete('')
  if (own === undefined || loader.failed) return { material: null, problems: loader.problems }
  return { material: { ...own, names: trusts, ticketKeys: new Uint8Array(randomBytes(48)) }, problems: loader.problems }
}

/** Reads what TLS to an upstream needs, with all problems at once. `path` is the upstream's `tls`. */
export function loadUpstreamMaterial(
  settings: UpstreamTlsSettings,
  path: string,
  readPfx: PfxReader,
  now = Date.now(),
): LoadedMaterial<UpstreamMaterial> {
  const loader = new Loader(readPfx, now)
  const ca = settings.ca === null ? null : loader.authorities(settings.ca, `${path}.ca`).map(({ x509 }) => x509.toString())
  if (ca?.length === 0 && !loader.failed)
    loader.report('error', `${path}.ca`, '', 'no CA certificate is named, so no upstream could be trusted')
  const loaded = settings.certificate === null ? null : loader.keyPair(settings.certificate, `${path}.certificate`)
  const keyPair = loaded === null ? null : toKeyPair(loaded, buildChain(loaded, loader.pool))
  return { material: loader.failed ? null : { ca, keyPair, serverName: settings.serverName }, problems: loader.problems }
}

/** Loads each file once, however many SNI names inherit it, and reports its problems where it is named first. */
class Loader {
  readonly problems: MaterialProblem[] = []
  readonly #readPfx: PfxReader
  readonly #now: number
  readonly #keyPairs = new Map<string, LoadedKeyPair | null>()
  readonly #authorities = new Map<string, readonly AuthorityNode[]>()
  readonly #lists = new Map<string, readonly RevocationList[]>()

  constructor(readPfx: PfxReader, now: number) {
    this.#readPfx = readPfx
    this.#now = now
  }

  get failed(): boolean {
    return this.problems.some(({ severity }) => severity === 'error')
  }

  /** Every certificate read so far: where the issuer of a server certificate may be found. */
  get pool(): X509Certificate[] {
    const beside = [...this.#keyPairs.values()].flatMap((loaded) => loaded?.others ?? [])
    return [...beside, ...[...this.#authorities.values()].flat().map(({ x509 }) => x509)]
  }

  report(severity: 'error' | 'warning', path: string, file: string, message: string, hint?: string): void {
    this.problems.push({ severity, path, file, message, ...(hint === undefined ? {} : { hint }) })
  }

  /** First pass: reads the files, so that issuers may be found in any of them. */
  gather(trust: TrustSettings, path: string, asksForCertificates: boolean): void {
    this.keyPair(trust.certificate, `${path}.certificate`)
    const authorities = this.authorities(trust.clientCa, `${path}.client_ca`)
    if (asksForCertificates && authorities.length === 0 && trust.clientCa.length === 0 && trust.trust !== 'registry') {
      const hint = 'name the CA that issues the client certificates, or set `trust: registry` or `clientauth_mode: NONE`'
      this.report('error', `${path}.client_ca`, '', 'client certificates are asked for, but no CA is named to check them by', hint)
    }
    if (trust.crl.validate) this.#revocationLists(trust.crl, authorities, `${path}.crl`)
  }

  /** Second pass; null where its files have errors. */
  trust(trust: TrustSettings, path: string, settings: ListenerTlsSettings): TrustMaterial | null {
    const loaded = this.keyPair(trust.certificate, '')
    if (loaded === null) return null
    const authorities = this.authorities(trust.clientCa, '')
    const { validate, onUnavailable, fromDistributionPoints = false } = trust.crl
    const { ocsp } = trust
    const lists = validate ? this.#revocationLists(trust.crl, authorities, '') : []
    const material: TrustMaterial = {
      keyPair: this.#serverKeyPair(loaded, `${path}.certificate`),
      clientCa: authorities.map(({ x509 }) => x509.toString()),
      crl: { validate, onUnavailable, lists, ...(fromDistributionPoints ? { fromDistributionPoints } : {}) },
      ...(ocsp?.validate === true ? { ocsp: { onUnavailable: ocsp.onUnavailable, url: ocsp.url ?? null } } : {}),
      trust: trust.trust,
    }
    if (!this.failed) this.#tryContext(material, settings, path, loaded.file)
    return material
  }

  keyPair(source: CertificateSource, path: string): LoadedKeyPair | null {
    return this.#once(this.#keyPairs, JSON.stringify(source), () => {
      return this.#attempt(
        (file) => `${path}${keyOf(source, file)}`,
        () => loadKeyPair(source, this.#readPfx),
      )
    })
  }

  authorities(files: readonly string[], path: string): readonly AuthorityNode[] {
    return this.#once(this.#authorities, JSON.stringify(files), () => {
      const nodes = new Map<string, AuthorityNode>()
      for (const [index, file] of files.entries()) {
        const at = `${path}[${index}]`
        const certificates = this.#attempt(at, () => parseCertificates(readMaterial(file), file)) ?? []
        for (const certificate of certificates) {
          const node = this.#authority(certificate, file, at)
          if (node !== null) nodes.set(node.fingerprint, node)
        }
      }
      const all = [...nodes.values()]
      this.#warnOfDeadEnds(all, files, path)
      return all
    })
  }

  #authority(certificate: X509Certificate, file: string, path: string): AuthorityNode | null {
    const node = this.#attempt(path, () => {
      try {
        return authorityNode(certificate)
      } catch (cause) {
        if (!(cause instanceof UnreadableCertificateError)) throw cause
        throw new MaterialError(file, `a certificate in ${file} cannot be used: ${cause.message}`, { cause })
      }
    })
    if (node === null) return null
    const { dn, notAfter, notBefore } = node.facts
    if (!signsCertificates(node)) {
      const what = node.facts.isCa && dn === '' ? `a CA in ${file} has no name` : `${dn} in ${file} is not a CA certificate`
      this.report('error', path, file, what, 'name the certificate of a CA, not one that it issued')
      return null
    }
    if (node.weakness !== null)
      this.report('warning', path, file, `the CA ${dn} in ${file} has ${node.weakness}: whoever is under it is refused`)
    if (notAfter < this.#now)
      this.report('warning', path, file, `the CA ${dn} in ${file} expired ${iso(notAfter)}: whoever is under it is refused`)
    if (notBefore > this.#now) this.report('warning', path, file, `the CA ${dn} in ${file} is not valid before ${iso(notBefore)}`)
    return node
  }

  /** OpenSSL accepts only chains that end in a self-signed certificate. */
  #warnOfDeadEnds(nodes: readonly AuthorityNode[], files: readonly string[], path: string): void {
    for (const node of nodes) {
      if (node.selfSigned || nodes.some(({ subjectName }) => subjectName === node.issuerName)) continue
      const { dn, issuerDn } = node.facts
      const message = `the CA ${dn} is an intermediate, and ${issuerDn}, which issued it, is not named: whoever is under it is refused`
      this.report('warning', path, files[0] ?? '', message, 'add the certificate of the root CA')
    }
  }

  #serverKeyPair(loaded: LoadedKeyPair, path: string): KeyPair {
    const { leaf, file } = loaded
    const chain = buildChain(loaded, this.pool)
    for (const certificate of chain) {
      const name = certificate.subject.split('\n').reverse().join(',')
      const notAfter = certificate.validToDate.getTime()
      const notBefore = certificate.validFromDate.getTime()
      if (notAfter < this.#now)
        this.#warnOnce(path, file, `the certificate ${name} in ${file} expired ${iso(notAfter)}: clients will refuse it`)
      if (notBefore > this.#now) this.#warnOnce(path, file, `the certificate ${name} in ${file} is not valid before ${iso(notBefore)}`)
    }
    const weakness = leaf.subject === leaf.issuer ? null : this.#attempt(path, () => signatureOf(leaf, file))
    if (weakness !== null) this.#warnOnce(path, file, `the certificate ${file} has ${weakness}: clients will refuse it`)
    // Node calls the extended key usage so; it is undefined where the extension is absent.
    const purposes: readonly string[] | undefined = leaf.keyUsage
    if (purposes !== undefined && !purposes.includes(SERVER_AUTH)) {
      this.#warnOnce(path, file, `the certificate ${file} is not for servers (extended key usage): clients will refuse it`)
    }
    if (chain.length === 1 && leaf.subject !== leaf.issuer) {
      const hint = 'append the certificate of its issuer to the file'
      this.#warnOnce(path, file, `the issuer of the certificate ${file} is nowhere to be found: clients may be unable to verify it`, hint)
    }
    return toKeyPair(loaded, chain)
  }

  #warnOnce(path: string, file: string, message: string, hint?: string): void {
    if (!this.problems.some((problem) => problem.message === message)) this.report('warning', path, file, message, hint)
  }

  /** OpenSSL has the last word, here and not when the workers try it. */
  #tryContext(material: TrustMaterial, { clientauthMode: mode, minVersion }: ListenerTlsSettings, path: string, file: string): void {
    try {
      createSecureContext(contextOptions(material, { mode, minVersion, sessionIdContext: 'check', resumption: false }))
    } catch (error) {
      this.report(
        'error',
        `${path}.certificate`,
        file,
        `OpenSSL cannot use ${file}: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }

  #revocationLists(settings: CrlSettings, authorities: readonly AuthorityNode[], path: string): readonly RevocationList[] {
    const key = JSON.stringify([settings.files, authorities.map(({ fingerprint }) => fingerprint)])
    return this.#once(this.#lists, key, () => {
      if (settings.files.length === 0 && settings.fromDistributionPoints !== true) {
        const effect = settings.onUnavailable === 'deny' ? 'every client certificate is refused' : 'nothing is checked'
        this.report('warning', path, '', `revocation lists are to be checked, but none is named: ${effect}`, 'name them under `files`')
      }
      return settings.files.flatMap((file, index) => {
        const at = `${path}.files[${index}]`
        const lists = this.#attempt(at, () => readRevocationLists(readMaterial(file), file)) ?? []
        return lists.map((list) => this.#verified(list, authorities, at))
      })
    })
  }

  /** A list of a CA that only clients send stays unverified until one does. */
  #verified(list: RevocationList, authorities: readonly AuthorityNode[], path: string): RevocationList {
    const { file, issuerDn, signed } = list
    const warn = (message: string) => this.report('warning', path, file, `the revocation list ${file} of ${issuerDn} ${message}`)
    if (list.unusable !== null) warn(`cannot be used: ${list.unusable}`)
    else if (list.nextUpdate <= this.#now) warn(`expired ${iso(list.nextUpdate)}`)
    else if (list.thisUpdate > this.#now) warn(`is not valid before ${iso(list.thisUpdate)}`)
    const named = authorities.filter(({ subjectName }) => subjectName === list.issuerName)
    const signer = named.find((node) => signed !== null && node.publicKey !== null && mayList(node) && verifySigned(signed, node.publicKey))
    if (signer !== undefined) return { ...list, signerKey: signer.key, signed: null }
    if (named.length > 0 && signed !== null) warn('is not signed by the CA of that name')
    return list
  }

  /** `path`: what is wrong there, or where by the file that it is wrong with. */
  #attempt<T>(path: string | ((file: string) => string), read: () => T): T | null {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof MaterialError)) throw error
      this.report('error', typeof path === 'string' ? path : path(error.file), error.file, error.message, error.hint)
      return null
    }
  }

  #once<T>(memory: Map<string, T>, key: string, make: () => T): T {
    const known = memory.get(key)
    if (known !== undefined) return known
    const made = make()
    memory.set(key, made)
    return made
  }
}

function mayList({ facts }: AuthorityNode): boolean {
  return facts.keyUsages === null || facts.keyUsages.includes('cRLSign')
}

function signatureOf(certificate: X509Certificate, file: string): string | null {
  try {
    return signatureWeakness(certificateParts(certificate.raw).signatureAlgorithm)
  } catch (cause) {
    if (!(cause instanceof UnreadableCertificateError)) throw cause
    throw new MaterialError(file, `the certificate ${file} cannot be used: ${cause.message}`, { cause })
  }
}

const iso = (moment: number): string => new Date(moment).toISOString()
