import assert from 'node:assert/strict'
import { test } from 'node:test'
import { templateProblem } from '../../../../src/gateway/headers/custom.ts'
import { compileIdentityHeaders } from '../../../../src/gateway/headers/identity-headers.ts'
import { headersOf, identity, settings, subject } from './fixture.ts'

function render(template: string, of = subject()): string | undefined {
  const block = compileIdentityHeaders(settings([], { custom: new Map([['X-Custom', template]]) })).block(of)
  assert.ok('lines' in block)
  return headersOf(block.lines).get('X-Custom')
}

test('every placeholder', () => {
  assert.equal(render('{name}'), 'alice')
  assert.equal(render('{dn}'), 'CN=alice,OU=ops,O=T')
  assert.equal(render('{roles}'), 'metrics,readall')
  assert.equal(render('{backend_roles}'), 'ops,staff')
  assert.equal(render('{fingerprint}'), '5e'.repeat(32))
  assert.equal(render('{issuer}'), 'CN=T Client CA,O=T')
  assert.equal(render('{serial}'), '0A1B')
  assert.equal(render('{email}'), 'alice@t.example')
  assert.equal(render('{san:uniformResourceIdentifier}'), 'spiffe://t/alice')
  assert.equal(render('{san:DNSNAME}'), 'alice.t.example')
})

test('text around placeholders, and text alone', () => {
  assert.equal(render('Bearer {name}@corp'), 'Bearer alice@corp')
  assert.equal(render('static'), 'static')
})

test('what separates two placeholders cannot occur inside one', () => {
  const of = subject({ identity: identity({ name: 'a;roles=admin' }) })
  assert.equal(render('user={name};roles={roles}', of), 'user=a%3Broles%3Dadmin;roles=metrics,readall')
})

test('a list of one item still escapes the separator', () => {
  assert.equal(render('{backend_roles}', subject({ identity: identity({ backendRoles: ['x,admin'] }) })), 'x%2Cadmin')
})

test('a header whose claims are all empty is not sent', () => {
  assert.equal(render('{name}', subject({ identity: null })), undefined)
  assert.equal(render('<{email}>', subject({ certificate: null })), undefined)
  assert.equal(render('{name}/{email}', subject({ certificate: null })), 'alice/')
  assert.equal(render('{san:registeredID}'), undefined)
})

test('templates that cannot be used say why', () => {
  assert.match(templateProblem('{nme}') ?? '', /no placeholder \{nme\}; there are \{name\} \{dn\}/)
  assert.match(templateProblem('{san:bogus}') ?? '', /no placeholder \{san:bogus\}/)
  assert.match(templateProblem('{__proto__}') ?? '', /no placeholder/)
  assert.match(templateProblem('{name}{dn}') ?? '', /punctuation between/)
  assert.match(templateProblem('{name}and{dn}') ?? '', /punctuation between/)
  assert.match(templateProblem('{name') ?? '', /belongs to no placeholder/)
  assert.match(templateProblem('a\r\nX: b') ?? '', /printable ASCII/)
  assert.match(templateProblem('') ?? '', /empty/)
  assert.match(templateProblem(' a') ?? '', /space/)
  assert.equal(templateProblem('{name} <{email}>'), null)
})
