import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Issued } from '../support/authority.ts'
import { type AccessLine, type Gateway, type GatewayOptions, startGateway } from '../support/gateway.ts'
import type { Lifetime } from '../support/lifetime.ts'
import { RawClient } from '../support/raw-client.ts'
import { type Conversation, converse } from './conversation.ts'
import type { Tally } from './tally.ts'
import { Witness, type Witnessed } from './witness.ts'

/** One route for everything. It names no methods, so those that are not ordinary have to be denied. */
export const ONE_ROUTE = `
  - name: all
    path: /**
    allow: [user]
    upgrade: [websocket]
    upstream: recorder`

/** Enough that the cases that wait for an answer that never comes do not cost the suite its time. */
const LANES = 12

/** An access-log line as the suites read it. */
export interface AuditLine extends AccessLine {
  readonly remote: string
  readonly host: string
  readonly roles: readonly string[]
}

/** A client of its own for everything a lane sends: who it is tells its requests from those of the others, on both sides. */
export interface Lane {
  readonly name: string
  readonly address: string
  readonly client: Issued
  readonly fingerprint: string
}

/** One case as all three saw it: the client, the audit, the upstream. */
export interface Evidence<Case> {
  readonly item: Case
  readonly lane: Lane
  readonly conversation: Conversation
  readonly audit: readonly AuditLine[]
  readonly upstream: readonly Witnessed[]
  /** Answer to a plain request on a new connection afterwards; null where there was none. */
  readonly afterwards: number | null
}

interface Ran<Case> {
  readonly item: Case
  readonly lane: Lane
  readonly conversation: Conversation
  readonly afterwards: number | null
  readonly barrier: string
  readonly from: number
  readonly to: number
}

/**
 * The real program with lanes of clients. Each lane plays its cases one after the other; after each comes a plain request on a new connection,
 * whose path no case uses: it proves that the gateway still works, and parts the case from the next in the audit and at the upstream.
 */
export class Lanes {
  readonly gateway: Gateway
  readonly witness: Witness
  readonly #lanes: readonly Lane[]
  /** Whose requests belong to no case. */
  readonly #pinger: Lane
  readonly #idlePings: RawClient[] = []
  readonly #logFile: string

  private constructor(gateway: Gateway, witness: Witness, lanes: readonly Lane[], pinger: Lane, logFile: string) {
    this.gateway = gateway
    this.witness = witness
    this.#lanes = lanes
    this.#pinger = pinger
    this.#logFile = logFile
  }

  static async start(t: Lifetime, options: GatewayOptions): Promise<Lanes> {
    const witness = await Witness.start(t)
    const gateway = await startGateway(t, {
      upstreams: `\n  recorder: { targets: ["${witness.url}"] }`,
      accessLog: 'access.log',
      rolesMapping: 'user:\n  users: ["lane-*"]\n',
      ...options,
    })
    const lanes = await Promise.all(Array.from({ length: LANES }, (_, index) => makeLane(gateway, index + 1)))
    return new Lanes(gateway, witness, lanes, await makeLane(gateway, LANES + 1), join(gateway.folder, 'access.log'))
  }

  /** Plays every case, stops the program, and hands the evidence of each to `judge`. */
  async play<Case>(
    tally: Tally,
    cases: readonly Case[],
    stepsOf: (item: Case) => readonly Buffer[],
    judge: (evidence: Evidence<Case>) => void,
  ): Promise<void> {
    const queue = [...cases]
    const ran: Ran<Case>[] = []
    const work = async (lane: Lane): Promise<void> => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
        ran.push(await this.#playOne(lane, item, stepsOf(item), ran.length))
      }
    }
    await Promise.all(this.#lanes.map(work))
    for (const client of this.#idlePings) client.close()
    const { open } = this.witness
    for (const { complete, connection, head } of this.witness.requests) {
      if (!complete && open.has(connection))
        tally.fail(`a request that was cut still holds its upstream connection: ${JSON.stringify(head)}`)
    }
    await this.#stop(tally)
    const audit = new Map<string, AuditLine[]>()
    for (const line of this.#auditLines()) {
      const lines = audit.get(line.remote)
      if (lines === undefined) audit.set(line.remote, [line])
      else lines.push(line)
    }
    for (const one of ran) judge(this.#evidence(one, audit.get(one.lane.address) ?? []))
    this.#judgeStrangers(tally, ran)
  }

  /** The headers that the gateway adds to an honest request, with the values that a client of its own gets. */
  async written(): Promise<Map<string, string[]>> {
    await this.#ask(this.#pinger, '/barrier/written')
    const written = new Map<string, string[]>()
    for (const [name, value] of this.witness.requests.at(-1)?.headers ?? []) {
      if (['host', 'connection', 'x-request-id'].includes(name.toLowerCase())) continue
      written.set(name, [...(written.get(name) ?? []), value])
    }
    return written
  }

  async #playOne<Case>(lane: Lane, item: Case, steps: readonly Buffer[], index: number): Promise<Ran<Case>> {
    const from = this.witness.requests.length
    const barrier = `/barrier/${lane.name}/${index}`
    const conversation = await converse(await this.#connect(lane), steps, () => this.#ping())
    const afterwards = await this.#ask(lane, barrier).catch(() => null)
    return { item, lane, conversation, afterwards, barrier, from, to: this.witness.requests.length }
  }

  #connect(lane: Lane): Promise<RawClient> {
    const { port, authority } = this.gateway
    return RawClient.connect({ port, ca: authority.certificate, client: lane.client, localAddress: lane.address })
  }

  async #ask(lane: Lane, path: string): Promise<number | null> {
    const client = await this.#connect(lane)
    try {
      return (await client.ask(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)).status
    } finally {
      client.close()
    }
  }

  async #ping(): Promise<void> {
    const client = this.#idlePings.pop() ?? (await this.#connect(this.#pinger))
    await client.ask('GET /barrier/ping HTTP/1.1\r\nHost: localhost\r\n\r\n')
    this.#idlePings.push(client)
  }

  /** A worker that died was replaced, and may have taken its evidence along. */
  async #stop(tally: Tally): Promise<void> {
    const { program } = this.gateway
    const { code, signal } = await program.stop()
    if (code !== 0 || signal !== null) tally.fail(`the program ended with ${signal ?? code}`)
    for (const line of program.lines) {
      if (/"level":(?:50|60)|"level":"(?:error|fatal)"|uncaught|at .*\.ts:\d+/i.test(line)) tally.fail(`the program said: ${line}`)
    }
  }

  #auditLines(): AuditLine[] {
    const text = readFileSync(this.#logFile, 'utf8')
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as AuditLine)
  }

  /** Consumes a lane's audit lines up to and with the barrier of this case. */
  #evidence<Case>(one: Ran<Case>, lines: AuditLine[]): Evidence<Case> {
    const { item, lane, conversation, afterwards, barrier } = one
    const at = lines.findIndex((line) => line.path === barrier)
    const audit = lines.splice(0, at < 0 ? lines.length : at + 1)
    if (at >= 0) audit.pop()
    const upstream = this.witness.requests
      .slice(one.from, one.to)
      .filter((request) => laneOf(request) === lane.address && !isBarrier(request))
    return { item, lane, conversation, audit, upstream, afterwards }
  }

  /** Requests that are nobody's: bytes that became a request without the gateway's word on who sent them. */
  #judgeStrangers<Case>(tally: Tally, ran: readonly Ran<Case>[]): void {
    const addresses = new Set([...this.#lanes, this.#pinger].map(({ address }) => address))
    for (const request of this.witness.requests) {
      if (addresses.has(laneOf(request))) continue
      const then = ran
        .filter(({ from, to }) => from < request.sequence && request.sequence <= to)
        .map(({ item }) => (item as { id?: string }).id)
      tally.fail(`a request reached the upstream that is nobody's: ${JSON.stringify(request.head)}; played at that time: ${then.join(' ')}`)
    }
    for (const stray of this.witness.strays)
      tally.fail(`bytes reached the upstream that are no request: ${JSON.stringify(stray.slice(0, 300))}`)
    for (const request of this.witness.requests) {
      if (request.complete) continue
      const later = this.witness.requests.find(
        ({ connection, sequence }) => connection === request.connection && sequence > request.sequence,
      )
      if (later !== undefined)
        tally.fail(`an upstream connection was used again after a request that was cut: ${JSON.stringify(request.head)}`)
    }
  }
}

function laneOf(request: Witnessed): string {
  const values = request.values('x-forwarded-for')
  return values.length === 1 ? (values[0] as string) : ''
}

function isBarrier(request: Witnessed): boolean {
  return request.target.startsWith('/barrier/')
}

async function makeLane(gateway: Gateway, number: number): Promise<Lane> {
  const name = `lane-${number}`
  const client = await gateway.issue(`CN=${name}`)
  const fingerprint = new X509Certificate(client.certificate).fingerprint256.replaceAll(':', '').toLowerCase()
  return { name, address: `127.0.1.${number}`, client, fingerprint }
}
