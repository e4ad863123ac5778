/** What the console computes without a browser. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Overview, Sample } from '../../../../src/admin/console/client/api-types.ts'
import { duration, relative } from '../../../../src/admin/console/client/format.ts'
import { upstreamHealth, upstreamsFigure } from '../../../../src/admin/console/client/pages/overview/health.ts'
import { inBuckets, latest, perSecond, withSamples } from '../../../../src/admin/console/client/pages/overview/samples.ts'
import { diffLines } from '../../../../src/admin/console/client/parts/diff.ts'

const told = (before: string, after: string): string[] => diffLines(before, after).map(({ kind, text }) => `${kind[0]} ${text}`)

describe('the difference of two texts', () => {
  it('is what was removed and added, with what lies around it', () => {
    assert.deepEqual(told('a\nb\nc', 'a\nx\nc'), ['s a', 'r b', 'a x', 's c'])
    assert.deepEqual(told('a', 'a\nb'), ['s a', 'a b'])
    assert.deepEqual(told('', 'a'), ['r ', 'a a'])
    assert.deepEqual(told('a\nb\nc\nd', 'b\nd\ne'), ['r a', 's b', 'r c', 's d', 'a e'])
  })

  it('leaves out what is far from every change, and says how much', () => {
    const lines = Array.from({ length: 20 }, (_, index) => `l${index}`)
    const changed = lines.with(10, 'x')
    assert.deepEqual(told(lines.join('\n'), changed.join('\n')), [
      's 7 unchanged lines',
      's l7',
      's l8',
      's l9',
      'r l10',
      'a x',
      's l11',
      's l12',
      's l13',
      's 6 unchanged lines',
    ])
  })

  it('does not hang on texts that have nothing in common', () => {
    const many = (letter: string) => Array.from({ length: 50_000 }, (_, index) => `${letter}${index}`).join('\n')
    assert.equal(diffLines(many('a'), many('b')).length, 100_000)
  })
})

const NOW = Date.parse('2026-01-01T00:10:05Z')

function sample(seconds: number, requests: number, more: Partial<Sample> = {}): Sample {
  const at = new Date(NOW - seconds * 1_000).toISOString()
  return { at, seconds: 1, requests, statuses: [], refusals: [], latency: null, connections: 0, upstream_errors: 0, ...more }
}

describe('samples', () => {
  it('become even steps with gaps where nothing is known', () => {
    const latency = { p50: 1, p95: 2, p99: 3 }
    const buckets = inBuckets([sample(3, 4, { latency }), sample(2, 6), sample(1_000, 9)], NOW)
    assert.equal(buckets.length, 60)
    const last = latest(buckets)
    assert.deepEqual([last?.requests, last?.seconds, last?.latency], [10, 2, latency])
    assert.equal(last === null ? null : perSecond(last, last.requests), 5)
    assert.deepEqual([buckets[0]?.seconds, buckets[0] === undefined ? 0 : perSecond(buckets[0], 0)], [0, null])
  })

  it('are each taken once, and go after ten minutes', () => {
    const of = (...samples: Sample[]) => ({ at: new Date(NOW).toISOString(), samples }) as unknown as Overview
    const { samples } = withSamples(of(sample(700, 1), sample(5, 2)), of(sample(5, 2), sample(1, 3)))
    assert.deepEqual(
      samples.map(({ requests }) => requests),
      [2, 3],
    )
  })
})

describe('words for people', () => {
  it('fit the size of what they tell', () => {
    assert.deepEqual([0.00042, 0.0123, 1.5].map(duration), ['420 µs', '12.3 ms', '1.5 s'])
    assert.deepEqual(
      [NOW - 1_000, NOW + 1_000, NOW - 180_000, NOW + 3 * 86_400_000].map((time) => relative(time, NOW)),
      ['just now', 'in a moment', '3 minutes ago', 'in 3 days'],
    )
  })
})

describe('upstreams', () => {
  const figureOf = (...states: readonly (readonly [upstream: string, healthy: boolean | null])[]) => {
    const health = upstreamHealth(
      states.map(([upstream, healthy], index) => ({ upstream, target: `t${index}`, healthy, checked_at: null })),
    )
    const { value, tone, note } = upstreamsFigure(health)
    return { value, tone, note, dead: [...health.dead.keys()] }
  }

  it('are bad where one has no target left, a warning where it has fewer, and good else', () => {
    assert.deepEqual(figureOf(['a', true], ['b', false]), { value: '1 of 2', tone: 'bad', note: '1 down', dead: ['b'] })
    assert.deepEqual(figureOf(['a', true], ['a', false]), { value: '1 of 2', tone: 'warn', note: '1 down', dead: [] })
    assert.deepEqual(figureOf(['a', null], ['a', false], ['b', true]), {
      value: '2 of 3',
      tone: 'warn',
      note: '1 down, 1 not tried yet',
      dead: [],
    })
    assert.deepEqual(figureOf(['a', true], ['b', true]), { value: '2 of 2', tone: 'good', note: undefined, dead: [] })
  })

  it('are not called up before anybody tried', () => {
    assert.deepEqual(figureOf(['a', null]), { value: '–', tone: undefined, note: 'none was tried yet', dead: [] })
    assert.deepEqual(figureOf(), { value: '–', tone: undefined, note: 'no upstream is configured', dead: [] })
  })
})
