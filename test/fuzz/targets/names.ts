import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { UnreadableCertificateError } from '../../../src/errors.ts'
import { readCertificate } from '../../../src/identity/certificate.ts'
import { ExpressionError } from '../../../src/identity/expression-error.ts'
import { nameEquals } from '../../../src/identity/name-equal.ts'
import { parseName } from '../../../src/identity/name-parse.ts'
import { printName } from '../../../src/identity/name-print.ts'
import type { CertificateFacts, Name, San } from '../../../src/identity/types.ts'
import { toPem } from '../../support/der.ts'
import { NAME_PIECES } from '../../support/name-pieces.ts'
import type { AttributeSpec, StringType } from '../../support/subject.ts'
import { certificateOf, certificateSeeds } from '../certificate-seeds.ts'
import { mutateDer } from '../der-mutate.ts'
import { Finding } from '../finding.ts'
import { mutateBytes } from '../mutate.ts'
import type { Random } from '../random.ts'
import { BOUNDS, type Outcome, type Target } from '../target.ts'

const TYPES = ['CN', 'OU', 'O', 'UID', 'DC', 'EMAILADDRESS', 'SURNAME', 'ST', 'C', '1.2.3.4', '2.999.1', '2.5.4.41']
const PIECES = [...NAME_PIECES, '\ufeff', '\x7f']
const ENCODINGS: readonly StringType[] = ['utf8', 'utf8', 'bmp', 'universal', 't61', 'printable', 'ia5']
const NAMES = [
  'DNS:a.example',
  'DNS:a,b',
  'DNS:"x"',
  'DNS:',
  'DNS:*.a',
  'URI:spiffe://a/b',
  'URI:x, DNS:y',
  'email:a@b',
  'IP:1.2.3.4',
  'IP:::1',
  'IP:1:0:0:2::3',
  'dirName:CN=a\\,b,O=c',
  'RID:1.2.3.4',
  'UPN:a@b',
  'UPN:#x',
]
/** `openssl x509` for one accepted input in so many: a process costs a thousand of our readings. */
const EVERY = 250

let accepted = 0
let withProgram = 0
let compared = 0
let sansCompared = 0
let program: boolean | null = null

/** DNs and SANs beside OpenSSL's own printing, as Node gives it, and that of the program now and then. */
export const names: Target = {
  name: 'names',
  promise: 'names of certificates are read as OpenSSL prints them, or refused, and what we print parses back to the same name',
  bounds: BOUNDS,
  words: [],
  seeds: certificateSeeds,
  generate: (random) =>
    certificateOf(
      subject(random),
      random.list(random.of([0, 0, 1, 3]), () => random.of(NAMES)),
    ),
  mutate: (input, random) => mutateDer(input, random) ?? mutateBytes(input, input, [], random),
  run,
  counters: () => ({
    "subjects and issuers compared with OpenSSL's printing": compared,
    'SAN lists compared': sansCompared,
    "of them with the program's, RFC 2253": withProgram,
  }),
}

function subject(random: Random): (AttributeSpec | AttributeSpec[])[] {
  const attribute = (): AttributeSpec => ({
    type: random.of(TYPES),
    value: random.list(random.of([0, 1, 1, 2, 3, 5]), () => random.of(PIECES)).join(''),
    encoding: random.of(ENCODINGS),
  })
  return random.list(random.of([0, 1, 2, 4]), () => (random.chance(20) ? [attribute(), attribute()] : attribute()))
}

function run(input: Buffer): Outcome {
  let facts: CertificateFacts
  try {
    facts = readCertificate(input)
  } catch (error) {
    if (error instanceof UnreadableCertificateError) return `refused ${error.message.replace(/\d+/g, 'N').replace(/0x\w+/g, 'X')}`
    throw error
  }
  for (const [name, dn] of [
    [facts.subject, facts.dn],
    [facts.issuer, facts.issuerDn],
  ] as const)
    roundTrip(name, dn)
  const theirs = openssl(input)
  if (theirs !== null) {
    sameName('subject', facts.subject, theirs.subject)
    sameName('issuer', facts.issuer, theirs.issuer)
    sameSans(facts.sans, theirs.subjectAltName)
    if (accepted++ % EVERY === 0) sameAsProgram(facts, input)
  }
  const kinds = facts.subject.map((rdn) => rdn.map(({ encoded }) => (encoded ? 'e' : 's')).join('')).slice(0, 4)
  return `accepted${theirs === null ? ' here alone' : ''} ${kinds} ${[...new Set(facts.sans.map(({ type }) => type))]}`
}

function openssl(der: Buffer): X509Certificate | null {
  try {
    return new X509Certificate(der)
  } catch {
    return null
  }
}

function roundTrip(name: Name, dn: string): void {
  if (name.length === 0) return
  let parsed: Name
  try {
    parsed = parseName(dn)
  } catch (error) {
    if (error instanceof ExpressionError) throw new Finding('a printed name does not parse', `${JSON.stringify(dn)}: ${error.message}`)
    throw error
  }
  if (!nameEquals(parsed, name)) throw new Finding('a printed name parses to another', JSON.stringify({ dn, parsed, name }))
  if (printName(parsed) !== dn) throw new Finding('a parsed name prints otherwise', `${dn} and ${printName(parsed)}`)
}

/** Node's lines are RDNs in DER order, escaped as RFC 2253 says; types that have no word of ours cannot be compared. */
function sameName(what: string, own: Name, printed: string | undefined): void {
  if (printed === undefined || own.length === 0) return
  // OpenSSL prints what is no string as if it were one, and forgets to escape a '#' that stands alone.
  if (own.flat().some(({ encoded, value }) => encoded || value === '#')) return
  const text = printed.split('\n').reverse().join(',')
  let theirs: Name
  try {
    theirs = parseName(text)
  } catch (error) {
    if (error instanceof ExpressionError && error.message.includes('is not known')) return
    throw new Finding(`OpenSSL's ${what} does not parse`, `${JSON.stringify(text)}, here ${JSON.stringify(own)}`)
  }
  compared++
  if (!nameEquals(theirs, own)) throw new Finding(`${what} differs`, `here ${JSON.stringify(own)}, there ${JSON.stringify(printed)}`)
}

const SAN = /(DNS|URI|email|IP Address|DirName|Registered ID|othername|X400Name|EdiPartyName):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/y
const KINDS = new Map<string, San['type']>([
  ['DNS', 'dNSName'],
  ['URI', 'uniformResourceIdentifier'],
  ['email', 'rfc822Name'],
  ['IP Address', 'iPAddress'],
])

/** Names, mail addresses, URIs and addresses, in their order. */
function sameSans(own: readonly San[], printed: string | undefined): void {
  const theirs: string[] = []
  SAN.lastIndex = 0
  const text = printed ?? ''
  for (let match = SAN.exec(text); match !== null && match[0] !== ''; match = SAN.exec(text)) {
    const [, kind = '', raw = ''] = match
    const type = KINDS.get(kind)
    const value = raw.startsWith('"') ? (JSON.parse(raw) as string) : raw
    if (type !== undefined) theirs.push(`${type}:${type === 'iPAddress' ? plainAddress(value) : value}`)
    if (SAN.lastIndex === text.length) break
  }
  const types = new Set(KINDS.values())
  const ours = own
    .filter(({ type }) => types.has(type))
    .map(({ type, value }) => `${type}:${type === 'iPAddress' ? plainAddress(value) : value}`)
  // OpenSSL takes a list that it cannot read for none, and then refuses the certificate whatever it is for.
  if (printed === undefined) return
  sansCompared++
  if (JSON.stringify(ours) !== JSON.stringify(theirs))
    throw new Finding('SANs differ', `here ${JSON.stringify(own)}, there ${JSON.stringify(printed)}`)
}

/** All groups, without leading zeros, in lower case. */
function plainAddress(text: string): string {
  if (!text.includes(':')) return text
  const [head = '', tail] = text.split('::')
  const groups = (part: string | undefined) => (part ? part.split(':') : [])
  const before = groups(head)
  const after = groups(tail)
  const zeros = tail === undefined ? [] : new Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}

function sameAsProgram({ subject: own, dn }: CertificateFacts, der: Buffer): void {
  program ??= spawnSync('openssl', ['version']).status === 0
  if (!program || own.flat().some(({ value }) => value === '#')) return
  const { stdout, status } = spawnSync('openssl', ['x509', '-noout', '-subject', '-nameopt', 'RFC2253'], {
    input: toPem('CERTIFICATE', der),
    encoding: 'utf8',
  })
  const printed = stdout.replace(/^subject=/, '').replace(/\n$/, '')
  if (status !== 0 || printed === '') return
  withProgram++
  const theirs = parseProgram(printed)
  if (theirs !== null && (!nameEquals(theirs, own) || printName(theirs) !== dn))
    throw new Finding("differs from the program's subject", `here ${dn}, there ${printed}`)
}

function parseProgram(printed: string): Name | null {
  try {
    return parseName(printed)
  } catch (error) {
    if (error instanceof ExpressionError && error.message.includes('is not known')) return null
    throw new Finding("the program's subject does not parse", printed)
  }
}
