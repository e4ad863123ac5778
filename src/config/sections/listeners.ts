import { isIP } from 'node:net'
import * as z from 'zod'
import { address } from '../address.ts'
import type { Path } from '../document.ts'
import type { Paths } from '../paths.ts'
import type { Reader } from '../reader.ts'
import type { ListenerSettings, ListenerTlsSettings, TrustMode, TrustSettings } from '../settings.ts'
import { later, list, namedMap, nameSchema, section, word } from '../shape.ts'
import { nearest } from '../suggest.ts'
import {
  type CertificateInput,
  type CrlInput,
  certificateParts,
  certificateSource,
  crl,
  crlSettings,
  files,
  judgeCertificate,
  type OcspInput,
  ocsp,
  ocspSettings,
} from './certificate.ts'

const TRUST = ['ca', 'registry', 'either', 'both'] as const

const HOST_PATTERN = /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i

const certificateName = z
  .string()
  .refine(
    (name) => isIP(name) !== 0 || HOST_PATTERN.test(name),
    'expected a host name such as `gate.example`, `*.example` or an IP address',
  )

/** What certgate shows. It can be renewed, so it can be told for what names. */
const certificate = section({
  ...certificateParts,
  names: list(certificateName, 'name at least one, or leave `names` out')
    .optional()
    .describe('DNS names and IP addresses, all of them: where it was issued by the authority of certgate, it is issued anew for these'),
}).superRefine((value, context) => {
  judgeCertificate(value, context)
  const locked = (['pfx', 'passphrase'] as const).find((part) => value[part] !== undefined)
  if (value.names === undefined || locked === undefined) return
  const hint = 'write { cert: FILE, key: FILE } with a key that is not encrypted, or leave `names` out'
  context.addIssue({ code: 'custom', path: ['names'], message: `with \`${locked}\` certgate cannot renew it`, params: { hint } })
})

const sniName = section({
  certificate: certificate.optional().describe("shown under this name; the listener's own where absent"),
  client_ca: files('a CA file').optional().describe('CAs trusted under this name only'),
  trust: word(TRUST).optional().describe('what makes a certificate trusted under this name'),
  crl: crl.optional(),
  ocsp: ocsp.optional(),
})

/** A host name, or `*.` and one: one wildcard label, as in certificates. */
export const hostPattern = z.string().regex(HOST_PATTERN, 'expected a host name such as `db.example`, or `*.example`')

const tls = section({
  certificate: certificate.describe('what the listener shows'),
  clientauth_mode: word(['REQUIRE', 'OPTIONAL', 'NONE']).prefault('REQUIRE').describe('whether clients must show a certificate'),
  client_ca: files('a CA file').optional().describe('PEM files with the CAs whose client certificates are trusted'),
  trust: word(TRUST).prefault('either').describe('what makes a certificate trusted'),
  crl: crl.optional(),
  ocsp: ocsp.optional().describe('asking responders about certificates of other CAs'),
  min_version: word(['TLSv1.2', 'TLSv1.3']).prefault('TLSv1.2'),
  names: z.record(hostPattern, sniName).optional().describe('per SNI name, exact or *.x: what differs from the listener'),
  default_name: hostPattern
    .nullable()
    .optional()
    .describe('with several names: the one for clients that send no SNI; absent, they are refused'),
})

const listener = section({
  address: address().describe('HOST:PORT'),
  protocol: word(['http'], ['tcp', 'postgres']).prefault('http'),
  tls: z
    .union([tls, z.literal([false, 'off'])], { error: 'expected a mapping, or `off` for a plain listener' })
    .describe('off: a plain listener'),
  proxy_protocol: later('the PROXY protocol'),
})

export const listenersSchema = namedMap(listener)

/** Reads every listener; problems in one do not hide those of another. */
export function readListeners(reader: Reader, paths: Paths): Map<string, ListenerSettings> {
  const listeners = new Map<string, ListenerSettings>()
  if (!reader.has(['listeners'])) reader.problem(['listeners'], '`listeners` is missing', { hint: 'without a listener nothing is served' })
  else if (reader.parse(z.record(nameSchema, z.unknown()), ['listeners']) !== undefined && reader.names(['listeners']).length === 0) {
    reader.problem(['listeners'], 'no listener: nothing would be served')
  }
  for (const name of reader.names(['listeners'])) {
    const path = ['listeners', name]
    requireClientCa(reader, path)
    const input = reader.require(listener, path)
    if (input === undefined) continue
    const settings = input.tls === false || input.tls === 'off' ? null : tlsSettings(reader, paths, path, input.tls)
    listeners.set(name, { name, address: input.address, protocol: input.protocol, tls: settings })
  }
  return listeners
}

/** Judged as written, so that another mistake under `tls` does not hide it. */
function requireClientCa(reader: Reader, path: Path): void {
  const here = [...path, 'tls']
  if (reader.document.node(here)?.kind !== 'mapping' || reader.has([...here, 'client_ca'])) return
  const mode = reader.document.node([...here, 'clientauth_mode'])
  const written = mode?.kind === 'scalar' ? mode.value : 'REQUIRE'
  const misspelt = reader.names(here).some((key) => nearest(key, ['client_ca']) !== undefined)
  if (misspelt || (written !== 'REQUIRE' && written !== 'OPTIONAL')) return
  const trust = reader.document.node([...here, 'trust'])
  // Only there does no chain count, so that there is none to name a CA for.
  if (trust?.kind === 'scalar' && trust.value === 'registry') return
  reader.problem([...here, 'client_ca'], `\`client_ca\` is missing: with clientauth_mode ${written} nobody could be trusted`, {
    hint: 'name the CA file that signed your clients, or set clientauth_mode: NONE',
  })
}

type TlsInput = z.output<typeof tls>
type Inherited = {
  readonly certificate: CertificateInput
  readonly client_ca?: string[] | undefined
  readonly trust: TrustMode
  readonly crl?: CrlInput | undefined
  readonly ocsp?: OcspInput | undefined
}

function tlsSettings(reader: Reader, paths: Paths, path: Path, input: TlsInput): ListenerTlsSettings {
  const here = [...path, 'tls']
  const names = new Map<string, TrustSettings>()
  for (const [written, own] of Object.entries(input.names ?? {})) {
    const name = written.toLowerCase()
    if (names.has(name))
      reader.problem([...here, 'names', written], `the name \`${name}\` is there twice`, { at: 'key', hint: 'case does not matter' })
    names.set(
      name,
      trustSettings(paths, {
        certificate: own.certificate ?? input.certificate,
        client_ca: own.client_ca ?? input.client_ca,
        trust: own.trust ?? input.trust,
        crl: own.crl ?? input.crl,
        ocsp: own.ocsp ?? input.ocsp,
      }),
    )
  }
  const defaultName = input.default_name?.toLowerCase() ?? null
  if (defaultName !== null && !names.has(defaultName)) reader.problem([...here, 'default_name'], `\`${defaultName}\` is none of the names`)
  return { ...trustSettings(paths, input), clientauthMode: input.clientauth_mode, minVersion: input.min_version, names, defaultName }
}

function trustSettings(paths: Paths, input: Inherited): TrustSettings {
  return {
    certificate: certificateSource(paths, input.certificate),
    clientCa: (input.client_ca ?? []).map((file) => paths.watched(file)),
    trust: input.trust,
    crl: crlSettings(paths, input.crl),
    ocsp: ocspSettings(input.ocsp),
  }
}
