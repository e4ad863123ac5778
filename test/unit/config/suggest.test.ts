import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nearest } from '../../../src/config/suggest.ts'

const KEYS = ['certificate', 'clientauth_mode', 'client_ca', 'crl', 'names', 'default_name']

describe('nearest', () => {
  for (const [word, meant] of [
    ['certificat', 'certificate'],
    ['clientauth_mdoe', 'clientauth_mode'],
    ['clientAuthMode', 'clientauth_mode'],
    ['client-ca', 'client_ca'],
    ['opendistro_security.ssl.http.clientauth_mode', 'clientauth_mode'],
    ['clr', 'crl'],
    ['ocsp', undefined],
    ['x', undefined],
    ['', undefined],
  ] as const) {
    it(`${word} -> ${meant}`, () => assert.equal(nearest(word, KEYS), meant))
  }
  it('stays quick for a very long key', () => assert.equal(nearest('x'.repeat(1_000_000), KEYS), undefined))
})
