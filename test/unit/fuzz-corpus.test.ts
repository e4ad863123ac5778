/** Every case that is kept in test/fuzz/corpus goes through its target once: what was found stays found, and what was accepted stays so. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { CORPUS, readCorpus } from '../fuzz/corpus.ts'
import { TARGETS } from '../fuzz/targets/index.ts'

test('each file of the corpus belongs to a target, and each target has one', () => {
  assert.deepEqual(readdirSync(CORPUS).sort(), TARGETS.map(({ name }) => `${name}.json`).sort())
})

for (const target of TARGETS) {
  describe(`${target.name}: ${target.promise}`, () => {
    for (const { note, input, expected } of readCorpus(target.name)) {
      test(note, () => {
        const start = process.cpuUsage()
        const outcome = target.run(input)
        const { user, system } = process.cpuUsage(start)
        assert.equal(outcome.split(' ')[0], expected, outcome)
        assert.ok((user + system) / 1000 < target.bounds.milliseconds * 2, `took ${(user + system) / 1000} ms of the processor`)
      })
    }
  })
}

for (const target of TARGETS.filter(({ name }) => name === 'names' || name === 'readers')) {
  test(`certificates and the like, made now, hold what ${target.name} promises`, async () => {
    const outcomes = (await target.seeds()).map((seed) => target.run(seed))
    assert.ok(outcomes.filter((outcome) => outcome.startsWith('accepted')).length >= 5, outcomes.join('\n'))
  })
}
