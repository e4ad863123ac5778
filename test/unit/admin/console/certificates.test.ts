/** What the pages of certificates compute without a browser. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiError } from '../../../../src/admin/console/client/api-error.ts'
import {
  changedRights,
  lifetimeBody,
  mergeRights,
  namesBody,
  passwordOf,
  type Rights,
  rightsBody,
  wrongLifetime,
  wrongRights,
} from '../../../../src/admin/console/client/pages/certificates/drafts.ts'
import { addressOf, lastPage, listingOf, requestOf } from '../../../../src/admin/console/client/pages/certificates/listing.ts'
import { problemsOf } from '../../../../src/admin/console/client/pages/certificates/problems.ts'
import { refresher } from '../../../../src/admin/console/client/pages/certificates/refresher.ts'
import { historyText, typedFor } from '../../../../src/admin/console/client/pages/certificates/words.ts'

const rights = (more: Partial<Rights> = {}): Rights => ({
  name: 'bob',
  clearance: 'ValidUser',
  permissions: [{ database: 'movies', access: 'Read' }],
  ...more,
})

describe('the listing in the address', () => {
  const through = (text: string) => addressOf(listingOf(new URLSearchParams(text))).toString()

  it('is kept, and what is so anyway is left out', () => {
    const all = 'text=a+b&state=revoked&clearance=Operator&sort=not_after&order=desc&from=150'
    assert.equal(through(all), all)
    assert.equal(through('sort=name&order=asc&from=0&text='), '')
  })

  it('has no word that is none of ours', () => {
    assert.equal(through('state=gone&clearance=Root&sort=password&order=up&from=-5'), '')
    assert.equal(through('from=1.5'), '')
    assert.equal(through('from=Infinity'), '')
  })

  it('is what the API is asked', () => {
    assert.equal(requestOf(listingOf(new URLSearchParams())), 'GET /api/v1/certificates?sort=name&order=asc&offset=0&limit=50')
    assert.match(requestOf(listingOf(new URLSearchParams('text= x%26y &from=100'))), /offset=100&limit=50&text=x%26y$/)
    assert.deepEqual([lastPage(0), lastPage(50), lastPage(51)], [0, 0, 50])
  })
})

describe('what two people make of the same rights', () => {
  it('is joined where each touched something else', () => {
    const merged = mergeRights(rights(), rights({ name: 'mine' }), rights({ clearance: 'Operator' }))
    assert.deepEqual(merged, { rights: rights({ name: 'mine', clearance: 'Operator' }), conflicts: [], taken: ['clearance'] })
  })

  it('is a conflict where both touched the same, and none where they agree', () => {
    const mine = rights({ name: 'mine' })
    assert.deepEqual(mergeRights(rights(), mine, rights({ name: 'theirs' })), { rights: mine, conflicts: ['name'], taken: [] })
    assert.deepEqual(mergeRights(rights(), mine, mine).conflicts, [])
  })

  it('stays a conflict that is told, whatever is changed elsewhere after it', () => {
    const mine = rights({ name: 'mine' })
    const theirs = rights({ name: 'theirs' })
    const first = mergeRights(rights(), mine, theirs)
    // As where it is disabled right after it was renamed: the rights are the same.
    const second = mergeRights(theirs, first.rights, theirs, first)
    assert.deepEqual(second.conflicts, ['name'])
    const raised = rights({ name: 'theirs', clearance: 'Operator' })
    assert.deepEqual(mergeRights(theirs, second.rights, raised, second), {
      rights: rights({ name: 'mine', clearance: 'Operator' }),
      conflicts: ['name'],
      taken: ['clearance'],
    })
    assert.deepEqual(mergeRights(theirs, theirs, theirs, first).conflicts, [], 'and is none once one took theirs')
  })

  it('compares permissions by what they give, whatever their order and whatever rows are empty', () => {
    const two = [
      { database: 'a', access: 'Read' },
      { database: 'b', access: 'Admin' },
    ] as const
    const draft = rights({ permissions: [...two.toReversed(), { database: '', access: 'Read' }] })
    assert.deepEqual(changedRights(rights({ permissions: two }), draft), {})
    assert.deepEqual(changedRights(rights(), rights({ permissions: [] })), { permissions: {} })
  })
})

describe('a form of rights', () => {
  it('is told what is missing before anybody is asked', () => {
    assert.deepEqual([...wrongRights(rights({ name: '  ' })).keys()], ['name'])
    const twice = [...rights().permissions, { database: 'Movies', access: 'Admin' } as const]
    assert.match(wrongRights(rights({ permissions: twice })).get('permissions') ?? '', /there twice/)
    assert.equal(wrongLifetime({ kind: 'days', days: '-1', date: '' }).size, 1)
  })

  it('sends what was filled in', () => {
    assert.deepEqual(rightsBody(rights()), { name: 'bob', clearance: 'ValidUser', permissions: { movies: 'Read' } })
    assert.deepEqual(lifetimeBody({ kind: 'days', days: '30', date: '' }), { days: 30 })
    assert.deepEqual(lifetimeBody({ kind: 'date', days: '', date: '2030-01-31' }), { not_after: '2030-01-31' })
    assert.deepEqual(lifetimeBody({ kind: 'default', days: '30', date: '2030-01-31' }), {})
    assert.deepEqual(namesBody('dns:a.example, ip:::1\n\n dns:b c \n'), ['dns:a.example', 'ip:::1', 'dns:b c'])
  })

  it('makes a password of five groups without look-alikes', () => {
    assert.equal(passwordOf(Uint8Array.from({ length: 25 }, (_, index) => index)), 'abcde-fghij-kmnpq-rstuv-wxyz2')
    assert.doesNotMatch(passwordOf(Uint8Array.from({ length: 256 }, (_, index) => index)), /[lo01]/)
  })
})

describe('a refusal', () => {
  const refusal = (code: string, detail = 'no') => new ApiError(403, { code, detail, hint: 'ask' })

  it('is shown at its field with its hint, where the form has that', () => {
    assert.deepEqual([...problemsOf(refusal('name_in_use'), ['name']).fields], [['name', 'No: ask.']])
    const error = refusal('name_in_use')
    assert.deepEqual(problemsOf(error, []), { fields: new Map(), error })
  })

  it('is shown beside the fields where it belongs to none', () => {
    const error = refusal('store_full')
    assert.equal(problemsOf(error, ['name']).error, error)
    assert.deepEqual(
      [...problemsOf(refusal('invalid_request', 'database name "" is blank'), ['permissions']).fields.keys()],
      ['permissions'],
    )
    const own = new Map([['invalid_request', 'request']])
    assert.deepEqual([...problemsOf(refusal('invalid_request'), ['request'], own).fields.keys()], ['request'])
  })
})

describe('words', () => {
  const fingerprint = 'ab'.repeat(32)

  it('to be typed are those that a person can type', () => {
    for (const name of ['bob', 'Jörg Müller', 'a.b-c_d@e', 'x']) assert.equal(typedFor({ name, fingerprint }), name)
    for (const name of ['<b>', 'a\u202Eb', ' a', 'a ', 'x'.repeat(41), 'a  b\n', '"'])
      assert.equal(typedFor({ name, fingerprint }), 'abababab', name)
  })

  it('of the history say what was done', () => {
    const entry = (details: Record<string, unknown>, outcome: 'done' | 'refused' = 'done') => {
      const actor = { name: 'cli', fingerprint: null, remote: null }
      return historyText({ sequence: 1, at: '', actor, action: '', target: null, outcome, details, previous: '', hash: '' })
    }
    assert.equal(entry({ reason: 'keyCompromise' }), 'Reason: key compromise')
    const changes = { name: ['a', 'b'], permissions: [[], [['movies', 'Read']]] }
    assert.equal(entry({ changes }), 'name: a → b; permissions: none → movies Read')
    assert.equal(entry({ certificates: [{ clearance: 'Operator', permissions: [] }] }), 'Operator')
    assert.equal(entry({ code: 'x', detail: 'not yours' }, 'refused'), 'Refused: not yours')
    assert.equal(entry({}), '')
  })
})

describe('loading anew', () => {
  it('is done once more after what came meanwhile, never two at a time', async () => {
    const open: (() => void)[] = []
    const refresh = refresher(() => new Promise((resolve) => open.push(resolve)))
    refresh()
    refresh()
    refresh()
    assert.equal(open.length, 1)
    open[0]?.()
    await new Promise(setImmediate)
    assert.equal(open.length, 2)
    open[1]?.()
    await new Promise(setImmediate)
    assert.equal(open.length, 2)
    refresh()
    assert.equal(open.length, 3)
  })
})
