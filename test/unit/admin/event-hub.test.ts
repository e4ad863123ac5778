import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EventHub } from '../../../src/admin/event-hub.ts'

const always = () => true

/** The first texts of a stream, without its opening. */
async function first(stream: AsyncGenerator<string>, count: number): Promise<string[]> {
  const texts: string[] = []
  while (texts.length < count) {
    const { value, done } = await stream.next()
    if (done === true) break
    if (!value.startsWith('retry:')) texts.push(value)
  }
  return texts
}

/** A stream that has begun. */
async function listening(hub: EventHub, lastEventId: string | null = null, isAllowed = always) {
  const stream = hub.subscribe(lastEventId, isAllowed)
  assert.equal((await stream.next()).value, 'retry: 3000\n\n')
  return stream
}

describe('events', () => {
  it('are told to all who listen, with a number, a kind and one line of data', async () => {
    const hub = new EventHub()
    const streams = [await listening(hub), await listening(hub)]
    hub.publish({ kind: 'mapping', data: { text: 'one\nline', by: 'cli' } })
    for (const stream of streams) {
      const [text = ''] = await first(stream, 1)
      assert.match(text, /^id: [0-9a-f]+-1\nevent: mapping\ndata: \{"text":"one\\nline","by":"cli"\}\n\n$/)
    }
    await Promise.all(streams.map((stream) => stream.return()))
    assert.equal(hub.clients, 0)
  })

  it('go on after the one that a client has seen', async () => {
    const hub = new EventHub()
    const stream = await listening(hub)
    for (const n of [1, 2, 3]) hub.publish({ kind: 'audit', data: n })
    const [text = ''] = await first(stream, 1)
    const id = /^id: (\S+-1)$/m.exec(text)?.[1] ?? ''
    const again = await listening(hub, id)
    const [rest = ''] = await first(again, 1)
    assert.deepEqual(
      [...rest.matchAll(/^data: (.*)$/gm)].map(([, data]) => data),
      ['2', '3'],
    )
  })

  it('that are too long cut nobody off, and what is kept stays small whatever they are', async () => {
    const hub = new EventHub({ longest: 100, keptText: 150, waiting: 200 })
    const stream = await listening(hub)
    hub.publish({ kind: 'audit', data: 'x'.repeat(1_000) })
    const [text = ''] = await first(stream, 1)
    assert.match(text, /^id: \w+-1\nevent: missed\ndata: \{\}\n\n$/)
    for (const n of [2, 3, 4]) hub.publish({ kind: 'audit', data: n })
    assert.equal((await first(stream, 1)).length, 1)
    const run = /id: (\w+)-/.exec(text)?.[1]
    assert.match((await first(await listening(hub, `${run}-2`), 1))[0] ?? '', /^id: \w+-3\nevent: audit\n/)
    assert.match((await first(await listening(hub, `${run}-0`), 1))[0] ?? '', /^id: \w+-4\nevent: missed\n/)
  })

  it('say that some were missed where all of them would be too much', async () => {
    const hub = new EventHub({ waiting: 1_000 })
    const stream = await listening(hub)
    hub.publish({ kind: 'audit', data: 0 })
    const [text = ''] = await first(stream, 1)
    const id = /^id: (\S+)$/m.exec(text)?.[1] ?? ''
    for (let n = 1; n <= 30; n++) hub.publish({ kind: 'audit', data: n })
    const again = await listening(hub, id)
    assert.match((await first(again, 1))[0] ?? '', /^id: \w+-31\nevent: missed\ndata: \{\}\n\n$/)
    hub.publish({ kind: 'audit', data: 31 })
    assert.match((await first(again, 1))[0] ?? '', /^id: \w+-32\nevent: audit\n/)
  })

  it('say that some were missed where that cannot be told any more', async () => {
    const hub = new EventHub({ kept: 2 })
    for (const n of [1, 2, 3, 4]) hub.publish({ kind: 'audit', data: n })
    const run = /id: (\w+)-/.exec((await first(await listening(hub, 'other-1'), 1))[0] ?? '')?.[1]
    for (const id of ['other-1', 'nonsense', `${run}-1`, `${run}-99`]) {
      const [text = ''] = await first(await listening(hub, id), 1)
      assert.match(text, /^id: \w+-4\nevent: missed\n/, id)
    }
    const [text = ''] = await first(await listening(hub, `${run}-2`), 1)
    assert.deepEqual(
      [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => data),
      ['3', '4'],
    )
  })

  it('end for who does not read, and for nobody else', async () => {
    const hub = new EventHub({ waiting: 2_000 })
    const [slow, quick] = [await listening(hub), await listening(hub)]
    for (let n = 0; n < 100; n++) {
      hub.publish({ kind: 'audit', data: { n, filler: 'x'.repeat(50) } })
      assert.match((await first(quick, 1))[0] ?? '', new RegExp(`"n":${n},`))
    }
    assert.deepEqual(await slow.next(), { value: undefined, done: true })
    assert.equal(hub.clients, 1)
  })

  it('end for who may not hear them any more, with nothing of what came after', async () => {
    const hub = new EventHub()
    let allowed = true
    const stream = await listening(hub, null, () => allowed)
    hub.publish({ kind: 'audit', data: 1 })
    assert.equal((await first(stream, 1)).length, 1)
    allowed = false
    hub.publish({ kind: 'audit', data: 2 })
    assert.deepEqual(await first(stream, 1), [])
    assert.equal(hub.clients, 0)
  })

  it('are followed by signs of life where nothing happens', async () => {
    const hub = new EventHub({ heartbeat: 1 })
    const stream = await listening(hub)
    // The hub's own timer keeps no process alive.
    const alive = setInterval(() => {}, 1_000)
    assert.deepEqual(await first(stream, 2), [': alive\n\n', ': alive\n\n'])
    clearInterval(alive)
  })

  it('end all at once', async () => {
    const hub = new EventHub()
    const stream = await listening(hub)
    const next = stream.next()
    hub.close()
    assert.equal((await next).done, true)
    assert.equal((await (await listening(hub)).next()).done, true, 'and nobody comes after')
  })

  it('leave out what cannot be told, and never throw', async () => {
    const hub = new EventHub()
    const stream = await listening(hub)
    const circle: Record<string, unknown> = {}
    circle.self = circle
    hub.publish({ kind: 'audit', data: circle })
    hub.publish({ kind: 'bad\nevent: forged', data: 1 })
    hub.publish({ kind: 'audit', data: undefined })
    hub.publish({ kind: 'audit', data: 'good' })
    assert.match((await first(stream, 1))[0] ?? '', /-1\nevent: audit\ndata: "good"/)
  })
})

it('what is only for who listens now has no number, and is not told to who comes back', async () => {
  const hub = new EventHub()
  const listening = hub.subscribe(null, () => true)
  await listening.next()
  hub.tell({ kind: 'metrics', data: { a: 1 } })
  assert.equal((await listening.next()).value, 'event: metrics\ndata: {"a":1}\n\n')
  hub.publish({ kind: 'reload', data: {} })
  const { value } = await listening.next()
  const id = /id: (\S+)/.exec(value ?? '')?.[1] ?? ''
  hub.tell({ kind: 'metrics', data: { a: 2 } })
  const back = hub.subscribe(id, () => true)
  await back.next()
  hub.publish({ kind: 'reload', data: { later: true } })
  assert.match((await back.next()).value ?? '', /^id: \S+\nevent: reload\ndata: \{"later":true\}\n\n$/)
  hub.close()
})
