import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSans, encodeSan, MAX_NAMES, parseSan } from '../../../src/certificates/san.ts'
import { subjectOf } from '../../../src/certificates/subject-name.ts'
import { DerReader } from '../../../src/identity/der.ts'
import { readGeneralNames } from '../../../src/identity/general-name.ts'
import { readName } from '../../../src/identity/name-read.ts'
import * as der from '../../support/der.ts'

test('a common name of any script and shape is one value, exactly as it was given', () => {
  for (const name of [
    'x',
    '../x',
    'a,OU=x',
    'a/CN=admin',
    '#0c0161',
    '"q"',
    'Jürgen',
    'Αλίκη',
    '李雷',
    '🔒',
    ' x ',
    '*',
    'x'.repeat(64),
    '🔒'.repeat(64),
  ]) {
    const [rdn, ...others] = readName(new DerReader(subjectOf(name)).next('it'), 'it')
    assert.deepEqual([rdn, others], [[{ oid: '2.5.4.3', value: name }], []])
  }
})

test('a common name that is empty, too long, blank or not to be shown is refused, and said shortly', () => {
  const cases: readonly (readonly [name: string, message: RegExp])[] = [
    ['', /^the name is empty$/],
    ['x'.repeat(65), /has 65 characters$/],
    ['x'.repeat(10_000), /^the name 'x{40}\.\.\.' has 10000 characters$/],
    ['🔒'.repeat(65), /has 65 characters$/],
    ['a\0b', /cannot be shown/],
    ['a\nb', /cannot be shown/],
    ['a\u202eb', /cannot be shown/],
    ...[
      ...['\u200b', '\u00ad', '\u200c', '\u200d', '\u2060', '\ufeff', '\u034f', '\u061c', '\u115f'],
      ...['\u180e', '\u2800', '\u3164', '\ufe0f', '\u{e0041}'],
    ].map((invisible) => [`ad${invisible}min`, /that nobody sees/] as [string, RegExp]),
    ['\ud800', /not well-formed/],
    ['   ', /only blanks/],
  ]
  for (const [name, message] of cases) assert.throws(() => subjectOf(name), { code: 'issuance_refused', field: 'name', message })
})

test('names are read by their word, and without one as an address or host', () => {
  const cases = [
    ['a.test', 'dNSName', 'a.test'],
    ['Gate.Example', 'dNSName', 'gate.example'],
    ['*.a.test', 'dNSName', '*.a.test'],
    ['under_score.local', 'dNSName', 'under_score.local'],
    ['bücher.example', 'dNSName', 'xn--bcher-kva.example'],
    ['10.0.0.7', 'iPAddress', '10.0.0.7'],
    ['::1', 'iPAddress', '::1'],
    ['[fe80::1]', 'iPAddress', 'fe80::1'],
    ['dns:b.test', 'dNSName', 'b.test'],
    ['IP:10.0.0.7', 'iPAddress', '10.0.0.7'],
    ['uri:spiffe://trust.example/a/b?c=%20#d', 'uniformResourceIdentifier', 'spiffe://trust.example/a/b?c=%20#d'],
    ['email:o.hara+x@mail.example', 'rfc822Name', 'o.hara+x@mail.example'],
  ] as const
  for (const [text, type, value] of cases) assert.deepEqual(parseSan(text), { type, value }, text)
})

test('what is no name of its kind is refused', () => {
  const bad = [
    ...[
      '',
      'a b',
      'a..b',
      '-a.test',
      'a-.test',
      '*',
      '*.',
      '*.*.a',
      'a.*.b',
      'a.test.',
      '10.0.0.256',
      '1.2.3',
      'a/b',
      'a:1',
      'a\0b',
      `${'a'.repeat(64)}.test`,
    ],
    ...['ip:a.test', 'ip:fe80::1%eth0', 'ip:', 'dns:', 'dns:10.0.0.1', `dns:${'a.'.repeat(127)}a`],
    ...['uri:a', 'uri:http:', 'uri:http://a b', 'uri:http://ü', 'uri:http://a/%zz', `uri:http://a/${'x'.repeat(2048)}`],
    ...[
      'email:a',
      'email:@a.test',
      'email:a@',
      'email:a b@c.test',
      'email:.a@c.test',
      'email:a..b@c.test',
      'email:ü@c.test',
      'email:a@*.test',
      'email:a@b@c.test',
    ],
  ]
  for (const text of bad) assert.throws(() => parseSan(text), { code: 'issuance_refused', field: 'names' }, text)
})

test('a refusal quotes little of what it refuses', () => {
  assert.throws(
    () => parseSan(`x y${'z'.repeat(100_000)}`),
    (error: Error) => error.message.length < 120,
  )
})

test('names are written so that our own reader finds them again', () => {
  const texts = [
    'a.test',
    '10.0.0.7',
    '::1',
    '2001:db8::ff00:42:8329',
    '1:2:3:4:5:6:7:8',
    '::ffff:10.0.0.7',
    'uri:spiffe://t/a',
    'email:a@b.test',
  ]
  const encoded = der.sequence(...texts.map((text) => encodeSan(parseSan(text))))
  assert.deepEqual(
    readGeneralNames(new DerReader(encoded)).map(({ value }) => value),
    ['a.test', '10.0.0.7', '::1', '2001:db8::ff00:42:8329', '1:2:3:4:5:6:7:8', '::ffff:a00:7', 'spiffe://t/a', 'a@b.test'],
  )
})

test('names are kept once and in order, and are not too many', () => {
  assert.deepEqual(
    checkSans(['b.test', 'a.test', 'B.test']).map(({ value }) => value),
    ['b.test', 'a.test'],
  )
  assert.throws(() => checkSans(Array.from({ length: MAX_NAMES + 1 }, (_, index) => `h${index}.test`)), {
    field: 'names',
    message: /^there are 101 names/,
  })
})

test('kinds that are not issued are refused also when they come typed, as from a signing request', () => {
  assert.throws(() => checkSans([{ type: 'otherName', value: '1.3.6.1.4.1.311.20.2.3:admin@corp' }]), { field: 'names' })
})
