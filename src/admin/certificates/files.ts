import { createPrivateKey, X509Certificate } from 'node:crypto'
import { type Bundle, checkedPassword, writeBundle } from '../../certificates/bundle.ts'
import { encryptedKeyPem } from '../../certificates/key.ts'
import { writePfx } from '../../certificates/pkcs12-write.ts'
import type { ListenerSettings } from '../../config/settings.ts'
import { bearsSignatureOf } from '../../tls/authority-node.ts'
import type { AdministrationContext } from '../context.ts'
import { pemsOf } from './grants.ts'
import type { Generated } from './issuing.ts'
import { type Asked, Turns } from './turns.ts'

export interface FileOptions {
  readonly password: string | null
  /** For PFX readers that know nothing newer than 3DES. */
  readonly legacy: boolean
}

/** Encrypting costs this process tens of milliseconds. */
const turns = new Turns()

/** The zip with all that a person or program needs to sign in. */
export function bundleOf(
  context: AdministrationContext,
  asked: Asked,
  { entry, issued }: Generated,
  options: FileOptions,
): Promise<Bundle> {
  const request = {
    issued,
    name: entry.name,
    ...options,
    serverAuthority: serverAuthority(context),
    url: gatewayUrl(context),
    now: context.now(),
  }
  return turns.run(asked, () => writeBundle(request))
}

export interface LooseFiles {
  readonly pem: string
  readonly key: string
  /** base64. */
  readonly pfx: string
  readonly password: string | null
}

/** The same for programs that put it where they want it. */
export function looseFiles(asked: Asked, { entry, issued }: Generated, { password: given, legacy }: FileOptions): Promise<LooseFiles> {
  const password = checkedPassword(given)
  return turns.run(asked, () => {
    const key = password === null ? issued.key : encryptedKeyPem(createPrivateKey(issued.key), password)
    const pfx = writePfx(issued, password ?? '', entry.name, { legacy }).toString('base64')
    return { pem: issued.certificate, key, pfx, password }
  })
}

/** PEM of our root where it signs what the gateway shows to clients, who do not know it from elsewhere; null where it does not. */
function serverAuthority(context: AdministrationContext): string | null {
  const { roots } = context.authority()
  const shown = [...context.inForce().listeners.values()].flatMap(({ keyPair }) => pemsOf(keyPair.certificate))
  const certificates = shown.map((pem) => new X509Certificate(pem))
  const signing = roots.filter((root) => {
    const { publicKey } = new X509Certificate(root)
    return certificates.some((certificate) => bearsSignatureOf(certificate, { publicKey }))
  })
  return signing.length === 0 ? null : signing.join('')
}

const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::', '*', ''])

/** Where clients reach the gateway, for the lines that they are to copy: the first listener with TLS, by the name in its certificate. */
export function gatewayUrl(context: AdministrationContext): string {
  const { settings, listeners } = context.inForce()
  const listener = [...settings.listeners.values()].find(({ tls }) => tls !== null)
  if (listener === undefined) return 'https://localhost'
  const { port } = listener.address
  return `https://${hostOf(listener, listeners.get(listener.name)?.keyPair.certificate ?? '')}${port === 443 || port === 0 ? '' : `:${port}`}`
}

function hostOf({ address: { host } }: ListenerSettings, certificate: string): string {
  const [leaf] = pemsOf(certificate)
  const named = leaf === undefined ? undefined : /DNS:([a-z0-9.-]+)/i.exec(new X509Certificate(leaf).subjectAltName ?? '')?.[1]
  if (named !== undefined) return named
  if (EVERYWHERE.has(host)) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
