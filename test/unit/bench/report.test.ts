import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderChart } from '../../../bench/report/chart.ts'
import { renderMarkdown } from '../../../bench/report/markdown.ts'
import { renderText } from '../../../bench/report/text.ts'
import { duel, duelRow, memory, results } from './results.ts'

const measured = results({
  outcomes: [
    duel('100', [duelRow('nginx', 1), duelRow('certgate', 0.98), duelRow('Node https + http-proxy', 8)], 1.05),
    duel('handshake', [duelRow('nginx', 1), duelRow('certgate', 0.9)], 0.8),
    { ...duel('users', [duelRow('1 user', 1), duelRow('many', 1.02)]), limit: { label: 'many', atMost: 1.05 } },
    memory(60 * 1024, 75 * 1024),
  ],
})

test('the text marks each limit met or missed', () => {
  const text = renderText(measured)
  assert.match(text, /case 100 +1\.05 +0\.98 +met/)
  assert.match(text, /case handshake +0\.80 +0\.90 +missed/)
  assert.match(text, /idle connection +75\.0 KB +60\.0 KB +met/)
  assert.match(text, /case users +1\.05 +1\.02 +met/)
})

test('contenders that a case does not have leave a gap, and every case is beside its own baseline', () => {
  const text = renderText(measured)
  assert.match(text, /case handshake +0\.90 \(0\.81 to 0\.99\) +-$/m)
  assert.match(text, /case users +many +1 user +1\.02/)
})

test('columns of the text line up', () => {
  const lines = renderText(measured).split('\n')
  const from = lines.indexOf('Limits')
  const widths = new Set(lines.slice(from + 1, from + 6).map((line) => line.length))
  assert.equal(widths.size, 1)
})

test('the Markdown has tables with as many cells in each row, the chart, and absolute figures', () => {
  const markdown = renderMarkdown(measured, 'chart.svg')
  assert.match(markdown, /!\[.*\]\(chart\.svg\)/)
  assert.match(markdown, /\| case 100 \| 1\.05 \| 0\.98 \| met \|/)
  assert.match(markdown, /\| 100: certgate \| 29\.4 \| 20,000 \| 0\.9 \| 2\.0 \| 60,000 \| 0 \|/)
  const tables = markdown
    .trimEnd()
    .split('\n\n')
    .filter((part) => part.startsWith('| '))
  assert.equal(tables.length, 6)
  for (const table of tables) {
    const cells = new Set(table.split('\n').map((line) => line.split('|').length))
    assert.equal(cells.size, 1, table)
  }
})

test('machine, method, versions and ciphers are part of the report', () => {
  for (const report of [renderText(measured), renderMarkdown(measured, 'c.svg')]) {
    for (const fact of ['Test CPU, 2 cores', 'Linux 6.1', 'abc1234', '6 rounds of 3 s', '1.22.1', 'TLS_AES_256_GCM_SHA384']) {
      assert.ok(report.includes(fact), fact)
    }
  }
})

test('problems and notes are told in both', () => {
  const troubled = results({ problems: ['100: certgate: 3 requests or connections failed'], notes: ['Caddy is not installed'] })
  for (const report of [renderText(troubled), renderMarkdown(troubled, 'c.svg')]) {
    assert.match(report, /3 requests or connections failed/)
    assert.match(report, /Caddy is not installed/)
  }
})

test('the chart has a mark per contender, a line per limit, and colours for dark ground', () => {
  const svg = renderChart(measured)
  assert.equal([...svg.matchAll(/<circle /g)].length, 5)
  assert.equal([...svg.matchAll(/<line class="limit"/g)].length, 4)
  assert.match(svg, /prefers-color-scheme: dark/)
  assert.match(svg, /at most 0\.80: missed/)
})

test('the chart places smaller ratios further left, everything inside, and escapes text', () => {
  const title = 'a < b & c'
  const svg = renderChart(
    results({ outcomes: [{ ...duel('x', [duelRow('nginx', 1), duelRow('certgate', 0.5), duelRow('Caddy', 12)]), title }] }),
  )
  const [, width] = /viewBox="0 0 (\d+)/.exec(svg) ?? []
  const xs = [...svg.matchAll(/cx="([\d.]+)"/g)].map(([, x]) => Number(x))
  assert.equal(xs.length, 2)
  assert.ok((xs[0] ?? 0) < (xs[1] ?? 0))
  assert.ok(xs.every((x) => x > 0 && x < Number(width)))
  assert.ok(svg.includes('a &lt; b &amp; c') && !svg.includes(title))
})

test('nothing measured gives a report and a chart without figures', () => {
  assert.match(renderText(results()), /Test CPU/)
  const svg = renderChart(results())
  assert.ok(!svg.includes('NaN') && !svg.includes('<circle'))
})

test('no figure of the chart is infinite or missing', () => {
  assert.doesNotMatch(renderChart(measured), /NaN|Infinity|undefined/)
})
