import { isIPv4 } from 'node:net'
import * as der from './der.ts'
import { encodeName } from './subject.ts'

export interface ExtensionSpec {
  readonly oid: string
  readonly critical?: boolean
  /** The DER inside the extension's OCTET STRING. */
  readonly value: Uint8Array
}

export const keyUsageNames = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

export type KeyUsage = (typeof keyUsageNames)[number]

const purposes = new Map([
  ['any', '2.5.29.37.0'],
  ['serverAuth', '1.3.6.1.5.5.7.3.1'],
  ['clientAuth', '1.3.6.1.5.5.7.3.2'],
  ['codeSigning', '1.3.6.1.5.5.7.3.3'],
  ['emailProtection', '1.3.6.1.5.5.7.3.4'],
])

export function encodeExtension(spec: ExtensionSpec): Buffer {
  return der.sequence(der.oid(spec.oid), ...(spec.critical ? [der.boolean(true)] : []), der.octetString(spec.value))
}

export function basicConstraints(ca: boolean, pathLength?: number): ExtensionSpec {
  const parts = ca ? [der.boolean(true), ...(pathLength === undefined ? [] : [der.integer(pathLength)])] : []
  return { oid: '2.5.29.19', critical: true, value: der.sequence(...parts) }
}

export function keyUsage(usages: readonly KeyUsage[]): ExtensionSpec {
  return { oid: '2.5.29.15', critical: true, value: der.bits(usages.map((usage) => keyUsageNames.indexOf(usage))) }
}

/** Purposes by name (`clientAuth`, `serverAuth`, `any`, ...) or OID. */
export function extendedKeyUsage(usages: readonly string[]): ExtensionSpec {
  return { oid: '2.5.29.37', value: der.sequence(...usages.map((usage) => der.oid(purposes.get(usage) ?? usage))) }
}

export function subjectKeyId(id: Uint8Array): ExtensionSpec {
  return { oid: '2.5.29.14', value: der.octetString(id) }
}

export function authorityKeyId(id: Uint8Array): ExtensionSpec {
  return { oid: '2.5.29.35', value: der.sequence(der.contextPrimitive(0, id)) }
}

/** SANs as `DNS:a.test`, `IP:127.0.0.1`, `URI:..`, `email:..`, `RID:1.2.3`, `UPN:a@b`, `dirName:CN=x`; or a whole GeneralName in DER. */
export function subjectAlternativeName(names: readonly (string | Uint8Array)[]): ExtensionSpec {
  return { oid: '2.5.29.17', value: der.sequence(...names.map(generalName)) }
}

export interface NameConstraintsSpec {
  /** As SANs; an IP takes `IP:10.0.0.0/255.0.0.0`. */
  readonly permitted?: readonly string[]
  readonly excluded?: readonly string[]
}

export function nameConstraints(spec: NameConstraintsSpec): ExtensionSpec {
  const subtrees = (names: readonly string[]) => names.map((name) => der.sequence(generalName(name)))
  const parts: Buffer[] = []
  if (spec.permitted?.length) parts.push(der.context(0, ...subtrees(spec.permitted)))
  if (spec.excluded?.length) parts.push(der.context(1, ...subtrees(spec.excluded)))
  return { oid: '2.5.29.30', critical: true, value: der.sequence(...parts) }
}

export function generalName(name: string | Uint8Array): Buffer {
  if (typeof name !== 'string') return Buffer.from(name)
  const colon = name.indexOf(':')
  const value = name.slice(colon + 1)
  switch (name.slice(0, colon).toLowerCase()) {
    case 'email':
      return der.contextPrimitive(1, Buffer.from(value))
    case 'dns':
      return der.contextPrimitive(2, Buffer.from(value))
    case 'dirname':
      return der.context(4, encodeName(value))
    case 'uri':
      return der.contextPrimitive(6, Buffer.from(value))
    case 'ip':
      return der.contextPrimitive(7, Buffer.concat(value.split('/').map(addressBytes)))
    case 'rid':
      return der.contextPrimitive(8, der.oid(value).subarray(2))
    case 'upn':
      return der.context(0, der.oid('1.3.6.1.4.1.311.20.2.3'), der.context(0, der.tlv(0x0c, Buffer.from(value))))
    default:
      throw new TypeError(`unknown kind of SAN: ${name}`)
  }
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const groups = (text: string | undefined) => (text ? text.split(':').map((group) => Number.parseInt(group, 16)) : [])
  const before = groups(head)
  const after = groups(tail)
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
  const bytes = Buffer.alloc(16)
  all.forEach((group, index) => {
    bytes.writeUInt16BE(group, index * 2)
  })
  return bytes
}
