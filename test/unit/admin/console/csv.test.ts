/** Tables to save: RFC 4180, and whatever a name says, no spreadsheet computes it. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { csvText } from '../../../../src/admin/console/client/csv.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** The cells of one line as a spreadsheet splits it: quotes count where a cell begins with them. */
function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = []
  for (let rest: string | undefined = line; rest !== undefined; ) {
    const quoted: RegExpExecArray | null = /^"((?:[^"]|"")*)"/.exec(rest)
    const from: number = quoted === null ? 0 : quoted[0].length
    const end: number = rest.indexOf(separator, from)
    const text: string = rest.slice(from, end === -1 ? undefined : end)
    cells.push(`${quoted?.[1]?.replaceAll('""', '"') ?? ''}${text}`)
    rest = end === -1 ? undefined : rest.slice(end + separator.length)
  }
  return cells
}

const COMPUTED = ['=1+1', '+1', '-1', '@SUM(1)', '\t=1', '\r=1', '\n=1', ' =1', '＝1', '=HYPERLINK("http://x";"y")', "=cmd|' /C calc'!A0"]

describe('a table to save', () => {
  it('has no cell that is computed, whichever sign a spreadsheet splits by', () => {
    for (const formula of COMPUTED) {
      for (const name of [formula, `a;${formula}`, `a\t${formula}`, `a\r\n${formula}`, `a; ${formula}`, `",${formula}`, `";${formula}`]) {
        const text = csvText([
          ['first', name, 'last'],
          [name, name],
        ])
        for (const separator of [',', ';', '\t', '|']) {
          const cells = text.split(/\r\n|\r|\n/).flatMap((line) => cellsOf(line, separator))
          for (const cell of cells) assert.doesNotMatch(cell, /^["\s]*[=+\-@＝]/, JSON.stringify([separator, name, text]))
        }
      }
    }
  })

  it('is split by commas, ends its lines with CR LF, and leaves alone what is harmless', () => {
    assert.equal(csvText([['a', 'b-c', 'x@y.example', '1=1', 'a "b"', 'a,b', '']]), 'a,b-c,x@y.example,1=1,"a ""b""","a,b",\r\n')
    assert.deepEqual(cellsOf('a,"b,""c""",d', ','), ['a', 'b,"c"', 'd'])
  })

  it('is made in one place', () => {
    const making = globSync('src/**/*.ts', { cwd: ROOT }).filter((file) => /text\/csv/.test(readFileSync(`${ROOT}${file}`, 'utf8')))
    assert.deepEqual(making, ['src/admin/console/client/csv.ts'])
  })
})
