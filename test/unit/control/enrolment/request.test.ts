import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialsOf, operationOf } from '../../../../src/control/enrolment/request.ts'

test('an operation is the last segment, after at most one label', () => {
  for (const [url, operation] of [
    ['/.well-known/est/cacerts', 'cacerts'],
    ['/.well-known/est/simpleenroll?x=1', 'simpleenroll'],
    ['/.well-known/est/my-Label.1_~/simplereenroll', 'simplereenroll'],
    ['/.well-known/est/cacerts/cacerts', 'cacerts'],
    ['/.well-known/est//cacerts', null],
    ['/.well-known/est/cacerts/', null],
    ['/.well-known/est/a/b/cacerts', null],
    ['/.well-known/est/a%2fb/cacerts', null],
    [`/.well-known/est/${'a'.repeat(65)}/cacerts`, null],
    ['/.well-known/est/CACERTS', null],
    ['/.well-known/est/constructor', null],
    ['/.well-known/est/', null],
    ['/.well-known/estcacerts', null],
    ['//host/.well-known/est/cacerts', null],
    ['', null],
  ] as const) {
    assert.equal(operationOf(url), operation, url)
  }
})

const credentialsIn = (authorization?: string) => credentialsOf(authorization === undefined ? {} : { authorization })

test('a token is the password of the user `token`, or a Bearer token; other names have passwords', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  assert.deepEqual(credentialsIn(basic('token:cge_a:b')), { kind: 'token', secret: 'cge_a:b' })
  assert.deepEqual(credentialsIn('bearer   cge_x'), { kind: 'token', secret: 'cge_x' })
  assert.deepEqual(credentialsIn(basic('alice:cge_x')), { kind: 'password', name: 'alice', password: 'cge_x' })
  assert.throws(() => credentialsIn(), { reason: 'credentials_missing', status: 401 })
  for (const header of [
    'Basic',
    'Basic !',
    basic('nocolon'),
    basic(':x'),
    'Bearer',
    'Bearer a b',
    `Bearer ${'x'.repeat(513)}`,
    'Digest x',
    '',
  ])
    assert.throws(() => credentialsIn(header), { reason: 'credentials_wrong', status: 401 }, header)
})

test('a client may say which name it expects of its token', () => {
  const expecting = (name: string, authorization = 'Bearer cge_x') => credentialsOf({ authorization, 'certgate-expected-name': name })
  assert.deepEqual(expecting('J%C3%BCrgen%20x'), { kind: 'token', secret: 'cge_x', expected: 'Jürgen x' })
  assert.ok(!('expected' in expecting('web', `Basic ${Buffer.from('alice:x').toString('base64')}`)))
  assert.throws(() => expecting('%zz'), { reason: 'request_refused', status: 400 })
})
