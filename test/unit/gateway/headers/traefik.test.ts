import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockOf, certificate, headersOf, nameOf, subject } from './fixture.ts'

const INFO = 'X-Forwarded-Tls-Client-Cert-Info'

const infoOf = (changes: Parameters<typeof certificate>[0]) =>
  decodeURIComponent(
    (headersOf(blockOf('traefik', {}, subject({ certificate: certificate(changes) })).lines).get(INFO) as string).replaceAll('+', ' '),
  )

test('certificates as bare base64 and details query-escaped', () => {
  assert.deepEqual(
    headersOf(blockOf('traefik').lines),
    new Map([
      ['X-Forwarded-Tls-Client-Cert', 'MIIBtest+/leaf==,MIIBtestissuer=='],
      [
        INFO,
        'Subject%3D%22O%3DT%2COU%3Dops%2CCN%3Dalice%22%3BIssuer%3D%22O%3DT%2CCN%3DT+Client+CA%22%3BSerialNumber%3D%222587%22%3B' +
          'NB%3D%221793523907%22%3BNA%3D%221825059907%22%3BSAN%3D%22alice.t.example%2Calice%40t.example%2Cspiffe%3A%2F%2Ft%2Falice%22',
      ],
    ]),
  )
})

test("Traefik's own example", () => {
  const changes = { notBefore: 1544094616000, notAfter: 1607166616000, serial: '01', sans: [] }
  const subjectName = nameOf(['CN', 'Cheese'], ['C', 'FR'], ['O', 'Cheese'], ['CN', 'x'])
  assert.equal(
    infoOf({ ...changes, subject: subjectName, issuer: nameOf(['OU', 'left out'], ['CN', 'ca']) }),
    'Subject="C=FR,O=Cheese,CN=x";Issuer="CN=ca";SerialNumber="1";NB="1544094616";NA="1607166616"',
  )
})

test('a value cannot end its quotes or add an item', () => {
  const info = infoOf({ subject: nameOf(['CN', 'x",OU=admin;SAN="y\r\n%22']), sans: [{ type: 'dNSName', value: 'a,b' }] })
  assert.match(info, /^Subject="CN=x%22%2COU=admin%3BSAN=%22y%0D%0A%2522";/)
  assert.match(info, /SAN="a%2Cb"$/)
})

test('UTF-8 is as Traefik sends it, and serials may be huge or negative', () => {
  assert.match(
    infoOf({ subject: nameOf(['CN', 'Jürgen']), serial: 'FF'.repeat(20) }),
    /^Subject="CN=Jürgen".*SerialNumber="1461501637330902918203684832716283019655932542975"/,
  )
  assert.match(infoOf({ serial: '-0A' }), /SerialNumber="-10"/)
})

test('either header can be switched off', () => {
  assert.deepEqual([...headersOf(blockOf('traefik', { pem: 'false' }).lines).keys()], [INFO])
  assert.deepEqual([...headersOf(blockOf('traefik', { info: 'false' }).lines).keys()], ['X-Forwarded-Tls-Client-Cert'])
  assert.equal(headersOf(blockOf('traefik', {}, subject({ certificate: null })).lines).size, 0)
})
