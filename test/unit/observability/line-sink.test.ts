import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CertgateError } from '../../../src/errors.ts'
import { LineSink } from '../../../src/observability/line-sink.ts'

const folder = mkdtempSync(join(tmpdir(), 'certgate-sink-'))
after(() => rmSync(folder, { recursive: true }))

const moduleUrl = new URL('../../../src/observability/line-sink.ts', import.meta.url).href

interface Losses {
  lines: number
  errors: string[]
  reopen: string[]
}

function openSink(target: { file: string } | { fd: number }, flushAfter = 60_000): { sink: LineSink; losses: Losses } {
  const losses: Losses = { lines: 0, errors: [], reopen: [] }
  const sink = new LineSink({
    target,
    flushAfter,
    onLost: (lines, error) => {
      losses.lines += lines
      if (error !== null) losses.errors.push((error as NodeJS.ErrnoException).code ?? error.message)
    },
    onReopenFailed: (error) => losses.reopen.push((error as NodeJS.ErrnoException).code ?? error.message),
  })
  return { sink, losses }
}

test('lines wait for their batch, and flush brings them out in order', async () => {
  const file = join(folder, 'order.log')
  const { sink, losses } = openSink({ file })
  sink.append('one\n')
  sink.append('two é\n')
  assert.equal(readFileSync(file, 'utf8'), '')
  await sink.flush()
  assert.equal(readFileSync(file, 'utf8'), 'one\ntwo é\n')
  for (let i = 0; i < 20_000; i++) sink.append(`line ${i}\n`)
  await sink.close()
  const lines = readFileSync(file, 'utf8').split('\n').slice(2, -1)
  assert.deepEqual(
    lines,
    Array.from({ length: 20_000 }, (_, i) => `line ${i}`),
  )
  assert.equal(losses.lines, 0)
  assert.equal(statSync(file).mode & 0o007, 0)
})

test('a line is written after the agreed time without a flush', async () => {
  const file = join(folder, 'timer.log')
  const { sink } = openSink({ file }, 5)
  sink.append('late\n')
  const deadline = Date.now() + 5000
  while (readFileSync(file, 'utf8') === '' && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(readFileSync(file, 'utf8'), 'late\n')
  await sink.close()
})

test('a file that was rotated away is opened anew and no line is lost', async () => {
  const file = join(folder, 'rotated.log')
  const { sink, losses } = openSink({ file })
  sink.append('before\n')
  await sink.flush()
  renameSync(file, `${file}.1`)
  sink.append('between\n')
  sink.reopen()
  sink.append('after\n')
  await sink.close()
  const [old, fresh] = [readFileSync(`${file}.1`, 'utf8'), readFileSync(file, 'utf8')]
  assert.match(old, /^before\n/)
  assert.match(fresh, /after\n$/)
  assert.equal((old + fresh).match(/between\n/g)?.length, 1)
  assert.equal(losses.lines, 0)
})

test('where the file cannot be reopened the old one stays', async () => {
  const inner = mkdtempSync(join(folder, 'gone-'))
  const file = join(inner, 'access.log')
  const { sink, losses } = openSink({ file })
  const moved = `${inner}-moved`
  renameSync(inner, moved)
  sink.reopen()
  sink.append('kept\n')
  await sink.close()
  assert.equal(readFileSync(join(moved, 'access.log'), 'utf8'), 'kept\n')
  assert.deepEqual(losses, { lines: 0, errors: [], reopen: ['ENOENT'] })
})

test('closing during a reopen closes the right file and keeps the line', async () => {
  const file = join(folder, 'close-reopen.log')
  const { sink } = openSink({ file })
  sink.reopen()
  sink.append('last\n')
  await sink.close()
  assert.equal(readFileSync(file, 'utf8'), 'last\n')
})

test('a folder that is missing is one clear error', () => {
  assert.throws(
    () => openSink({ file: join(folder, 'missing', 'access.log') }),
    (error) => error instanceof CertgateError && error.code === 'io_failed' && /^cannot open log file .*missing/.test(error.message),
  )
})

test('a FIFO that nobody reads is one clear error, and nothing waits for a reader', () => {
  const file = join(folder, 'fifo.log')
  execFileSync('mkfifo', [file])
  assert.throws(() => openSink({ file }), {
    code: 'io_failed',
    message: `cannot open log file ${file}: it is a socket, or a FIFO that nobody reads`,
  })
})

test('a failing descriptor costs lines, each of them counted, and never throws', async () => {
  const file = join(folder, 'readonly.log')
  writeFileSync(file, '')
  const fd = openSync(file, 'r')
  const { sink, losses } = openSink({ fd })
  sink.append('a\n')
  sink.append('b\n')
  await sink.close()
  closeSync(fd)
  assert.deepEqual(losses, { lines: 2, errors: ['EBADF'], reopen: [] })
  sink.append('c\n')
  assert.equal(readFileSync(file, 'utf8'), '')
})

test('lines still held at an abrupt exit reach the file', () => {
  const file = join(folder, 'exit.log')
  const script = `const { LineSink } = await import(${JSON.stringify(moduleUrl)})
    const sink = new LineSink({ target: { file: ${JSON.stringify(file)} }, flushAfter: 60000, onLost() {}, onReopenFailed() {} })
    for (let i = 0; i < 100; i++) sink.append(i + '\\n')
    process.exit(3)`
  assert.equal(spawnSync(process.execPath, ['--input-type=module', '-e', script]).status, 3)
  assert.equal(readFileSync(file, 'utf8').split('\n').length, 101)
})

test('several processes share one pipe without mixing lines, long ones shortened', async () => {
  const script = `const { LineSink } = await import(${JSON.stringify(moduleUrl)})
    const { writeSync } = await import('node:fs')
    const sink = new LineSink({ target: { fd: 1 }, flushAfter: 60000, onLost(n) { writeSync(2, 'lost ' + n) }, onReopenFailed() {} })
    const [id, sizes] = [process.argv[1], [10, 700, 1300, 3900, 9000]]
    for (let i = 0; i < 1500; i++) {
      sink.append(JSON.stringify({ id, i, fill: id.repeat(sizes[i % sizes.length]) }) + '\\n')
      if (i % 100 === 99) await sink.flush()
    }
    await sink.close()`
  // The shell gives all three the same pipe: what a cluster does with standard output.
  const command = `(for id in a b c; do '${process.execPath}' --input-type=module -e "$SCRIPT" $id & done; wait) | cat`
  const child = spawn('sh', ['-c', command], { env: { ...process.env, SCRIPT: script } })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text
  })
  await new Promise((resolve) => child.on('close', resolve))
  assert.equal(err, '')
  const lines = out.split('\n').slice(0, -1)
  assert.equal(lines.length, 4500)
  const next = new Map([
    ['a', 0],
    ['b', 0],
    ['c', 0],
  ])
  for (const line of lines) {
    assert.ok(Buffer.byteLength(line) < 4096)
    const { id, i, fill } = JSON.parse(line) as { id: string; i: number; fill: string }
    assert.match(fill, new RegExp(`^${id}+…?$`))
    assert.equal(i, next.get(id))
    next.set(id, Number(i) + 1)
  }
})

test('a reader that stops reading costs lines, not memory or the event loop, and every lost line is told', async () => {
  const script = `const { LineSink } = await import(${JSON.stringify(moduleUrl)})
    const { writeSync } = await import('node:fs')
    let lost = 0
    const sink = new LineSink({ target: { fd: 1 }, flushAfter: 60000, onLost(n) { lost += n }, onReopenFailed() {} })
    const line = 'x'.repeat(1000) + '\\n'
    for (let i = 0; i < 60000; i++) { sink.append(line); if (i % 1000 === 0) await new Promise(setImmediate) }
    const held = process.memoryUsage().rss >> 20
    writeSync(2, 'held ' + held + ' MiB\\n')
    process.stdin.once('data', async () => {
      await sink.flush()
      sink.append('afterwards\\n')
      await sink.close()
      writeSync(2, 'lost ' + lost + '\\n')
      process.exit(0)
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script])
  let err = ''
  let lines = 0
  let tail = ''
  // Reading only starts once the writer has come through its loop: a blocked event loop would hang here.
  await new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text) => {
      err += text
      if (err.includes('MiB')) resolve()
    })
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    lines += text.split('\n').length - 1
    tail = (tail + text).slice(-20)
  })
  child.stdin.write('go')
  await new Promise((resolve) => child.on('close', resolve))
  const lost = Number(/lost (\d+)/.exec(err)?.[1])
  assert.ok(lost > 30_000, err)
  assert.equal(lines + lost, 60_001)
  assert.match(tail, /\nafterwards\n$/)
  assert.ok(Number(/held (\d+)/.exec(err)?.[1]) < 200, err)
})
