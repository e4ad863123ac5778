import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HeaderStyle } from '../../../../src/config/settings.ts'
import { emittedNames } from '../../../../src/gateway/headers/conflicts.ts'
import { STYLE_OPTIONS } from '../../../../src/gateway/headers/options.ts'
import { compileStripNames, fold } from '../../../../src/gateway/headers/strip-names.ts'
import { FULL_OPTIONS, settings } from './fixture.ts'

const NONE = compileStripNames(settings([]))
const isStripped = (strip: ReturnType<typeof compileStripNames>, folded: string) =>
  strip.exact.includes(folded) || strip.prefixes.some((prefix) => folded.startsWith(prefix))
const stripped = (name: string) => isStripped(NONE, fold(name))

test('names fold as upstreams confuse them', () => {
  assert.equal(fold('X_Forwarded.User'), 'x-forwarded-user')
  assert.equal(fold('_opendistro_security_user'), '-opendistro-security-user')
  assert.equal(fold('X~Remote~User'), 'x-remote-user')
})

test('everything that any style can emit is stripped while no style is on', () => {
  for (const style of Object.keys(STYLE_OPTIONS) as HeaderStyle[]) {
    for (const name of emittedNames(settings([{ style, options: FULL_OPTIONS[style] }], { forwarded: true })))
      assert.ok(stripped(name), name)
  }
})

test('the list of DESIGN section 10', () => {
  for (const name of [
    'X-Forwarded-For',
    'X-Forwarded-Anything',
    'Forwarded',
    'X-Real-IP',
    'X-Remote-User',
    'X-Proxy-User',
    'X-Auth-CouchDB-Token',
    'X-WEBAUTH-USER',
    'X-SSL-Client-Verify',
    'X-Client-Cert-DN',
    'Client-Cert',
    'Client-Cert-Chain',
    'X-Forwarded-Client-Cert',
    '_opendistro_security_user',
    'X-Certgate-Jwt-Assertion',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
  ]) {
    assert.ok(stripped(name), name)
    assert.ok(stripped(name.replaceAll('-', '_')), `${name} with underscores`)
    assert.ok(stripped(`HTTP_${name.replaceAll('-', '_')}`), `${name} as CGI has it`)
  }
})

test('the certificate of a client as other terminators of TLS pass it on', () => {
  for (const name of [
    'X-ARR-ClientCert',
    'X-Amzn-Mtls-Clientcert',
    'X-Amzn-Mtls-Clientcert-Subject',
    'WL-Proxy-Client-Cert',
    'WL-Proxy-SSL',
    'Cf-Client-Cert-Der-Base64',
    'X-Tls-Client-Cert',
    'X-ClientCert',
  ]) {
    assert.ok(stripped(name), name)
    assert.ok(stripped(name.replaceAll('-', '_')), `${name} with underscores`)
    assert.ok(stripped(`HTTP_${name.replaceAll('-', '_')}`), `${name} as CGI has it`)
  }
})

test('ordinary headers pass', () => {
  for (const name of [
    'Host',
    'Accept',
    'Authorization',
    'Cookie',
    'Content-Type',
    'X-Request-Id',
    'X-Requested-With',
    'X-ClickHouse-User',
    'X-Auth-Token',
    'HTTP-Referer',
    'HTTP2-Settings',
    'Origin',
    'Prefer',
    '__proto__',
  ]) {
    assert.equal(stripped(name), false, name)
  }
})

test('renamed and custom headers and strip lists are stripped as well', () => {
  const renamed = settings([{ style: 'plain', options: { user: 'Whoami' } }], { custom: new Map([['Legacy.User', '{name}']]) })
  const strip = compileStripNames(renamed, ['X_Internal'])
  for (const name of ['whoami', 'legacy_user', 'HTTP_LEGACY_USER', 'X-Internal']) assert.ok(isStripped(strip, fold(name)), name)
})

test('an exact name that a prefix covers is not listed again', () => {
  assert.equal(
    NONE.exact.some((name) => NONE.prefixes.some((prefix) => name.startsWith(prefix))),
    false,
  )
})
