import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidValue } from '../../../src/config/shape.ts'
import { parseDuration, parsePeriod, parseSize } from '../../../src/config/units.ts'

describe('parseDuration', () => {
  for (const [text, milliseconds] of [
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['0', 0],
    [0, 0],
  ] as const) {
    it(`${text} is ${milliseconds} ms`, () => assert.equal(parseDuration(text), milliseconds))
  }
  for (const text of ['10', 10, '10 s', '10S', '-1s', 's', '1d', '1e3s', '', 'Infinity', Number.NaN, '25h', '0.1ms', '1s1s']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseDuration(text), InvalidValue))
  }
  it('asks for the unit of a bare number', () => {
    assert.throws(
      () => parseDuration(10),
      (error) => error instanceof InvalidValue && error.hint === 'say the unit: `10s` or `10ms`',
    )
  })
})

describe('parseSize', () => {
  for (const [text, bytes] of [
    ['32KiB', 32_768],
    ['8k', 8192],
    ['8K', 8192],
    ['1m', 1_048_576],
    ['5MB', 5_000_000],
    ['2GiB', 2_147_483_648],
    ['100B', 100],
    ['4096', 4096],
    [4096, 4096],
    [0, 0],
  ] as const) {
    it(`${text} is ${bytes} bytes`, () => assert.equal(parseSize(text), bytes))
  }
  for (const text of ['1.5k', '-1', '1TB', 'k', '', '1 k', 1.5, -1, '999999999999999GiB', 'NaN']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseSize(text), InvalidValue))
  }
})

it('periods may be longer than any timer, and say their unit', () => {
  const cases: [string, number][] = [
    ['14d', 14 * 86_400_000],
    ['0d', 0],
    ['1.5d', 129_600_000],
    ['36h', 129_600_000],
    ['30s', 30_000],
  ]
  for (const [text, milliseconds] of cases) assert.equal(parsePeriod(text), milliseconds)
  for (const bad of ['14', 14, '', 'd', '-1d', '1w', '99999d', '1e3d', 'Infinityd'])
    assert.throws(() => parsePeriod(bad), InvalidValue, String(bad))
})
