import type { ClientRefusal } from '../../../../src/gateway/refusal/refusal.ts'
import { type Refusal, type RefusalInput, renderRefusal } from '../../../../src/gateway/refusal/render.ts'

export interface Parsed {
  readonly refusal: Refusal
  readonly statusLine: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Renders and takes the response apart as a client would; a repeated or malformed header line is an error. */
export function render(input: Partial<RefusalInput> & Pick<RefusalInput, 'reason'>): Parsed {
  const refusal = renderRefusal({
    requestId: 'req-1',
    shape: 'problem',
    accept: '*/*',
    method: 'GET',
    url: '/movies/_doc/3?password=x',
    close: false,
    now: Date.UTC(2026, 10, 22, 9, 0, 0),
    ...input,
  })
  const text = refusal.message.toString('utf8')
  const end = text.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = /^([A-Za-z-]+): ([!-~](?:[ -~]*[!-~])?)$/.exec(line) ?? []
    if (name === undefined || value === undefined || headers.has(name.toLowerCase()))
      throw new Error(`bad header line ${JSON.stringify(line)}`)
    headers.set(name.toLowerCase(), value)
  }
  return { refusal, statusLine, headers, body: text.slice(end + 4) }
}

/** A refusal as the body formats see it. */
export function clientRefusal(changes: Partial<ClientRefusal> = {}): ClientRefusal {
  return {
    code: 'role_missing',
    status: 403,
    title: 'Access denied',
    detail: 'you have no role that allows this request',
    advice: 'Ask.',
    requestId: 'req-1',
    method: 'GET',
    path: '/movies/_doc/3',
    user: null,
    challenge: null,
    contact: null,
    wantsCertificate: false,
    userAgent: '',
    ...changes,
  }
}
