import { canonicalise } from '../../../src/policy/path.ts'
import { Finding } from '../finding.ts'
import { generateRequests, HTTP_WORDS } from '../http1-generate.ts'
import { NODE_METHODS, type NodeMessage, readRequests } from '../node-parser.ts'
import { type OwnMessage, type OwnReading, readOwn } from '../own-reading.ts'
import { splits } from '../splits.ts'
import { BOUNDS, type Outcome, type Target } from '../target.ts'
import { vectorSeeds } from '../vectors.ts'

interface RawVector {
  readonly steps: readonly { readonly raw_b64?: string }[]
}

const SENTINEL = Buffer.from('GET /fuzz-sentinel HTTP/1.1\r\nHost: s\r\n\r\n')
/** Read by llhttp like any method, and target, that only the gateway's next step would refuse. */
const KNOWN_METHOD = 'POST'
const KNOWN_TARGET = '/'
const ENDINGS = ['\r\n', '\n', '\r\n\r\n', '\n\r\n', ':\r\n\r\n', '\r\n0\r\n\r\n', '\n0\r\n\r\n', '0\r\n\r\n', ' ', '"\r\n0\r\n\r\n']
let refusedThere = 0
let acceptedThere = 0
let replaced = 0

/** Our reader of requests beside Node's. */
export const http1: Target = {
  name: 'http1',
  promise: "requests that we accept, Node's parser accepts and reads the same, whole or in parts",
  bounds: BOUNDS,
  words: HTTP_WORDS,
  seeds: () =>
    vectorSeeds<RawVector>('http1-raw', ({ steps }) => [Buffer.concat(steps.map(({ raw_b64 = '' }) => Buffer.from(raw_b64, 'base64')))]),
  generate: generateRequests,
  run,
  counters: () => ({
    'refused by us and by Node': refusedThere,
    'refused by us alone': acceptedThere,
    'methods and targets that only the gateway judges, replaced for Node': replaced,
  }),
}

function run(input: Buffer): Outcome {
  const own = readOwn([input])
  for (const parts of splits(input, 80)) sameReading(own, readOwn(parts), `in ${parts.length} parts`)
  repeated(own, input)
  compare(own, input)
  if (own.refusal === null) return `accepted ${own.messages.map(shapeOf).join(' ')}`
  if (readRequests(input).error === null) acceptedThere++
  else refusedThere++
  return `refused ${own.refusal.replace(/\d+/g, 'N')} after ${own.messages.length}`
}

const shapeOf = ({ framing, close, upgrade, complete, minor, trailers }: OwnMessage): string =>
  `${framing}${minor === 0 ? '/1.0' : ''}${close ? ' close' : ''}${upgrade ? ' upgrade' : ''}${trailers.length > 0 ? ' trailers' : ''}${complete ? '' : ' partial'}`

function sameReading(whole: OwnReading, other: OwnReading, how: string): void {
  // What is refused whole may in parts still wait for more; of its last body, more or less may have been handed on.
  const refused = whole.refusal !== null
  if (!refused && other.refusal !== null)
    throw new Finding('accepted or refused by how it comes', `whole: ${whole.refusal}; ${how}: ${other.refusal}`)
  const [a, b] = [whole, other].map(({ messages }) =>
    JSON.stringify(messages.filter(({ complete }) => complete || !refused).map(comparable)),
  )
  if (a !== b) throw new Finding('read otherwise by how it comes', `whole: ${a}\n${how}: ${b}`)
}

/** What is remembered of heads must not change how they are read. */
function repeated(own: OwnReading, input: Buffer): void {
  if (own.refusal !== null || own.messages.length === 0 || input.length > 4_096) return
  if (own.messages.some(({ complete, close, upgrade }) => !complete || close || upgrade) || own.messages.at(-1)?.end !== input.length)
    return
  const again = readOwn([input, input, input, input].map((part) => Buffer.from(part)))
  const expected = [...own.messages, ...own.messages, ...own.messages, ...own.messages]
  sameReading({ messages: expected, refusal: null }, again, 'four times')
}

const comparable = ({ method, target, minor, fields, framing, body, trailers, complete, upgrade, close }: OwnMessage) => [
  method,
  target,
  minor,
  fields,
  framing,
  body.toString('latin1'),
  trailers,
  complete,
  upgrade,
  close,
]

function compare({ messages, refusal }: OwnReading, input: Buffer): void {
  // llhttp takes Proxy-Connection for Connection, and either in trailers too; we cut them, and they mean nothing.
  const closing = messages.findIndex(
    ({ fields, trailers }) =>
      [...fields, ...trailers].some(([name]) => name === 'proxy-connection') || trailers.some(([name]) => name === 'connection'),
  )
  const judged = closing < 0 ? messages : messages.slice(0, closing)
  compareWhole(
    judged.filter(({ complete }) => complete),
    input,
  )
  const partial = judged.find(({ complete }) => !complete)
  if (partial === undefined || refusal !== null) return
  const { messages: theirs, error } = readRequests(forNode(messages, input))
  const counterpart = theirs[messages.length - 1]
  if (error !== null) completions(input)
  else if (counterpart === undefined) throw new Finding('other number of requests', describe(messages))
  else sameMessage(partial, counterpart)
}

function compareWhole(whole: readonly OwnMessage[], input: Buffer): void {
  const last = whole.at(-1)
  if (last === undefined) return
  const ends = last.close || last.upgrade || last.method === 'CONNECT'
  const given = forNode(whole, input.subarray(0, last.end))
  const { messages: theirs, error } = readRequests(ends ? given : Buffer.concat([given, SENTINEL]))
  if (error !== null) throw new Finding(`Node refuses what we accept: ${error}`, describe(whole))
  const expected = whole.length + (ends ? 0 : 1)
  if (theirs.length !== expected)
    throw new Finding('other number of requests', `${whole.length} here, ${theirs.length} with one more there`)
  for (const [index, message] of whole.entries()) sameMessage(message, theirs[index] as NodeMessage)
  if (!ends && theirs.at(-1)?.target !== '/fuzz-sentinel') throw new Finding('the next request begins elsewhere', describe(whole))
}

/** Node refuses what we still wait for the end of, and may refuse later: however it ends, we must not accept it. */
function completions(input: Buffer): void {
  for (const end of ENDINGS) {
    const whole = Buffer.concat([input, Buffer.from(end)])
    compareWhole(
      readOwn([whole]).messages.filter(({ complete }) => complete),
      whole,
    )
  }
}

/** The input with what the gateway, but not its parser, judges made plain. */
function forNode(messages: readonly OwnMessage[], input: Buffer): Buffer {
  let bytes = input
  for (const message of [...messages].reverse()) {
    for (const [at, length, text] of replacements(message)) {
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at + length)])
      replaced++
    }
  }
  return bytes
}

/** Last first. */
function replacements({ method, target, methodAt, targetAt }: OwnMessage): (readonly [number, number, string])[] {
  const list: (readonly [number, number, string])[] = []
  if (isRefusedLater(method, target)) list.push([targetAt, target.length, KNOWN_TARGET])
  if (!NODE_METHODS.has(method)) list.push([methodAt, method.length, KNOWN_METHOD])
  return list
}

const isRefusedLater = (method: string, target: string): boolean => canonicalise(target, method).problem !== null

function sameMessage(own: OwnMessage, theirs: NodeMessage): void {
  const method = NODE_METHODS.has(own.method) ? own.method : KNOWN_METHOD
  const target = isRefusedLater(own.method, own.target) ? KNOWN_TARGET : own.target
  const differs = (what: string, a: unknown, b: unknown) => {
    if (JSON.stringify(a) !== JSON.stringify(b))
      throw new Finding(`${what} differs`, `here ${JSON.stringify(a)}, there ${JSON.stringify(b)}`)
  }
  differs('method', method, theirs.method)
  differs('target', target, theirs.target)
  differs('version', own.minor, theirs.minor)
  differs('fields', own.fields, theirs.fields)
  differs('completeness', own.complete, theirs.complete)
  differs('body', own.body.toString('latin1'), theirs.body.toString('latin1'))
  differs('trailers', own.trailers, theirs.trailers)
  differs('upgrade', own.upgrade, theirs.upgrade)
}

const describe = (messages: readonly OwnMessage[]): string => JSON.stringify(messages.map(comparable))
