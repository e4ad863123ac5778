import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Asked, Turns } from '../../../src/admin/certificates/turns.ts'
import { AT_SOCKET } from '../../support/administered-files.ts'

const by = (fingerprint: string | null, signal?: AbortSignal): Asked => ({
  caller: { ...AT_SOCKET, actor: { name: 'x', fingerprint } },
  ...(signal === undefined ? {} : { signal }),
})

test('whoever asks for many has the next after everybody else has had one', async () => {
  const turns = new Turns()
  const done: string[] = []
  const ask = (who: string | null, what: string) => turns.run(by(who), () => done.push(what))
  const all = [ask('a', 'a1'), ask('a', 'a2'), ask('a', 'a3'), ask('b', 'b1'), ask('b', 'b2'), ask(null, 'socket')]
  await Promise.all(all)
  assert.deepEqual(done, ['a1', 'b1', 'socket', 'a2', 'b2', 'a3'])
})

test('nothing is done for who has gone, and what fails stops nobody else', async () => {
  const turns = new Turns()
  const gone = new AbortController()
  let made = 0
  const none = Array.from({ length: 3 }, () => turns.run(by('a', gone.signal), () => made++))
  const failing = assert.rejects(
    turns.run(by('b'), () => {
      throw new Error('broken')
    }),
    /^Error: broken$/,
  )
  gone.abort()
  assert.deepEqual(
    (await Promise.allSettled(none)).map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  )
  await failing
  assert.equal(await turns.run(by('a'), () => ++made), 1)
})

test('between two pieces everybody else is heard', async () => {
  const turns = new Turns()
  const seen: string[] = []
  const first = turns.run(by('a'), () => setImmediate(() => seen.push('else')))
  const second = turns.run(by('a'), () => seen.push('second'))
  await Promise.all([first, second])
  assert.deepEqual(seen, ['else', 'second'])
})
