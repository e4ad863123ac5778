import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { type TestContext, test } from 'node:test'
import { goTo, htmlAnswer } from '../../../../src/cli/wizard/answer.ts'
import { LARGEST_FORM } from '../../../../src/cli/wizard/form.ts'
import { PATIENCE, startWizardServer } from '../../../../src/cli/wizard/server.ts'
import type { WizardRequest } from '../../../../src/cli/wizard/wizard.ts'

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

function ask(url: string, options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {}): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const { method = 'GET', headers = {}, body } = options
  const request = httpRequest(url, { method, headers, agent: false }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
  })
  request.on('error', reject).end(body)
  return promise
}

async function start(t: TestContext) {
  const asked: WizardRequest[] = []
  let timedOut = 0
  const server = await startWizardServer({
    port: 0,
    async answer(request) {
      asked.push(request)
      return request.path === '/moved' ? goTo('/name') : htmlAnswer(200, 'the page')
    },
    opened: () => {},
    timedOut: () => timedOut++,
  })
  t.after(() => server.close())
  const origin = new URL(server.url).origin
  const open = async () => {
    const { headers } = await ask(server.url)
    return { cookie: (headers['set-cookie'] as string[])[0]?.split(';', 1)[0] ?? '' }
  }
  return { server, origin, base: server.url, asked, open, timedOut: () => timedOut }
}

test('the address works once, and only for who opened it', async (t) => {
  const { server, origin, asked, open } = await start(t)
  assert.equal((await ask(`${origin}/name`)).status, 403)
  assert.equal((await ask(`${origin}/wrong`)).status, 403)
  assert.equal((await ask(server.url, { method: 'HEAD' })).status, 405)
  const mine = await open()
  assert.equal((await ask(server.url)).status, 403)
  assert.equal((await ask(`${server.url}/name`)).status, 403)
  assert.equal((await ask(`${server.url}/name`, { headers: { cookie: 'certgate_setup=x' } })).status, 403)
  assert.deepEqual(asked, [])
  const answer = await ask(`${server.url}/name?x`, { headers: mine })
  assert.deepEqual([answer.status, answer.text, (asked as readonly WizardRequest[])[0]?.path], [200, 'the page', '/name'])
})

test('the pages lie below the address, which nobody is told who does not know it', async (t) => {
  const { server, origin, asked, open } = await start(t)
  const { pathname } = new URL(server.url)
  const mine = await open()
  for (const path of ['/', '/name', '/wrong/name', `${pathname}x/name`])
    assert.equal((await ask(`${origin}${path}`, { headers: mine })).status, 403, path)
  assert.deepEqual(asked, [])
  const again = await ask(server.url, { headers: mine })
  assert.deepEqual([again.status, again.headers.location], [303, `${pathname}/`])
  assert.equal((await ask(`${server.url}/moved`, { headers: mine })).headers.location, `${pathname}/name`)
  const strangers = [await ask(`${origin}/`), await ask(`${origin}/name`), await ask(`${origin}/favicon.ico`)]
  for (const { status, text } of strangers) assert.deepEqual([status, text.includes(pathname)], [403, false])
  // One of it by a link from elsewhere brings no cookie; the link there brings it.
  assert.ok((await ask(`${server.url}/name`)).text.includes(`<a href="${pathname}/">go on here</a>`))
})

test('a name that leads here is not this address', async (t) => {
  const { server, origin, asked, open } = await start(t)
  const { port, host, pathname } = new URL(server.url)
  const elsewhere = ['evil.example', `evil.example:${port}`, `localhost:${port}`, '127.0.0.1', `127.0.0.1:1`, `${host}.evil.example`]
  for (const name of elsewhere) assert.equal((await ask(`${origin}${pathname}`, { headers: { host: name } })).status, 421, name)
  const mine = await open()
  for (const name of elsewhere) assert.equal((await ask(`${server.url}/name`, { headers: { ...mine, host: name } })).status, 421, name)
  assert.deepEqual(asked, [])
})

test('a form of another site is not taken, whatever cookie came with it', async (t) => {
  const { base, origin, asked, open } = await start(t)
  const mine = { ...(await open()), 'content-type': 'application/x-www-form-urlencoded' }
  const send = (headers: Record<string, string>) => ask(`${base}/make`, { method: 'POST', headers: { ...mine, ...headers }, body: 'a=b' })
  const foreign: Record<string, string>[] = [
    {},
    { origin: 'null' },
    { origin: 'http://evil.example' },
    { origin: origin.replace('http:', 'https:') },
    { origin: 'http://127.0.0.1:1' },
    { origin, 'sec-fetch-site': 'cross-site' },
    { origin, 'sec-fetch-site': 'same-site' },
  ]
  for (const headers of foreign) assert.equal((await send(headers)).status, 403, JSON.stringify(headers))
  assert.equal(asked.length, 0)
  assert.equal((await send({ origin, 'sec-fetch-site': 'same-origin' })).status, 200)
  assert.deepEqual([asked.length, asked[0]?.form?.text('a')], [1, 'b'])
})

test('no answer lets anything be loaded, framed, kept or read from elsewhere', async (t) => {
  const { server, origin, open } = await start(t)
  const replies = [await ask(`${origin}/nothing`), await ask(server.url)]
  const other = await start(t)
  replies.push(await ask(`${other.base}/name`, { headers: await other.open() }))
  await assert.rejects(async () => open())
  for (const { headers } of replies) {
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/)
    assert.deepEqual(
      ['cache-control', 'x-frame-options', 'x-content-type-options', 'referrer-policy', 'access-control-allow-origin'].map(
        (name) => headers[name],
      ),
      ['no-store', 'DENY', 'nosniff', 'same-origin', undefined],
    )
  }
})

test('what is no whole form is told from one, and too large a body is not kept', async (t) => {
  const { base, origin, asked, open } = await start(t)
  const headers = { ...(await open()), origin }
  const send = (type: string, body: string | Buffer) =>
    ask(`${base}/ca`, { method: 'POST', headers: { ...headers, 'content-type': type }, body })
  assert.equal((await send('application/json', '{}')).status, 200)
  assert.equal((await send('multipart/form-data; boundary=x', '--x\r\nbroken')).status, 200)
  assert.equal((await send('multipart/form-data', 'no boundary')).status, 200)
  assert.deepEqual(
    asked.map(({ form }) => form),
    [null, null, null],
  )
  const file = '--x\r\ncontent-disposition: form-data; name="f"; filename="C:\\\\a/b.pem"\r\n\r\n\u0000\r\n--x--\r\n'
  await send('multipart/form-data; boundary=x', file)
  assert.deepEqual(asked.at(-1)?.form?.file('f'), { name: 'b.pem', bytes: Buffer.from([0]) })
  assert.equal((await send('application/x-www-form-urlencoded', Buffer.alloc(LARGEST_FORM + 1, 'a'))).status, 413)
  assert.equal(asked.length, 4)
})

test('the pages close when nobody asks for them, and every request of their browser begins the time anew', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { base, open, timedOut } = await start(t)
  t.mock.timers.tick(PATIENCE - 1)
  const mine = await open()
  t.mock.timers.tick(PATIENCE - 1)
  await ask(`${base}/name`, { headers: mine })
  t.mock.timers.tick(PATIENCE - 1)
  assert.equal(timedOut(), 0)
  await ask(`${base}/name`)
  t.mock.timers.tick(1)
  assert.equal(timedOut(), 1)
})
