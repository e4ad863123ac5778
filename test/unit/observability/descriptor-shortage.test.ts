import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { DescriptorShortage } from '../../../src/observability/descriptor-shortage.ts'

test('a shortage is told when it comes, and once a minute while it lasts', () => {
  const told: number[] = []
  let short = false
  let now = 0
  const shortage = new DescriptorShortage(
    () => told.push(now),
    () => short,
  )
  for (; now < 200_000; now += 1_000) {
    short = now >= 5_000 && now < 70_000
    shortage.look(now)
  }
  assert.deepEqual(told, [5_000, 65_000])
})

test('it is found out by asking the system', () => {
  const { href } = new URL('../../../src/observability/descriptor-shortage.ts', import.meta.url)
  const script = `
    import { openSync } from 'node:fs'
    import { DescriptorShortage } from '${href}'
    const shortage = new DescriptorShortage(() => process.stdout.write('short'))
    shortage.look(0)
    try { for (;;) openSync('/dev/null') } catch {}
    shortage.look(0)`
  const args = ['-c', `ulimit -n 100 && exec '${process.execPath}' --input-type=module -e "$0"`, script]
  assert.equal(spawnSync('sh', args, { encoding: 'utf8' }).stdout, 'short')
})
