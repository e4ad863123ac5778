import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FetchRules } from '../../../../src/control/revocation/rules.ts'

describe('addresses that URLs in certificates may lead to', () => {
  const byDefault = new FetchRules(['public'])
  const refused = [
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255'],
    ...['192.0.0.8', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1'],
    ...['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd12::1', 'ff02::1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::8.8.8.8'],
    ...['64:ff9b::808:808', '64:ff9b:1::1', '2002:808:808::1', '2001::1', '2001:db8::1', '3fff::1', '100::1', '5f00::1', 'fec0::1'],
    ...['localhost', '', '127.1', '0x7f000001', '1.2.3.4.5'],
  ]
  for (const address of refused) it(`public is not ${address}`, () => assert.equal(byDefault.allowsAddress(address, 80), false))
  for (const address of ['8.8.8.8', '172.32.0.1', '172.15.255.255', '100.128.0.1', '11.0.0.1', '2606:4700::1111', '2a00::1']) {
    it(`public is ${address}, at the ports of the web`, () => {
      assert.equal(byDefault.allowsAddress(address, 80), true)
      assert.equal(byDefault.allowsAddress(address, 443), true)
      assert.equal(byDefault.allowsAddress(address, 22), false)
    })
  }

  it('what is named is allowed at any port, and nothing else is', () => {
    const rules = new FetchRules(['10.0.0.0/8', '192.168.1.7', 'fd00::/8'])
    for (const address of ['10.255.0.1', '::ffff:10.0.0.1', '192.168.1.7', 'fd12::1'])
      assert.equal(rules.allowsAddress(address, 9000), true, address)
    for (const address of ['11.0.0.1', '192.168.1.8', 'fe80::1', '8.8.8.8']) assert.equal(rules.allowsAddress(address, 80), false, address)
  })

  it('hosts are allowed by name, one label by a star, and addresses never are by name', () => {
    const rules = new FetchRules(['ocsp.example', '*.pki.example', '10.0.0.0/8'])
    for (const host of ['ocsp.example', 'OCSP.Example', 'ocsp.example.', 'a.pki.example']) assert.equal(rules.allowsHost(host), true, host)
    for (const host of ['pki.example', 'a.b.pki.example', 'xocsp.example', 'ocsp.example.org', '10.0.0.1', 'public', '']) {
      assert.equal(rules.allowsHost(host), false, host)
    }
    assert.equal(new FetchRules(['public']).allowsHost('public'), false)
  })
})
