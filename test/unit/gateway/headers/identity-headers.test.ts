import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HeaderStyle } from '../../../../src/config/settings.ts'
import { CertgateError } from '../../../../src/errors.ts'
import { compileIdentityHeaders } from '../../../../src/gateway/headers/identity-headers.ts'
import { STYLE_OPTIONS } from '../../../../src/gateway/headers/options.ts'
import { FULL_OPTIONS, headersOf, hostile, identity, settings, subject } from './fixture.ts'

const STYLES = Object.keys(STYLE_OPTIONS) as HeaderStyle[]

const HOSTILE: readonly string[] = [
  'a\r\nX-Forwarded-Roles: admin',
  'a\nb',
  'a\rb',
  'a\0b',
  'a\x0b\x0c\x1b\x7f\x85',
  '\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n',
  '%0d%0aX-Forwarded-Roles: admin',
  '"; By=spiffe://t/admin',
  'bob\\',
  'x;admin',
  'x|admin',
  'x=admin',
  ' lead and tail ',
  'Jürgen \u2028 😀 \ufeff',
  '\ud800',
  '{name}',
  '__proto__',
  '<script>alert(1)</script>',
]

function allStyles(name: string) {
  return STYLES.map((style) => ({
    style,
    headers: compileIdentityHeaders(
      settings([{ style, options: FULL_OPTIONS[style] }], {
        custom: new Map([['X-All', '{name} {dn} {roles} {backend_roles} {issuer} {email} {san:dNSName}']]),
        forwarded: true,
      }),
    ),
    label: `${style} with ${JSON.stringify(name).slice(0, 60)}`,
  }))
}

test('no value a certificate can hold adds a line or a byte that is not printable ASCII', () => {
  for (const name of HOSTILE) {
    for (const { headers, label } of allStyles(name)) {
      const of = hostile(name)
      const block = headers.block(of)
      if ('unusable' in block) continue
      const lines = block.lines + headers.hostLines(of, 'db.example')
      assert.match(lines, /^(?:[A-Za-z0-9_.-]+: [!-~](?:[ -~]*[!-~])?\r\n)+$/, label)
      const benign = headers.block(hostile('bob'))
      assert.ok('lines' in benign)
      assert.equal(block.lines.split('\r\n').length + dropped(block.dropped), benign.lines.split('\r\n').length, label)
    }
  }
})

/** kube sends a line an item, so each dropped group is a line less. */
function dropped(items: readonly string[]): number {
  return items.filter((item) => item.startsWith('kube: ')).length
}

test('only what cannot be told apart afterwards is unusable', () => {
  const unusable = (name: string) =>
    STYLES.filter((style) => 'unusable' in compileIdentityHeaders(settings([style])).block(subject({ identity: identity({ name }) })))
  assert.deepEqual(unusable('x,admin'), ['opensearch', 'kube', 'oauth2', 'couchdb'])
  assert.deepEqual(unusable(''), STYLES)
  assert.deepEqual(unusable('\ud800'), STYLES)
  assert.deepEqual(unusable('a\r\nb'), [])
})

test('different hostile names never give the same user header', () => {
  const headers = compileIdentityHeaders(settings(['plain']))
  const names = ['a\r\n', 'a%0D%0A', 'a%250D%250A', ' a', '%20a', 'ü', 'u\u0308', 'a', 'A']
  const seen = names.map((name) => {
    const block = headers.block(subject({ identity: identity({ name }) }))
    return 'lines' in block ? headersOf(block.lines).get('X-Forwarded-User') : ''
  })
  assert.equal(new Set(seen).size, names.length)
})

test('an identity that no head could carry is unusable, not cut', () => {
  const block = compileIdentityHeaders(settings(['plain'])).block(hostile('\n'.repeat(60_000)))
  assert.deepEqual(block, { unusable: 'the identity does not fit into request headers' })
})

test('what an append_forward element cannot hold is unusable before anything is forwarded', () => {
  const headers = compileIdentityHeaders(settings([{ style: 'xfcc', options: { mode: 'append_forward' } }]))
  assert.ok('unusable' in headers.block(hostile('\n'.repeat(60_000))))
})

test('a header that two styles write alike is sent once', () => {
  const headers = compileIdentityHeaders(
    settings([{ style: 'plain', options: { groups: '' } }, 'oauth2'], { custom: new Map([['X-FORWARDED-USER', '{name}']]) }),
  )
  const block = headers.block(subject())
  assert.ok('lines' in block)
  assert.equal(block.lines.match(/^x-forwarded-user:/gim)?.length, 1)
  assert.equal(headersOf(block.lines).get('X-Forwarded-Email'), 'alice@t.example')
})

test('unusable settings do not compile', () => {
  assert.throws(
    () => compileIdentityHeaders(settings(['plain', 'oauth2'])),
    (error) => {
      assert.ok(error instanceof CertgateError)
      assert.equal(error.code, 'config_invalid')
      assert.match(error.message, /^identity_headers\.styles: plain and oauth2 write X-Forwarded-Groups differently/)
      return true
    },
  )
})
