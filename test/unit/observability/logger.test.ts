import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { CertgateError, MaterialError } from '../../../src/errors.ts'
import { createAudit } from '../../../src/observability/audit.ts'
import { createLogger, flushLogger, type LoggerOptions } from '../../../src/observability/logger.ts'

function capture(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = []
  const logger = createLogger({ level: 'info', format: 'json', worker: null, write: (line) => lines.push(line), ...options })
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') }
}

test('a JSON line says when, how grave and which worker', () => {
  const { logger, last } = capture({ worker: 3 })
  logger.info({ snapshot: 7 }, 'configuration loaded')
  const { time, ...fields } = last()
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000)
  assert.deepEqual(fields, { level: 'info', pid: process.pid, worker: 3, snapshot: 7, msg: 'configuration loaded' })
})

test('the level decides, and can be changed while running', () => {
  const { logger, lines } = capture({ level: 'warn' })
  logger.info('not this')
  logger.warn('this')
  logger.level = 'debug'
  logger.debug('and this')
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).msg),
    ['this', 'and this'],
  )
})

test('the lines of a file stand below the event, for people, and cannot pass for another', () => {
  const { logger, lines } = capture({ format: 'pretty' })
  logger.error({ file: 'a.yml', snippet: ' 1 | x\u001b[2J:\n   | ^' }, 'unknown key')
  const text = lines.join('')
  assert.match(text, /ERROR: unknown key {2}file=a\.yml\n {5}1 \| x\\u001b\[2J:\n {7}\| \^\n$/)
})

test('an error is logged by its few known fields, causes included, and nothing else of it', () => {
  const { logger, last } = capture()
  const cause = Object.assign(new Error('no such file'), { code: 'ENOENT', syscall: 'open', options: { key: 'hunter2' } })
  logger.error({ err: new MaterialError('server.pfx', 'cannot read server.pfx', { cause, hint: 'check the path' }) }, 'reload failed')
  const { err } = last()
  assert.deepEqual(
    { ...err, cause: { ...err.cause, stack: '' } },
    {
      type: 'MaterialError',
      message: 'cannot read server.pfx',
      code: 'material_unusable',
      hint: 'check the path',
      cause: { type: 'Error', message: 'no such file', code: 'ENOENT', syscall: 'open', stack: '' },
    },
  )
  assert.match(err.cause.stack, /logger\.test\.ts/)
  assert.doesNotMatch(err.cause.stack, /\n/)
})

/** Everything that can carry a value into a log line, in both formats: the planted secret must come out of none. */
test('no planted secret is ever logged, whichever way it came', () => {
  const secret = 'hunter2hunter2'
  const base64 = Buffer.from(`alice:${secret}`).toString('base64')
  const pem = `-----BEGIN EC PRIVATE KEY-----\n${secret}\n-----END EC PRIVATE KEY-----\n`
  for (const format of ['json', 'pretty'] as const) {
    const { logger, lines } = capture({ format, level: 'debug' })
    const ways: (() => void)[] = [
      () => logger.info({ headers: { authorization: `Basic ${base64}`, cookie: `session=${secret}` } }, 'request'),
      () => logger.info(`Authorization: Basic ${base64}`),
      () => logger.info('interpolated %s and %j', `password=${secret}`, { passphrase: secret }),
      () => logger.info({ settings: { tls: { certificate: { pfx: 'a.pfx', password: secret, passphrase: secret } } } }),
      () => logger.info({ material: { certificate: 'x', key: pem } }),
      () => logger.info(pem),
      () => logger.info({ der: Buffer.from(secret), ticketKeys: new TextEncoder().encode(secret) }),
      () => logger.error(new Error(`cannot use ${pem}`)),
      () => logger.error({ err: Object.assign(new Error('x'), { password: secret, options: { key: secret } }) }),
      () =>
        logger.error({
          err: new CertgateError('io_failed', 'x', { hint: `try token=${secret}`, cause: new Error(`password: "${secret}"`) }),
        }),
      () => logger.error({ failure: Object.assign(new Error('x'), { passphrase: secret }) }),
      () => logger.child({ session_token: secret, url: `https://u:${secret}@h/` }).warn('child'),
      () => logger.info({ user: { name: 'alice', hash: `$2y$10$${secret}` } }),
      () => logger.info({ [`password=${secret}`]: 1 }),
      () =>
        createAudit(logger)({
          kind: 'FAILED_LOGIN',
          reason: 'credentials_invalid',
          user: 'alice',
          remote: '10.0.0.1',
          detail: `Bearer ${secret}`,
        }),
      () =>
        createAudit(logger)({
          kind: 'CONFIG',
          action: 'rejected',
          cause: 'file',
          by: 'certgate',
          snapshot: 1,
          detail: `  password: ${secret}\n            ^`,
        }),
    ]
    for (const log of ways) log()
    assert.equal(lines.length, ways.length)
    for (const [index, line] of lines.entries()) {
      assert.ok(!line.includes(secret) && !line.includes(base64), `way ${index} in ${format}: ${line}`)
      assert.ok(!line.includes(Array.from(Buffer.from(secret)).join(',')), `bytes of way ${index} in ${format}`)
    }
  }
})

test('for people: one line per event, which no value can break or steer', () => {
  const { logger, lines } = capture({ format: 'pretty', worker: 2 })
  logger.info({ snapshot: 3, names: ['a', 'b'] }, 'configuration loaded')
  logger.error({ err: new TypeError('x is not a function') }, 'unexpected')
  logger.warn({ user: 'a\u001b[2J\nforged', dn: '\u009b1m' }, 'who\u001b[31m\nis\u202e this')
  assert.equal(lines.length, 3)
  assert.match(lines[0] ?? '', /^\d\d:\d\d:\d\d\.\d{3} INFO: \[2\] configuration loaded {2}snapshot=3 names=\["a","b"\]\n$/)
  assert.match(lines[1] ?? '', /ERROR: \[2\] unexpected {2}err=TypeError: x is not a function at .*logger\.test\.ts/)
  for (const line of lines) assert.doesNotMatch(line.slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u202e]/)
})

test('the log goes to standard error and is whole after an abrupt exit', () => {
  const url = (name: string) => JSON.stringify(new URL(`../../../src/observability/${name}.ts`, import.meta.url).href)
  const script = `const { createLogger } = await import(${url('logger')}); const { createAudit } = await import(${url('audit')})
    const logger = createLogger({ level: 'info', format: 'auto', worker: 1 })
    const audit = createAudit(logger)
    for (let i = 0; i < 150; i++) audit({ kind: 'BAD_HEADERS', reason: 'malformed_request', remote: '10.0.0.1', detail: 'x' })
    logger.error('last words')
    process.exit(1)`
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  assert.equal(run.stdout, '')
  const lines = run.stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(lines.length, 102)
  assert.equal(lines[100].msg, 'last words')
  assert.equal(lines[101].repeated, 50)
})

test('a flush ends also where there is nothing to flush', async () => {
  await flushLogger(capture().logger)
})
