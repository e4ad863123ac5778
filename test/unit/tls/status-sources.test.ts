import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readListUrls, readResponders } from '../../../src/tls/status-sources.ts'
import { createAuthority } from '../../support/authority.ts'
import * as der from '../../support/der.ts'
import { type ExtensionSpec, generalName } from '../../support/extensions.ts'
import { distributionPoints, responders } from '../../support/foreign-authority.ts'

const root = await createAuthority('root')
const certificate = async (...extensions: ExtensionSpec[]) => (await root.issue({ extensions })).der
const AIA = '1.3.6.1.5.5.7.1.1'
const POINTS = '2.5.29.31'
const point = (...parts: Uint8Array[]) => ({ oid: POINTS, value: der.sequence(der.sequence(...parts)) })
const named = (name: string) => der.context(0, der.context(0, generalName(name)))

test('responders and lists are found by http and https, each once, three of each', async () => {
  const urls = ['http://a.example/x', 'https://b.example/', 'http://a.example/x', 'http://c.example/', 'http://d.example/']
  const bytes = await certificate(responders(...urls), distributionPoints(...urls))
  const expected = ['http://a.example/x', 'https://b.example/', 'http://c.example/']
  assert.deepEqual([readResponders(bytes), readListUrls(bytes)], [expected, expected])
})

test('several names of one distribution point are all tried', async () => {
  const bytes = await certificate(
    point(der.context(0, der.context(0, generalName('URI:http://a.example/'), generalName('URI:http://b.example/')))),
  )
  assert.deepEqual(readListUrls(bytes), ['http://a.example/', 'http://b.example/'])
})

test('other access methods, schemes, credentials, directory names, reasons and issuers name nothing', async () => {
  const caIssuers = der.sequence(der.sequence(der.oid('1.3.6.1.5.5.7.48.2'), generalName('URI:http://a.example/ca.crt')))
  assert.deepEqual(readResponders(await certificate({ oid: AIA, value: caIssuers })), [])
  for (const url of ['ldap://a.example/', 'ftp://a.example/', 'file:///etc/passwd', 'http://u:p@a.example/', 'http://', 'x']) {
    const bytes = await certificate(responders(url), distributionPoints(url))
    assert.deepEqual([readResponders(bytes), readListUrls(bytes)], [[], []], url)
  }
  const useless = [
    point(named('dirName:CN=x')),
    point(named('URI:http://a.example/'), der.contextPrimitive(1, Buffer.from([4, 0x10]))),
    point(named('URI:http://a.example/'), der.context(2, generalName('dirName:CN=x'))),
  ]
  for (const extension of useless) assert.deepEqual(readListUrls(await certificate(extension)), [])
})

test('what is not there or cannot be read names nothing, and throws nothing', async () => {
  for (const bytes of [
    await certificate(),
    await certificate({ oid: AIA, value: Buffer.from([0x30, 0x05, 1]) }, { oid: POINTS, value: Buffer.from([0x04, 0]) }),
  ]) {
    assert.deepEqual([readResponders(bytes), readListUrls(bytes)], [[], []])
  }
})
