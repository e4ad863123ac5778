import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadConfig } from '../../../src/config/load.ts'
import { mappingRemarks, unknownRoles } from '../../../src/config/remarks.ts'
import { parseRoleMapping } from '../../../src/config/roles-mapping.ts'
import { ConfigError } from '../../../src/errors.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/config')
const file = join(FIXTURES, 'mapping/opendistro.good.yml')
const opendistro = () => parseRoleMapping(readFileSync(file, 'utf8'), file)

describe('parseRoleMapping', () => {
  it("reads Open Distro's own format with the line of every value", () => {
    const { mapping } = opendistro()
    assert.equal(mapping.file, file)
    assert.deepEqual(
      mapping.entries.map(({ role }) => role),
      ['all_access', 'readall', 'kibana_user', 'nobody', '__proto__', 'one'],
    )
    const readall = mapping.entries.find(({ role }) => role === 'readall')
    assert.deepEqual(readall, {
      role: 'readall',
      users: [
        { value: 'CLIENT1', line: 19 },
        { value: 'CN=kirk,OU=client,O=client,L=test,C=de', line: 20 },
        { value: '/CLIENT[0-9]+/', line: 21 },
        { value: 'CLI?NT*', line: 22 },
      ],
      backendRoles: [{ value: 'sample_role', line: 14 }],
      andBackendRoles: [],
      hosts: [{ value: 'example.host.com', line: 17 }],
      issuers: [],
      reserved: false,
      hidden: false,
      description: null,
      line: 12,
    })
    assert.deepEqual(mapping.entries[0]?.reserved, true)
    assert.deepEqual(mapping.entries[0]?.description, 'Maps admin to all_access')
  })

  it('maps nobody where the file is empty', () => {
    assert.deepEqual(parseRoleMapping('# nothing yet\n', 'f').mapping.entries, [])
  })

  it('keeps a blank value in and_backend_roles, which then never holds', () => {
    const { mapping } = parseRoleMapping('r: { and_backend_roles: [a, ""] }', 'f')
    assert.deepEqual(mapping.entries[0]?.andBackendRoles, [
      { value: 'a', line: 1 },
      { value: '', line: 1 },
    ])
  })

  it('gives frozen, cloneable data', () => {
    const { mapping } = opendistro()
    assert.throws(() => (mapping.entries as unknown[]).pop(), TypeError)
    assert.deepEqual(structuredClone(mapping), mapping)
  })

  it('reports no more problems than anybody reads', () => {
    const text = `r:\n  users:\n${'    - 0\n'.repeat(5000)}`
    assert.throws(
      () => parseRoleMapping(text, 'f'),
      (error) =>
        error instanceof ConfigError && error.problems.length === 101 && error.problems.at(-1)?.message === 'and 4900 more problems',
    )
  })

  it('loads 100,000 users', () => {
    const text = `readall:\n  users:\n${Array.from({ length: 100_000 }, (_, n) => `    - user${n}\n`).join('')}`
    assert.equal(parseRoleMapping(text, 'f').mapping.entries[0]?.users.length, 100_000)
  })
})

describe('mappingRemarks', () => {
  it('puts each at its line in the file it is about', () => {
    const { settings, document } = loadConfig(join(FIXTURES, 'opendistro-domain.good.yml'))
    const { mapping, document: mappingDocument } = opendistro()
    const remarks = mappingRemarks({
      settings,
      config: document,
      mapping,
      mappingDocument,
      authorities: ['A', 'B'].map((name) => ({ dn: `CN=${name}`, key: name, selfSigned: true })),
      ownAuthority: null,
    })
    const found = remarks.map((remark) => [
      remark.severity,
      remark.file,
      remark.line,
      /^.*?(never matches|unknown role 'admin'|share this mapping|issuers:)/.exec(remark.message)?.[1],
    ])
    assert.deepEqual(found, [
      ['warning', settings.file, 30, "unknown role 'admin'"],
      ['warning', file, 17, 'never matches'],
      ['warning', file, 6, 'share this mapping'],
      ['warning', file, 28, 'issuers:'],
    ])
    assert.match(remarks[1]?.snippet ?? '', /17 \| {3}- "example.host.com"/)
  })
})

describe('unknownRoles', () => {
  const { document } = loadConfig(join(FIXTURES, 'opendistro-domain.good.yml'))
  /** How many of these roles, of which each was probably meant to be one of so many in the mapping, get that as advice. */
  const advised = (unknown: readonly string[], defined: number): number => {
    const text = Array.from({ length: defined }, (_, n) => `reader${n}: { users: [a] }\n`).join('')
    const allowed = unknown.map((role) => ({ role, route: 'r', path: ['routes', 0, 'allow', 0] }))
    const problems = unknownRoles(document, parseRoleMapping(text, 'f').mapping, allowed, 'error')
    assert.equal(problems.length, unknown.length)
    return problems.filter(({ hint }) => hint?.startsWith('did you mean `reader')).length
  }

  it('looks once for what was meant, in however many routes it stands', () => {
    assert.equal(advised(Array(5_000).fill('raeder7'), 1_000), 5_000)
  })

  it('looks for nothing among more roles than anybody mistypes', () => {
    assert.equal(advised(['raeder7'], 1_000), 1)
    assert.equal(advised(['raeder7'], 1_001), 0)
  })

  it('looks for no more than some', () => {
    const unknown = Array.from({ length: 100 }, (_, n) => `raeder${n}`)
    assert.equal(advised(unknown, 100), 100)
    assert.equal(advised(unknown, 1_000), 10)
  })
})

describe('what the patterns of a mapping may cost', () => {
  const problems = (lines: readonly string[]) => {
    try {
      parseRoleMapping(`r:\n users:\n${lines.map((line) => ` - "${line}"\n`).join('')}`, 'm.yml')
    } catch (error) {
      assert(error instanceof ConfigError)
      return error.problems
    }
    return []
  }
  const many = (count: number, make: (index: number) => string) => Array.from({ length: count }, (_, index) => make(index))

  it('is bounded for all expressions together, at the line where it is too much', () => {
    const started = performance.now()
    const [problem, ...others] = problems(many(60_000, (index) => `/x{1000}${index}/`))
    assert.deepEqual(others, [])
    assert.equal(problem?.message, 'the regular expressions of this file have more than size 100000 together by this line')
    assert.equal(problem?.line, 100)
    assert.match(problem?.snippet ?? '', /x\{1000\}97/)
    assert.notEqual(problem?.hint, undefined)
    assert(performance.now() - started < 10_000)
  })

  it('is bounded in number, over all lists', () => {
    assert.deepEqual(problems(many(20_000, (index) => `u${index}*`)), [])
    const [problem, ...others] = problems(many(20_001, (index) => `u${index}?`))
    assert.deepEqual([problem?.message, others], ['the patterns of this file are more than 20000 by this line', []])
    const half = many(10_001, (index) => `"b${index}*"`).join(', ')
    assert.throws(() => parseRoleMapping(`r: { users: [${half}] }\ns: { and_backend_roles: [${half}] }\n`, 'm.yml'), ConfigError)
  })

  it('lets thousands of expressions and a hundred thousand names be', () => {
    assert.deepEqual(
      problems([...many(2_000, (index) => `/CN=u${index}-[a-z]+,O=Acme/`), ...many(100_000, (index) => `user-${index}`)]),
      [],
    )
  })

  it('is spent on expressions that are broken too', () => {
    assert(problems(many(150_000, () => '/(/')).length <= 201)
  })
})
