import { fieldLines } from '../../../src/http1/field-lines.ts'
import { COMPLETE, INCOMPLETE } from '../../../src/http1/head-fields.ts'
import { ResponseHead } from '../../../src/http1/response-head.ts'
import { ResponseBody } from '../../../src/upstream/response-body.ts'
import { Finding } from '../finding.ts'
import { generateResponses, HTTP_WORDS } from '../http1-generate.ts'
import { type NodeMessage, readResponses } from '../node-parser.ts'
import { BOUNDS, type Outcome, type Target } from '../target.ts'

interface OwnResponse {
  readonly status: number
  readonly minor: number
  readonly fields: readonly (readonly [string, string])[]
  /** Without its framing. */
  readonly body: Buffer
  readonly complete: boolean
  readonly untilClose: boolean
  readonly end: number
}

let refusedThere = 0
let acceptedThere = 0

/** Our reader of responses beside Node's. */
export const responses: Target = {
  name: 'responses',
  promise: "responses that we accept, Node's client accepts and reads the same",
  bounds: BOUNDS,
  words: [...HTTP_WORDS, 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 204 X\r\n'],
  seeds: () => [],
  generate: generateResponses,
  run,
  counters: () => ({ 'refused by us and by Node': refusedThere, 'refused by us alone': acceptedThere }),
}

function run(input: Buffer): Outcome {
  const own: OwnResponse[] = []
  const refusal = read(input, own)
  for (const [index, response] of own.entries()) asNode(response, input.subarray(own[index - 1]?.end ?? 0, response.end))
  if (refusal === null)
    return `accepted ${own.map(({ status, untilClose, complete }) => `${status}${untilClose ? ' until close' : ''}${complete ? '' : ' partial'}`).join(' ')}`
  if (readResponses(input, true).error === null) acceptedThere++
  else refusedThere++
  return `refused ${refusal} after ${own.length}`
}

/** Each by itself: a connection that closes after an interim response ends there for llhttp. */
function asNode(own: OwnResponse, bytes: Buffer): void {
  const { messages, error } = readResponses(bytes, own.untilClose)
  if (error !== null) {
    if (own.complete || own.untilClose) throw new Finding(`Node refuses what we accept: ${error}`, JSON.stringify(own))
    return
  }
  if (messages.length !== 1) throw new Finding('other number of responses', `${messages.length} there`)
  same(own, messages[0] as NodeMessage)
}

/** Interim responses, then the final one; returns what is wrong. */
function read(input: Buffer, into: OwnResponse[]): string | null {
  for (let at = 0; at < input.length; ) {
    const bytes = input.subarray(at)
    const head = new ResponseHead()
    const outcome = head.read(bytes, 0, bytes.length)
    inParts(head, outcome, bytes)
    if (outcome === INCOMPLETE) return null
    if (outcome !== COMPLETE) return head.problem
    const fields = [...fieldLines(bytes, head.fieldsStart, head.end)].map(({ name, value }) => [name, value] as const)
    const common = { status: head.status, minor: head.minor, fields }
    if (head.status < 200) {
      into.push({ ...common, body: Buffer.alloc(0), complete: true, untilClose: false, end: at + head.end })
      if (head.status === 101) return null
      at += head.end
      continue
    }
    return readBody(head, bytes, at, common, into)
  }
  return null
}

function readBody(
  head: ResponseHead,
  bytes: Buffer,
  at: number,
  common: Pick<OwnResponse, 'status' | 'minor' | 'fields'>,
  into: OwnResponse[],
): string | null {
  const framed = new ResponseBody()
  if (!framed.begin(head, bytes, false, false)) return 'malformed chunks'
  const body = head.chunked && !framed.untilClose ? dechunked(head, bytes) : bytes.subarray(head.end, framed.end)
  if (body === null) throw new Finding('chunks refused only where they are taken off', bytes.toString('latin1'))
  into.push({ ...common, body, complete: framed.finished, untilClose: framed.untilClose, end: at + framed.end })
  return null
}

/** Read a second time, in two parts, with the framing taken off. */
function dechunked(head: ResponseHead, bytes: Buffer): Buffer | null {
  const body = new ResponseBody()
  if (!body.begin(head, bytes, false, true)) return null
  if (body.finished) return Buffer.alloc(0)
  const middle = head.end + ((bytes.length - head.end) >> 1)
  const first = body.read(Buffer.from(bytes.subarray(head.end, middle)))
  if (first === null || body.finished) return first
  const second = body.read(Buffer.from(bytes.subarray(middle)))
  return second === null ? null : Buffer.concat([first, second])
}

/** A shorter part is never another complete head, and never refused where the whole is accepted. */
function inParts(whole: ResponseHead, outcome: number, bytes: Buffer): void {
  if (outcome !== COMPLETE) return
  const limit = Math.min(whole.end, 400)
  const head = new ResponseHead()
  for (let length = 1; length < limit; length++) {
    const early = head.read(bytes, 0, length)
    if (length < whole.end && early !== INCOMPLETE) throw new Finding('a partial head is taken for a whole one', `at ${length}: ${early}`)
  }
}

function same(own: OwnResponse, theirs: NodeMessage): void {
  const differs = (what: string, a: unknown, b: unknown) => {
    if (JSON.stringify(a) !== JSON.stringify(b))
      throw new Finding(`${what} differs`, `here ${JSON.stringify(a)}, there ${JSON.stringify(b)}`)
  }
  differs('status', own.status, theirs.status)
  differs('version', own.minor, theirs.minor)
  differs('fields', own.fields, theirs.fields)
  differs('body', own.body.toString('latin1'), theirs.body.toString('latin1'))
  differs('completeness', own.complete || own.untilClose, theirs.complete)
}
