/**
 * Certificates of a trusted CA whose names try to be somebody else's. Each is shown to the real program under four policies; whoever it is taken
 * for, that is exactly what it says, nobody but the victim gets the victim's role, and no name becomes a header of its own.
 */
import { test } from 'node:test'
import { fileLifetime } from '../support/lifetime.ts'
import { type Answer, askWith, inParallel } from './certificate-client.ts'
import { type ManyListeners, type ManyOptions, startListeners } from './many-listeners.ts'
import { readPrintedName } from './printed-name.ts'
import { type Fault, printable, Tally } from './tally.ts'
import { readVectors, selected } from './vectors.ts'
import type { Witnessed } from './witness.ts'

interface Attribute {
  readonly type: string
  readonly asn1: string
  readonly value: string | null
  readonly value_hex: string | null
}

interface IdentityVector {
  readonly id: string
  readonly trusted_certs: readonly string[]
  readonly untrusted_intermediates: readonly string[]
  readonly peer_certificate: string
  readonly peer_certificate_key: string
  readonly expect: string
  readonly must_not_gain_identity_of: readonly string[]
  /** From the outermost, as in DER. */
  readonly rdns?: readonly (readonly Attribute[])[]
}

interface IdentitySet {
  readonly ca_cert: string
  readonly partner_ca_cert: string
  readonly victim_dn: string
  readonly vectors: IdentityVector[]
}

/** One way of naming clients, and what the victim is called in it. */
interface Policy extends Omit<ManyOptions, 'routes'> {
  readonly name: 'dn' | 'cn' | 'cn-every-dialect' | 'san'
}

interface Seen {
  readonly vector: IdentityVector
  readonly policy: Policy
  readonly any: Answer
  readonly admin: Answer
  readonly upstream: readonly Witnessed[]
}

const ROUTES = `
  - { name: admin, path: /admin/**, allow: [admin], upstream: recorder }
  - { name: any, path: /any/**, allow: [authenticated], upstream: recorder }`

const EVERY_DIALECT = `
  styles: [plain, xfcc, rfc9440, nginx, traefik, opensearch, kube, { couchdb: { secret: s3cret } }, grafana]
  custom: { X-Special: "{name}" }`

const PLAIN_NAMES = /^(?:host|connection|x-request-id|x-forwarded-(?:user|groups|roles|for|proto|host)|x-client-cert-(?:dn|fingerprint))$/i

/** Types that Java, and so OpenSearch, has no word for. */
const OIDS = new Map([
  ['unstructuredName', '1.2.840.113549.1.9.2'],
  ['description', '2.5.4.13'],
])

/** Words of OpenSSL for which Java has others. */
const WORDS = new Map([
  ['emailAddress', 'EMAILADDRESS'],
  ['serialNumber', 'SERIALNUMBER'],
  ['SN', 'SURNAME'],
  ['GN', 'GIVENNAME'],
  ['title', 'T'],
  ['street', 'STREET'],
  ['dnQualifier', 'DNQ'],
])

const lifetime = fileLifetime()

function policies(victimDn: string): Policy[] {
  const auth = (config: string): string => `
  domains:
    certificates:
      order: 1
      http_authenticator: { type: clientcert, challenge: false, config: { ${config} } }
      authentication_backend: { type: noop }`
  const mapping = (user: string): string => `admin:\n  users: [${JSON.stringify(user)}]\n  issuers: ["CN=Vector Client CA,O=Vector Lab"]\n`
  return [
    { name: 'dn', auth: auth(''), rolesMapping: mapping(victimDn) },
    { name: 'cn', auth: auth('username_attribute: cn'), rolesMapping: mapping('admin') },
    { name: 'cn-every-dialect', auth: auth('username_attribute: cn'), rolesMapping: mapping('admin'), identityHeaders: EVERY_DIALECT },
    { name: 'san', auth: auth('username_attribute: "san:uniformResourceIdentifier"'), rolesMapping: mapping('spiffe://lab/ns/a/sa/admin') },
  ]
}

for (const index of [0, 1, 2, 3]) {
  test(`identity-certs, policy ${index + 1} of 4`, async (t) => {
    const set = readVectors<IdentitySet>(t, 'identity-certs')
    if (set === null) return
    const policy = policies(set.victim_dn)[index] as Policy
    const tally = new Tally('identity-certs')
    const listeners = await startListeners(
      lifetime,
      [
        { ca: [set.ca_cert], lists: [] },
        { ca: [set.ca_cert, set.partner_ca_cert], lists: [] },
      ],
      { ...policy, routes: ROUTES },
    )
    const seen: Seen[] = []
    const cases = set.vectors.filter(({ id }) => selected(id))
    await inParallel([...cases.entries()], 6, async ([number, vector]) => {
      seen.push(await show(listeners, policy, vector, number))
    })
    const known = new Map<string, string>()
    for (const one of seen) tally.add({ ...outcomeOf(one, known), binding: 'must' })
    const audit = await listeners.audit()
    const handshakes = seen.filter(({ any }) => any.status === 0).length
    if (audit.length !== 2 * (seen.length - handshakes))
      tally.fail(`${audit.length} lines in the audit, ${seen.length - handshakes} certificates answered`)
    const accepted = seen.filter(({ any }) => any.status === 200).length
    t.diagnostic(`policy ${policy.name}: ${accepted} accepted, ${handshakes} refused in the handshake`)
    tally.finish(t)
  })
}

async function show(listeners: ManyListeners, policy: Policy, vector: IdentityVector, number: number): Promise<Seen> {
  const port = listeners.ports[vector.trusted_certs.length - 1] as number
  const chain = [vector.peer_certificate, ...vector.untrusted_intermediates]
  const shown = { port, chain, key: vector.peer_certificate_key, version: 'TLSv1.3' } as const
  const any = await askWith(shown, `/any/${number}`)
  const admin = await askWith(shown, `/admin/${number}`)
  const upstream = listeners.witness.requests.filter(({ target }) => target === `/any/${number}` || target === `/admin/${number}`)
  return { vector, policy, any, admin, upstream }
}

function outcomeOf(seen: Seen, known: Map<string, string>) {
  const { vector, policy, any, admin, upstream } = seen
  const invariants: Fault[] = upstream.flatMap((request) => headFaults(request, policy))
  const expectations: Fault[] = []
  const reached = `/any ${any.status}${any.error} ${printable(any.body, 300)}; /admin ${admin.status}; upstream ${upstream.map(({ head }) => printable(head, 900)).join(' and ') || 'nothing'}`
  const complain = (expected: string): void => void expectations.push({ expected, reached })
  const gained = admin.status === 200 || upstream.some((request) => request.values('x-forwarded-roles').join().includes('admin'))
  const may = mayGain(vector, policy)
  if (gained && !may) invariants.push({ expected: "not the victim's role", reached })
  if (upstream.length !== [any, admin].filter(({ status }) => status === 200).length) complain('answers from the upstream only')
  if (vector.expect === 'reject' && (any.status === 200 || upstream.length > 0)) complain('refused')
  if (vector.expect === 'accept_exact' && policy.name !== 'san' && !(any.status === 200 && gained))
    complain("accepted, with the victim's role")
  if (any.status === 200) {
    const user = decodeURIComponent(upstream[0]?.values('x-forwarded-user')[0] ?? '')
    const exact = exactName(vector, policy, user)
    if (!exact) complain('a name that is exactly the one in the certificate')
    const key = keyOf(vector, policy)
    if ((known.get(user) ?? key) !== key) complain(`a name of its own: ${JSON.stringify(user)} is also ${known.get(user)}`)
    known.set(user, key)
  }
  return { id: `${vector.id} [${policy.name}]`, sent: printable(vector.peer_certificate, 120), invariants, expectations }
}

/** A strict head with nothing in it that the gateway does not write. */
function headFaults(request: Witnessed, policy: Policy): Fault[] {
  const problems = [...request.problems]
  if (request.values('x-forwarded-user').length !== 1) problems.push('not exactly one X-Forwarded-User')
  if (policy.name !== 'cn-every-dialect') for (const [name] of request.headers) if (!PLAIN_NAMES.test(name)) problems.push(`header ${name}`)
  return problems.map((problem) => ({ expected: `a head of the gateway's own lines: ${problem}`, reached: printable(request.head, 1500) }))
}

/** Whether this certificate says what the policy gives the role to. */
function mayGain(vector: IdentityVector, { name }: Policy): boolean {
  if (vector.expect === 'reject' || vector.expect.startsWith('policy')) return false
  if (name === 'san') return false
  if (name === 'dn') return !vector.must_not_gain_identity_of.includes('admin')
  return commonName(vector) === 'admin'
}

/** The most specific one. */
function commonName({ rdns = [] }: IdentityVector): string | null {
  const attribute = rdns.flat().findLast(({ type }) => type === 'CN')
  return attribute === undefined ? null : textOf(attribute)
}

/** As text; what is not text, as its bytes in Latin-1. */
function textOf({ value, value_hex: hex }: Attribute): string {
  return value ?? Buffer.from(hex ?? '', 'hex').toString('latin1')
}

function keyOf(vector: IdentityVector, { name }: Policy): string {
  if (name === 'cn' || name === 'cn-every-dialect') return commonName(vector) ?? ''
  // An RDN is a set: in whatever order it was encoded, it is the same name.
  return JSON.stringify(
    (vector.rdns ?? []).map((rdn) => rdn.map((attribute) => JSON.stringify([attribute.type, textOf(attribute)])).sort()),
  )
}

function exactName(vector: IdentityVector, { name }: Policy, user: string): boolean {
  if (name === 'san') return user.length > 0
  if (name !== 'dn') return user === commonName(vector)
  const printed = readPrintedName(user)
  const wanted = [...(vector.rdns ?? [])].reverse()
  return (
    printed.length === wanted.length &&
    printed.every((rdn, index) => {
      const left = [...(wanted[index] ?? [])]
      for (const [type, value] of rdn) {
        const at = left.findIndex((attribute) => isPrintedAs(attribute, type, value))
        if (at < 0) return false
        left.splice(at, 1)
      }
      return left.length === 0
    })
  )
}

/** Values that are no text are printed as `#` and their DER in hex (RFC 4514 section 2.4). */
function isPrintedAs(attribute: Attribute, type: string, value: string): boolean {
  const named = type === (WORDS.get(attribute.type) ?? attribute.type) || type === `OID.${OIDS.get(attribute.type) ?? attribute.type}`
  const same =
    value === textOf(attribute) || (attribute.value === null && /^#[0-9a-f]{4,}$/.test(value) && value.endsWith(attribute.value_hex ?? '?'))
  return named && same
}
