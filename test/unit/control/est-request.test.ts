import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialsOf, operationOf } from '../../../src/control/est-request.ts'

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

test('a token is the password of the user `token`, or a Bearer token; other names have passwords', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  assert.deepEqual(credentialsOf(basic('token:cge_a:b')), { kind: 'token', secret: 'cge_a:b' })
  assert.deepEqual(credentialsOf('bearer   cge_x'), { kind: 'token', secret: 'cge_x' })
  assert.deepEqual(credentialsOf(basic('alice:cge_x')), { kind: 'password', name: 'alice', password: 'cge_x' })
  assert.throws(() => credentialsOf(undefined), { reason: 'credentials_missing', status: 401 })
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
    assert.throws(() => credentialsOf(header), { reason: 'credentials_wrong', status: 401 }, header)
})
