/** The fuzzer itself: it finds what is planted, makes it small, and the same seed gives the same inputs. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { fuzz } from '../fuzz/engine.ts'
import { Finding } from '../fuzz/finding.ts'
import { readFinding } from '../fuzz/findings-folder.ts'
import { readOptions, WrongUsage } from '../fuzz/options.ts'
import { BOUNDS, type Outcome, type Target } from '../fuzz/target.ts'

function planted(run: (text: string) => Outcome, more: Partial<Target> = {}): Target {
  return {
    name: 'planted',
    promise: 'none',
    bounds: BOUNDS,
    words: ['needle'],
    seeds: () => [Buffer.from('hay hay hay')],
    generate: () => null,
    run: (input) => run(input.toString('latin1')),
    ...more,
  }
}

test('finds what is planted, minimises it and writes down how to repeat it', async () => {
  const target = planted((text) => {
    if (text.includes('needle')) throw new Finding('sharp', text)
    return `accepted ${Math.min(text.length, 20)}`
  })
  const report = await fuzz(target, 0.5, 1)
  try {
    assert.ok(report.findings > 0)
    assert.ok(report.accepted > 0)
    assert.deepEqual(
      report.written.map(({ kind, file }) => [kind, Buffer.from(readFinding(file).base64, 'base64').toString()]),
      report.written.map(() => ['sharp', 'needle']),
    )
    assert.match(readFinding(report.written[0]?.file ?? '').command, /^npm run fuzz -- --replay test\/fuzz\/findings\/planted-\w+\.json$/)
  } finally {
    for (const { file } of report.written) rmSync(file, { force: true })
  }
})

test('takes an error that nothing expected, and too much time, for a finding', async () => {
  const throwing = await fuzz(
    planted(() => {
      throw new TypeError('x')
    }),
    0.05,
    1,
  )
  const slow = await fuzz(
    planted(
      () => {
        const start = process.cpuUsage()
        while (process.cpuUsage(start).user < 20_000);
        return 'accepted'
      },
      { bounds: { ...BOUNDS, milliseconds: 5 } },
    ),
    0.05,
    1,
  )
  for (const { file } of [...throwing.written, ...slow.written]) rmSync(file, { force: true })
  assert.match(throwing.written[0]?.kind ?? '', /^unexpected TypeError/)
  assert.equal(slow.written[0]?.kind, 'takes too long')
})

test('gives the same inputs for the same seed', async () => {
  const heard = async (seed: number) => {
    const inputs: string[] = []
    await fuzz(
      planted((text) => `refused ${inputs.push(text) % 7}`),
      0.05,
      seed,
    )
    return inputs.slice(0, 50)
  }
  assert.deepEqual(await heard(5), await heard(5))
  assert.notDeepEqual(await heard(5), await heard(6))
})

test('refuses options that it does not have', () => {
  assert.deepEqual(readOptions(['--minutes', '0.5', '--target', 'a', '--seed', '7'], ['a', 'b']), {
    minutes: 0.5,
    targets: ['a'],
    seed: 7,
    replay: null,
    json: false,
  })
  for (const wrong of [['--minutes', '0'], ['--target', 'c'], ['--seed', 'x'], ['--what'], ['extra']])
    assert.throws(() => readOptions(wrong, ['a', 'b']), WrongUsage)
})
