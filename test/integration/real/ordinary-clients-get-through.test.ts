import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type Gateway, startGateway } from '../../support/gateway.ts'
import { fileLifetime } from '../../support/lifetime.ts'
import { absent, absentPython, type Finished, pythonWith, run } from '../../support/outside-program.ts'
import type { RecordedRequest } from '../../support/recording-upstream.ts'

// curl, wget, openssl and Python's requests go through the gateway as they go to any server; what reaches the upstream is
// what they sent, and who they are.

const lifetime = fileLifetime()
let gateway: Gateway
let origin: string
/** 3 MB that no compression and no repetition could fake. */
const large = randomBytes(3_000_000)

before(async () => {
  gateway = await startGateway(lifetime)
  origin = `https://localhost:${gateway.port}`
  for (const [name, { chain, key }] of Object.entries({ alice: gateway.alice, mallory: gateway.mallory })) {
    writeFileSync(file(`${name}.crt`), chain)
    writeFileSync(file(`${name}.key`), key, { mode: 0o600 })
  }
  writeFileSync(file('large.bin'), large)
})

beforeEach(() => gateway.upstream.reset())

const file = (name: string) => join(gateway.folder, name)
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** The only request that reached the upstream: it came as alice, and these are the interesting parts of it. */
function asAlice({ method, target, body, values }: RecordedRequest = gateway.upstream.only) {
  assert.deepEqual([values('x-forwarded-user'), values('x-forwarded-roles')], [['alice'], ['reader']])
  return { method, target, body: sha256(body), values }
}

async function curl(...args: readonly string[]): Promise<Finished> {
  return run('curl', ['-sS', '--cacert', file('ca.crt'), '--cert', file('alice.crt'), '--key', file('alice.key'), ...args])
}

/** Answers with these bytes. */
function answer(body: Buffer, headers = ''): void {
  gateway.upstream.answer = (_request, socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${headers}\r\n`)
    socket.write(body)
  }
}

const withCurl = { skip: absent('curl') }

test('curl fetches, and offers HTTP/2 without getting it', withCurl, async () => {
  answer(large)
  const { code, stdout, stderr } = await curl(`${origin}/big?x=1&y=%20`)
  assert.equal(code, 0, stderr)
  assert.equal(sha256(stdout), sha256(large))
  assert.equal(asAlice().target, '/big?x=1&y=%20')
  const { text } = await curl('--http2', '-o', file('out'), '-w', '%{http_version} %{http_code}', `${origin}/again`)
  assert.equal(text, '1.1 200')
  assert.equal((await curl('--http1.0', '-o', file('out'), '-w', '%{http_code}', `${origin}/old`)).text, '200')
})

test('curl posts a large body', withCurl, async () => {
  const { code, text, stderr } = await curl('--data-binary', `@${file('large.bin')}`, `${origin}/posted`)
  assert.deepEqual([code, text], [0, 'ok\n'], stderr)
  const { method, body, values } = asAlice()
  assert.deepEqual([method, body, values('content-length')], ['POST', sha256(large), [String(large.length)]])
})

test('curl uploads a file, and a stream of unknown length', withCurl, async () => {
  assert.equal((await curl('-T', file('large.bin'), `${origin}/uploaded/`)).text, 'ok\n')
  const { method, target, body } = asAlice()
  assert.deepEqual([method, target, body], ['PUT', '/uploaded/large.bin', sha256(large)])
  gateway.upstream.reset()
  const args = ['-sS', '--cacert', file('ca.crt'), '--cert', file('alice.crt'), '--key', file('alice.key'), '-T', '-', `${origin}/streamed`]
  assert.equal((await run('curl', args, { input: large })).text, 'ok\n')
  assert.equal(asAlice().body, sha256(large))
  assert.deepEqual(asAlice().values('transfer-encoding'), ['chunked'])
})

test('curl waits for 100 Continue where it expects it, and gets it', withCurl, async () => {
  gateway.upstream.onHead = (head, socket) => {
    if (/^expect: *100-continue/im.test(head)) socket.write('HTTP/1.1 100 Continue\r\n\r\n')
  }
  // A continue that is lost costs curl this many seconds.
  const wait = ['--expect100-timeout', '50', '--max-time', '40']
  const { code, stderr } = await curl(
    '-v',
    ...wait,
    '-H',
    'Expect: 100-continue',
    '--data-binary',
    `@${file('large.bin')}`,
    `${origin}/expected`,
  )
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^< HTTP\/1\.1 100 Continue/m)
  assert.equal(asAlice().body, sha256(large))
})

test('curl keeps its body to itself where it is refused before', withCurl, async () => {
  const mallory = ['-sS', '--cacert', file('ca.crt'), '--cert', file('mallory.crt'), '--key', file('mallory.key')]
  const body = ['-H', 'Expect: 100-continue', '--expect100-timeout', '50', '--max-time', '40', '--data-binary', `@${file('large.bin')}`]
  const { text } = await run('curl', [...mallory, ...body, '-o', file('out'), '-w', '%{http_code} %{size_upload}', `${origin}/expected`])
  assert.equal(text, '403 0')
  assert.equal(JSON.parse(readFileSync(file('out'), 'utf8')).code, 'role_missing')
  assert.deepEqual(gateway.upstream.received, [])
})

test('curl decodes what the upstream has compressed', withCurl, async () => {
  const text = 'All that is gold does not glitter. '.repeat(10_000)
  answer(gzipSync(text), 'Content-Encoding: gzip\r\n')
  assert.equal((await curl('--compressed', `${origin}/compressed`)).text, text)
  assert.match(asAlice().values('accept-encoding')[0] ?? '', /gzip/)
})

test('curl asks several things over one connection, with HEAD among them', withCurl, async () => {
  const { text } = await curl(
    '-o',
    file('out'),
    '-w',
    '%{num_connects} ',
    `${origin}/1`,
    '-o',
    file('out'),
    `${origin}/2`,
    '-o',
    file('out'),
    `${origin}/3`,
  )
  assert.equal(text.trim(), '1 0 0')
  assert.deepEqual(
    gateway.upstream.requests.map((request) => asAlice(request).target),
    ['/1', '/2', '/3'],
  )
  const { text: head } = await curl('-I', `${origin}/head`)
  assert.match(head, /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*Content-Length: 3\r\n/i)
})

test('curl goes on where it stopped', withCurl, async () => {
  writeFileSync(file('part'), large.subarray(0, 1_000_000))
  gateway.upstream.answer = (_request, socket) => {
    const range = `Content-Range: bytes 1000000-${large.length - 1}/${large.length}`
    socket.write(`HTTP/1.1 206 Partial Content\r\nContent-Length: ${large.length - 1_000_000}\r\n${range}\r\n\r\n`)
    socket.write(large.subarray(1_000_000))
  }
  const { code, stderr } = await curl('-C', '-', '-o', file('part'), `${origin}/part`)
  assert.equal(code, 0, stderr)
  assert.deepEqual(asAlice().values('range'), ['bytes=1000000-'])
  assert.equal(sha256(readFileSync(file('part'))), sha256(large))
})

test('curl without a certificate is told that it needs one, and does not believe another authority', withCurl, async () => {
  const { text } = await run('curl', ['-sS', '--cacert', file('ca.crt'), `${origin}/x`])
  assert.equal(JSON.parse(text).code, 'certificate_required')
  const { code } = await run('curl', ['-sS', `${origin}/x`])
  assert.equal(code, 60)
  assert.deepEqual(gateway.upstream.received, [])
})

const withWget = { skip: absent('wget') }
const wget = (...args: readonly string[]) =>
  run('wget', [
    '-q',
    `--ca-certificate=${file('ca.crt')}`,
    `--certificate=${file('alice.crt')}`,
    `--private-key=${file('alice.key')}`,
    ...args,
  ])

test('wget fetches, and posts a file', withWget, async () => {
  answer(large)
  const { code, stdout, stderr } = await wget('-O', '-', `${origin}/fetched`)
  assert.equal(code, 0, stderr)
  assert.equal(sha256(stdout), sha256(large))
  assert.equal(asAlice().target, '/fetched')
  gateway.upstream.reset()
  assert.equal((await wget('-O', '-', `--post-file=${file('large.bin')}`, `${origin}/posted`)).text, 'ok\n')
  assert.deepEqual([asAlice().method, asAlice().body], ['POST', sha256(large)])
})

test('wget shows a refusal as what it is', withWget, async () => {
  const mallory = [`--certificate=${file('mallory.crt')}`, `--private-key=${file('mallory.key')}`]
  const { code, text } = await run('wget', [
    '-q',
    '--content-on-error',
    '-O',
    '-',
    `--ca-certificate=${file('ca.crt')}`,
    ...mallory,
    `${origin}/x`,
  ])
  // 8: the server issued an error response.
  assert.deepEqual([code, JSON.parse(text).code], [8, 'role_missing'])
  assert.deepEqual(gateway.upstream.received, [])
})

const withOpenssl = { skip: absent('openssl') }

function sClient(input: string, ...args: readonly string[]): Promise<Finished> {
  const credentials = ['-cert', file('alice.crt'), '-cert_chain', file('alice.crt'), '-key', file('alice.key')]
  const trust = ['-CAfile', file('ca.crt'), '-verify_return_error', '-servername', 'localhost', '-verify_hostname', 'localhost']
  return run('openssl', ['s_client', '-connect', `127.0.0.1:${gateway.port}`, ...trust, ...credentials, '-ign_eof', ...args], { input })
}

const closing = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`

for (const version of ['-tls1_2', '-tls1_3']) {
  test(`openssl s_client ${version} asks by hand`, withOpenssl, async () => {
    const { code, text, stderr } = await sClient(closing('/by-hand'), version)
    assert.equal(code, 0, stderr)
    assert.match(text, /HTTP\/1\.1 200 OK[\s\S]*\r\n\r\nok\n/)
    assert.equal(asAlice().target, '/by-hand')
  })

  test(`openssl s_client ${version} resumes its session, and is still who it was`, withOpenssl, async () => {
    const first = await sClient(closing('/first'), version, '-sess_out', file(`session${version}`))
    assert.match(first.text, /New, TLSv1\.[23], Cipher/)
    const second = await sClient(closing('/second'), version, '-sess_in', file(`session${version}`))
    assert.match(second.text, /Reused, TLSv1\.[23], Cipher/)
    assert.deepEqual(
      gateway.upstream.requests.map((request) => asAlice(request).target),
      ['/first', '/second'],
    )
  })
}

test('openssl s_client is not let in with TLS 1.1', withOpenssl, async () => {
  const { code, stderr } = await sClient(closing('/old'), '-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0')
  assert.equal(code, 1)
  assert.match(stderr, /protocol version|alert/)
  assert.deepEqual(gateway.upstream.received, [])
})

const withPython = { skip: absentPython('requests') }

async function python(program: string): Promise<string> {
  const prelude = `
import requests
origin = ${JSON.stringify(origin)}
session = requests.Session()
# Variables such as REQUESTS_CA_BUNDLE would count for more than session.verify.
session.trust_env = False
session.cert = (${JSON.stringify(file('alice.crt'))}, ${JSON.stringify(file('alice.key'))})
session.verify = ${JSON.stringify(file('ca.crt'))}
`
  const { code, text, stderr } = await run(pythonWith('requests') ?? 'python3', ['-'], { input: prelude + program })
  assert.equal(code, 0, stderr)
  return text
}

test('a session of Python requests keeps one connection for all it asks', withPython, async () => {
  const text = await python(`
for n in range(20):
    assert session.get(f'{origin}/{n}').text == 'ok\\n'
    assert session.put(f'{origin}/{n}', data=b'x' * n * 1000).status_code == 200
pools = session.get_adapter(origin).poolmanager.pools
print([pools[key].num_connections for key in pools.keys() if pools[key].num_connections > 0])
`)
  assert.equal(text, '[1]\n')
  assert.equal(gateway.upstream.requests.length, 40)
  for (const request of gateway.upstream.requests) asAlice(request)
  assert.equal(gateway.upstream.requests.at(-1)?.body.length, 19_000)
})

test('Python requests streams both ways', withPython, async () => {
  answer(large)
  const text = await python(`
import hashlib
def pieces():
    with open(${JSON.stringify(file('large.bin'))}, 'rb') as stream:
        while piece := stream.read(10007):
            yield piece
with session.post(origin + '/streamed', data=pieces(), stream=True) as response:
    digest = hashlib.sha256()
    for piece in response.iter_content(4096):
        digest.update(piece)
print(digest.hexdigest())
`)
  assert.equal(text.trim(), sha256(large))
  assert.equal(asAlice().body, sha256(large))
})

test('Python requests reads a refusal as JSON', withPython, async () => {
  const text = await python(`
session.cert = (${JSON.stringify(file('mallory.crt'))}, ${JSON.stringify(file('mallory.key'))})
response = session.get(origin + '/x')
print(response.status_code, response.headers['Content-Type'], response.json()['code'])
`)
  assert.equal(text, '403 application/problem+json role_missing\n')
  assert.deepEqual(gateway.upstream.received, [])
})
