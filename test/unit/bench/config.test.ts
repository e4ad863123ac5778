import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CASES } from '../../../bench/cases/index.ts'
import { type BenchConfig, parseConfig } from '../../../bench/config.ts'
import { WrongUsage } from '../../../bench/lab/errors.ts'

function config(...args: string[]): BenchConfig {
  const parsed = parseConfig(args)
  assert.ok(!('print' in parsed), 'a configuration, not a text')
  return parsed
}

const names = ({ cases }: BenchConfig) => cases.map(({ name }) => name)

test('without options everything is run', () => {
  const all = config()
  assert.equal(all.cases.length, CASES.length)
  assert.deepEqual(
    [all.repeats, all.seconds, all.connections, all.warmUpRequests, all.validateOnly, all.json],
    [6, 3, 24, 50_000, false, null],
  )
})

test('cases are chosen by name and run in their own order', () => {
  assert.deepEqual(names(config('--case', '10k,100')), ['100', '10k'])
})

test('nginx is always there, first: ratios are against it', () => {
  const chosen = config('--contenders', 'certgate,haproxy', '--case', '100')
  assert.deepEqual(chosen.contenders, ['nginx', 'certgate', 'haproxy'])
  assert.deepEqual(
    chosen.cases[0]?.lineUp.entrants.map(({ peer }) => peer),
    ['nginx', 'certgate', 'haproxy'],
  )
})

test('cases of certgate against itself fall away without it, and so do those with one side left', () => {
  const left = names(config('--contenders', 'caddy'))
  assert.ok(left.includes('100') && left.includes('idle'))
  assert.ok(!left.includes('users') && !left.includes('log'))
})

test('every limit names a contender of its case', () => {
  for (const { name, limit, lineUp } of CASES) {
    if (limit !== null)
      assert.ok(
        lineUp.entrants.slice(1).some(({ label }) => label === limit.label),
        name,
      )
  }
})

test('the limits are those that were asked for', () => {
  const limits = CASES.flatMap(({ name, limit }) => (limit === null ? [] : [[name, limit.atMost]]))
  assert.deepEqual(Object.fromEntries(limits), {
    '100': 1.05,
    '10k': 1.05,
    '1m': 0.9,
    handshake: 0.8,
    log: 1.05,
    log10k: 1.05,
    users: 1.05,
    'users-handshake': 1.05,
    idle: 75 * 1024,
  })
})

test('a short round has a short lead-in', () => {
  assert.equal(config('--seconds', '0.5').leadIn, 0.5)
  assert.equal(config('--seconds', '5').leadIn, 1)
})

const usage = (message: RegExp) => (error: unknown) => error instanceof WrongUsage && message.test(error.message)

test('wrong options are told by name', () => {
  assert.throws(() => parseConfig(['--case', '100,1g']), usage(/no case "1g"/))
  assert.throws(() => parseConfig(['--contenders', 'apache']), usage(/no contender "apache"/))
  assert.throws(() => parseConfig(['--repeats', '0']), usage(/--repeats takes a number from 1/))
  assert.throws(() => parseConfig(['--repeats', '1.5']), usage(/--repeats takes a whole number/))
  assert.throws(() => parseConfig(['--seconds', 'long']), usage(/--seconds takes a number/))
  assert.throws(() => parseConfig(['--seconds', '']), usage(/--seconds takes a number/))
  assert.throws(() => parseConfig(['--fast']), usage(/--fast/))
  assert.throws(() => parseConfig(['100']), usage(/100/))
})

test('--help and --list print and run nothing', () => {
  const help = parseConfig(['--help'])
  assert.ok('print' in help && help.print.includes('--validate'))
  const list = parseConfig(['--list'])
  assert.ok('print' in list && CASES.every(({ name }) => list.print.includes(name)))
})
