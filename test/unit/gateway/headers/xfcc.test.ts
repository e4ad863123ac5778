import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileIdentityHeaders } from '../../../../src/gateway/headers/identity-headers.ts'
import { blockOf, certificate, headersOf, nameOf, settings, subject } from './fixture.ts'

const NAME = 'X-Forwarded-Client-Cert'
const HASH = '5e'.repeat(32)
const OWN = `Hash=${HASH};Subject="CN=alice,OU=ops,O=T";URI=spiffe://t/alice;DNS=alice.t.example`

const xfcc = (options: Readonly<Record<string, string>> = {}, of = subject()) => headersOf(blockOf('xfcc', options, of).lines).get(NAME)

function requestLine(mode: string, clientCert: string | null, of = subject()): string | undefined {
  const headers = compileIdentityHeaders(settings([{ style: 'xfcc', options: { mode } }]))
  assert.equal(headers.readsInbound(of), of.certificate !== null)
  return headersOf(headers.hostLines(of, 'h', { forwardedFor: null, forwardedProto: null, clientCert })).get(NAME)
}

test('By, Hash, Subject, URI and DNS in the order and form of Envoy', () => {
  assert.equal(xfcc({ by: 'spiffe://t/gateway' }), `By=spiffe://t/gateway;${OWN}`)
  assert.equal(xfcc(), OWN)
})

test('Cert and Chain are quoted, URL-encoded PEM', () => {
  const value = xfcc({ set: 'cert,chain' })
  const pem = '-----BEGIN%20CERTIFICATE-----%0AMIIBtest%2B%2Fleaf%3D%3D%0A-----END%20CERTIFICATE-----%0A'
  assert.equal(value, `Hash=${HASH};Cert="${pem}";Chain="${pem}${pem.replace('test%2B%2Fleaf', 'testissuer')}"`)
})

test('DNS and URI repeat, and separators inside them are quoted', () => {
  const sans = [
    { type: 'dNSName', value: 'a.test' },
    { type: 'dNSName', value: 'b;URI=spiffe://t/admin' },
    { type: 'uniformResourceIdentifier', value: 'urn:a,By="x"\\' },
  ] as const
  assert.equal(
    xfcc({ set: 'uri,dns' }, subject({ certificate: certificate({ sans }) })),
    `Hash=${HASH};URI="urn:a,By=\\"x\\"%5C";DNS=a.test;DNS="b;URI=spiffe://t/admin"`,
  )
})

test('a CN cannot end the Subject early, not even for a reader that only looks at the character before a quote', () => {
  for (const cn of ['bob,By=spiffe://lab/a;Hash=1;Subject="CN=admin"', 'bob\\', 'bob\\"', '"', '\\\\"']) {
    const value = xfcc({ set: 'subject,uri' }, subject({ certificate: certificate({ subject: nameOf(['CN', cn]), sans: [] }) })) as string
    const quoted = /^Hash=[0-9a-f]{64};Subject="(.*)"$/.exec(value)?.[1] as string
    assert.doesNotMatch(quoted, /(?<!\\)"/)
    assert.doesNotMatch(quoted, /\\$|\\\\/)
  }
})

test('sanitize sends nothing, and neither does a connection without a certificate', () => {
  assert.equal(xfcc({ mode: 'sanitize' }), undefined)
  assert.equal(xfcc({}, subject({ certificate: null })), undefined)
  assert.equal(requestLine('append_forward', 'Hash=1', subject({ certificate: null })), undefined)
  assert.equal(requestLine('forward_only', 'Hash=1', subject({ certificate: null })), undefined)
})

test('append_forward puts our element behind what an mTLS peer sent', () => {
  assert.equal(requestLine('append_forward', 'Hash=1;Subject="CN=a,O=b"'), `Hash=1;Subject="CN=a,O=b",${OWN}`)
  assert.equal(requestLine('append_forward', null), OWN)
})

test('forward_only passes what an mTLS peer sent and adds nothing', () => {
  assert.equal(requestLine('forward_only', 'Hash=1'), 'Hash=1')
  assert.equal(requestLine('forward_only', null), undefined)
})

test('an inbound value that could swallow our element is replaced', () => {
  for (const inbound of ['Subject="', 'Subject="a\\"', 'Subject="CN=a\\\\"', 'a\r\nX: y', 'caf\u00e9', '']) {
    assert.equal(requestLine('append_forward', inbound), OWN, inbound)
    assert.equal(requestLine('forward_only', inbound), undefined, inbound)
  }
})

test('in the forwarding modes the block itself holds no xfcc', () => {
  assert.equal(xfcc({ mode: 'append_forward' }), undefined)
})
