import assert from 'node:assert/strict'

const SAMPLE = /^([a-z_:][a-z0-9_:]*(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})?) (-?[0-9.e+-]+|\+Inf|NaN)$/i

/** Reads the Prometheus text format strictly; a sample's key is its name with labels, as written. */
export function parseExposition(text: string): {
  readonly types: ReadonlyMap<string, string>
  readonly samples: ReadonlyMap<string, number>
} {
  const types = new Map<string, string>()
  const samples = new Map<string, number>()
  assert.ok(text.endsWith('\n'))
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line)
    if (type !== null) {
      assert.ok(!types.has(type[1] as string), `${type[1]} is announced twice`)
      types.set(type[1] as string, type[2] as string)
      continue
    }
    const sample = SAMPLE.exec(line)
    assert.ok(sample !== null, `not a sample: ${line}`)
    assert.ok(!samples.has(sample[1] as string), `${sample[1]} is there twice`)
    const family = (sample[1] as string).replace(/\{.*/s, '')
    assert.ok(types.has(family) || types.has(family.replace(/_(bucket|sum|count)$/, '')), `${family} has no type`)
    samples.set(sample[1] as string, Number(sample[2]))
  }
  return { types, samples }
}
