import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conflicts, emittedNames, identityHeaderProblems } from '../../../../src/gateway/headers/conflicts.ts'
import { settings } from './fixture.ts'

test('emittedNames lists what can be written, once each', () => {
  assert.deepEqual(emittedNames(settings(['opensearch', 'grafana'], { custom: new Map([['X-User', '{name}']]), forwarded: true })), [
    'x-proxy-user',
    'x-proxy-roles',
    'X-WEBAUTH-USER',
    'X-User',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'Forwarded',
  ])
})

test('plain and oauth2 agree on the user and differ on the groups', () => {
  assert.deepEqual(conflicts(settings(['plain', 'oauth2'])), [{ name: 'X-Forwarded-Groups', first: 'plain', second: 'oauth2' }])
  assert.deepEqual(conflicts(settings([{ style: 'plain', options: { groups: '' } }, 'oauth2'])), [])
})

test('names that an upstream may confuse conflict too', () => {
  assert.deepEqual(conflicts(settings(['plain'], { custom: new Map([['X_Forwarded_User', '{name}']]) })), [
    { name: 'X_Forwarded_User', first: 'plain', second: 'custom' },
  ])
  assert.deepEqual(conflicts(settings(['plain'], { custom: new Map([['x-forwarded-user', '{name}']]) })), [])
})

test('every other pair of styles gets along', () => {
  assert.deepEqual(conflicts(settings(['plain', 'xfcc', 'rfc9440', 'nginx', 'traefik', 'opensearch', 'kube', 'couchdb', 'grafana'])), [])
})

test('problems say which key is wrong and what would be right', () => {
  const of = (...given: Parameters<typeof settings>) => identityHeaderProblems(settings(...given)).join('\n')
  assert.equal(of(['plain']), '')
  assert.match(
    of(['plain', 'oauth2']),
    /^styles: plain and oauth2 write X-Forwarded-Groups differently; rename it in one of them, or set it to "" there$/,
  )
  assert.match(of(['plain', 'plain']), /^styles: plain is listed twice$/)
  assert.match(of([{ style: 'plain', options: { usr: 'X' } }]), /plain has no option "usr"; it has user, groups/)
  assert.match(of([{ style: 'plain', options: { __proto__x: '' } }]), /has no option/)
  assert.match(of([{ style: 'plain', options: { user: 'X User' } }]), /plain\.user: "X User" is not a header name/)
  assert.match(of([{ style: 'plain', options: { user: 'Host' } }]), /Host is written by certgate itself/)
  assert.match(of([{ style: 'plain', options: { separator: ', ' } }]), /plain\.separator: must be one punctuation character/)
  assert.match(of([{ style: 'plain', options: { separator: '%' } }]), /plain\.separator/)
  assert.match(of([{ style: 'xfcc', options: { mode: 'always' } }]), /"always" is not one of sanitize_set, append_forward/)
  assert.match(of([{ style: 'xfcc', options: { set: 'subject,ip' } }]), /"ip" is not one of subject/)
  assert.match(of([{ style: 'couchdb', options: { secret: '' } }]), /couchdb\.secret: must be text/)
  assert.match(of([], { custom: new Map([['Content-Length', '1']]) }), /^custom: Content-Length is written by certgate itself/)
  assert.match(of([], { custom: new Map([['X-A', '{who}']]) }), /^custom: the template of X-A has no placeholder \{who\}/)
  assert.match(of([], { custom: new Map([['X-A: b\r\nX-B', 'c']]) }), /^custom: .* is not a header name/)
  assert.match(of([], { trustedHops: ['10.0.0.0/33'] }), /^trusted_hops: "10\.0\.0\.0\/33" is not an IP address or CIDR range$/)
})
