import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { readCertificate } from '../../../src/identity/certificate.ts'
import { nameEquals } from '../../../src/identity/name-equal.ts'
import { parseName } from '../../../src/identity/name-parse.ts'
import { printName } from '../../../src/identity/name-print.ts'
import { selfSigned } from '../../support/authority.ts'
import { NAME_PIECES } from '../../support/name-pieces.ts'
import type { AttributeSpec, StringType } from '../../support/subject.ts'

const types = ['CN', 'OU', 'O', 'UID', 'DC', 'EMAILADDRESS', 'SURNAME', 'ST', '1.2.3.4', '1.2.840.113549.1.9.2']
const encodings: StringType[] = ['utf8', 'bmp', 'universal']

let state = 7
function pick<T>(list: readonly T[]): T {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
  return list[(state >>> 8) % list.length] as T
}

function randomAttribute(): AttributeSpec {
  const text = Array.from({ length: pick([1, 1, 2, 3, 5]) }, () => pick(NAME_PIECES)).join('')
  // OpenSSL forgets to escape a '#' that stands alone.
  const value = text === '#' ? '#a' : text
  const encoding = pick(encodings)
  // OpenSSL holds a BMPString to the Basic Multilingual Plane.
  return { type: pick(types), value, encoding: encoding === 'bmp' && value.includes('😀') ? 'utf8' : encoding }
}

function randomSubject(): (AttributeSpec | AttributeSpec[])[] {
  return Array.from({ length: pick([1, 2, 3, 4]) }, () =>
    pick([0, 0, 0, 1]) === 1 ? [randomAttribute(), randomAttribute()] : randomAttribute(),
  )
}

test('what OpenSSL prints of a name parses to the very name that we read', async (t) => {
  if (spawnSync('openssl', ['version']).error) return t.skip('openssl is not installed')
  const { key } = await selfSigned()
  for (let i = 0; i < 40; i++) {
    const { der, certificate } = await selfSigned({ key, subject: randomSubject() })
    const facts = readCertificate(der)
    const output = execFileSync('openssl', ['x509', '-noout', '-subject', '-nameopt', 'RFC2253'], { input: certificate, encoding: 'utf8' })
    const printed = output.replace(/^subject=/, '').replace(/\n$/, '')
    const theirs = parseName(printed)
    assert(nameEquals(theirs, facts.subject), `${printed} | ${facts.dn}`)
    assert.equal(printName(theirs), facts.dn)
    assert(nameEquals(parseName(facts.dn), facts.subject), facts.dn)
  }
})

test('every name that we print parses back to itself, and no two print the same', async () => {
  const { key } = await selfSigned()
  const seen = new Map<string, string>()
  for (let i = 0; i < 100; i++) {
    const { der } = await selfSigned({ key, subject: randomSubject() })
    const { subject, dn } = readCertificate(der)
    const parsed = parseName(dn)
    assert(nameEquals(parsed, subject), dn)
    assert.equal(printName(parsed), dn)
    const sorted = JSON.stringify(subject.map((rdn) => rdn.map((attribute) => JSON.stringify(attribute)).sort()))
    assert.equal(seen.get(dn) ?? sorted, sorted)
    seen.set(dn, sorted)
  }
  assert(seen.size > 80)
})
