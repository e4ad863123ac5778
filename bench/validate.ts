import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, ask, type Question } from './lab/client.ts'
import type { Contender, Lab } from './lab/lab.ts'
import { LOG_FIELDS, type Setup } from './peers/types.ts'

/** What is wrong with a contender (nothing: it may be timed), and what it negotiated. */
export interface Validation {
  readonly problems: readonly string[]
  readonly cipher: string
}

/** What the client claims about itself, under the names that a proxy in this setup vouches for. */
const FORGED: Readonly<Record<Setup['headers'], Readonly<Record<string, string>>>> = {
  two: { 'X-Client-CN': 'spoofed', 'X-Roles': 'spoofed' },
  plain: {
    'X-Forwarded-User': 'spoofed',
    'X-Forwarded-Roles': 'spoofed',
    'X-Client-Cert-DN': 'spoofed',
    'X-Client-Cert-Fingerprint': 'spoofed',
    'X-Forwarded-Proto': 'spoofed',
    'X-Forwarded-Host': 'spoofed',
  },
}

/** Whoever is not checked to do the work is not timed: a proxy that forwards forged headers or serves strangers is fast. */
export async function validate(lab: Lab, contender: Contender): Promise<Validation> {
  const validator = new Validator(lab, contender)
  await validator.bodies()
  await validator.upload()
  await validator.identityHeaders()
  await validator.refusals()
  if (contender.entrant.setup.accessLog) await validator.accessLog()
  return { problems: validator.problems, cipher: validator.cipher }
}

class Validator {
  readonly problems: string[] = []
  cipher = 'unknown'
  readonly #lab: Lab
  readonly #contender: Contender

  constructor(lab: Lab, contender: Contender) {
    this.#lab = lab
    this.#contender = contender
  }

  async bodies(): Promise<void> {
    for (const [path, expected] of this.#lab.upstream.bodies) {
      const answer = await this.#allowed(path, { path })
      if (answer === null) continue
      this.cipher = answer.cipher
      if (!answer.body.equals(expected)) this.#problem(`${path} has another body (${answer.body.length} bytes, not ${expected.length})`)
    }
    if (!this.cipher.startsWith('TLSv1.3 ')) this.#problem(`speaks ${this.cipher}, not TLS 1.3`)
  }

  async upload(): Promise<void> {
    const body = randomBytes(300 * 1024)
    const path = `/upload/${this.#contender.port}`
    const { client } = this.#lab.pki
    const stored = await this.#ask('an upload', { path, method: 'PUT', body, client })
    if (stored === null) return
    if (stored.status !== 201 && stored.status !== 204) return this.#problem(`an upload is answered ${stored.status}`)
    const answer = await this.#allowed('the uploaded body', { path })
    if (answer !== null && !answer.body.equals(body)) this.#problem('an uploaded body arrives changed')
  }

  async identityHeaders(): Promise<void> {
    const { setup } = this.#contender.entrant
    const answer = await this.#allowed('/echo', { path: '/echo', headers: FORGED[setup.headers] })
    if (answer === null) return
    const text = answer.body.toString()
    if (text.includes('spoofed')) this.#problem(`a forged identity header reaches the upstream:\n${text.trimEnd()}`)
    const lines = text.split('\n')
    for (const line of expectedHeaders(setup)) {
      if (!lines.some((one) => matches(one, line))) this.#problem(`the upstream does not see ${line}:\n${text.trimEnd()}`)
    }
  }

  /** A stranger gets 403; without a certificate, or with one of a foreign CA, the handshake or the request fails. */
  async refusals(): Promise<void> {
    const { stranger, impostor } = this.#lab.pki
    const refused = await this.#ask('a stranger', { path: '/100', client: stranger })
    if (refused !== null && refused.status !== 403) this.#problem(`a certificate without a role is answered ${refused.status}, not 403`)
    for (const [who, client] of [
      ['no certificate', null],
      ['a certificate of a foreign CA', impostor],
    ] as const) {
      const status = await this.#send({ path: '/100', client }).then(
        (answer) => answer.status,
        () => null,
      )
      if (status !== null && ![400, 401, 403].includes(status)) this.#problem(`${who} is answered ${status}`)
    }
  }

  /** Both write what was asked for within their buffer's second. */
  async accessLog(): Promise<void> {
    let line: string | undefined
    for (const deadline = Date.now() + 5_000; line === undefined && Date.now() < deadline; await wait(100)) {
      line = readText(this.#contender.accessLog)
        .split('\n')
        .find((one) => one.includes('"client1"') && one.endsWith('}'))
    }
    if (line === undefined) return this.#problem('nothing comes into the access log')
    const fields = fieldsOf(line)
    if (fields !== LOG_FIELDS.join(' ')) this.#problem(`an access-log line has the fields ${fields}, not ${LOG_FIELDS.join(' ')}`)
  }

  async #allowed(what: string, question: Pick<Question, 'path' | 'headers'>): Promise<Answer | null> {
    const answer = await this.#ask(what, { ...question, client: this.#lab.pki.client })
    if (answer === null || answer.status === 200) return answer
    this.#problem(`${what} is answered ${answer.status}`)
    return null
  }

  async #ask(what: string, question: Omit<Question, 'port' | 'ca'>): Promise<Answer | null> {
    try {
      return await this.#send(question)
    } catch (error) {
      this.#problem(`${what} is not answered: ${error instanceof Error ? error.message : error}`)
      return null
    }
  }

  #send(question: Omit<Question, 'port' | 'ca'>): Promise<Answer> {
    return ask({ ...question, port: this.#contender.port, ca: this.#lab.pki.ca })
  }

  #problem(text: string): void {
    this.problems.push(text)
  }
}

/** Lines of /echo; `*` stands for anything but nothing. */
function expectedHeaders({ headers }: Setup): string[] {
  if (headers === 'two') return ['x-client-cn=client1', 'x-roles=admin,reader']
  return [
    'x-forwarded-user=client1',
    'x-forwarded-roles=admin,reader',
    'x-client-cert-dn=CN=client1',
    'x-client-cert-fingerprint=*',
    'x-forwarded-proto=https',
    'x-forwarded-host=*',
  ]
}

function matches(line: string, expected: string): boolean {
  return expected.endsWith('*') ? line.length >= expected.length && line.startsWith(expected.slice(0, -1)) : line === expected
}

function fieldsOf(line: string): string {
  try {
    return Object.keys(JSON.parse(line)).join(' ')
  } catch {
    return `of no JSON: ${line}`
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
