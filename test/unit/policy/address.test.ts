import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blockKey, networkOf, parseAddress, parseBlock } from '../../../src/policy/address.ts'
import { HostIndex } from '../../../src/policy/mapping-host.ts'

const hex = (text: string): string | null => {
  const bytes = parseAddress(text)
  return bytes === null ? null : Buffer.from(bytes).toString('hex')
}

describe('an address', () => {
  it('is read from any form of its text', () => {
    assert.equal(hex('192.0.2.1'), 'c0000201')
    assert.equal(hex('::ffff:192.0.2.1'), 'c0000201')
    assert.equal(hex('::FFFF:c000:201'), 'c0000201')
    assert.equal(hex('0:0:0:0:0:ffff:c000:0201'), 'c0000201')
    assert.equal(hex('2001:db8::1'), '20010db8000000000000000000000001')
    assert.equal(hex('2001:DB8:0:0::0.0.0.1'), '20010db8000000000000000000000001')
    assert.equal(hex('::'), '00'.repeat(16))
    assert.equal(hex('1::'), `0001${'00'.repeat(14)}`)
    assert.equal(hex('fe80::1%eth0'), 'fe800000000000000000000000000001')
    assert.equal(hex('1:2:3:4:5:6:7:8'), '00010002000300040005000600070008')
  })

  it('is nothing else', () => {
    for (const text of ['', '192.0.2', '192.0.2.01', '256.0.0.1', ':::', 'example.com', '10.0.0.0/8', '0x7f.1', '*'])
      assert.equal(hex(text), null, text)
  })
})

describe('the network of a client', () => {
  const cases: [string, string][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['2001:db8::ffff:0:0', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ]
  for (const [address, network] of cases) it(`${address || 'no address'}`, () => assert.equal(networkOf(address), network))
})

describe('a block', () => {
  const key = (text: string): string | null => {
    const block = parseBlock(text)
    return block === null ? null : blockKey(block)
  }

  it('is the same however it is written', () => {
    assert.equal(key('10.1.2.3/8'), '0a000000/8')
    assert.equal(key('::ffff:10.0.0.0/104'), '0a000000/8')
    assert.equal(key('0.0.0.0/0'), '00000000/0')
    assert.equal(key('192.0.2.129/25'), 'c0000280/25')
    assert.equal(key('2001:db8::ff/33'), `20010db8${'00'.repeat(12)}/33`)
    assert.equal(key('::/0'), `${'00'.repeat(16)}/0`)
    assert.equal(key('10.0.0.1'), null)
  })

  it('is refused where it makes no sense', () => {
    for (const text of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/x', '10.0.0.0/-1', '::/129', '::ffff:10.0.0.0/95']) {
      assert.throws(() => parseBlock(text), { message: /prefix length/ }, text)
    }
    assert.throws(() => parseBlock('example.com/8'), { message: /not an IP address/ })
  })
})

describe('hosts by address', () => {
  const index = new HostIndex<string>()
  for (const text of [
    '10.0.0.0/8',
    '10.1.0.0/16',
    '10.1.2.3',
    '::1',
    '2001:db8::/32',
    '10.1.*',
    '/10\\.1\\..*/',
    '*.example.com',
    '2001:db8:*',
  ])
    index.add(text, text)

  const cases: [string, string[]][] = [
    ['10.1.2.3', ['10.1.2.3', '10.0.0.0/8', '10.1.0.0/16', '10.1.*', '/10\\.1\\..*/']],
    ['::ffff:10.2.0.1', ['10.0.0.0/8']],
    ['11.0.0.1', []],
    ['::1', ['::1']],
    ['0:0:0:0:0:0:0:1', ['::1']],
    ['2001:DB8::5%eth0', ['2001:db8::/32', '2001:db8:*']],
    ['2001:db9::5', []],
    ['www.example.com', ['*.example.com']],
    ['', []],
  ]
  for (const [address, expected] of cases) it(`${address || 'no address'}`, () => assert.deepEqual(index.match(address), expected))
})
