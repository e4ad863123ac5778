import type { AuditLine, Evidence, Lane } from './lanes.ts'
import { readResponses } from './responses.ts'
import { fold } from './strict-message.ts'
import { type Fault, printable } from './tally.ts'
import type { Witnessed } from './witness.ts'

/** Statuses after which nothing on the connection may be believed any more. */
const ENDS_CONNECTION: ReadonlySet<number> = new Set([400, 408, 413, 414, 417, 421, 431, 501, 505])
/** Logged where the client left before its answer. */
const CLIENT_GONE = 499

/** The universal invariants of the vectors' README, for a case that was played on a connection of its own. */
export function invariantFaults(evidence: Evidence<unknown>): Fault[] {
  return [...accounting(evidence), ...evidence.upstream.flatMap((request) => messageFaults(request, evidence.lane)), ...endings(evidence)]
}

/** 1: what the upstream got, the audit shows and the client heard is the same, request by request. */
function accounting({ conversation, audit, upstream }: Evidence<unknown>): Fault[] {
  const faults: Fault[] = []
  const answered = audit.filter(({ status }) => status !== CLIENT_GONE)
  const { responses, rest } = readResponses(
    conversation.received,
    answered.map(({ method }) => method),
  )
  const statuses = responses.map(({ status }) => status)
  const logged = answered.map(({ status }) => status)
  if (rest !== '' || statuses.join() !== logged.join()) {
    faults.push({ expected: `answers as in the audit: ${logged.join()}`, reached: `client heard ${printable(conversation.received)}` })
  }
  const forwarded = audit.filter(({ upstream: target }) => target !== null)
  for (const request of upstream) {
    while (forwarded.length > 0 && mayBeUnseen(forwarded[0] as AuditLine) && !isSame(request, forwarded[0] as AuditLine)) forwarded.shift()
    const line = forwarded.shift()
    if (line === undefined || !isSame(request, line)) {
      faults.push({ expected: `the audit's own request: ${line === undefined ? 'none' : brief(line)}`, reached: printable(request.head) })
    }
  }
  const missing = forwarded.filter((line) => !mayBeUnseen(line))
  if (missing.length > 0)
    faults.push({ expected: `at the upstream, as in the audit: ${missing.map(brief).join(', ')}`, reached: 'nothing' })
  return faults
}

function brief({ method, path, decision, status }: AuditLine): string {
  return `${method} ${path} ${decision} ${status}`
}

/** Given up before the upstream's answer, perhaps before its connection was made: what it saw of it is at most a head. */
function mayBeUnseen({ status }: AuditLine): boolean {
  return status !== 200
}

/** The audit's request: allowed under the same id, method and path, and answered as such only if it was complete. */
function isSame(request: Witnessed, line: AuditLine): boolean {
  const path = request.target.split('?', 1)[0]
  const ids = request.values('x-request-id')
  const answered = line.status === 200
  return (
    line.decision === 'allow' &&
    ids.length === 1 &&
    ids[0] === line.request_id &&
    request.method === line.method &&
    path === line.path &&
    answered === request.complete
  )
}

/** 2 and 3: a head that no server reads differently, with the gateway's own word on who it is, once. */
export function messageFaults(request: Witnessed, lane: Lane): Fault[] {
  const problems = [...request.problems, ...(request.bodyProblem === null ? [] : [request.bodyProblem])]
  const host = request.values('host')[0] ?? ''
  const genuine = new Map([
    ['x-forwarded-user', lane.name],
    ['x-forwarded-roles', 'user'],
    ['x-client-cert-dn', `CN=${lane.name}`],
    ['x-client-cert-fingerprint', lane.fingerprint],
    ['x-forwarded-for', lane.address],
    ['x-forwarded-proto', 'https'],
    ['x-forwarded-host', host],
  ])
  for (const [name, value] of genuine) {
    const alike = request.headers.filter(([key]) => fold(key) === name)
    if (alike.length !== 1 || alike[0]?.[0].toLowerCase() !== name || alike[0][1] !== value) {
      problems.push(`${name} is ${JSON.stringify(alike)}, not once ${JSON.stringify(value)}`)
    }
  }
  for (const line of request.trailers) if (genuine.has(fold(line.slice(0, line.indexOf(':'))))) problems.push(`trailer ${line}`)
  return problems.map((problem) => ({
    expected: `a strict head with one genuine identity; ${problem}`,
    reached: printable(request.head, 1500),
  }))
}

/** 4 and 5: a refused connection is over, one that was cut is not used again (Lanes looks at that), and others still work. */
function endings({ conversation, audit, afterwards }: Evidence<unknown>): Fault[] {
  const faults: Fault[] = []
  const last = audit.at(-1)
  if (last !== undefined && ENDS_CONNECTION.has(last.status) && !conversation.closedByGateway) {
    faults.push({ expected: `a closed connection after ${last.status}`, reached: 'it stayed open' })
  }
  if (!conversation.ended) faults.push({ expected: 'a connection that ends after its client did', reached: 'it stayed open' })
  if (afterwards !== 200) faults.push({ expected: '200 to a plain request on a new connection', reached: String(afterwards) })
  const refusedAt = audit.findIndex(({ status }) => ENDS_CONNECTION.has(status))
  if (refusedAt >= 0 && refusedAt < audit.length - 1) {
    faults.push({ expected: 'nothing read after a refusal of what is malformed', reached: audit.map(brief).join(', ') })
  }
  return faults
}
