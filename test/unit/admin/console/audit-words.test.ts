/** What the console makes of an entry of the audit log, and of what one looks for in it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ANY, asked, filtersOf, isAny, kept } from '../../../../src/admin/console/client/pages/audit/filters.ts'
import { detailFacts, labelOf, summary } from '../../../../src/admin/console/client/pages/audit/words.ts'

const FINGERPRINT = 'ab'.repeat(32)
const ISSUED = {
  certificates: [
    {
      clearance: 'ValidUser',
      fingerprint: FINGERPRINT,
      name: 'alice',
      notAfter: Date.UTC(2030, 0, 31),
      permissions: [['movies', 'Read']],
      predecessor: null,
    },
  ],
}
const EDITED = {
  roles: [{ role: 'readers', change: 'changed', fields: { users: { added: ['bob'], removed: ['eve'] }, hosts: { reordered: true } } }],
}

describe('an entry of the audit log in words', () => {
  it('is one line of what the row does not say yet', () => {
    assert.equal(summary({ details: ISSUED, target: FINGERPRINT }), 'alice (ValidUser, movies:Read) until 2030-01-31')
    assert.equal(summary({ details: EDITED, target: null }), 'role readers changed: users +bob −eve, hosts in another order')
    const changes = { clearance: ['ValidUser', 'Operator'], permissions: [[], [['*', 'ReadWrite']]] }
    assert.equal(
      summary({ details: { changes, name: 'alice' }, target: null }),
      'alice · clearance ValidUser → Operator, databases no databases → *:ReadWrite',
    )
    assert.equal(
      summary({ details: { head: FINGERPRINT, why: 'it ends', target: 'here' }, target: 'here' }),
      'head abababababab… · why it ends',
    )
    assert.equal(summary({ details: {}, target: null }), '')
    assert.equal(summary({ details: { text: 'x'.repeat(1_000) }, target: null }).length, 400)
  })

  it('is everything, in an order for people, with times and fingerprints as such', () => {
    const [[label, certificates] = ['', null]] = detailFacts({ details: ISSUED })
    assert.equal(label, 'Certificates')
    assert.deepEqual(certificates, {
      kind: 'list',
      words: [
        {
          kind: 'facts',
          facts: [
            ['Name', { kind: 'text', text: 'alice' }],
            ['Clearance', { kind: 'text', text: 'ValidUser' }],
            ['Databases', { kind: 'text', text: 'movies:Read' }],
            ['Valid until', { kind: 'time', text: '2030-01-31T00:00:00.000Z' }],
            ['Fingerprint', { kind: 'fingerprint', text: FINGERPRINT }],
          ],
        },
      ],
    })
    const told = (details: Readonly<Record<string, unknown>>) => detailFacts({ details })
    assert.deepEqual(told({ before: null, ok: true, names: [], more: {}, lifetime: 86_400_000, empty: '' }), [
      ['Before', { kind: 'text', text: 'none' }],
      ['Ok', { kind: 'text', text: 'yes' }],
      ['Names', { kind: 'text', text: 'none' }],
      ['More', { kind: 'text', text: 'none' }],
      ['Lifetime', { kind: 'text', text: '1 day' }],
      ['Empty', { kind: 'text', text: 'empty' }],
    ])
    assert.deepEqual(['overlap_until', 'crossCertificate', 'notAfter', 'x'].map(labelOf), [
      'Overlap until',
      'Cross certificate',
      'Valid until',
      'X',
    ])
  })
})

describe('what is looked for in the audit log', () => {
  it('stands in the address, and goes to the API in moments', () => {
    const filters = filtersOf(new URLSearchParams('text=a b&since=2030-01-31&until=2030-01-31&other=1'))
    assert.deepEqual(filters, { ...ANY, text: 'a b', since: '2030-01-31', until: '2030-01-31' })
    assert.deepEqual([isAny(ANY), isAny(filters)], [true, false])
    assert.equal(kept(filters, 7).toString(), 'text=a+b&since=2030-01-31&until=2030-01-31&before=7')
    const query = asked(filters, { limit: 50 })
    const [since, until] = ['since', 'until'].map((name) => Date.parse(query.get(name) ?? '')) as [number, number]
    assert.equal(until - since, 86_399_999, 'one day, as it is here')
    assert.deepEqual([query.get('limit'), query.get('text'), query.has('before')], ['50', 'a b', false])
    assert.equal(asked({ ...ANY, since: 'x' }).get('since'), 'xT00:00:00.000', 'the API says what is wrong with it')
  })
})
