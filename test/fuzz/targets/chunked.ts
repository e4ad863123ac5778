import { CHUNK_MALFORMED, CHUNK_MORE, ChunkedReader } from '../../../src/http1/chunked.ts'
import { Finding } from '../finding.ts'
import { generateChunks, HTTP_WORDS } from '../http1-generate.ts'
import { readRequests } from '../node-parser.ts'
import { trailerField } from '../own-reading.ts'
import { splits } from '../splits.ts'
import { BOUNDS, type Outcome, type Target } from '../target.ts'

interface OwnBody {
  readonly outcome: 'complete' | 'more' | 'malformed'
  readonly end: number
  readonly data: string
  readonly trailers: readonly string[]
}

const HEAD = Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
const SENTINEL = Buffer.from('GET /fuzz-sentinel HTTP/1.1\r\nHost: s\r\n\r\n')

const ENDINGS = ['\r\n', '\n', '\r\n\r\n', '\n\r\n', ':\r\n\r\n', '\r\n0\r\n\r\n', '\n0\r\n\r\n', '0\r\n\r\n', '"\r\n0\r\n\r\n']

let refusedThere = 0
let acceptedThere = 0

/** Chunked bodies, cut at every byte. */
export const chunked: Target = {
  name: 'chunked',
  promise: 'a chunked body is read the same however it is split, and as Node reads it',
  bounds: BOUNDS,
  words: HTTP_WORDS.filter((word) => word.length < 60),
  seeds: () => [],
  generate: (random) => Buffer.from(generateChunks(random) + (random.chance(20) ? 'GET / HTTP/1.1' : ''), 'latin1'),
  run,
  counters: () => ({ 'refused by us and by Node': refusedThere, 'refused by us alone': acceptedThere }),
}

function run(input: Buffer): Outcome {
  const whole = read([input])
  for (const parts of splits(input, 160)) {
    const split = read(parts)
    // What came before a fault may have been handed on already: the connection ends there, and so does the upstream's request.
    const same = whole.outcome === 'malformed' ? split.outcome === whole.outcome : JSON.stringify(split) === JSON.stringify(whole)
    if (!same) throw new Finding('read otherwise in parts', `whole ${JSON.stringify(whole)}, in ${parts.length}: ${JSON.stringify(split)}`)
  }
  if (whole.outcome === 'malformed') {
    if (readRequests(Buffer.concat([HEAD, input])).error === null) acceptedThere++
    else refusedThere++
    return 'refused malformed'
  }
  if (whole.outcome === 'complete') asNode(whole, input)
  else soFar(whole, input)
  return `accepted ${whole.outcome} ${Math.min(whole.data.length, 40)} ${whole.trailers.length}`
}

/** Not at its end: Node may refuse earlier than we do, but nothing that it refuses may still be accepted. */
function soFar({ data }: OwnBody, input: Buffer): void {
  const { messages, error } = readRequests(Buffer.concat([HEAD, input]))
  if (error === null) {
    const body = messages[0]?.body.toString('latin1')
    if (body !== data) throw new Finding('body differs', `here ${data}, there ${body}`)
    if (messages[0]?.complete === true) throw new Finding('completeness differs', 'complete there alone')
    return
  }
  for (const ending of ENDINGS) {
    const completed = Buffer.concat([input, Buffer.from(ending)])
    const whole = read([completed])
    if (whole.outcome === 'complete') asNode(whole, completed)
  }
}

function read(parts: readonly Buffer[]): OwnBody {
  const reader = new ChunkedReader()
  let data = ''
  let before = 0
  for (const part of parts) {
    const end = reader.read(part, 0, part.length, (from, to) => {
      data += part.latin1Slice(from, to)
    })
    if (end === CHUNK_MALFORMED) return { outcome: 'malformed', end: -1, data, trailers: reader.trailers }
    if (end !== CHUNK_MORE) return { outcome: 'complete', end: before + end, data, trailers: reader.trailers }
    before += part.length
  }
  return { outcome: 'more', end: before, data, trailers: [] }
}

function asNode({ end, data, trailers }: OwnBody, input: Buffer): void {
  const { messages, error } = readRequests(Buffer.concat([HEAD, input.subarray(0, end), SENTINEL]))
  // llhttp takes what ends the connection from trailers too; the gateway drops such trailers.
  const closes = trailers.some((line) => /^(?:proxy-)?connection:/i.test(line))
  if (error !== null && !(closes && error.startsWith('HPE_CLOSED_CONNECTION')))
    throw new Finding(`Node refuses what we accept: ${error}`, data)
  const [message, next] = messages
  if (message?.body.toString('latin1') !== data)
    throw new Finding('body differs', `here ${data}, there ${message?.body.toString('latin1')}`)
  if (!message.complete) throw new Finding('completeness differs', 'complete here alone')
  if (closes) return
  if (next?.target !== '/fuzz-sentinel' || messages.length !== 2)
    throw new Finding('the next request begins elsewhere', JSON.stringify(messages))
  const own = JSON.stringify(trailers.map(trailerField))
  if (own !== JSON.stringify(message.trailers))
    throw new Finding('trailers differ', `here ${own}, there ${JSON.stringify(message.trailers)}`)
}
