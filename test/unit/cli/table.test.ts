import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printable, shortened, widthOf } from '../../../src/cli/printable.ts'
import { pairs, table } from '../../../src/cli/table.ts'
import { testTerminal } from './terminal.ts'

interface Row {
  readonly name: string
  readonly state: string
}

const columns = [
  { title: 'name', text: ({ name }: Row) => name, shrinksTo: 6 },
  { title: 'state', text: ({ state }: Row) => state, style: () => (text: string) => `<${text}>` },
]

test('what could play with the terminal is shown as what it is', () => {
  assert.equal(printable('a\u001b[31mb\r\nc\u0007'), 'a\\u{1b}[31mb\\u{d}\\u{a}c\\u{7}')
  assert.equal(printable('admin\u202egpj.exe'), 'admin\\u{202e}gpj.exe')
  assert.equal(printable('a\u200bb\u2028c\ud800 \u{e0041}'), 'a\\u{200b}b\\u{2028}c\\u{d800} \\u{e0041}')
  assert.equal(printable('Jürgen 名前 é'), 'Jürgen 名前 é')
})

test('width counts columns, not characters', () => {
  assert.deepEqual(['abc', '名前', 'e\u0301', 'ﬀ', '한글', '🔑', ''].map(widthOf), [3, 4, 1, 1, 4, 2, 0])
})

test('a text is cut between characters, and shows that it was', () => {
  assert.equal(shortened('certificate', 6), 'certi…')
  assert.equal(shortened('名前名前', 4), '名…')
  assert.equal(shortened('short', 5), 'short')
})

test('columns are aligned whatever is in them', () => {
  const rows = [
    { name: 'alice', state: 'valid' },
    { name: '名前', state: 'revoked' },
    { name: 'x\ny', state: 'valid' },
  ]
  assert.equal(
    table(columns, rows, testTerminal()),
    ['name     state', 'alice    <valid>', '名前     <revoked>', 'x\\u{a}y  <valid>', ''].join('\n'),
  )
})

test('on a terminal a line is no longer than that; elsewhere nothing is cut', () => {
  const rows = [{ name: 'a-name-that-is-much-too-long', state: 'valid' }]
  const narrow = table(columns, rows, testTerminal({ isTty: true, columns: 20 }))
  assert.equal(narrow, `name           state\na-name-that-…  <valid>\n`)
  assert.match(table(columns, rows, testTerminal({ columns: 20 })), /a-name-that-is-much-too-long/)
  const least = table(columns, rows, testTerminal({ isTty: true, columns: 5 }))
  assert.match(least, /^a-nam… {2}<valid>$/m)
})

test('what wraps is never cut: beside the others where there is room, else below them', () => {
  const wrapping = [columns[0] as (typeof columns)[0], { title: 'rights', text: ({ state }: Row) => state, wraps: true as const }]
  const rows = [
    { name: 'alice', state: 'movies:Read, orders:ReadWrite, and so on for ever' },
    { name: 'bob', state: '' },
  ]
  assert.equal(
    table(wrapping, rows, testTerminal({ isTty: true, columns: 48 })),
    `name   rights
alice  movies:Read, orders:ReadWrite, and so on
       for ever
bob
`,
  )
  assert.equal(
    table(wrapping, rows, testTerminal({ isTty: true, columns: 22 })),
    `name
  rights
alice
  movies:Read,
  orders:ReadWrite,
  and so on for ever
bob
`,
  )
  assert.equal(table(wrapping, rows, testTerminal()), `name   rights\nalice  ${rows[0]?.state}\nbob\n`)
  assert.match(
    table(wrapping, [{ name: 'a', state: 'x'.repeat(30) }], testTerminal({ isTty: true, columns: 22 })),
    /^ {2}x{20}\n {2}x{10}$/m,
  )
})

test('pairs are aligned, and leave out what is empty', () => {
  assert.equal(
    pairs(
      [
        ['name', 'a'],
        ['nothing', ''],
        ['thumbprint', 'b'],
      ],
      testTerminal(),
    ),
    'name        a\nthumbprint  b\n',
  )
})
