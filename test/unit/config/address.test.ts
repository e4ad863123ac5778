import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAddress, parseNetwork, parseTarget } from '../../../src/config/address.ts'
import { InvalidValue } from '../../../src/config/shape.ts'

const target = (text: string) => parseTarget(text, (path) => `/conf/${path}`.replace('/conf//', '/'))

describe('parseAddress', () => {
  for (const [text, host, port] of [
    ['0.0.0.0:8443', '0.0.0.0', 8443],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['[::]:8443', '::', 8443],
    ['[2001:db8::1]:65535', '2001:db8::1', 65_535],
    ['gateway.example:443', 'gateway.example', 443],
  ] as const) {
    it(text, () => assert.deepEqual(parseAddress(text), { host, port }))
  }
  for (const text of [
    '',
    ':8443',
    '*:8443',
    '8443',
    '::1:8443',
    '[::1]',
    '[1.2.3.4]:1',
    'a:65536',
    'a:-1',
    'a:',
    '1.2.3:80',
    '256.1.1.1:80',
    'a b:80',
    'a/b:80',
    '-x:80',
    'a:1:2',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseAddress(text), InvalidValue))
  }
})

describe('parseTarget', () => {
  for (const [text, expected] of [
    ['http://127.0.0.1:9200', { kind: 'tcp', url: 'http://127.0.0.1:9200', host: '127.0.0.1', port: 9200, tls: false }],
    ['HTTPS://Db.Example/', { kind: 'tcp', url: 'https://Db.Example:443', host: 'Db.Example', port: 443, tls: true }],
    ['http://[::1]', { kind: 'tcp', url: 'http://[::1]:80', host: '::1', port: 80, tls: false }],
    ['unix:/run/app.sock', { kind: 'unix', url: 'unix:/run/app.sock', path: '/run/app.sock', tls: false }],
    ['unix:///run/app.sock', { kind: 'unix', url: 'unix:/run/app.sock', path: '/run/app.sock', tls: false }],
    ['unix:app.sock', { kind: 'unix', url: 'unix:/conf/app.sock', path: '/conf/app.sock', tls: false }],
  ] as const) {
    it(text, () => assert.deepEqual(target(text), expected))
  }
  for (const text of [
    '',
    '127.0.0.1:9200',
    'ftp://x',
    'http://',
    'http://x/path',
    'http://x?q',
    'http://x#f',
    'http://u:p@x',
    'http://x:0',
    'http://x:99999',
    'http://[::1',
    'http://0x7f.1.2.3.4:80:1',
    'unix:',
    `unix:/${'x'.repeat(120)}`,
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => target(text), InvalidValue))
  }
})

describe('parseNetwork', () => {
  for (const text of ['10.0.0.0/8', '10.1.2.3', '::1', '2001:db8::/32']) it(text, () => assert.equal(parseNetwork(text), text))
  for (const text of ['10.0.0.0/33', '::/129', 'example', '10.0.0.0/', '10.0.0.0/8/8', '/8']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseNetwork(text), InvalidValue))
  }
})
