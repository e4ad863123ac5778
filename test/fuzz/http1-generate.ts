import type { Random } from './random.ts'

const METHODS = ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT', 'M-SEARCH', 'QUERY', 'FOO', 'get', 'PRI']
const TARGETS = [
  '/',
  '/a/b?c=d',
  '*',
  'http://x/a',
  'x:443',
  '/a%2f..',
  '//a',
  '/a#b',
  '?a',
  '/é',
  '/a|b"{}',
  'HTTPS://X',
  'a',
  '/'.repeat(300),
]
const VERSIONS = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/1.01', 'ICE/1.0']
const ENDS = ['\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n', '\r\n ', ' \r\n']
const FIELDS = [
  'Host: x',
  'Host: y:1',
  'Host:',
  'hOsT: x',
  'Host : x',
  'Content-Length: 5',
  'Content-Length: 05',
  'Content-Length: +5',
  'Content-Length: 5, 5',
  'Content-Length: 5\t',
  'Content-Length:\t5',
  'Content-Length: 5 ',
  'Transfer-Encoding: chunked ',
  'Transfer-Encoding:\tchunked',
  'Content-Length: 0',
  'Content-Length: 999999999999999999',
  'Content_Length: 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: Chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked,',
  'Transfer-Encoding:\tchunked \t',
  'Transfer-Encoding : chunked',
  'Transfer_Encoding: chunked',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: keep-alive, upgrade',
  'Connection: upgrade',
  'Connection: Upgrade, HTTP2-Settings',
  'Connection: transfer-encoding',
  'Connection: ,x-a,, close',
  'Connection: "close"',
  'Keep-Alive: timeout=5',
  'Proxy-Connection: close',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'HTTP2-Settings: AAMAAABk',
  'Expect: 100-continue',
  'Expect: 200-ok',
  'TE: trailers',
  'Trailer: X-Sum',
  'Authorization: Basic eA==',
  'X-Forwarded-User: admin',
  'x_forwarded_user: admin',
  'Origin: null',
  'X-Request-Id: 1',
  'Cookie: a=b; c="d"',
  'X-A: \t b  c \t',
  'X-A:',
  'X-B:\x80\xff',
  'X-C: a\x00b',
  'X-C: a\x0bb',
  'X-D: a\x7fb',
  'X-E: a\r\n folded',
  ': empty',
  'no colon',
  '__proto__: x',
  "X!#$%&'*+-.^_`|~: x",
  `X-Long: ${'a'.repeat(600)}`,
]
const CHUNKS = [
  '5\r\nhello\r\n',
  '5;a=b\r\nhello\r\n',
  '5;a="b\\"c"\r\nhello\r\n',
  '005\r\nhello\r\n',
  'A\r\n0123456789\r\n',
  'a\r\n0123456789\r\n',
  '1\r\n\r\r\n',
  '2\r\n\r\n\r\n',
  '5 \r\nhello\r\n',
  '5\nhello\r\n',
  '5\r\nhello\n',
  '0x5\r\nhello\r\n',
  '-1\r\n',
  '5;\r\nhello\r\n',
  '5;a\r\nhello\r\n',
  '5;a=\r\nhello\r\n',
  '5;a=b;c\r\nhello\r\n',
  '5\r\nhell\r\n',
  'FFFFFFFFFFFFFFFF\r\n',
]
const LAST = [
  '0\r\n\r\n',
  '0\r\n\r\n',
  '0\r\n\r\n',
  '0\r\nX-Sum: 1\r\n\r\n',
  '000\r\n\r\n',
  '0;x\r\n\r\n',
  '0\r\nA:\r\nB: \tb \r\n\r\n',
  '0\r\nA: b\n\r\n',
  '0\r\n A: b\r\n\r\n',
  '0\n\n',
  '0\r\nHost: y\r\nContent-Length: 3\r\n\r\n',
  '',
]

/** What mutations put in: the words that framing turns on. */
export const HTTP_WORDS: readonly string[] = [
  ...FIELDS.map((field) => `${field}\r\n`),
  ...CHUNKS,
  ...LAST,
  '\r\n',
  '\n',
  '\r',
  ' ',
  '\t',
  '\r\n\r\n',
  ':',
  ', ',
  'GET /n HTTP/1.1\r\nHost: n\r\n\r\n',
  ' HTTP/1.1',
  'chunked',
  '\x0b',
  '\0',
  '\xa0',
]

/** A few requests in a row, most of them sound. */
export function generateRequests(random: Random): Buffer {
  let text = random.chance(5) ? random.of(['\r\n', '\r\n\r\n', '\n', ' ']) : ''
  for (let count = random.of([1, 1, 2, 3]); count > 0; count--) text += request(random)
  return Buffer.from(text, 'latin1')
}

function request(random: Random): string {
  const usual = random.chance(80)
  const line = usual
    ? `${random.of(METHODS.slice(0, 7))} ${random.of(TARGETS.slice(0, 2))} HTTP/1.1`
    : `${random.of(METHODS)} ${random.of(TARGETS)} ${random.of(VERSIONS)}`
  const fields = random.list(random.of([0, 1, 1, 2, 4]), () => random.of(FIELDS))
  if (random.chance(90) && !fields.some((field) => /^host:/i.test(field))) fields.unshift('Host: x')
  const body = random.of(['', '', 'length', 'chunked'])
  if (body === 'length') fields.push('Content-Length: 5')
  if (body === 'chunked') fields.push('Transfer-Encoding: chunked')
  const end = () => (random.chance(97) ? '\r\n' : random.of(ENDS))
  return `${line}${end()}${fields.map((field) => field + end()).join('')}${end()}${bodyOf(body, random)}`
}

function bodyOf(kind: string, random: Random): string {
  if (kind === 'length') return random.chance(90) ? 'hello' : random.of(['hell', 'hello!', ''])
  return kind === 'chunked' ? generateChunks(random) : ''
}

export function generateChunks(random: Random): string {
  const chunks = random.list(random.of([0, 1, 2, 4]), () => (random.chance(80) ? random.of(CHUNKS.slice(0, 6)) : random.of(CHUNKS)))
  return chunks.join('') + (random.chance(85) ? random.of(LAST.slice(0, 7)) : random.of(LAST))
}

const STATUS_LINES = [
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200',
  'HTTP/1.1 200 ',
  'HTTP/1.0 200 OK',
  'HTTP/1.1 204 No Content',
  'HTTP/1.1 304 X',
  'HTTP/1.1 100 Continue',
  'HTTP/1.1 103 Hints',
  'HTTP/1.1 101 Switching',
  'HTTP/1.1 999 \xff',
  'HTTP/1.1 20 OK',
  'HTTP/1.1  200 OK',
  'HTTP/1.1 200OK',
  'http/1.1 200 OK',
  'HTTP/2 200',
  'ICY 200 OK',
]

/** Perhaps some interim responses, then one. */
export function generateResponses(random: Random): Buffer {
  let text = ''
  for (let count = random.of([0, 0, 0, 1, 2]); count > 0; count--) text += 'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n'
  const body = random.of(['', 'length', 'chunked'])
  const fields = random.list(random.of([0, 1, 2]), () => random.of(FIELDS))
  if (body === 'length') fields.push('Content-Length: 5')
  if (body === 'chunked') fields.push('Transfer-Encoding: chunked')
  const end = () => (random.chance(97) ? '\r\n' : random.of(ENDS))
  text += `${random.chance(70) ? 'HTTP/1.1 200 OK' : random.of(STATUS_LINES)}${end()}${fields.map((field) => field + end()).join('')}${end()}`
  return Buffer.from(text + (body === '' ? random.of(['', 'until close', 'HTTP/1.1 200 OK\r\n\r\n']) : bodyOf(body, random)), 'latin1')
}
