/** What the pages Explain and Access compute without a browser. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AccessMatrix } from '../../../../src/admin/console/client/api-types.ts'
import { csvText } from '../../../../src/admin/console/client/csv.ts'
import {
  askedIn,
  bodyOf,
  certificatesIn,
  explainLink,
  faultsOf,
  queryOf,
} from '../../../../src/admin/console/client/pages/explain/question.ts'
import { accessRows } from '../../../../src/admin/console/client/pages/matrix/csv.ts'

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'
const asked = (query: string) => askedIn(new URLSearchParams(query))

describe('a question to explain', () => {
  it('is kept by the address, but for what was pasted and what is not asked', () => {
    const query = 'fingerprint=ab&method=PUT&url=%2Fx%3Fy%3D1&listener=main&address=192.0.2.1'
    assert.equal(String(queryOf(asked(query))), query)
    assert.equal(
      String(queryOf({ ...asked(query), who: 'pem', pem: PEM })),
      'who=pem&method=PUT&url=%2Fx%3Fy%3D1&listener=main&address=192.0.2.1',
    )
    assert.deepEqual(
      [asked('cn=a').who, asked('cn=a&fingerprint=b').who, asked('who=pem').who, asked('who=x').who],
      ['name', 'registered', 'pem', 'registered'],
    )
    assert.equal(
      explainLink({ who: 'registered', fingerprint: 'ab', url: '/a&b' }),
      '/console/explain?fingerprint=ab&method=GET&url=%2Fa%26b',
    )
  })

  it('is kept by the address for a DN too', () => {
    const link = explainLink({ who: 'dn', dn: 'CN=a,O=b', cn: 'c', url: '/x' })
    assert.equal(link, '/console/explain?dn=CN%3Da%2CO%3Db&method=GET&url=%2Fx')
    const kept = asked(link.split('?')[1] ?? '')
    assert.deepEqual(bodyOf(kept), { dn: 'CN=a,O=b', method: 'GET', url: '/x' })
    assert.deepEqual([...faultsOf({ ...kept, dn: ' ' }).keys()], ['dn'])
  })

  it('names one who asks, and only places that were given', () => {
    assert.deepEqual(bodyOf({ ...asked('cn=a&fingerprint=b'), who: 'name' }), { cn: 'a', method: 'GET', url: '/' })
    assert.deepEqual(bodyOf({ ...asked('address=192.0.2.1'), who: 'pem', pem: PEM }), {
      certificate: `${PEM}\n`,
      method: 'GET',
      url: '/',
      address: '192.0.2.1',
    })
  })

  it('says what is missing', () => {
    assert.deepEqual([...faultsOf(asked('url=movies')).keys()], ['fingerprint', 'url'])
    assert.deepEqual([...faultsOf({ ...asked(''), who: 'pem', pem: 'x' }).keys()], ['pem'])
    assert.deepEqual([...faultsOf(asked('cn=a&url=*')).keys()], [])
  })

  it('takes the certificates out of a text, and no key', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----'
    assert.equal(certificatesIn(`${key}\n${PEM}\nsubject=x\n${PEM}`), `${PEM}\n${PEM}\n`)
    assert.equal(certificatesIn(key), '')
    const der = `MIIB${'A'.repeat(80)}==`
    assert.equal(certificatesIn(der.replace(/(.{64})/, '$1\n')), der)
    assert.equal(certificatesIn('nothing'), '')
  })
})

describe('the matrix as CSV', () => {
  it('quotes what needs it, and lets no name be a formula', () => {
    const cell = { detail: '', example: null }
    const access: AccessMatrix = {
      total: 2,
      registered: 1,
      routes: [
        { name: 'a,b', path: '/', methods: [] },
        { name: '=1', path: '/', methods: [] },
      ],
      routes_total: 2,
      by_address: false,
      identities: [
        {
          source: 'registered',
          fingerprint: 'ab',
          name: '@SUM("x")',
          subject: 'CN=x',
          state: 'valid',
          identity: null,
          clearance: 'ValidUser',
          roles: ['r', 's'],
          cells: [
            { ...cell, access: 'conditional', methods: ['GET'], reason: null },
            { ...cell, access: 'denied', methods: [], reason: 'role_missing' },
          ],
        },
        {
          source: 'mapping',
          fingerprint: null,
          name: 'zoe',
          subject: 'CN=zoe',
          state: null,
          identity: 'zoe',
          clearance: null,
          roles: [],
          cells: [
            { ...cell, access: 'allowed', methods: [], reason: null },
            { ...cell, access: 'denied', methods: [], reason: 'role_missing' },
          ],
        },
      ],
    }
    assert.equal(
      csvText(accessRows(access)),
      `name,source,fingerprint,state,identity,clearance,roles,"a,b",'=1\r\n"'@SUM(""x"")",registered,ab,valid,,ValidUser,r s,by database: GET,role missing\r\nzoe,mapping,,,zoe,,,allowed,role missing\r\n`,
    )
  })
})
